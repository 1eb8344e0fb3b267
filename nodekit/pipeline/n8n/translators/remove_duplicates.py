"""Remove Duplicates: items that are the same as others, or that an earlier run has seen."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .fields import dots, failing, field_names

RULES: Mapping[str, tuple[str, str]] = {
    "removeItemsWithAlreadySeenKeyValues": ("new", "dedupeValue"),
    "removeItemsUpToStoredIncrementalKey": ("above", "incrementalDedupeValue"),
    "removeItemsUpToStoredDate": ("after", "dateDedupeValue"),
}
"""Our rules, and where their value stands, by n8n's."""

KEPT = ("What was seen is kept as state of the pipeline, apart from n8n's own database.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that drops items."""
    operation = node.fixed("operation", "removeDuplicateInputItems") if node.version >= 2 else ""
    if operation == "removeItemsSeenInPreviousExecutions":
        return across_runs(node)
    if operation == "clearDeduplicationHistory":
        return StepDraft("remove_duplicates", {"seen": {"clear": True, **scope(node)}})
    return within(node)


def across_runs(node: N8nNode) -> StepDraft:
    """Return a step that compares with earlier runs."""
    rule, place = RULES[node.fixed("logic", "removeItemsWithAlreadySeenKeyValues")]
    seen: dict[str, Json] = {"value": node.get(place, ""), "rule": rule, **scope(node)}
    if rule == "new" and node.has("options.historySize"):
        seen["size"] = node.get("options.historySize")
    outputs = ("main", "discarded")
    return StepDraft("remove_duplicates", {"seen": seen}, outputs=outputs, differences=KEPT)


def scope(node: N8nNode) -> dict[str, Json]:
    """Return whose memory it is."""
    return {"scope": "pipeline"} if node.text("options.scope", "node") == "workflow" else {}


def within(node: N8nNode) -> StepDraft:
    """Return a step that compares the items with each other."""
    params: dict[str, Json] = dots(node)
    match node.text("compare", "allFields"):
        case "selectedFields":
            params["by"] = field_names(node, "fieldsToCompare")
            if not params["by"]:
                return failing("No fields specified. Please add a field to compare on")
        case "allFieldsExcept":
            left_out = field_names(node, "fieldsToExclude")
            if not left_out:
                return failing("No fields specified. Please add a field to exclude")
            params["by"] = {"except": left_out, "deep": False}
        case _:
            pass
    if node.version < 1.1 or node.kind == "itemLists":
        params["null_is_type"] = True
    if node.flag("options.removeOtherFields"):
        params |= {"only_compared": True, "linked_by": "place"}
    return StepDraft("remove_duplicates", params)
