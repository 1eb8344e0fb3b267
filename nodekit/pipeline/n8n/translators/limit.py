"""Limit: the first or the last items."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode


def translate(node: N8nNode) -> StepDraft:
    """Return a step that keeps some of the items."""
    params: dict[str, Json] = {"count": node.get("maxItems", 1)}
    if node.text("keep", "firstItems") == "lastItems":
        params["from"] = "end"
    return StepDraft("limit", params)
