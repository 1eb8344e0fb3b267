"""Keeping a run, and letting go of those of its pipeline that have been kept long enough."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nodekit.engine import Run
from nodekit.errors import NodekitError
from nodekit.pipeline import Pipeline
from nodekit.store.keeping import Keep

if TYPE_CHECKING:
    from nodekit.store import Store

    from .lazy import LazyStore

MOST = 5
"""How many runs are removed in one go: others may wait to write."""

PATIENCE = 0.2
"""How long a run may wait for old ones to be removed, in seconds; the rest goes with the next."""


async def keep(
    pipeline: Pipeline,
    run: Run,
    lazy: "LazyStore",
    how: Keep | None,
    now: Callable[[], float] = time.time,
) -> list[NodekitError]:
    """Keep the record of a run, and let old runs go; return what was in the way of that.

    ``how`` is how much of it is kept; ``None`` if the run has kept itself.
    """
    faults: list[NodekitError] = []
    try:
        store = await lazy.opened()
        if how is not None:
            await put(pipeline, run, store, how)
    except NodekitError as error:
        return [NodekitError(f"the run is not kept: {error.message}", hint=error.hint)]
    try:
        await retire(pipeline, store, now)
    except NodekitError as error:
        text = f"old runs are not removed: {error.message}"
        faults.append(NodekitError(text, hint=error.hint))
    return faults


async def put(pipeline: Pipeline, run: Run, store: "Store", how: Keep) -> None:
    """Keep the record of a run, as much of it as is asked for."""
    fence = await store.begin(
        run.id, pipeline=pipeline.key, name=pipeline.name, pipeline_print=pipeline.fingerprint
    )
    record = {"record": run.record()} if how == "all" else {}
    await store.finish(run.id, fence, run.status, {**run.summary(), **record})


async def retire(pipeline: Pipeline, store: "Store", now: Callable[[], float]) -> None:
    """Let runs of a pipeline go that have been kept long enough, as many as there is time for."""
    count, age = pipeline.retention
    if count is None and age is None:
        return
    before, until = None if age is None else now() - age, time.monotonic() + PATIENCE
    full = True
    while full:
        gone = await store.retire(pipeline.key, count=count, before=before, most=MOST)
        full = len(gone) == MOST and time.monotonic() < until
