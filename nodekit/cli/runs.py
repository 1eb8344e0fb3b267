"""``nodekit runs``: the runs that are kept."""

import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import orjson
import typer

from nodekit.engine.standing import standing
from nodekit.errors import StateError
from nodekit.items import Json
from nodekit.json_values import is_object
from nodekit.pipeline.document import seconds
from nodekit.store import FailedItem, RunRow, Store

from .kept import AsJson, StorePath, group, look, meant, moment, print_row, reading_words
from .lazy import place_of
from .shown import words
from .words import complain, print_line, say

runs = group("Look at and remove runs.")

Some = Annotated[
    str | None,
    typer.Argument(
        metavar="[PIPELINE]", help="A pipeline: its file, id or name.", show_default=False
    ),
]


@runs.command()
def ls(
    pipeline: Some = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many, the last begun.")] = None,
    store: StorePath = None,
    json: AsJson = False,
) -> None:
    """List runs, the last begun first.

    Exit status: 0 done, 1 the store cannot be read, 2 the call is wrong.
    """
    key = None if pipeline is None else meant(pipeline)
    found = look(place_of(pipeline, store), lambda opened: opened.runs(key, limit))
    if reading_words(json):
        for line in table(found):
            print_line(line)
    else:
        for row in found:
            print_row(as_json(row))
    if not found:
        say("no runs are kept")


def table(found: Sequence[RunRow]) -> Iterator[str]:
    """Yield a line for each run."""
    width = max((len(row.name) for row in found), default=0)
    for row in found:
        yield f"{row.id}  {moment(row.started)}  {row.name.ljust(width)}  {status_of(row)}"


def status_of(row: RunRow) -> str:
    """Return how a run stands: its end, or ``interrupted`` where its process is gone."""
    return "interrupted" if row.status == "running" and not row.live else row.status


def as_json(row: RunRow) -> dict[str, Json]:
    """Return a run as JSON, without its summary."""
    return {
        "run": row.id,
        "pipeline": row.pipeline,
        "name": row.name,
        "status": status_of(row),
        "started": moment(row.started),
        "ended": None if row.ended is None else moment(row.ended),
        "pid": row.owner.pid if row.status == "running" else None,
    }


@runs.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Its id, or how that begins.")],
    store: StorePath = None,
    json: AsJson = False,
) -> None:
    """Show a run with what it came to: of each step the counts, tries, times, and why items failed.

    On a terminal in words, else as JSON. Of a run that has not ended it is what is written down.
    Exit status: 0 done, 1 there is no such run or the store cannot be read.
    """

    async def work(opened: Store) -> tuple[RunRow, Json, list[FailedItem]]:
        row = await the_run(opened, run)
        return row, await came_to(opened, row), await opened.failed(row.id)

    row, summary, failed = look(place_of(None, store), work)
    if reading_words(json):
        for line in words(row, status_of(row), summary if is_object(summary) else {}):
            print_line(line)
        return
    items = [{"step": one.step, "item": one.item, "error": one.error} for one in failed]
    found = {**as_json(row), "failed": items, "summary": summary}
    print_line(orjson.dumps(found, option=orjson.OPT_INDENT_2, default=repr).decode())


async def came_to(store: Store, row: RunRow) -> Json:
    """Return what a run came to; while it has not ended, what its steps have so far."""
    if row.status != "running":
        return row.summary
    return {"status": status_of(row), "steps": standing(await store.places(row.id))}


async def the_run(store: Store, given: str) -> RunRow:
    """Return the one run whose id begins so.

    Raises:
        StateError: There is none, or several.
    """
    known = [row.id for row in await store.runs() if row.id.startswith(given)]
    exact = [given] if given in known else known
    row = await store.run(exact[0]) if len(exact) == 1 else None
    if row is None:
        what = f"{len(known)} runs begin" if known else "there is no run that begins"
        raise StateError(f"{what} with {given!r}", hint="`nodekit runs ls` lists them.")
    return row


@runs.command()
def rm(
    run: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Ids, or how they begin.", show_default=False),
    ] = None,
    older: Annotated[
        str | None, typer.Option(metavar="TIME", help="All begun longer ago: 12h, 30d.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="All but the N begun last.")
    ] = None,
    store: StorePath = None,
) -> None:
    """Remove runs with all that is kept of them; one that is going on stays.

    Exit status: 0 done, 1 a run cannot be removed, 2 the call is wrong.
    """
    if bool(run) == (older is not None or keep is not None):
        complain("say which runs: their ids, or else --older or --keep")
        raise typer.Exit(2)
    before = None if older is None else time.time() - age(older)

    async def work(opened: Store) -> list[str]:
        if not run:
            return await opened.prune(count=keep, before=before)
        found = [(await the_run(opened, one)).id for one in run]
        return [one for one in found if await opened.remove(one)]

    removed = look(place_of(None, store), work)
    say(f"removed {len(removed)} run{'' if len(removed) == 1 else 's'}")


def age(text: str) -> float:
    """Return a length of time in seconds; where it is none, say so and end with status 2."""
    try:
        return seconds(text)
    except ValueError as error:
        complain(f"--older {text!r} is no length of time like 12h or 30d")
        raise typer.Exit(2) from error
