"""Date & Time: sums with dates, their forms, parts, and the time between them."""

from collections.abc import Callable, Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from .fields import failing

HOST = "UTC"
"""The zone of dates that do not say theirs: today's node reads them in that of its host."""


def translate(node: N8nNode) -> StepDraft:
    """Return a step that reckons with dates.

    Raises:
        Unsupported: There is no such operation.
    """
    return today(node) if node.version >= 2 else first(node)


def first(node: N8nNode) -> StepDraft:
    """Return what version 1 does: in moment's tokens, beside the other fields."""
    given = node.get("options.fromTimezone", "")
    params: dict[str, Json] = {
        "date": node.get("value", ""),
        "as": node.get("dataPropertyName", "data"),
        "tokens": "moment",
    }
    if node.has("options.fromFormat") and node.get("options.fromFormat") != "":
        params["from"] = node.get("options.fromFormat")
    if given:
        params["from_timezone"] = given
    if node.fixed("action", "format") == "calculate":
        params["do"] = node.text("operation", "add")
        params |= {"amount": node.get("duration", 0), "unit": node.get("timeUnit", "days")}
        return StepDraft("date_time", {**params, "utc": True})
    shown = node.get("options.toTimezone", "") or given
    if shown:
        params["timezone"] = shown
    return StepDraft(
        "date_time", {**params, "do": "format", "format": node.get("toFormat", "MM/DD/YYYY")}
    )


def today(node: N8nNode) -> StepDraft:
    """Return what version 2 does."""
    operation = node.fixed("operation", "getCurrentDate")
    if operation not in OPERATIONS:
        raise Unsupported(f'there is no operation "{operation}"')
    if operation == "getTimeBetweenDates" and node.get("units", ["day"]) == []:
        return failing("No units of time are chosen")
    name, write = OPERATIONS[operation]
    params = write(node)
    params["as"] = node.get("outputFieldName", "") or name
    params["dots"] = False
    if not node.flag("options.includeInputFields"):
        params["keep"] = "none"
    return StepDraft("date_time", params)


def current(node: N8nNode) -> dict[str, Json]:
    """Return what gives the time of the run."""
    params: dict[str, Json] = {"do": "now", "time": node.get("includeTime", True)}
    if node.has("options.timezone") and node.get("options.timezone") != "":
        params["timezone"] = node.get("options.timezone")
    return params


def moved(node: N8nNode, do: str) -> dict[str, Json]:
    """Return what adds to a date, or subtracts."""
    return {
        "do": do,
        "date": node.get("magnitude", ""),
        "unit": node.get("timeUnit", "days"),
        "amount": node.get("duration", 0),
        "from_timezone": HOST,
    }


def formatted(node: N8nNode) -> dict[str, Json]:
    """Return what writes a date in another form."""
    form = node.get("format", "MM/dd/yyyy")
    params: dict[str, Json] = {
        "do": "format",
        "date": node.get("date", ""),
        "format": node.get("customFormat", "") if form == "custom" else form,
    }
    if node.has("options.fromFormat") and node.get("options.fromFormat") != "":
        return {**params, "from": node.get("options.fromFormat")}
    if not node.flag("options.timezone"):
        params["timezone"] = "own_east"
    return {**params, "from_timezone": HOST}


def rounded(node: N8nNode) -> dict[str, Json]:
    """Return what gives the beginning of a month, or whatever, or of the next."""
    up = node.text("mode", "roundDown") == "roundUp"
    params: dict[str, Json] = {
        "do": "round",
        "date": node.get("date", ""),
        "to": node.get("to" if up else "toNearest", "month"),
        "from_timezone": HOST,
    }
    return {**params, "up": True} if up else params


def between(node: N8nNode) -> dict[str, Json]:
    """Return what counts the time from one date to another."""
    params: dict[str, Json] = {
        "do": "between",
        "date": node.get("startDate", ""),
        "end": node.get("endDate", ""),
        "units": node.get("units", ["day"]),
        "from_timezone": HOST,
    }
    return {**params, "iso": True} if node.flag("options.isoString") else params


def part(node: N8nNode) -> dict[str, Json]:
    """Return what takes one part of a date."""
    return {
        "do": "part",
        "date": node.get("date", ""),
        "part": node.get("part", "month"),
        "from_timezone": HOST,
    }


OPERATIONS: Mapping[str, tuple[str, Callable[[N8nNode], dict[str, Json]]]] = {
    "getCurrentDate": ("currentDate", current),
    "addToDate": ("newDate", lambda node: moved(node, "add")),
    "subtractFromDate": ("newDate", lambda node: moved(node, "subtract")),
    "formatDate": ("formattedDate", formatted),
    "roundDate": ("roundedDate", rounded),
    "getTimeBetweenDates": ("timeDifference", between),
    "extractDate": ("datePart", part),
}
"""The field that gets the result where none is named, and what does it, by operation."""
