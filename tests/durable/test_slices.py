"""Slices of any size give the same as one piece: for the recorded workflows, and the examples."""

import importlib
import json
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nodekit_nodes_chatkit.emulator import Emulator, Settings, serving as emulated
from ruamel.yaml import YAML

from nodekit import (
    Context,
    Fields,
    Fixed,
    Item,
    ItemNode,
    Json,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    Send,
    load,
)
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


async def went(
    pipeline: Pipeline,
    workflow: Mapping[str, Any],
    size: int | None,
    rows: Sequence[Fields] = ({},),
) -> Run:
    """Run a workflow, in one piece or, over some rows, in slices."""
    keeper = static_keeper(pipeline, workflow.get("staticData"))
    async with Runtime(store=keeper, clock=FakeClock()) as runtime:
        try:
            if size is None:
                return await runtime.run(pipeline)
            return await runtime.run_batches(pipeline, [rows], size=size)
        except RunFailed as failed:
            return failed.run


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
        if path.is_file() and path.suffix != ".pyc"
    }


def copied(name: str, folder: Path) -> None:
    """Copy an example, without what it has put out."""
    shutil.copytree(ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns("output"))


@pytest.mark.parametrize("name", ["orders-report", "log-cleanup"])
async def test_examples(name: str, tmp_path: Path) -> None:
    found: list[tuple[dict[str, Any], dict[str, bytes]]] = []
    for size in (None, *SIZES):
        folder = tmp_path / str(size)
        copied(name, folder)
        run = await went(load(folder / "pipeline.yaml"), {}, size)
        assert run.status == "success"
        found.append((facts(run), files_below(folder)))
    assert all(one == found[0] for one in found)


class DealtParams(Params):
    """What there is to deal to."""

    outputs: Fixed[list[str]]
    """The names of the outputs."""


class Dealt(ItemNode[DealtParams, None, str]):
    """Put out what a step has put out in another run."""

    @classmethod
    def outputs_of(cls, params: DealtParams) -> tuple[str, ...]:
        return tuple(params.outputs)

    def run_item(self, item: Item, params: DealtParams, ctx: Context) -> Send[str]:
        """Put out the row by the output that it left by."""
        return Send(item.json["output"], item.derive(item.json["row"]))


def read_by(run: Run, step: str) -> list[Fields]:
    """Return what a step has put out, one item of each output in turn, as rows to be dealt."""
    found = [
        (at / len(items), {"output": name, "row": json})
        for name, items in run.step(step).outputs.items()
        for at, json in enumerate(items.json)
    ]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def without_reader(
    folder: Path, step: str, outputs: list[Json], environ: Mapping[str, str]
) -> Pipeline:
    """Load the pipeline of an example that is given what one of its steps reads."""
    known = Registry.installed()
    known.add("test.dealt", Dealt)
    document = YAML(typ="safe").load(folder / "pipeline.yaml")
    reader = next(one for one in document["steps"] if one["name"] == step)
    reader |= {"type": "test.dealt", "params": {"outputs": outputs}}
    reader.pop("credential", None)
    return load(document, registry=known, base=folder, environ=environ)


THREAD = re.compile(r"cthr_\w+")
"""The name of a thread, which a server gives as they come."""


@asynccontextmanager
async def answering(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[dict[str, str], None]:
    """Serve what the examples ask, and give its address as they want it."""
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "support-triage"))
    reply: Callable[[str], str] = importlib.import_module("agent").reply
    async with emulated(Emulator(Settings(reply=reply))) as url:
        yield {"CHATKIT_URL": f"{url}/chatkit"}


def shown(run: Run, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what must be the same, and all files, without the names of threads."""
    known = json.loads(THREAD.sub("THREAD", json.dumps(facts(run))))
    files = files_below(folder).items()
    return known, {name: THREAD.sub("THREAD", content.decode()) for name, content in files}


@pytest.mark.parametrize(
    ("name", "reader"), [("log-cleanup", "Lines"), ("support-triage", "Read")], ids=lambda x: x
)
async def test_examples_that_are_given_what_they_read(
    name: str, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 100)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 30)
    found: list[tuple[dict[str, Any], dict[str, str]]] = []
    rows: list[Fields] = []
    outputs: list[Json] = []
    async with answering(monkeypatch) as environ:
        for size in (None, *SIZES):
            folder = tmp_path / str(size)
            copied(name, folder)
            if size is None:
                run = await went(load(folder / "pipeline.yaml", environ=environ), {}, None)
                rows, outputs = read_by(run, reader), list(run.step(reader).outputs)
            else:
                flow = without_reader(folder, reader, outputs, environ)
                run = await went(flow, {}, size, rows)
                assert run.step(reader)[0].taken == len(rows) > 200
            found.append(shown(run, folder))
    assert found[0][0]["status"] == "success"
    for one in found:
        assert one == found[0]


async def test_the_example_that_exports_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "chatkit-export"))
    emulator: Emulator = importlib.import_module("run_export").filled()
    found: list[tuple[dict[str, Any], dict[str, bytes]]] = []
    rows: list[Fields] = []
    async with emulated(emulator) as url:
        environ = {"OPENAI_API_KEY": emulator.settings.api_key, "OPENAI_BASE_URL": url}
        for size in (None, *SIZES):
            folder = tmp_path / str(size)
            copied("chatkit-export", folder)
            if size is None:
                run = await went(load(folder / "pipeline.yaml", environ=environ), {}, None)
                rows = read_by(run, "Threads")
            else:
                flow = without_reader(folder, "Threads", ["main"], environ)
                run = await went(flow, {}, size, rows)
            found.append((facts(run), files_below(folder)))
    assert len(rows) == 25
    assert found[0][0]["status"] == "success"
    assert all(files == found[0][1] for _, files in found)
    assert all(told == found[-1][0] for told, _ in found[1:])  # where they come from differs
