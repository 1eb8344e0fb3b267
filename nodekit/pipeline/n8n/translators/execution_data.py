"""Execution Data: values that are noted of the run."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

LOGGED = ("The values go to the log of the run.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that notes values, and passes its items on."""
    values: list[Json] = [
        {"key": row.get("key", ""), "value": row.get("value", "")}
        for row in node.rows("dataToSave.values")
    ]
    return StepDraft("annotate", {"values": values}, differences=LOGGED)
