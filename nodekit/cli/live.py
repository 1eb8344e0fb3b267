"""A live line for every step, on a terminal. The only module that knows rich's live display."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .tally import StepTally, Tally

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PAUSE = 0.1
"""Seconds between two pictures."""

MOST = 20
"""How many steps are shown: the latest ones."""


class Live:
    """Draws a line for each step and keeps it up to date.

    Args:
        clock: Gives the time in seconds.
        console: Where to draw; standard error if not given.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, console: "Console | None" = None
    ) -> None:
        from rich.console import Console
        from rich.live import Live as Screen

        self.clock = clock
        self.screen = Screen(
            console=console or Console(stderr=True),
            auto_refresh=False,  # no thread: events are frequent enough
            transient=True,  # the summary takes its place
            redirect_stdout=False,
        )
        self.last = 0.0
        self.screen.start()

    def show(self, tally: Tally, row: StepTally) -> None:
        """Draw the lines anew, if the last time is some time ago."""
        now = self.clock()
        if row.status == "running" and now - self.last < PAUSE:
            return
        self.last = now
        self.screen.update(picture(tally, now), refresh=True)

    def close(self) -> None:
        """Take the lines away."""
        self.screen.stop()


def picture(tally: Tally, now: float) -> "Table":
    """Return the lines of the latest steps."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for row in list(tally.steps.values())[-MOST:]:
        table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in cells(row, now)))
    return table


def cells(row: StepTally, now: float) -> tuple[str, ...]:
    """Return what one line says: step, done, failed, waiting, rate, time left, the node's word."""
    done = f"{row.done:,}/{row.total:,}" if row.total else f"{row.done:,}"
    failed = f"{row.failed:,} failed" if row.failed else ""
    if row.status != "running":
        mark = "✓" if row.status == "success" else "✗"
        return f"{mark} {row.step}", done, failed, "", f"{row.seconds:.1f} s", "", ""
    spent = now - row.began
    rate = row.done / spent if spent > 0 else 0.0
    if not row.total:
        return f"› {row.step}", done, failed, "", f"{rate:,.0f}/s", "", row.text
    waiting = f"{row.total - row.done:,} waiting"
    left = f"{clock_time((row.total - row.done) / rate)} left" if rate else ""
    return f"› {row.step}", done, failed, waiting, f"{rate:,.0f}/s", left, row.text


def clock_time(seconds: float) -> str:
    """Return a length of time like ``0:07`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
