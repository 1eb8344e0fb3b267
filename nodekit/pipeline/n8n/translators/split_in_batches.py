"""Loop Over Items (Split in Batches): items in batches, one after another."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode


def translate(node: N8nNode) -> StepDraft:
    """Return a loop. Version 1 has one output, and says nothing when it is through."""
    params: dict[str, Json] = {"size": node.get("batchSize", 1 if node.version >= 3 else 10)}
    if node.has("options.reset") and node.get("options.reset") is not False:
        params["reset"] = node.get("options.reset")
    if node.version < 2:
        params["quiet"] = True
        return StepDraft("loop", params, outputs=("loop",))
    outputs = ("loop", "done") if node.version < 3 else ("done", "loop")
    return StepDraft("loop", params, outputs=outputs)
