"""Stop and Error: ends the run with an error of the workflow's own."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode


def translate(node: N8nNode) -> StepDraft:
    """Return a step that ends the run."""
    if node.fixed("errorType", "errorMessage") == "errorObject":
        params: dict[str, Json] = {"json": node.get("errorObject", "{}")}
    else:
        params = {"message": node.text("errorMessage")}
    return StepDraft("stop_with_error", params)
