"""Wait: some time, or until a moment. Nothing outside resumes a run here."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .fields import failing

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
LONG = 65
"""From how many seconds on n8n puts a run aside."""

IN_PROCESS = ("It waits within the run; n8n puts the run aside and resumes it.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that waits.

    Raises:
        Unsupported: It waits for a call from outside.
    """
    resume = node.text("resume", "timeInterval")
    if resume == "specificTime":
        return StepDraft("wait", {"until": node.get("dateTime", "")}, differences=IN_PROCESS)
    if resume != "timeInterval":
        raise Unsupported(f'waiting for a call ("{resume}") is not supported')
    usual: tuple[Json, str] = (5, "seconds") if node.version >= 1.1 else (1, "hours")
    amount, unit = node.get("amount", usual[0]), node.get("unit", usual[1])
    if not is_expression(unit) and unit not in SECONDS:
        raise Unsupported(f'there is no unit of time "{unit}"')
    if isinstance(amount, int | float) and amount < 0:
        return failing("Invalid wait amount. Please enter a number that is 0 or greater.")
    return StepDraft(
        "wait",
        {"for": amount, "unit": unit},
        differences=IN_PROCESS if is_long(amount, unit) else (),
    )


def is_long(amount: Json, unit: Json) -> bool:
    """Whether n8n puts the run aside, as far as it is known."""
    if isinstance(amount, int | float) and isinstance(unit, str) and unit in SECONDS:
        return amount * SECONDS[unit] >= LONG
    return True
