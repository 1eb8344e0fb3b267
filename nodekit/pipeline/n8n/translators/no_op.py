"""No Operation: passes its items on."""

from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode


def translate(_: N8nNode) -> StepDraft:
    """Return a step that does nothing."""
    return StepDraft("no_op")
