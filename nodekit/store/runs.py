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

TABLES = ("places", "journal", "spool", "failed")
"""What else is kept of a run."""


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
        "INSERT INTO runs (id, pipeline, name, input_print, pipeline_print, status, started, "
        "fence, host, boot, pid, start) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?) "
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
    (number,) = connection.execute("SELECT number FROM runs WHERE id = ?", (run,)).fetchone()
    for table in TABLES:
        connection.execute(f"DELETE FROM {table} WHERE run = ?", (number,))
    connection.execute("DELETE FROM runs WHERE number = ?", (number,))
    return True


def surplus(rows: list[RunRow], count: int | None, before: float | None) -> list[str]:
    """Return the ids of runs, given the last begun first, that may go."""
    beyond = rows if count is None else rows[count:]
    old = [row for row in beyond if before is None or row.started < before]
    return [row.id for row in old if not row.live]
