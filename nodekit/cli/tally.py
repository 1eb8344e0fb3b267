"""Counts of what a run does, from its events; every display reads them here."""

from dataclasses import dataclass, field

from nodekit.engine.events import (
    Event,
    ItemFailed,
    StepFinished,
    StepProgress,
    StepRetried,
    StepStarted,
)
from nodekit.items import Json


@dataclass(slots=True)
class StepTally:
    """The counts of one step, all its runs together.

    ``seconds`` is the time of the runs that have finished, ``began`` when the latest one began,
    ``done`` and ``total`` how far it is.
    """

    step: str
    runs: int = 0
    taken: int = 0
    given: dict[str, int] = field(default_factory=dict[str, int])
    failed: int = 0
    retries: int = 0
    seconds: float = 0.0
    status: str = "running"
    began: float = 0.0
    done: int = 0
    total: int = 0
    text: str = ""

    def record(self) -> dict[str, Json]:
        """Return the counts as JSON."""
        return {
            "step": self.step,
            "runs": self.runs,
            "in": self.taken,
            "out": dict(self.given),
            "failed": self.failed,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
            "status": self.status,
        }


@dataclass(slots=True)
class Reason:
    """A message that items failed with: how many, and the first of them."""

    message: str
    step: str
    item: int | None
    count: int = 0

    def record(self) -> dict[str, Json]:
        """Return the reason as JSON."""
        return {
            "message": self.message,
            "count": self.count,
            "step": self.step,
            "item": self.item,
        }


class Tally:
    """The counts of a run, by step in the order in which they began.

    Call :meth:`note` with each event and the time it came at.
    """

    def __init__(self) -> None:
        self.steps: dict[str, StepTally] = {}
        self.reasons: dict[tuple[str, str], Reason] = {}

    @property
    def failed(self) -> int:
        """How many items have failed and went on all the same."""
        return sum(step.failed for step in self.steps.values())

    def note(self, event: Event, now: float) -> StepTally:
        """Count an event; return the counts of its step."""
        row = self.steps.setdefault(event.step, StepTally(event.step))
        match event:
            case StepStarted():
                row.runs += 1
                row.taken += event.items
                row.status, row.began, row.text = "running", now, ""
                row.done, row.total = 0, event.items
            case StepProgress():
                row.done, row.total, row.text = event.done, event.items, event.text
            case ItemFailed():
                row.failed += 1
                self.blame(event)
            case StepRetried():
                row.retries += 1
            case StepFinished():
                row.status = event.status
                row.seconds += event.seconds
                row.done = row.total
                for output, count in event.outputs.items():
                    row.given[output] = row.given.get(output, 0) + count
        return row

    def blame(self, event: ItemFailed) -> None:
        """Count an item's failure under its message."""
        error = event.error
        key = (event.step, error.message)
        reason = self.reasons.setdefault(key, Reason(error.message, event.step, error.item))
        reason.count += 1
