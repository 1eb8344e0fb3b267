"""Slices of any size give the same as one piece: for the recorded workflows, and the examples."""

import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nodekit import Items, Pipeline, Registry, Run, RunFailed, Runtime, load
from nodekit.engine.record import items_record
from nodekit.pipeline import PipelineError, WorkflowOptions
from nodekit.pipeline.n8n.static import static_keeper
from nodekit.testing import FakeClock
from tests.conformance.counter import Counter
from tests.conformance.server import serving

ROOT = Path(__file__).parents[2]

SIZES = [1, 7, 64, 500]

RECORDED = sorted((ROOT / "tests" / "conformance" / "n8n").rglob("*.json"))


def read_case(path: Path) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """Return the text of a recorded case, and what its server answers."""
    text = path.read_text()
    return text, (json.loads(text).get("http") or {}).get("routes", [])


def workflow_of(case: Mapping[str, Any], folder: Path) -> Pipeline:
    """Load the workflow of a recorded case."""
    known = Registry.installed()
    known.add("conformance.counter", Counter)
    options = WorkflowOptions(
        start=case.get("start"),
        workflows=case.get("workflows"),
        variables=case.get("variables") or {},
    )
    try:
        return load(case["workflow"], registry=known, base=folder, n8n=options)
    except PipelineError:
        pytest.skip("it is refused")


async def went(pipeline: Pipeline, workflow: Mapping[str, Any], size: int | None) -> Run:
    """Run a workflow, in one piece or in slices."""
    keeper = static_keeper(pipeline, workflow.get("staticData"))
    async with Runtime(store=keeper, clock=FakeClock()) as runtime:
        try:
            if size is None:
                return await runtime.run(pipeline)
            return await runtime.run_batches(pipeline, one_item(), size=size)
        except RunFailed as failed:
            return failed.run


async def one_item() -> AsyncIterator[Items]:
    """Yield what a run without items is given."""
    yield Items([{}])


def facts(run: Run) -> dict[str, Any]:
    """Return what must be the same."""
    known = {
        "status": run.status,
        "error": run.error and (run.failed_step, run.error.message, run.error.item),
        "steps": [(step.step, step.run, step.status, dict(step.counts)) for step in run.steps],
        "errors": [(error.step, error.message, error.item) for error in run.errors],
        "items": items_record(run.items),
        "state": run.state,
    }
    if run.status != "success":  # which items had come out is a matter of the slices
        known = {name: known[name] for name in ("status", "error")}
    return json.loads(json.dumps(known, default=repr).replace(run.id, "ID"))  # type: ignore[no-any-return]  # what was put in


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_recorded_workflows(path: Path, tmp_path: Path) -> None:
    text, routes = read_case(path)
    async with serving(routes) as server:
        case: dict[str, Any] = json.loads(text.replace("{HTTP_BASE}", server.base))
        pipeline = workflow_of(case, tmp_path)

        async def found(size: int | None) -> tuple[dict[str, Any], list[str]]:
            server.hits.clear()
            server.requests.clear()
            run = await went(pipeline, case["workflow"], size)
            return facts(run), sorted(server.requests)

        last = (await went(pipeline, case["workflow"], None)).last_step
        if last is None:
            pytest.skip("no step ran")
        pipeline = replace(pipeline, output=(last, pipeline.step(last).all_outputs[0]))
        whole = await found(None)
        for size in SIZES:
            assert await found(size) == whole


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", ["orders-report", "log-cleanup"])
async def test_examples(name: str, tmp_path: Path) -> None:
    found: list[tuple[dict[str, Any], dict[str, bytes]]] = []
    for size in (None, *SIZES):
        folder = tmp_path / str(size)
        shutil.copytree(ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns("output"))
        run = await went(load(folder / "pipeline.yaml"), {}, size)
        assert run.status == "success"
        found.append((facts(run), files_below(folder)))
    assert all(one == found[0] for one in found)
