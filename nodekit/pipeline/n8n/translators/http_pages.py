"""The pages of HTTP Request."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression, names_in

from . import http_parts as parts

PLACE = "options.pagination.pagination"
KINDS: Mapping[object, str] = {"qs": "query", "headers": "headers", "body": "body"}
ENDLESS = 1_000_000
"""As many pages as there are, where nothing is said; a circle ends some time."""

NEVER = "={{ false }}"


def pages(node: N8nNode) -> dict[str, Json]:
    """Return how an answer in several pages is read, if it is.

    Raises:
        Unsupported: Something of it is not as the step wants it.
    """
    if not node.has(PLACE):
        return {}
    mode = node.text(f"{PLACE}.paginationMode", "updateAParameterInEachRequest")
    if mode == "off":
        return {}
    found: dict[str, Json] = {"max": ENDLESS}
    if node.flag(f"{PLACE}.limitPagesFetched"):
        found["max"] = node.get(f"{PLACE}.maxRequests", 100)
    if mode == "responseContainsNextURL":
        found["next"] = node.get(f"{PLACE}.nextURL", "")
    else:
        found["set"] = changing(node)
    if node.has(f"{PLACE}.requestInterval"):
        found["wait"] = parts.milliseconds(node.get(f"{PLACE}.requestInterval"))
    return {"pages": found | end(node)}


def changing(node: N8nNode) -> dict[str, Json]:
    """Return what is set in the request for every page.

    Raises:
        Unsupported: A name is computed, or there is none.
    """
    found: dict[str, dict[str, Json]] = {}
    for row in node.rows(f"{PLACE}.parameters.parameters"):
        name, kind = row.get("name", ""), KINDS.get(str(row.get("type", "qs")), "query")
        if not isinstance(name, str) or not name or is_expression(name):
            raise Unsupported(
                "a parameter of its pages has no name, or a computed one", "Write its name."
            )
        found.setdefault(kind, {})[name] = row.get("value", "")
    if not found:
        raise Unsupported("its pages have no parameter that changes", "Add one, or use one page.")
    return {**found}


def end(node: N8nNode) -> dict[str, Json]:
    """Return which page is the last.

    Raises:
        Unsupported: What says so is no expression.
    """
    match node.text(f"{PLACE}.paginationCompleteWhen", "responseIsEmpty"):
        case "receiveSpecificStatusCodes":
            stated = node.get(f"{PLACE}.statusCodesWhenComplete", "")
            if is_expression(stated):
                raise Unsupported("the statuses that end its pages are computed", "Write them.")
            codes: list[Json] = [int(text) for text in names_in(stated) if text.isdigit()]
            return {"until_status": codes, "until": NEVER}
        case "other":
            until = node.get(f"{PLACE}.completeExpression", "")
            if not is_expression(until):
                raise Unsupported(
                    "what says that its pages are complete is no expression", "Write one."
                )
            return {"until": until}
        case _:
            return {}
