"""The clock of a run: what time it is, waiting, and deadlines."""

import time

import anyio


class Clock:
    """The system's clock. Tests put another in its place."""

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; a cancellation ends the wait."""
        await anyio.sleep(seconds)

    def scope(self, seconds: float | None) -> anyio.CancelScope:
        """Return a cancel scope that is canceled after so many seconds; never for ``None``."""
        if seconds is None:
            return anyio.CancelScope()
        return anyio.CancelScope(deadline=anyio.current_time() + seconds)
