"""HTML Extract, and the same in today's node HTML: values by CSS selectors."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from .fields import names

TAKES = ("attribute", "html", "text", "value")


def translate(node: N8nNode) -> StepDraft:
    """Return a step that takes values out of HTML.

    Raises:
        Unsupported: It takes something that we do not know.
    """
    rows = node.rows("extractionValues.values")
    if not rows:
        raise Unsupported("it takes nothing out", "Add a value to extract.")
    source = node.get("dataPropertyName", "data")
    params: dict[str, Json] = {"fields": [extracted(row) for row in rows]}
    params["binary" if node.text("sourceData", "json") == "binary" else "field"] = source
    today = node.kind == "html"
    if not (today and node.version >= 1.2):
        params["text"] = "raw"
    trims = node.get("options.trimValues", not today)
    if node.get("options.cleanUpText"):
        params["tidy"] = "joined"
        trims = True
    return StepDraft("html_extract", {**params, "trim": trims})


def extracted(row: Mapping[str, Json]) -> Json:
    """Return one value to take out."""
    take = row.get("returnValue", "text")
    if take not in TAKES:
        raise Unsupported(f'taking "{take}" of an element is not supported')
    field: dict[str, Json] = {
        "as": row.get("key", ""),
        "select": row.get("cssSelector", ""),
        "take": take,
        "which": "all" if row.get("returnArray") else "first",
    }
    if take == "attribute":
        field["attribute"] = row.get("attribute", "")
    if take == "text" and row.get("skipSelectors"):
        field["skip"] = names(row["skipSelectors"])
    return field
