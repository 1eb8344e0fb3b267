"""Triggers: where a run begins. They put out what the run is given."""

from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.n8n.triggers import TRIGGERS


def translate(node: N8nNode) -> StepDraft:
    """Return a step that passes on what the run is given."""
    differences: tuple[str, ...] = ()
    if TRIGGERS[node.type].needs_items:
        differences = ("It does not wait for an event but puts out the items the run is given.",)
    return StepDraft("no_op", differences=differences)
