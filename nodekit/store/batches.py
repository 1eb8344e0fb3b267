"""What a killed run needs to go on, in the tables of a store: places, journal, spool, failures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .coding import dumped, loaded
from .rows import FailedItem
from .store import Journaled, Spooled

if TYPE_CHECKING:
    from sqlite3 import Connection  # it waits until there is a file

RUN = "(SELECT number FROM runs WHERE id = ?)"


def put_places(connection: "Connection", number: int, places: Mapping[str, bytes]) -> None:
    """Keep how far the parts of a run are."""
    connection.executemany(
        "INSERT OR REPLACE INTO places (run, name, place) VALUES (?, ?, ?)",
        ((number, name, place) for name, place in places.items()),
    )


def put_spool(connection: "Connection", number: int, rows: Sequence[Spooled]) -> None:
    """Keep rows that wait at a cut."""
    connection.executemany(
        "INSERT OR REPLACE INTO spool (run, cut, position, content) VALUES (?, ?, ?, ?)",
        ((number, cut, position, content) for cut, position, content in rows),
    )


def put_journal(connection: "Connection", number: int, entries: Sequence[Journaled]) -> None:
    """Keep answers of steps."""
    connection.executemany(
        "INSERT OR REPLACE INTO journal (run, step, turn, item, answer) VALUES (?, ?, ?, ?, ?)",
        ((number, *entry) for entry in entries),
    )


def drop_journal(connection: "Connection", number: int, drops: Sequence[tuple[str, int]]) -> None:
    """Remove the answers for the items of a step before one, in all its turns."""
    connection.executemany(
        "DELETE FROM journal WHERE run = ? AND step = ? AND item < ?",
        ((number, step, upto) for step, upto in drops),
    )


def put_failed(connection: "Connection", number: int, failed: Sequence[FailedItem]) -> None:
    """Keep items that failed.

    Raises:
        StateError: An error is no JSON.
    """
    connection.executemany(
        "INSERT OR REPLACE INTO failed (run, step, item, error, input) VALUES (?, ?, ?, ?, ?)",
        (
            (number, one.step, one.item, dumped(one.error, "the error of an item"), one.input)
            for one in failed
        ),
    )


def drop_spool(connection: "Connection", number: int, cut: str) -> None:
    """Remove what waits at a cut."""
    connection.execute("DELETE FROM spool WHERE run = ? AND cut = ?", (number, cut))


def places_of(connection: "Connection", run: str) -> dict[str, bytes]:
    """Return how far each part of a run is."""
    found = connection.execute(f"SELECT name, place FROM places WHERE run = {RUN}", (run,))
    return dict(found.fetchall())


def journaled(
    connection: "Connection", run: str, step: str, turn: int, first: int, count: int
) -> dict[int, bytes]:
    """Return the answers kept for some items of a step, by item."""
    found = connection.execute(
        f"SELECT item, answer FROM journal WHERE run = {RUN} AND step = ? AND turn = ? "
        "AND item >= ? AND item < ? ORDER BY item",
        (run, step, turn, first, first + count),
    )
    return dict(found.fetchall())


def spooled(connection: "Connection", run: str, cut: str, position: int, limit: int) -> list[bytes]:
    """Return rows that wait at a cut, in order."""
    found = connection.execute(
        f"SELECT content FROM spool WHERE run = {RUN} AND cut = ? AND position >= ? "
        "ORDER BY position LIMIT ?",
        (run, cut, position, limit),
    )
    return [content for (content,) in found]


def spool_length(connection: "Connection", run: str, cut: str) -> int:
    """Return the position behind the last row that waits at a cut."""
    (last,) = connection.execute(
        f"SELECT max(position) FROM spool WHERE run = {RUN} AND cut = ?", (run, cut)
    ).fetchone()
    return 0 if last is None else int(last) + 1


def failed_items(connection: "Connection", run: str) -> list[FailedItem]:
    """Return the items of a run that failed, by step and item."""
    found = connection.execute(
        f"SELECT step, item, error, input FROM failed WHERE run = {RUN} ORDER BY step, item",
        (run,),
    )
    return [
        FailedItem(step, item, loaded(error, "the error of an item"), given)
        for step, item, error, given in found
    ]
