"""n8n's static data: what nodes and the workflow remember from run to run."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.steps import Pipeline
from nodekit.pipeline.values import is_mapping
from nodekit.state import Kept, MemoryKeeper

NODE = "node:"


def static_keeper(pipeline: Pipeline, static: Mapping[str, Json] | None) -> MemoryKeeper:
    """Return a keeper that holds the static data of a workflow for the pipeline it became."""
    keeper = MemoryKeeper()
    for key, row in (static or {}).items():
        if is_mapping(row):
            step = key.removeprefix(NODE) if key.startswith(NODE) else None
            keeper.rows[pipeline.key, step] = Kept(dict(row), 1)
    return keeper


def static_data(keeper: MemoryKeeper, pipeline: Pipeline) -> dict[str, Json]:
    """Return what a keeper holds of a pipeline, as n8n's static data."""
    rows = {step: kept.row for (key, step), kept in keeper.rows.items() if key == pipeline.key}
    return {"global" if step is None else f"{NODE}{step}": row for step, row in rows.items() if row}
