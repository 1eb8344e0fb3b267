"""Filter: only the items for which the conditions hold."""

from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .conditions import filter_params, old_params

ERRORS = ("An item that fails leaves by the error output; in n8n it is discarded, even with one.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that drops items; what it drops can be read, but leads nowhere."""
    if node.version < 2:
        params = old_params(node, node.fixed("combineConditions", "AND") == "OR")
    else:
        params = filter_params(node.get("conditions"))
    differences = ERRORS if node.raw.get("onError") == "continueErrorOutput" else ()
    return StepDraft("filter", params, extra_outputs=("discarded",), differences=differences)
