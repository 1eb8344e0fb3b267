"""Runs that can be gone on with: begun, found again, and what failed in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nodekit.engine.surviving import Checkpoints, call_of
from nodekit.items import Json
from nodekit.json_values import is_object
from nodekit.pipeline import Pipeline
from nodekit.store import RunRow, Store

from .call import LAST, Call
from .endpoints import STREAM, CallError

SIZE = 500
"""How many items make a slice where a run that is gone on with does not say."""


async def recalled(call: Call, pipeline: Pipeline, store: Store) -> tuple[Call, str | None]:
    """Return a call with what the run it goes on with was called with, and the id of that run.

    Raises:
        CallError: There is no such run.
    """
    if call.resume is None:
        return call, None
    row = await kept_run(call.resume, pipeline, store)
    said = await remembered(store, row)
    return (
        call._replace(
            input=call.input or said.get("input"),
            input_format=call.input_format or said.get("input_format"),
            output=call.output or said.get("output"),
            output_format=call.output_format or said.get("output_format"),
            limit=said.get("limit") if call.limit is None else call.limit,
            batch=call.batch or said.get("batch") or SIZE,
            retry_failed=said.get("retry"),
            keep=call.keep or said.get("keep"),
        ),
        row.id,
    )


async def remembered(store: Store, row: RunRow) -> dict[str, Any]:
    """Return what a run was called with, as far as that is known."""
    whole = await store.run(row.id) or row  # with its summary
    said = await call_of(store, whole)
    return dict(said) if is_object(said) else {}


def memory_of(call: Call) -> dict[str, Json]:
    """Return what is needed to go on with the run of a call."""
    return {
        "input": absolute(call.input),
        "input_format": call.input_format,
        "output": absolute(call.output),
        "output_format": call.output_format,
        "limit": call.limit,
        "batch": call.batch,
        "retry": call.retry_failed,
        "keep": call.keep,
    }


def checkpoints_of(
    call: Call, store: Store, run: str, *, resume: bool, input_print: str
) -> Checkpoints:
    """Return what makes the run of a call one that can be gone on with."""
    return Checkpoints(
        store,
        run,
        resume=resume,
        input_print=input_print,
        call=memory_of(call),
        force=call.force,
    )


def absolute(name: str | None) -> str | None:
    """Return the name of a file as it is known everywhere."""
    return name if name in (None, STREAM) else str(Path(name).absolute())


async def kept_run(wanted: str, pipeline: Pipeline, store: Store) -> RunRow:
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


async def failed_in(
    call: Call, pipeline: Pipeline, store: Store
) -> tuple[Call, Sequence[int] | None]:
    """Return a call with the input of the run whose failed items it is about, and where they stand.

    Raises:
        CallError: There is no such run, or nothing failed in it.
    """
    if call.retry_failed is None:
        return call, None
    row = await kept_run(call.retry_failed, pipeline, store)
    said = await remembered(store, row)
    at = await positions(row, store)
    if not at:
        raise CallError(f"no item failed in the run {row.id}")
    if call.input is None and said.get("input") in (None, STREAM):
        raise CallError(
            f"the run {row.id} did not read its items from a file",
            hint="Give the same items again with -i.",
        )
    return (
        call._replace(
            retry_failed=row.id,
            input=call.input or said["input"],
            input_format=call.input_format or said.get("input_format"),
            limit=said.get("limit") if call.limit is None else call.limit,
            batch=call.batch or said.get("batch") or SIZE,
        ),
        at,
    )


async def positions(row: RunRow, store: Store) -> Sequence[int]:
    """Return where the items that failed in a run stand in its input, as it stands in the file."""
    at = sorted({one.item for one in await store.failed(row.id)})
    before = (await remembered(store, row)).get("retry")
    earlier = None if before is None else await store.run(before)
    if earlier is None:
        return at
    known = await positions(earlier, store)
    return [known[i] for i in at]


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
