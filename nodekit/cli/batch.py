"""Runs that can be gone on with: begun, found again, and what failed in them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nodekit.engine.surviving import Checkpoints, call_of
from nodekit.items import Json
from nodekit.json_values import is_object
from nodekit.pipeline.source import open_source
from nodekit.pipeline.values import is_mapping
from nodekit.store import RunRow, Store

from .call import LAST, Call
from .endpoints import STREAM, CallError

SIZE = 500
"""How many items make a slice where a run that is gone on with does not say."""

OUTPUT = ("output", "output_format", "keep")
"""What is said of a run alone, and not of one that tries again what failed in it."""

READ = (
    *("input", "input_format", "limit", "batch", "unordered", "timeout", "max_errors", "rate"),
    *("credentials", "env_file", "static"),
    *("start", "no_pin", "stub", "workflows", "allow_python", "production"),
)
"""What else is kept of how a run was called: all but how much is said, and where the store is."""

FILES = frozenset({"input", "output", "credentials", "env_file", "static", "workflows"})
"""The names of files among them."""


class Identity(NamedTuple):
    """What the runs of a pipeline are kept under, and its name."""

    key: str
    name: str


class Found(NamedTuple):
    """A call filled in from an earlier run.

    ``going_on`` is the run it goes on with, ``only`` the positions of the items it is about.
    """

    call: Call
    going_on: str | None = None
    only: Sequence[int] | None = None


async def found_again(call: Call, path: Path) -> Found:
    """Return a call with what the run was called with that it is about.

    Raises:
        CallError: There is no such run, or nothing failed in it.
        StateError: The store cannot be read.
    """
    named = identity(call.file)
    if named is None:
        return Found(call)  # whoever loads it says what is wrong with it
    async with Store.open(path) as store:
        if call.resume is not None:
            return await recalled(call, call.resume, named, store)
        return await failed_in(call, call.retry_failed or "", named, store)


def identity(file: str) -> Identity | None:
    """Return what a pipeline or workflow is kept under, and its name; ``None`` if it is none."""
    opened = open_source(Path(file), None)
    raw = opened.parsed.value
    if not is_mapping(raw):
        return None
    known = {key: raw[key] for key in ("id", "name") if isinstance(raw.get(key), str) and raw[key]}
    name = known.get("name", opened.name)
    return Identity(known.get("id", name), name)


async def recalled(call: Call, resume: str, named: Identity, store: Store) -> Found:
    """Return a call with what the run was called with that it goes on with.

    Raises:
        CallError: There is no such run.
    """
    row = await kept_run(resume, named, store)
    said = await remembered(store, row)
    if call.static is not None and absolute(call.static) != said.get("static"):
        raise CallError(
            f"--static {call.static!r} is not what the run {row.id} was begun with",
            hint="Leave it out: the run knows.",
        )
    only = said.get("only")
    return Found(
        filled(call, said, (*READ, *OUTPUT)),
        row.id,
        None if only is None else unrolled(only),
    )


def filled(call: Call, said: Mapping[str, Any], names: Iterable[str]) -> Call:
    """Return a call with what it does not say itself."""
    given = {name: getattr(call, name) for name in names}
    missing = {name for name, value in given.items() if value is None or value is False}
    found = call._replace(**{name: said[name] for name in missing if name in said})
    return found._replace(batch=found.batch or SIZE)


async def remembered(store: Store, row: RunRow) -> dict[str, Any]:
    """Return what a run was called with, as far as that is known."""
    whole = await store.run(row.id) or row  # with its summary
    said = await call_of(store, whole)
    return dict(said) if is_object(said) else {}


def memory_of(call: Call, only: Sequence[int] | None) -> dict[str, Json]:
    """Return what is needed to go on with the run of a call over some items of its input."""
    said: dict[str, Json] = {name: getattr(call, name) for name in (*READ, *OUTPUT)}
    for name in FILES:
        said[name] = absolute(said[name])
    if call.stub:
        said["stub"] = [stub_from_anywhere(text) for text in call.stub]
    return {**said, "only": None if only is None else rolled(only)}


def stub_from_anywhere(text: str) -> str:
    """Return what stands in for a node with its file as it is known everywhere."""
    name, _, file = text.rpartition("=")
    return f"{name}={absolute(file)}"


def rolled(positions: Sequence[int]) -> list[list[int]]:
    """Return ascending positions as ranges: the first of each, and how many follow each other."""
    ranges: list[list[int]] = []
    for at in positions:
        if ranges and sum(ranges[-1]) == at:
            ranges[-1][1] += 1
        else:
            ranges.append([at, 1])
    return ranges


def unrolled(ranges: Sequence[Sequence[int]]) -> list[int]:
    """Return the positions that :func:`rolled` was given."""
    return [at for first, count in ranges for at in range(first, first + count)]


def checkpoints_of(
    call: Call,
    store: Store,
    run: str,
    *,
    resume: bool,
    input_print: str,
    only: Sequence[int] | None,
) -> Checkpoints:
    """Return what makes the run of a call one that can be gone on with."""
    return Checkpoints(
        store,
        run,
        resume=resume,
        input_print=input_print,
        call=memory_of(call, only),
        force=call.force,
    )


def absolute(name: str | None) -> str | None:
    """Return the name of a file as it is known everywhere."""
    return name if name in (None, STREAM) else str(Path(name).absolute())


async def kept_run(wanted: str, pipeline: Identity, store: Store) -> RunRow:
    """Return a run by its id, or how that begins; ``last`` is the last that was not finished.

    Raises:
        CallError: There is none.
    """
    rows = await store.runs(pipeline.key)
    if wanted == LAST:
        for row in rows:
            if row.status != "success" and await remembered(store, row):
                return row
        raise CallError(
            f'no run of "{pipeline.name}" waits to be gone on with',
            hint="Only runs with --batch can be; `nodekit runs ls` lists them.",
        )
    found = [row for row in rows if row.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} runs" if found else "no run"
    raise CallError(
        f'{many} of "{pipeline.name}" begin{"" if found else "s"} with {wanted!r}',
        hint="`nodekit runs ls` lists them.",
    )


async def failed_in(call: Call, wanted: str, named: Identity, store: Store) -> Found:
    """Return a call with the input of the run whose failed items it is about, and where they stand.

    Raises:
        CallError: There is no such run, or nothing failed in it.
    """
    row = await kept_run(wanted, named, store)
    said = await remembered(store, row)
    at = sorted({one.item for one in await store.failed(row.id)})
    if not at:
        raise CallError(f"no item failed in the run {row.id}")
    if call.input is None and said.get("input") in (None, STREAM):
        raise CallError(
            f"the run {row.id} did not read its items from a file",
            hint="Give the same items again with -i.",
        )
    known = said.get("only")
    places = at if known is None else unrolled(known)
    only = at if known is None else [places[i] for i in at]
    return Found(filled(call, said, READ)._replace(retry_failed=row.id), None, only)


def check_begun(call: Call) -> None:
    """Refuse to begin a run over what is left of another one.

    Raises:
        CallError: The output of an interrupted run is there.
    """
    if call.batch is None or call.resume or call.force or call.output in (None, STREAM):
        return
    part = Path(f"{call.output}.part")
    if part.exists():
        raise CallError(
            f"{str(part)!r} is left of a run that was interrupted, or is going on",
            hint=f"Go on with it: nodekit run {call.file} --resume; or begin anew with --force.",
        )
