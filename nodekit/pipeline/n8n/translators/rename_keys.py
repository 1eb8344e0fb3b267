"""Rename Keys: other names for fields, one by one or by patterns."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.values import is_mapping

REPLACEMENTS = "additionalOptions.regexReplacement.replacements"


def translate(node: N8nNode) -> StepDraft:
    """Return a step that renames fields."""
    keys: list[Json] = [
        {"old": row.get("currentKey", ""), "new": row.get("newKey", "")}
        for row in node.rows("keys.key")
    ]
    params: dict[str, Json] = {"keys": keys}
    patterns = [pattern(row) for row in node.rows(REPLACEMENTS)]
    if patterns:
        params["patterns"] = patterns
    return StepDraft("rename_keys", params)


def pattern(row: Mapping[str, Json]) -> Json:
    """Return one pattern, and what takes the place of what it matches."""
    options = row.get("options")
    stated = options if is_mapping(options) else {}
    return {
        "find": row.get("searchRegex", ""),
        "replace": row.get("replaceRegex", ""),
        "case": not stated.get("caseInsensitive", False),
        "depth": stated.get("depth", -1),
    }
