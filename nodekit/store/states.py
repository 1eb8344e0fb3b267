"""States in the tables of a store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nodekit.items import Json
from nodekit.state import Kept, Row

from .coding import Path, dumped, joined, loaded, masked, parted, place
from .rows import StateRow, StateWrite
from .seal import Sealer, sealed_with

if TYPE_CHECKING:
    from sqlite3 import Connection  # it waits until there is a file

COLUMNS = "pipeline, step, version, content, secrets, kept, key"


def read_state(
    connection: "Connection", sealer: Sealer, pipeline: str, step: str | None
) -> Kept | None:
    """Return a state with its secrets in place, or ``None``.

    Raises:
        StateError: It cannot be read, or its key is not at hand.
    """
    found = connection.execute(
        f"SELECT {COLUMNS} FROM states WHERE pipeline = ? AND step IS ?", (pipeline, step)
    ).fetchone()
    if found is None:
        return None
    row, sealed = content_of(found)
    clear: dict[Path, str | None] = dict.fromkeys(sealed, "")
    if found[6] is not None:
        key = sealer.key_named(found[6], pipeline, step)
        clear = sealer.opened(key, pipeline, step, sealed)
    return Kept(joined(row, clear), found[2])


def content_of(found: Sequence[Any]) -> tuple[Row, dict[Path, str]]:
    """Return the JSON and the sealed secrets of a row of the table."""
    where = f"the state of {place(found[0], found[1])}"
    sealed: list[tuple[list[str | int], str]] = loaded(found[4] or "[]", where)
    row: Json = loaded(found[3], where)
    return row, {tuple(path): text for path, text in sealed}


def write_state(connection: "Connection", sealer: Sealer, write: StateWrite, now: float) -> bool:
    """Keep a state if the one it replaces is of the expected version; in a transaction.

    Raises:
        StateError: It holds what is no JSON, or the key cannot be read.
    """
    at = (write.pipeline, write.step)
    found = connection.execute(
        "SELECT version FROM states WHERE pipeline = ? AND step IS ?", at
    ).fetchone()
    if (found[0] if found else 0) != write.version:
        return False
    content = closed(sealer, write)
    if found is None:
        connection.execute(
            "INSERT INTO states (content, secrets, key, kept, version, pipeline, step) "
            "VALUES (?, ?, ?, ?, 1, ?, ?)",
            (*content, now, *at),
        )
    else:
        connection.execute(
            "UPDATE states SET content = ?, secrets = ?, key = ?, kept = ?, version = version + 1 "
            "WHERE pipeline = ? AND step IS ?",
            (*content, now, *at),
        )
    return True


def closed(sealer: Sealer, write: StateWrite) -> tuple[str, str | None, str | None]:
    """Return a state as it is kept: JSON, sealed secrets, the name of their key.

    Without a key, what holds a secret is left out.
    """
    row, secrets = parted(write.row)
    where = f"the state of {place(write.pipeline, write.step)}"
    if not any(secrets.values()):
        return dumped(row, where), listed(secrets), None
    key = sealer.key(write.pipeline, write.step)
    if key is None:
        lost = {path: None if text else "" for path, text in secrets.items()}
        row, secrets = parted(joined(row, lost))
        return dumped(row, where), listed(secrets), None
    sealed = sealed_with(key, write.pipeline, write.step, secrets)
    return dumped(row, where), listed(sealed), key.name


def listed(sealed: dict[Path, str]) -> str | None:
    """Return sealed secrets as JSON text."""
    return dumped([[list(path), text] for path, text in sealed.items()], "it") if sealed else None


def list_states(connection: "Connection", pipeline: str | None) -> list[StateRow]:
    """Return what is kept, secrets masked."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM states WHERE ? IS NULL OR pipeline = ? "
        "ORDER BY pipeline, step IS NOT NULL, step",
        (pipeline, pipeline),
    )
    return [
        StateRow(one[0], one[1], one[2], masked(*content_of(one)), kept=one[5], key=one[6])
        for one in found
    ]


def clear_states(
    connection: "Connection", pipeline: str, steps: Sequence[str | None] | None
) -> int:
    """Remove states of a pipeline: of these steps, or all. Return how many there were."""
    if steps is None:
        return connection.execute("DELETE FROM states WHERE pipeline = ?", (pipeline,)).rowcount
    return sum(
        connection.execute(
            "DELETE FROM states WHERE pipeline = ? AND step IS ?", (pipeline, step)
        ).rowcount
        for step in steps
    )
