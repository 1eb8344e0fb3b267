"""From a workflow to a document: every node a step, every connection a reference."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nodekit.items import Json
from nodekit.pipeline.document import Document
from nodekit.pipeline.problem import PipelineError, Problem
from nodekit.pipeline.values import is_list, is_mapping

from .coverage import Coverage, Covered, cover
from .draft import StepDraft
from .graph import Graph, read_graph, start_of
from .node import N8nNode, on_error_of
from .options import WorkflowOptions
from .order import file_order
from .table import defaults_of

ERROR = "error"

ASKS = re.compile(
    r"\$(?:raw)?[pP]arameter|\$nodeVersion|\$nodeId|getNodeParameter|\bparams\b|\bparameter\b"
)
"""What an expression says that asks for what a step of ours does not have: n8n's parameters."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that has been read: its graph, where it starts, and what its nodes become."""

    value: Mapping[str, Json]
    graph: Graph
    start: str
    covered: Mapping[str, Covered]
    options: WorkflowOptions

    @property
    def settings(self) -> Mapping[str, Json]:
        """The settings of the workflow."""
        found = self.value.get("settings")
        return found if is_mapping(found) else {}


def read(
    value: Mapping[str, Json],
    file: str | None,
    options: WorkflowOptions,
    known: Sequence[str] = (),
) -> Workflow:
    """Read a workflow and translate its nodes.

    Raises:
        PipelineError: It does not have the form of a workflow, or has no start.
    """
    graph = read_graph(value, file)
    start = start_of(graph, options.start, file)
    pinned = pins_of(value, options)
    reached = graph.reached(start)
    covered = {
        name: cover(node, name in reached, name in pinned, known)
        for name, node in graph.nodes.items()
    }
    return Workflow(value, graph, start, covered, options)


def pins_of(value: Mapping[str, Json], options: WorkflowOptions) -> dict[str, list[Json]]:
    """Return the items that nodes put out instead of running: pinned data, then stubs."""
    found = value.get("pinData") if options.pins else None
    pins = {name: rows for name, rows in (found or {}).items() if is_list(rows)}
    return pins | {name: list(rows) for name, rows in options.stubs.items()}


def refusals(workflow: Workflow, file: str | None) -> Iterator[Problem]:
    """Yield why the workflow cannot run: nodes that would be reached and cannot be honoured."""
    for place, (name, covered) in enumerate(workflow.covered.items()):
        said: Coverage = covered.coverage
        if said.reachable and said.reason is not None:
            yield Problem(
                file,
                None,
                None,
                "error",
                "n8n-node",
                f"{said.type} {said.version:g}: {said.reason}",
                said.way_out,
                name,
                f"nodes[{place}]",
            )


def document_of(workflow: Workflow, file: str | None) -> Document:
    """Return the document of a workflow.

    Raises:
        PipelineError: A node that would be reached has no translation.
    """
    problems = list(refusals(workflow, file))
    if problems:
        raise PipelineError(problems)
    v1 = workflow.settings.get("executionOrder") == "v1"
    names = file_order(workflow.graph, workflow.start, v1)
    entries = Entries(workflow, {name: i for i, name in enumerate(names)})
    top: dict[str, Any] = {"nodekit": 1}
    for key in ("id", "name"):
        if isinstance(workflow.value.get(key), str) and workflow.value[key]:
            top[key] = workflow.value[key]
    top["settings"] = settings_of(workflow, v1)
    credentials = entries.credentials()
    if credentials:
        top["credentials"] = credentials
    top["steps"] = [entries.entry(name) for name in names]
    top["output"] = ".last"
    return Document.model_validate(top)


def settings_of(workflow: Workflow, v1: bool) -> dict[str, Json]:
    """Return the settings of the document."""
    stated, options = workflow.settings, workflow.options
    settings: dict[str, Json] = {}
    zone, limit = stated.get("timezone"), stated.get("executionTimeout")
    if isinstance(zone, str) and zone not in ("", "DEFAULT", "UTC"):
        settings["timezone"] = zone
    if isinstance(limit, int | float) and not isinstance(limit, bool) and limit > 0:
        settings["timeout"] = limit
    if not v1:
        settings["order"] = "v0"
    settings |= {"expressions": "lenient", "mode": "test"}
    if options.env:
        settings["env"] = list(options.env)
    if options.variables:
        settings["vars"] = dict(options.variables)
    return settings


class Entries:
    """Writes the entries of steps.

    Args:
        workflow: The workflow.
        place: Where each step stands in the file.
    """

    def __init__(self, workflow: Workflow, place: Mapping[str, int]) -> None:
        self.workflow = workflow
        self.graph = workflow.graph
        self.place = place
        self.pins = pins_of(workflow.value, workflow.options)
        texts = json.dumps([dict(node.parameters) for node in self.graph.nodes.values()])
        self.asks = ASKS.search(texts) is not None

    def credentials(self) -> dict[str, Json]:
        """Return the credentials that steps use."""
        return {}

    def draft(self, name: str) -> StepDraft:
        """Return what a node becomes."""
        return self.workflow.covered[name].draft

    def entry(self, name: str) -> dict[str, Json]:
        """Return the entry of one step."""
        node, draft = self.graph.nodes[name], self.draft(name)
        entry: dict[str, Json] = {"name": name, "type": draft.type}
        entry |= self._references(node, draft)
        if draft.credential is not None:
            entry["credential"] = draft.credential
        entry |= self._settings(node)
        if self.asks:
            entry["origin"] = origin_of(node)
        entry |= draft.settings
        if draft.params:
            entry["params"] = draft.params
        if name in self.pins and not node.disabled:
            entry["pin"] = [pinned(row) for row in self.pins[name]]
        return entry

    def _settings(self, node: N8nNode) -> dict[str, Json]:
        settings: dict[str, Json] = {}
        if (on_error := on_error_of(node.raw)) != "stop":
            settings["on_error"] = on_error
        if node.raw.get("retryOnFail") is True:
            settings["retry"] = retry_of(node.raw)
        for ours, theirs in (
            ("once", "executeOnce"),
            ("always_output", "alwaysOutputData"),
            ("disabled", "disabled"),
        ):
            if node.raw.get(theirs) is True:
                settings[ours] = True
        notes = node.raw.get("notes")
        return settings | ({"notes": notes} if isinstance(notes, str) and notes else {})

    def _references(self, node: N8nNode, draft: StepDraft) -> dict[str, Json]:
        """Return ``input`` and ``back``: what stands above, and what below."""
        slots = max(min(node.slots, len(draft.inputs)), 1)
        above: list[list[str]] = [[] for _ in range(slots)]
        below: list[list[str]] = [[] for _ in range(slots)]
        if node.name == self.workflow.start:
            above[0].append(".start")
        for row in self.graph.entering(node.name):
            reference = self._reference(row.source, row.output)
            if reference is None or row.input >= slots:
                continue
            lower = self.place[row.source] >= self.place[node.name]
            (below if lower else above)[row.input].append(reference)
        if len(draft.inputs) == 1:
            stated = {"input": few(above[0])}
            return stated | ({"back": few(below[0])} if below[0] else {})
        named = zip(draft.inputs, above, strict=False)
        stated = {"input": {name: few(rows) for name, rows in named}}
        back = {name: few(rows) for name, rows in zip(draft.inputs, below, strict=False) if rows}
        return stated | ({"back": back} if back else {})

    def _reference(self, source: str, output: int) -> str | None:
        """Return how an output of a node is named; ``None`` if nothing ever leaves by it."""
        node, outputs = self.graph.nodes[source], self.draft(source).outputs
        if output < len(outputs):
            name = outputs[output]
        elif output == len(outputs) and on_error_of(node.raw) == "error_output":
            name = ERROR
        else:
            return None
        return source if name == "main" else f"{source}.{name}"


def origin_of(node: N8nNode) -> dict[str, Json]:
    """Return what a node was, for expressions that ask: defaults count as said."""
    parameters = {**defaults_of(node), **node.parameters}
    origin: dict[str, Json] = {"version": node.version, "parameters": parameters}
    stated = node.raw.get("id")
    return origin | ({"id": stated} if isinstance(stated, str) else {})


def few(rows: Sequence[str]) -> Json:
    """Return references as a file writes them: nothing, one, or a list."""
    if not rows:
        return None
    return rows[0] if len(rows) == 1 else list(rows)


def pinned(row: Json) -> dict[str, Json]:
    """Return the fields of a pinned item; old exports have them bare."""
    if is_mapping(row):
        fields = row.get("json", row)
        return fields if is_mapping(fields) else {}
    return {}


def retry_of(raw: Mapping[str, Json]) -> dict[str, Json]:
    """Return how often a node is tried, with n8n's bounds: 2 to 5 tries, at most 5 seconds."""
    tries, wait = raw.get("maxTries") or 3, raw.get("waitBetweenTries") or 1000
    return {
        "of": "step",
        "on": "any",
        "tries": int(min(5, max(2, tries if isinstance(tries, int | float) else 3))),
        "wait": min(5000, max(0, wait if isinstance(wait, int | float) else 1000)) / 1000,
    }
