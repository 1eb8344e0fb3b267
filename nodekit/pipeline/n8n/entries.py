"""The entries of steps: how each node is fed, and how it is set."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from nodekit.items import Json
from nodekit.pipeline.values import is_mapping

from .covering import Covered
from .defaults import with_defaults
from .draft import StepDraft
from .graph import Graph
from .node import N8nNode, credential_name, on_error_of
from .options import WorkflowOptions
from .pins import pinned

ERROR = "error"

ASKS = re.compile(
    r"\$(?:raw)?[pP]arameter|\$nodeVersion|\$nodeId|getNodeParameter|\bparams\b|\bparameter\b"
)
"""What an expression says that asks for what a step of ours does not have: n8n's parameters."""


class Entries:
    """Writes the entries of steps.

    Args:
        graph: The nodes and connections.
        start: The node a run starts from.
        covered: What each node becomes.
        pins: The items that nodes put out instead of running.
        place: Where each step stands in the file.
    """

    def __init__(
        self,
        graph: Graph,
        start: str,
        covered: Mapping[str, Covered],
        pins: Mapping[str, Sequence[Json]],
        place: Mapping[str, int],
    ) -> None:
        self.graph = graph
        self.start = start
        self.covered = covered
        self.pins = pins
        self.place = place
        texts = json.dumps([dict(node.parameters) for node in self.graph.nodes.values()])
        self.asks = ASKS.search(texts) is not None

    def credentials(self, options: WorkflowOptions) -> dict[str, Json]:
        """Return the credentials that steps use, with the fields that were given for them."""
        found: dict[str, Json] = {}
        for name, node in self.graph.nodes.items():
            wanted = self.draft(name).credential
            if wanted is not None:
                found[wanted] = fields_for(wanted, node, options)
        return found

    def draft(self, name: str) -> StepDraft:
        """Return what a node becomes."""
        return self.covered[name].draft

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
            entry |= pinned(self.pins[name])
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
        if node.name == self.start:
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
        if name == "main":
            return source
        written = f"{source}.{name}"
        known = self.graph.nodes
        clear = written not in known and not source.startswith(".")
        others = (step for step, output in splits(written) if (step, output) != (source, name))
        return written if clear and not known.keys() & set(others) else f".{name}:{source}"


def origin_of(node: N8nNode) -> dict[str, Json]:
    """Return what a node was, for expressions that ask: defaults count as said."""
    origin: dict[str, Json] = {"version": node.version, "parameters": with_defaults(node)}
    stated = node.raw.get("id")
    return origin | ({"id": stated} if isinstance(stated, str) else {})


def splits(reference: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to read a reference as a step and its output."""
    at = reference.find(".")
    while at >= 0:
        yield reference[:at], reference[at + 1 :]
        at = reference.find(".", at + 1)


def fields_for(name: str, node: N8nNode, options: WorkflowOptions) -> Json:
    """Return the type and fields given for a credential; ``None`` if none.

    They are given by its id, its name, or n8n's name of its type.
    """
    for kind, stated in pairs_of(node.raw.get("credentials")):
        if credential_name(stated) == name:
            ids = (stated.get("id"), name, kind) if is_mapping(stated) else (name, kind)
            found = (options.credentials.get(key) for key in ids if isinstance(key, str))
            return next((dict(fields) for fields in found if fields is not None), None)
    return None


def pairs_of(value: Json) -> Sequence[tuple[str, Json]]:
    """Return the keys and values of a mapping, or nothing."""
    return list(value.items()) if is_mapping(value) else ()


def few(rows: Sequence[str]) -> Json:
    """Return references as a file writes them: nothing, one, or a list."""
    if not rows:
        return None
    return rows[0] if len(rows) == 1 else list(rows)


def retry_of(raw: Mapping[str, Json]) -> dict[str, Json]:
    """Return how often a node is tried, with n8n's bounds: 2 to 5 tries, at most 5 seconds."""
    tries, wait = raw.get("maxTries") or 3, raw.get("waitBetweenTries") or 1000
    return {
        "of": "step",
        "on": "any",
        "tries": int(min(5, max(2, tries if isinstance(tries, int | float) else 3))),
        "wait": min(5000, max(0, wait if isinstance(wait, int | float) else 1000)) / 1000,
    }
