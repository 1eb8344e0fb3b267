"""How fast a service is called: one limiter for a host or a credential.

A limiter is shared by pages, items and steps. It spaces requests evenly, those that weigh more
further than others where the service counts more than requests, keeps so many at once,
stands still while a service asks to wait, slows down when the service says 429 and speeds up again
as answers come well.
"""

from typing import Protocol

import anyio

from .options import Limit

SLOWEST = 60.0
"""The longest space between two requests, in seconds."""

FIRST = 0.1
"""The space after the first 429, where none was declared, in seconds."""

PAUSE = 1.0
"""How long 429 and 503 stop everything where the service does not say, in seconds."""

EASING = 0.9
"""What every good answer leaves of the space that a 429 made."""

NONE = 0.005
"""A space below this is none, in seconds."""

TICK = 1e-6
"""Less than this is no wait, in seconds: clocks do not tell such times apart."""


class Clock(Protocol):
    """What time it is, waiting, and taking note of how long a call has waited for a limit."""

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    def waited(self, seconds: float) -> None: ...


class Limiter:
    """Says when the next request may go. All times are those of the run's clock."""

    def __init__(self) -> None:
        self.declared = 0.0
        """The space that was asked for, in seconds."""
        self.space = 0.0
        """The space now, in seconds."""
        self.unit = 0.0
        """The space that each unit of a call's weight takes, in seconds."""
        self.paused_until = 0.0
        self._next = 0.0
        self._slots: anyio.Semaphore | None = None
        self._at_once: int | None = None

    def tighten(self, limit: Limit) -> None:
        """Keep a declared limit too; the strictest of several holds."""
        if limit.requests:
            self.declared = max(self.declared, limit.per / limit.requests)
            self.space = max(self.space, self.declared)
        if limit.units:
            self.unit = max(self.unit, limit.per / limit.units)
        if limit.at_once and (self._at_once is None or limit.at_once < self._at_once):
            self._at_once = limit.at_once
            self._slots = anyio.Semaphore(limit.at_once)

    async def acquire(self, clock: Clock, weight: float = 1.0) -> anyio.Semaphore | None:
        """Wait for leave to send. What comes back is to be released when the answer has come.

        ``weight`` is how many units the call takes.
        """
        slots, began = self._slots, clock.now()
        if slots is not None:
            await slots.acquire()
        granted = False
        try:
            await self._turn(clock, weight)
            granted = True
        finally:
            if slots is not None and not granted:  # also a cancellation gives the place back
                slots.release()
            clock.waited(clock.now() - began)
        return slots

    async def _turn(self, clock: Clock, weight: float) -> None:
        now = clock.now()
        due = max(now, self._next)
        self._next = due + max(self.space, self.unit * weight)
        while (due := max(due, self.paused_until)) - now > TICK:
            await clock.sleep(due - now)
            now = clock.now()

    def answered(self, status: int, asked: float | None, now: float) -> None:
        """Learn from an answer: its status, and the seconds that the service asked to wait."""
        if status in (429, 503):
            self.paused_until = max(self.paused_until, now + (PAUSE if asked is None else asked))
        if status == 429:
            self.space = min(SLOWEST, max(FIRST, self.space * 2))
            self._next = max(self._next, self.paused_until + self.space)
        elif status < 400 and self.space > self.declared:
            eased = self.space * EASING
            self.space = max(self.declared, eased if eased > NONE else 0.0)
