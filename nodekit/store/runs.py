"""Runs in the tables of a store."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodekit.errors import StateError
from nodekit.items import Json

from .coding import dumped, loaded
from .owner import Owner
from .rows import RunRow, Status

if TYPE_CHECKING:
    from sqlite3 import Connection  # it waits until there is a file

COLUMNS = (
    "id, pipeline, name, input_print, pipeline_print, status, started, ended, fence, "
    "host, boot, pid, start"
)

TABLES = {
    "places": "run, name",
    "journal": "run, step, turn, item",
    "spool": "run, cut, position",
    "failed": "run, step, item",
}
"""What else is kept of a run, and the keys of its rows."""

SWEPT = 10_000
"""How many rows of runs that are gone are removed at once, where somebody waits for it."""

NUMBER = """(
    SELECT 1 + max(
        coalesce((SELECT max(number) FROM runs), 0),
        coalesce((SELECT max(number) FROM removed), 0)
    )
)"""
"""A number that no run has, nor one that is gone while rows of it are left."""

OVER = """pipeline = ? AND ended IS NOT NULL AND (
    status = 'success' OR NOT EXISTS (SELECT 1 FROM places WHERE places.run = runs.number)
)"""
"""What holds of the runs of a pipeline that are over: nobody can go on with them."""


def taken_over(run: str) -> StateError:
    """Return the error of a writer that is no longer the owner of its run."""
    return StateError(
        f"another process has taken the run {run} over",
        hint="Leave the run to that process; nothing of it is lost.",
    )


def gone(run: str) -> StateError:
    """Return the error of a writer whose run has been removed."""
    return StateError(f"there is no run {run}", hint="It has been removed; begin it anew.")


def check_free(row: RunRow, owner: Owner) -> None:
    """Refuse to begin a run that is going on in another process.

    The same process may take its own run over: its older writer is then refused.

    Raises:
        StateError: It is.
    """
    if row.live and row.owner != owner:
        raise going_on(row)


def going_on(row: RunRow) -> StateError:
    """Return the error that a run is going on."""
    there = f" on {row.owner.host}" if row.owner.host != Owner.here().host else ""
    return StateError(
        f"the run {row.id} is going on in process {row.owner.pid}{there}",
        hint="Wait until that process has ended, or stop it.",
    )


def begin_run(connection: "Connection", begun: RunRow, force: bool) -> int:
    """Add a run, or take one over; return its fence.

    Raises:
        StateError: It is going on in another process.
    """
    row = find_run(connection, begun.id)
    if row is not None and not force:
        check_free(row, begun.owner)
    fence = 1 if row is None else row.fence + 1
    connection.execute(
        "INSERT INTO runs (number, id, pipeline, name, input_print, pipeline_print, status, "
        "started, fence, host, boot, pid, start) "
        f"VALUES ({NUMBER}, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET pipeline = excluded.pipeline, name = excluded.name, "
        "input_print = excluded.input_print, pipeline_print = excluded.pipeline_print, "
        "status = 'running', ended = NULL, fence = excluded.fence, host = excluded.host, "
        "boot = excluded.boot, pid = excluded.pid, start = excluded.start",
        (
            *(begun.id, begun.pipeline, begun.name, begun.input_print, begun.pipeline_print),
            *(begun.started, fence),
            *(begun.owner.host, begun.owner.boot, begun.owner.pid, begun.owner.start),
        ),
    )
    return fence


def guarded(connection: "Connection", run: str, fence: int) -> int:
    """Return the number of a run in the tables, if the fence is its owner's.

    Raises:
        StateError: Another process has taken it over, or it is gone.
    """
    found = connection.execute("SELECT number, fence FROM runs WHERE id = ?", (run,)).fetchone()
    if found is None:
        raise gone(run)
    if found[1] != fence:
        raise taken_over(run)
    return int(found[0])


def finish_run(
    connection: "Connection", run: str, fence: int, status: Status, summary: Json, now: float
) -> None:
    """Note how a run ended; after a success, drop what only going on needs.

    Raises:
        StateError: Another process has taken it over, or the summary is no JSON.
    """
    number = guarded(connection, run, fence)
    text = None if summary is None else dumped(summary, f"the summary of the run {run}")
    connection.execute(
        "UPDATE runs SET status = ?, ended = ?, summary = ? WHERE number = ?",
        (status, now, text, number),
    )
    if status == "success":
        for table in ("places", "journal", "spool"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (number,))


def find_run(connection: "Connection", run: str) -> RunRow | None:
    """Return a run with its summary, or ``None``."""
    found = connection.execute(
        f"SELECT {COLUMNS}, summary FROM runs WHERE id = ?", (run,)
    ).fetchone()
    if found is None:
        return None
    text = found[13]
    summary = None if text is None else loaded(text, f"the summary of the run {run}")
    return replace(row_of(found), summary=summary)


def row_of(found: Sequence[Any]) -> RunRow:
    """Return a row of the table as a run."""
    run, pipeline, name, input_print, pipeline_print, status, started, ended, fence = found[:9]
    return RunRow(
        *(run, pipeline, name, input_print, pipeline_print),
        status=status,
        started=started,
        ended=ended,
        fence=fence,
        owner=Owner(*found[9:13]),
    )


def list_runs(connection: "Connection", pipeline: str | None, limit: int | None) -> list[RunRow]:
    """Return runs, the last begun first, without summaries."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM runs WHERE ? IS NULL OR pipeline = ? "
        "ORDER BY started DESC, number DESC LIMIT ?",
        (pipeline, pipeline, -1 if limit is None else limit),
    )
    return [row_of(one) for one in found]


def remove_run(connection: "Connection", run: str) -> bool:
    """Remove a run with all that is kept of it; return whether there was one.

    Raises:
        StateError: It is going on.
    """
    row = find_run(connection, run)
    if row is None:
        return False
    if row.live:
        raise going_on(row)
    drop_run(connection, run)
    sweep(connection)
    return True


def drop_run(connection: "Connection", run: str) -> None:
    """Let a run be gone; :func:`sweep` removes the rows that are left of it."""
    connection.execute("INSERT INTO removed SELECT number FROM runs WHERE id = ?", (run,))
    connection.execute("DELETE FROM runs WHERE id = ?", (run,))


def sweep(connection: "Connection", most: int = -1) -> None:
    """Remove rows of runs that are gone: so many at most, or all."""
    for (number,) in connection.execute("SELECT number FROM removed").fetchall():
        for table, keys in TABLES.items():
            done = connection.execute(
                f"DELETE FROM {table} WHERE ({keys}) IN "
                f"(SELECT {keys} FROM {table} WHERE run = ? LIMIT ?)",
                (number, most),
            )
            most = most if most < 0 else most - done.rowcount
        if not most:
            return
        connection.execute("DELETE FROM removed WHERE number = ?", (number,))


def retire_runs(
    connection: "Connection", pipeline: str, count: int | None, before: float | None, most: int
) -> list[str]:
    """Remove runs of a pipeline that are over, so many at most; return their ids."""
    (known,) = connection.execute(f"SELECT count(*) FROM runs WHERE {OVER}", (pipeline,)).fetchone()
    beyond = 0 if count is None else max(0, known - count)
    found = connection.execute(
        f"SELECT id, ended FROM runs WHERE {OVER} ORDER BY ended, number LIMIT ?", (pipeline, most)
    ).fetchall()
    ids = [
        run
        for rank, (run, ended) in enumerate(found)
        if rank < beyond or (before is not None and ended < before)
    ]
    for run in ids:
        drop_run(connection, run)
    sweep(connection, SWEPT)
    return ids


def surplus(rows: list[RunRow], count: int | None, before: float | None) -> list[str]:
    """Return the ids of runs, given the last begun first, that may go."""
    beyond = rows if count is None else rows[count:]
    old = [row for row in beyond if before is None or row.started < before]
    return [row.id for row in old if not row.live]
