"""Respond to Webhook: what a caller is answered. Here nobody calls; the items go on."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

CALLED = frozenset(
    (
        "n8n-nodes-base.webhook",
        "n8n-nodes-base.formTrigger",
        "n8n-nodes-base.form",
        "n8n-nodes-base.wait",
        "@n8n/n8n-nodes-langchain.chatTrigger",
    )
)
"""The types of nodes that a caller waits behind."""

TAKES: Mapping[str, str] = {
    "allIncomingItems": "all",
    "binary": "file",
    "firstIncomingItem": "first",
    "json": "json",
    "noData": "nothing",
    "redirect": "redirect",
    "text": "text",
}
NOBODY = ("Nobody is answered: the items of a call are given, and the answer stays in the run.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that works out an answer.

    Raises:
        Unsupported: It answers in a way that we do not have.
    """
    way = node.text("respondWith", "firstIncomingItem")
    if way not in TAKES:
        raise Unsupported(f'answering with "{way}" is not supported')
    params: dict[str, Json] = {"take": TAKES[way], **content(node, way)}
    rows = node.rows("options.responseHeaders.entries")
    if rows:
        params["headers"] = [
            {"name": row.get("name", ""), "value": row.get("value", "")} for row in rows
        ]
    if node.has("options.responseCode"):
        params["status"] = node.get("options.responseCode")
    if node.version >= 1.1 and not node.above & CALLED:
        params["awaited"] = False
    if reports(node):
        params["report"] = True
        return StepDraft("respond", params, outputs=("main", "response"), differences=NOBODY)
    return StepDraft("respond", params, differences=NOBODY)


def reports(node: N8nNode) -> bool:
    """Whether the answer leaves by an output of its own."""
    return node.version == 1.3 or (node.version >= 1.4 and node.flag("enableResponseOutput"))


def content(node: N8nNode, way: str) -> dict[str, Json]:
    """Return what the answer holds."""
    match way:
        case "json":
            return {"body": node.get("responseBody", "{}")}
        case "text":
            return {"body": node.get("responseBody", "")}
        case "redirect":
            return {"url": node.get("redirectURL", "")}
        case "binary" if node.text("responseDataSource", "automatically") == "set":
            return {"file": node.get("inputFieldName", "data")}
        case "firstIncomingItem" | "allIncomingItems" if node.has("options.responseKey"):
            return {"under": node.get("options.responseKey")}
        case _:
            return {}
