"""The answers of steps that wait to be written down together: a group commit with a bound.

An answer is safe once it is written. What is not safe when the process dies is asked for again, so
that must stay little: the calls in flight, and what was answered within one commit window. A
commit begins soon after the first answer that it holds. Where it takes longer than that, on a slow
disk, who brings further answers is held up until they are safe, and with it the place in its step
from which the next call would begin.
"""

import anyio

from .clock import Clock

PAUSE = 0.05
"""Seconds for which the first answer waits for others before all are written."""

LATE = 0.08
"""Seconds after which an answer that is not safe holds up others.

With what an answer needs on its way to here, that is the commit window: 0.1 s at most.
"""

Entry = tuple[str, int, int, bytes]
"""An answer: the step, its run, the position of the item, the words."""


class Answers:
    """Answers that have come, and when the first of them did.

    Args:
        clock: The clock of the run.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._entries: list[Entry] = []
        self._since = 0.0
        self._taken: float | None = None
        self._come, self._safe = anyio.Event(), anyio.Event()

    def __len__(self) -> int:
        return len(self._entries)

    async def add(self, entry: Entry, *, wait: bool) -> None:
        """Take an answer; wait until it is safe if asked to, or if an earlier one is late."""
        if not self._entries:
            self._since = self.clock.now()
            self._come.set()
        self._entries.append(entry)
        if wait or self._late():
            await self._safe.wait()

    def _late(self) -> bool:
        """Whether some answer has waited for too long."""
        first = self._since if self._taken is None else self._taken
        return self.clock.now() - first > LATE

    async def due(self) -> None:
        """Wait until it is time to write what has come; that is at once if it already was."""
        while True:
            await self._come.wait()
            left = self._since + PAUSE - self.clock.now()
            if left <= 0:
                return
            await self.clock.sleep(left)

    def take(self) -> tuple[list[Entry], anyio.Event]:
        """Return what has come, to be written now, and what to give to :meth:`safe` then."""
        if not self._entries:
            return [], anyio.Event()
        taken, safe, self._taken = self._entries, self._safe, self._since
        self._entries, self._come, self._safe = [], anyio.Event(), anyio.Event()
        return taken, safe

    def safe(self, taken: anyio.Event) -> None:
        """Say that what was taken is written."""
        self._taken = None
        taken.set()
