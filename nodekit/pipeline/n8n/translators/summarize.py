"""Summarize: sums, counts, averages and lists over groups of items."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .fields import dots, failing, names

WITH_EMPTY = ("append", "concatenate", "count", "countUnique")
"""What can be asked to see empty values too."""


def translate(node: N8nNode) -> StepDraft:
    """Return a step that works out values for groups."""
    rows = node.rows("fieldsToSummarize.values")
    if not rows or any(row.get("field", "") == "" for row in rows):
        return failing("You need to add at least one aggregation with a non-empty field")
    params: dict[str, Json] = {"fields": [aggregation(row) for row in rows], **dots(node)}
    by = names(node.get("fieldsToSplitBy", ""))
    if by:
        params["group_by"] = by
        if node.text("options.outputFormat") == "singleItem":
            params["layout"] = "one"
    if node.flag("options.skipEmptySplitFields"):
        params["skip_empty_groups"] = True
    if node.version < 1.1 or node.kind == "itemLists":
        params["group_as_text"] = True
        if not node.flag("options.continueIfFieldNotFound"):
            params["missing"] = "fail"
    return StepDraft("summarize", params)


def aggregation(row: Mapping[str, Json]) -> Json:
    """Return one value to work out."""
    do = row.get("aggregation", "count")
    written: dict[str, Json] = {
        "field": row.get("field", ""),
        "do": "count_unique" if do == "countUnique" else do,
    }
    if row.get("includeEmpty") and do in WITH_EMPTY:
        written["include_empty"] = row["includeEmpty"]
    if do == "concatenate":
        separator = row.get("separateBy", ",")
        written["separator"] = row.get("customSeparator", "") if separator == "other" else separator
    return written
