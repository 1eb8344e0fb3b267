"""The cases of the corpus, and running one of them through the public API."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compare import Comparison, Difference, Supplied
from counter import Counter
from outcome import outcome_of
from server import Server, serving

from nodekit import PipelineError, Registry, RunFailed, Runtime, WorkflowOptions, load
from nodekit.pipeline import Pipeline, coverage, dump
from nodekit.pipeline.n8n import read_workflow
from nodekit.pipeline.n8n.static import static_keeper

Json = Any

KEEPS_STATIC = (
    "conformance.counter",
    "n8n-nodes-base.code",
    "n8n-nodes-base.function",
    "n8n-nodes-base.functionItem",
)
"""The node types of the corpus that keep something in static data."""

CODES = ("jsCode", "pythonCode", "functionCode", "errorMessage", "errorObject")
"""The parameters in which a workflow supplies the text of errors."""


@dataclass(frozen=True)
class Case:
    """One case: a workflow, and what n8n did with it."""

    path: Path
    value: Mapping[str, Json]

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.value["name"])

    @property
    def quirk(self) -> bool:
        """Whether matching it is optional."""
        return bool(self.value.get("quirk"))

    def filled(self, base: str) -> Mapping[str, Json]:
        """Return the case with the address of the server in it."""
        filled: Mapping[str, Json] = json.loads(json.dumps(self.value).replace("{HTTP_BASE}", base))
        return filled


def cases_below(folder: Path) -> Iterator[Case]:
    """Yield the cases in a folder and all folders below it, by name."""
    for path in sorted(folder.rglob("*.json")) if folder.is_dir() else [folder]:
        yield Case(path, json.loads(path.read_text(encoding="utf-8")))


def registry() -> Registry:
    """Return what is installed, and the counter."""
    known = Registry.installed()
    known.add("conformance.counter", Counter)
    return known


def nodes_of(workflow: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield the nodes of a workflow, and those of workflows that stand in its parameters."""
    for node in workflow["nodes"]:
        yield node
        inner = (node.get("parameters") or {}).get("workflowJson")
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            yield from nodes_of(json.loads(inner))


def supplied_by(case: Mapping[str, Json]) -> Supplied:
    """Return the texts that the workflow, or an answer of the server, supplies for errors."""
    workflows = [case["workflow"], *(case.get("workflows") or {}).values()]
    nodes = [node for workflow in workflows for node in nodes_of(workflow)]
    texts = [text for node in nodes for text in texts_of(node.get("parameters") or {})]
    for route in (case.get("http") or {}).get("routes", []):
        for answer in route["responses"]:
            if isinstance(answer.get("json"), dict):
                texts += [v for v in answer["json"].values() if isinstance(v, str)]
    stops = [n["name"] for n in case["workflow"]["nodes"] if n["type"].endswith(".stopAndError")]
    return Supplied(sorted(set(texts), key=len, reverse=True), stops)


def texts_of(parameters: Mapping[str, Json]) -> Iterator[str]:
    """Yield the texts that code throws and that StopAndError says."""
    for name in CODES:
        value = parameters.get(name)
        if not isinstance(value, str):
            continue
        if name.startswith("error"):
            yield value.removeprefix("=")
            continue
        for part in value.split("Error(")[1:]:
            quote = part[:1]
            if quote in "'\"`" and quote in part[1:]:
                yield part[1 : part.index(quote, 1)]


async def differences(
    case: Case, *, chunk: int = 1000, converted: bool = False
) -> list[Difference]:
    """Run a case and return what is not as n8n had it.

    Args:
        case: The case.
        chunk: How many items go into one call of expressions.
        converted: Whether the workflow is written as a pipeline file first, and that is run.
    """
    async with AsyncExitStack() as stack:
        routes = (case.value.get("http") or {}).get("routes", [])
        server = await stack.enter_async_context(serving(routes)) if routes else None
        filled = case.filled(server.base if server else "")
        got = await happened(filled, chunk, converted)
        if server is not None:
            got["requests"] = requests_of(server)
    comparison = Comparison(supplied_by(filled))
    return list(comparison.differences(filled["expected"], got))


def requests_of(server: Server) -> list[str]:
    """Return the requests a server saw."""
    return list(server.requests)


async def happened(case: Mapping[str, Json], chunk: int, converted: bool) -> dict[str, Json]:
    """Run the workflow of a case and return what happened, in the form of ``expected``."""
    workflow, known = case["workflow"], registry()
    options = WorkflowOptions(
        start=case.get("start"),
        workflows=case.get("workflows"),
        variables=case.get("variables") or {},
    )
    with TemporaryDirectory() as folder:
        try:
            source: Any = workflow
            if converted:
                source = dump(read_workflow(workflow, None, options, known.n8n_names()))
            pipeline = load(source, registry=known, base=Path(folder), n8n=options)
        except PipelineError as error:
            return refusal(error)
        record = await ran(pipeline, workflow, chunk)
    outputs = {
        said.node: [*said.outputs, "error"]
        for said in coverage(workflow, options, known=known.n8n_names())
    }
    keeps = [node["name"] for node in workflow["nodes"] if node["type"] in KEEPS_STATIC]
    return outcome_of(record, outputs, keeps)


def refusal(error: PipelineError) -> dict[str, Json]:
    """Return what happened where a workflow was refused."""
    return {
        "status": "refused",
        "order": [],
        "runs": {},
        "error": {"message": error.message},
        "lastNode": None,
        "staticData": {},
    }


async def ran(pipeline: Pipeline, workflow: Mapping[str, Json], chunk: int) -> Mapping[str, Json]:
    """Run a pipeline with the static data of its workflow, and return the record."""
    keeper = static_keeper(pipeline, workflow.get("staticData"))
    async with Runtime(store=keeper, chunk=chunk) as runtime:
        try:
            run = await runtime.run(pipeline)
        except RunFailed as failed:
            run = failed.run
    return run.record()


def named(cases: Sequence[Case], quirks: bool) -> list[Case]:
    """Return the cases that count."""
    return [case for case in cases if quirks or not case.quirk]
