"""``nodekit state``: what steps remember from run to run."""

from typing import Annotated

import orjson
import typer

from nodekit.items import Json
from nodekit.store import StateRow

from .kept import AsJson, StorePath, group, look, meant, moment, print_row, reading_words
from .lazy import place_of
from .words import complain, print_line, say

state = group("Look at and remove what steps remember.")

Pipeline = Annotated[
    str, typer.Argument(metavar="PIPELINE", help="A pipeline: its file, id or name.")
]

Steps = Annotated[
    list[str] | None, typer.Option("--step", metavar="NAME", help="Of this step only.")
]


@state.command()
def show(
    pipeline: Annotated[
        str | None,
        typer.Argument(
            metavar="[PIPELINE]", help="A pipeline: its file, id or name.", show_default=False
        ),
    ] = None,
    step: Steps = None,
    store: StorePath = None,
    json: AsJson = False,
) -> None:
    """Show what is kept; secrets are masked.

    Exit status: 0 done, 1 the store cannot be read, 2 the call is wrong.
    """
    key = None if pipeline is None else meant(pipeline)
    rows = look(place_of(pipeline, store), lambda opened: opened.states(key))
    found = [row for row in rows if not step or row.step in step]
    for row in found:
        if reading_words(json):
            print_words(row)
        else:
            print_row(as_json(row))
    if not found:
        say("nothing is kept")


def print_words(row: StateRow) -> None:
    """Print a state for a reader."""
    step = "the pipeline" if row.step is None else f'step "{row.step}"'
    print_line(f'"{row.pipeline}", {step}: version {row.version}, kept {moment(row.kept)}')
    print_line(orjson.dumps(row.row, option=orjson.OPT_INDENT_2, default=repr).decode())


def as_json(row: StateRow) -> dict[str, Json]:
    """Return a state as JSON."""
    return {
        "pipeline": row.pipeline,
        "step": row.step,
        "version": row.version,
        "kept": moment(row.kept),
        "key": row.key,
        "state": row.row,
    }


@state.command()
def clear(
    pipeline: Pipeline,
    step: Steps = None,
    own: Annotated[bool, typer.Option("--own", help="The pipeline's own.")] = False,
    store: StorePath = None,
) -> None:
    """Remove what is kept of a pipeline: of all steps, or of some.

    Exit status: 0 done, 1 nothing was kept or the store cannot be written, 2 the call is wrong.
    """
    key = meant(pipeline)
    steps: list[str | None] = [*(step or []), *([None] if own else [])]
    count = look(place_of(pipeline, store), lambda opened: opened.clear(key, steps or None))
    if not count:
        complain(f'nothing is kept of "{key}"' + (" there" if steps else ""))
        raise typer.Exit(1)
    say(f"removed {count} state{'' if count == 1 else 's'}")
