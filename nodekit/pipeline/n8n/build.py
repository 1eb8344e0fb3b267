"""From a workflow to a document: every node a step, every connection a reference."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from nodekit.items import Json
from nodekit.pipeline.document import Document
from nodekit.pipeline.problem import PipelineError, Problem
from nodekit.pipeline.values import is_mapping
from nodekit.wording import sentence

from .called import with_called
from .covering import Coverage, Covered, Known, cover
from .entries import Entries
from .failing import text_for_failures
from .graph import Graph, read_graph, refused, start_of, types_above
from .options import WorkflowOptions
from .order import file_order, undecided
from .pins import pins_of

HOST = re.compile(r"https?://([^/?#\\\"'`<>{}\s]+)")
"""The host, with its port, of an address in JSON text."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that has been read: its graph, where it starts, and what its nodes become."""

    value: Mapping[str, Json]
    graph: Graph
    start: str
    covered: Mapping[str, Covered]
    pins: Mapping[str, Sequence[Json]]
    options: WorkflowOptions

    @property
    def settings(self) -> Mapping[str, Json]:
        """The settings of the workflow."""
        found = self.value.get("settings")
        return found if is_mapping(found) else {}


def read(
    value: Mapping[str, Json],
    file: str | None,
    options: WorkflowOptions | None,
    known: Known = (),
) -> Workflow:
    """Read a workflow and translate its nodes.

    Raises:
        PipelineError: It does not have the form of a workflow, or has no start.
    """
    options = options or WorkflowOptions()
    value = with_called(value, options)
    graph = read_graph(value, file)
    start = start_of(graph, options, file)
    pinned = pins_of(value, options)
    reached = graph.reached(start)
    unclear = undecided(graph, in_new_order(value))
    hosts = hosts_in(value)
    covered = {
        name: cover(
            replace(
                node,
                above=types_above(graph, name),
                python=options.allow_python,
                hosts=hosts,
            ),
            name in reached,
            name in pinned,
            known,
            ORDER if name in unclear else None,
        )
        for name, node in graph.nodes.items()
    }
    return Workflow(value, graph, start, covered, pinned, options)


ORDER = (
    "Nodes that feed it and its neighbours want opposite orders of them, as nodes at equal places "
    "or in the old order can; here they always run in the same one."
)
"""What differs where no order of the file suits all."""


def in_new_order(value: Mapping[str, Json]) -> bool:
    """Whether a workflow runs in n8n's order v1."""
    settings = value.get("settings")
    return is_mapping(settings) and settings.get("executionOrder") == "v1"


def hosts_in(value: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the hosts, with ports, of the addresses that stand anywhere in a workflow.

    Who wrote them there means them, also where a node computes its address from them.
    """
    return tuple(dict.fromkeys(HOST.findall(json.dumps([value["nodes"], value.get("pinData")]))))


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
    v1 = in_new_order(workflow.value)
    names = file_order(workflow.graph, workflow.start, v1)
    place = {name: i for i, name in enumerate(names)}
    entries = Entries(workflow.graph, workflow.start, workflow.covered, workflow.pins, place)
    top: dict[str, Any] = {"nodekit": 1}
    for key in ("id", "name"):
        if isinstance(workflow.value.get(key), str) and workflow.value[key]:
            top[key] = workflow.value[key]
    top["settings"] = settings_of(workflow, v1)
    answer = text_for_failures(workflow.value, workflow.options, file)
    if answer is not None:
        top["settings"]["on_failure"] = answer
    credentials = entries.credentials(workflow.options)
    if credentials:
        top["credentials"] = credentials
    top["steps"] = [entries.entry(name) for name in names]
    top["output"] = ".last"
    try:
        return Document.model_validate(top)
    except ValidationError as error:
        row = error.errors(include_url=False)[0]
        path = ".".join(map(str, row["loc"]))
        raise refused(f"{path} {sentence(row)}", file) from None


def is_active(value: Mapping[str, Json]) -> bool:
    """Whether a workflow is one whose triggers are registered (n8n 2: it has an active version)."""
    return value.get("activeVersionId") is not None or value.get("active") is True


def settings_of(workflow: Workflow, v1: bool) -> dict[str, Json]:
    """Return the settings of the document."""
    stated, options = workflow.settings, workflow.options
    settings: dict[str, Json] = {}
    zone, limit = stated.get("timezone"), stated.get("executionTimeout")
    if isinstance(zone, str) and zone not in ("", "DEFAULT", "UTC"):
        settings["timezone"] = zone
    if isinstance(limit, int | float) and not isinstance(limit, bool) and limit > 0:
        settings["timeout"] = limit
    mode = "production" if options.production or options.failed else "test"
    if not v1:
        settings["order"] = "v0"
    settings |= {"expressions": "lenient", "mode": mode, "last_failure": "counts"}
    if is_active(workflow.value):
        settings["active"] = True
    if options.env:
        settings["env"] = list(options.env)
    if options.variables:
        settings["vars"] = dict(options.variables)
    return settings
