"""Conditions of If, Filter and Switch: the filter of today, and the lists of the first versions."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import Unsupported
from nodekit.pipeline.n8n.node import N8nNode, sequence
from nodekit.pipeline.values import is_mapping

OLD_OPERATIONS: Mapping[str, str] = {
    "equal": "equals",
    "notEqual": "notEquals",
    "larger": "gt",
    "largerEqual": "gte",
    "smaller": "lt",
    "smallerEqual": "lte",
    "isEmpty": "empty",
    "isNotEmpty": "notEmpty",
}
"""Operators of the first versions by what they are called today; the others kept their names."""

UNARY = ("exists", "notExists", "empty", "notEmpty", "true", "false")
"""The operators that look at one value only."""

BLANK: Mapping[str, Json] = {"boolean": False, "dateTime": "", "number": 0, "string": ""}
FIRST: Mapping[str, str] = {
    "boolean": "equal",
    "dateTime": "after",
    "number": "smaller",
    "string": "equal",
}
"""What a condition of the first versions has where nothing is said: values and operators."""


def filter_params(value: Json) -> dict[str, Json]:
    """Return the params for a filter value.

    Only its own options count when it runs. Without any it is strict, looks at case, and follows
    the first version of the rules; an option that is missing among others is off (n8n: the same).
    """
    found = value if is_mapping(value) else {}
    rows = found.get("conditions")
    comparisons = [comparison(row) for row in sequence(rows) if is_mapping(row)]
    options = found.get("options")
    stated = options if is_mapping(options) else UNSAID
    params: dict[str, Json] = {kind_of(found): comparisons}
    if not stated.get("caseSensitive"):
        params["case"] = False
    if stated.get("typeValidation") != "strict":
        params["loose"] = True
    version = stated.get("version", 1)
    params["rules"] = version if version in (1, 2, 3) else 1
    return params


UNSAID: Mapping[str, Json] = {"caseSensitive": True, "typeValidation": "strict", "version": 1}
"""The options of a filter that says nothing about them."""


def kind_of(value: Mapping[str, Json]) -> str:
    """Return whether all comparisons must hold, or any."""
    return "any" if value.get("combinator") == "or" else "all"


def comparison(row: Mapping[str, Json]) -> Json:
    """Return one comparison.

    Raises:
        Unsupported: There is no such operator.
    """
    operator = row.get("operator")
    stated = operator if is_mapping(operator) else {}
    kind, operation = stated.get("type", "string"), stated.get("operation", "equals")
    if not isinstance(kind, str) or not isinstance(operation, str):
        raise Unsupported("a condition has no operator")
    written: dict[str, Json] = {"left": row.get("leftValue", ""), "is": f"{kind}.{operation}"}
    if operation not in UNARY:
        written["right"] = row.get("rightValue", "")
    return written


def old_params(node: N8nNode, any_of: bool) -> dict[str, Json]:
    """Return the params for the lists of conditions by type that the first versions have."""
    comparisons = [
        old_comparison(kind, row) for kind in BLANK for row in node.rows(f"conditions.{kind}")
    ]
    return {"any" if any_of else "all": comparisons, "rules": 0}


def old_comparison(kind: str, row: Mapping[str, Json]) -> Json:
    """Return one comparison of the first versions."""
    blank = BLANK[kind]
    left = row.get("value1", blank)
    return compared(kind, left, str(row.get("operation", FIRST[kind])), row.get("value2", blank))


def compared(kind: str, left: Json, operation: str, right: Json) -> Json:
    """Return a comparison by its old operator."""
    name = OLD_OPERATIONS.get(operation, operation)
    written: dict[str, Json] = {"left": left, "is": f"{kind}.{name}"}
    return written if name in UNARY else written | {"right": right}
