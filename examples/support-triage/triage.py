"""What the pipeline does between its nodes: hide card numbers, read answers, sum up."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
CATEGORIES = {"billing", "delivery", "account", "other"}

Row = dict[str, Any]


def prepare(item: Mapping[str, Any]) -> Row:
    """Return a ticket with the text to be sent: no card numbers, no long quotes."""
    plain = "\n".join(line for line in item["body"].splitlines() if not line.startswith(">"))
    text = CARD.sub("[card number]", plain)
    return {**item, "text": f"Ticket {item['id']} ({item['subject']}): {text}".strip()}


def read(item: Mapping[str, Any], again: bool = False) -> Row:
    """Return what an answer says, with ``fault`` set if it is not what was asked for."""
    row: Row = {"thread": item["threadId"], "again": again}
    try:
        found: Any = json.loads(item["text"])
    except ValueError:
        return {**row, "fault": "not JSON"}
    if not isinstance(found, dict):
        return {**row, "fault": "not an object"}
    answer: Row = dict(cast(Row, found))
    return {**answer, **row, "fault": fault_in(answer)}


def fault_in(answer: Row) -> str | None:
    """Return what is wrong with an answer, if something is."""
    if answer.get("category") not in CATEGORIES:
        return "unknown category"
    confidence = answer.get("confidence")
    if not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        return "no confidence"
    return None


def summary(items: list[Row]) -> Row:
    """Return how many tickets there are of each sort."""
    return {
        "tickets": len(items),
        "by_category": dict(sorted(Counter(row["category"] for row in items).items())),
        "by_language": dict(sorted(Counter(row["language"] for row in items).items())),
        "customers": len({row["customer"] for row in items}),
        "threads": len({row["thread"] for row in items}),
        "asked_again": sum(row["again"] for row in items),
    }
