"""Counts of what a run does, from its events; every display reads them here."""

from dataclasses import dataclass, field

from nodekit.engine import Run
from nodekit.engine.events import (
    Event,
    ItemFailed,
    StepFinished,
    StepProgress,
    StepRetried,
    StepStarted,
)
from nodekit.items import Json


@dataclass(slots=True, eq=False, repr=False)
class StepTally:
    """The counts of one step, all its runs together.

    ``waited`` is how many seconds calls waited for limits, ``seconds`` the time of the runs that
    have finished, ``began`` when the latest one began, ``done`` and ``total`` how far it is.
    """

    step: str
    runs: int = 0
    taken: int = 0
    given: dict[str, int] = field(default_factory=dict[str, int])
    failed: int = 0
    retries: int = 0
    waited: float = 0.0
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
            "waited": round(self.waited, 3),
            "seconds": round(self.seconds, 3),
            "status": self.status,
        }


@dataclass(slots=True, eq=False, repr=False)
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

    Call :meth:`note` with each event and the time it came at, and :meth:`settle` at the end.
    """

    def __init__(self) -> None:
        self.steps: dict[str, StepTally] = {}
        self.reasons: dict[tuple[str, str], Reason] = {}
        self.sizes: dict[tuple[str, int], int] = {}

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
                self.sizes[event.step, event.run] = event.items
            case StepProgress():
                row.text = event.text or row.text
                if event.items:
                    row.done, row.total = event.done, event.items
                elif event.done:
                    self.sliced(row, event)
            case ItemFailed():
                row.failed += 1
            case StepRetried():
                row.retries += 1
            case StepFinished():
                row.status = event.status
                row.seconds += event.seconds
                row.done = row.total or row.done
                for output, count in event.outputs.items():
                    row.given[output] = row.given.get(output, 0) + count
        return row

    def sliced(self, row: StepTally, event: StepProgress) -> None:
        """Count what went through a step in slices: how many there will be, nobody knows."""
        row.taken += event.done - self.sizes.get((event.step, event.run), 0)
        self.sizes[event.step, event.run] = row.done = event.done

    def settle(self, run: Run) -> None:
        """Take what failed from the run, which knows it better than its events.

        Items that failed and were tried again with success have not failed. A step that failed as
        a whole and went on has failed for all of its items.
        """
        for step in run.steps:
            row = self.steps.setdefault(step.step, StepTally(step.step))
            row.failed, row.retries, row.waited = 0, 0, 0.0
        for step in run.steps:
            row = self.steps[step.step]
            row.failed += step.failed or len(step.failures)
            if step.error is not None and step.outputs is not None:
                row.failed += self.sizes.get((step.step, step.run), 0)
            row.retries += step.retries
            row.waited += step.waited
            for why in step.why():
                self.blame(step.step, why.message, why.first, why.count)

    def blame(self, step: str, message: str, first: int | None, count: int) -> None:
        """Count failures under their message."""
        fresh = Reason(message, step, first)
        self.reasons.setdefault((step, message), fresh).count += count
