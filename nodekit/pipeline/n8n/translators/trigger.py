"""Triggers: where a run begins. They put out what the run is given."""

import json

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.n8n.triggers import TRIGGERS
from nodekit.pipeline.values import is_mapping

CALLED = "n8n-nodes-base.executeWorkflowTrigger"


def translate(node: N8nNode) -> StepDraft:
    """Return a step that passes on what the run is given."""
    if node.type == CALLED and node.version >= 1.1:
        return called(node)
    differences: tuple[str, ...] = ()
    if TRIGGERS[node.type].needs_items:
        differences = ("It does not wait for an event but puts out the items the run is given.",)
    return StepDraft("no_op", differences=differences)


def called(node: N8nNode) -> StepDraft:
    """Return the start of a workflow that others call: items have exactly the declared fields."""
    source = node.fixed("inputSource", "workflowInputs")
    if source == "passthrough":
        return StepDraft("no_op")
    if source == "jsonExample":
        names = names_of(node.text("jsonExample", "{}"))
    else:
        names = [str(row.get("name", "")) for row in node.rows("workflowInputs.values")]
    fields: dict[str, Json] = {
        name: f"={{{{ $json[{json.dumps(name)}] ?? null }}}}" for name in names if name
    }
    return StepDraft("set", {"fields": fields, "dots": False, "binary": "keep"})


def names_of(example: str) -> list[str]:
    """Return the fields of an example in JSON; none if it is not JSON of an object."""
    try:
        value = json.loads(example)
    except (ValueError, RecursionError):
        return []
    return list(value) if is_mapping(value) else []
