"""Sort: by fields, at random, or by a comparison in JavaScript."""

import re
from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .fields import dots, failing

ORDERS: Mapping[object, str] = {"ascending": "asc", "descending": "desc"}


def translate(node: N8nNode) -> StepDraft:
    """Return a step that puts the items in order."""
    match node.fixed("type", "simple"):
        case "random":
            return StepDraft("sort", {"random": True})
        case "code":
            return by_code(node.fixed("code"))
        case _:
            return by_fields(node)


def by_code(code: str) -> StepDraft:
    """Return a step that sorts by a comparison."""
    if not re.search(r"\breturn\b", code):
        return failing("Sort code doesn't return. Please add a 'return' statement to your code")
    return StepDraft("sort", {"javascript": code})


def by_fields(node: N8nNode) -> StepDraft:
    """Return a step that sorts by the values of fields."""
    rows = node.rows("sortFieldsUi.sortField")
    if not rows:
        return failing("No sorting specified. Please add a field to sort by")
    by = [sort_key(row) for row in rows]
    return StepDraft("sort", {"by": by, **dots(node)})


def sort_key(row: Mapping[str, Json]) -> Json:
    """Return one field to sort by."""
    order = str(row.get("order", "ascending"))
    return {"field": row.get("fieldName", ""), "order": ORDERS.get(order, order)}
