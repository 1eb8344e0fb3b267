"""If: one of two ways for every item."""

from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .conditions import filter_params, old_params

ERRORS = (
    "An item that fails leaves by the error output; in n8n it leaves by false, even with one.",
)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that splits items."""
    if node.version < 2:
        params = old_params(node, node.fixed("combineOperation", "all") == "any")
    else:
        params = filter_params(node.get("conditions"))
    differences = ERRORS if node.raw.get("onError") == "continueErrorOutput" else ()
    return StepDraft("if", params, outputs=("true", "false"), differences=differences)
