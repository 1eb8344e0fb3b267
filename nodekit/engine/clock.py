"""The clock of a run: what time it is, waiting, and deadlines."""

import time

import anyio

STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets; where the system has one, it goes on while the machine sleeps."""


class Clock:
    """The system's clock as it was at first: it goes on evenly, even if somebody sets that.

    Tests put another in its place.
    """

    def __init__(self) -> None:
        self._ahead = time.time() - time.clock_gettime(STEADY)

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return time.clock_gettime(STEADY) + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait; a cancellation ends the wait."""
        await anyio.sleep(seconds)

    def waited(self, seconds: float) -> None:
        """Take no note that a call has waited for a limit."""

    def scope(self, seconds: float | None) -> anyio.CancelScope:
        """Return a cancel scope that is canceled after so many seconds; never for ``None``."""
        if seconds is None:
            return anyio.CancelScope()
        return anyio.CancelScope(deadline=anyio.current_time() + seconds)
