"""What is shown on standard error while a run goes on."""

import time
from collections.abc import Callable
from typing import Protocol

from nodekit.engine.events import Event, ItemFailed, StepProgress, StepRetried

from .tally import StepTally, Tally
from .words import say

PAUSE = 5.0
"""Seconds between two plain lines."""


class Display(Protocol):
    """Shows the counts of a run while it goes on."""

    def show(self, tally: Tally, row: StepTally) -> None:
        """Show the counts after an event of the step ``row``."""

    def close(self) -> None:
        """End the display, so that other words can follow."""


class Nothing:
    """Shows nothing."""

    def show(self, tally: Tally, row: StepTally) -> None:
        """Show nothing."""

    def close(self) -> None:
        """End nothing."""


class Lines:
    """Says how far a run is with a plain line now and then.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.last = clock()

    def show(self, tally: Tally, row: StepTally) -> None:
        """Print a line if the last one is some time ago."""
        if self.clock() - self.last >= PAUSE:
            self.last = self.clock()
            say(far(row))

    def close(self) -> None:
        """End the display."""


def far(row: StepTally) -> str:
    """Return how far a step is, as words."""
    failed = f", {row.failed:,} failed" if row.failed else ""
    text = f" – {row.text}" if row.text else ""
    of = f" of {row.total:,}" if row.total else ""
    return f"{row.step}: {row.done:,}{of} done{failed}{text}"


class Watch:
    """Takes the events of a run: counts them, shows the counts, and says what failed if asked.

    Args:
        display: Shows the counts.
        verbose: Whether every failed item and every retry gets a line.
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        display: Display,
        *,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self.display = display
        self.verbose = verbose
        self.clock = clock

    def __call__(self, event: Event) -> None:
        row = self.tally.note(event, self.clock())
        if self.verbose:
            self.tell(event)
        self.display.show(self.tally, row)

    def tell(self, event: Event) -> None:
        """Print what happened, if it is worth a line."""
        match event:
            case ItemFailed(step=step, error=error):
                place = "" if error.item is None else f", item {error.item}"
                say(f'step "{step}"{place}: {error.message}')
            case StepRetried(step=step, error=error):
                place = "" if error.item is None else f", item {error.item}"
                say(f'step "{step}"{place}: {error.message}; again in {event.wait:g} s')
            case StepProgress(step=step, text=text) if text:
                say(f'step "{step}": {text}')
            case _:
                return
