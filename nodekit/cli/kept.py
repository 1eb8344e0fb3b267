"""The store that the verbs ``state`` and ``runs`` look into: which one it is, and looking."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import anyio
import orjson
import typer

from nodekit.errors import NodekitError
from nodekit.items import Json
from nodekit.pipeline.accounts import Surroundings
from nodekit.pipeline.checks import examine
from nodekit.pipeline.source import open_source
from nodekit.registry import Registry

from .endpoints import CallError
from .words import complain, print_line, showing

if TYPE_CHECKING:
    from nodekit.store import Store  # a run looks here for its place only

T = TypeVar("T")

StorePath: TypeAlias = Annotated[
    str | None,
    typer.Option("--store", metavar="PATH", help="The store; else .nodekit/nodekit.db."),
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


def group(help: str) -> typer.Typer:
    """Return an application for the verbs of one subject."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)


def key_of(pipeline: str) -> str:
    """Return what states and runs of a pipeline are kept under; it is given as a file or as that.

    Raises:
        CallError: The file holds no pipeline.
    """
    if not Path(pipeline).is_file():
        return pipeline
    opened = open_source(Path(pipeline), None)
    around = Surroundings(Registry.installed(), os.environ, strict=False)
    document = examine(opened, around).document
    if document is None:
        raise CallError(
            f"{pipeline!r} cannot be read as a pipeline",
            hint=f"`nodekit check {pipeline}` says what is wrong with it.",
        )
    return document.id or document.name or opened.name


def look(path: Path, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Return what is found in a store. Where that cannot be, say why and end with status 1."""
    from nodekit.store import Store

    async def go() -> T:
        async with Store.open(path) as store:
            return await work(store)

    try:
        return anyio.run(go)
    except NodekitError as error:
        complain(error.message, error.hint)
        raise typer.Exit(1) from error


def meant(pipeline: str) -> str:
    """Return the key of a pipeline; where there is none, say why and end with status 2."""
    try:
        return key_of(pipeline)
    except CallError as error:
        complain(error.message, error.hint)
        raise typer.Exit(2) from error


def reading_words(json: bool) -> bool:
    """Whether somebody reads the output: on a terminal, unless JSON is asked for."""
    return showing() and not json


def print_row(row: dict[str, Json]) -> None:
    """Print a JSON line."""
    print_line(orjson.dumps(row, default=repr).decode())


def moment(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 text in UTC."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
