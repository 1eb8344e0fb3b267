"""A clock that tests move."""

from dataclasses import dataclass, field

import anyio
import anyio.lowlevel

from nodekit.engine import Clock

SETTLE = 20
"""How often other tasks get a chance to run after the clock has moved."""


@dataclass(order=True)
class _Sleeper:
    until: float
    woken: anyio.Event = field(compare=False)


class FakeClock(Clock):
    """A clock that stands still until it is moved.

    Args:
        now: The time it begins with, in seconds since the epoch.
        auto: Whether a sleep moves the clock by itself and returns at once. Otherwise it lasts
            until :meth:`advance` has gone past its end.
    """

    def __init__(self, now: float = 1_700_000_000.0, *, auto: bool = True) -> None:
        self._now = now
        self._auto = auto
        self._sleepers: list[_Sleeper] = []
        self._scopes: list[tuple[float, anyio.CancelScope]] = []
        self.slept: list[float] = []
        """How long every sleep was to last, in the order in which they began."""

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved so far."""
        self.slept.append(seconds)
        if self._auto:
            self._move(self._now + seconds)
            await anyio.lowlevel.checkpoint()
            return
        sleeper = _Sleeper(self._now + seconds, anyio.Event())
        self._sleepers.append(sleeper)
        await sleeper.woken.wait()

    def scope(self, seconds: float | None) -> anyio.CancelScope:
        """Return a cancel scope that is canceled when the clock has been moved so far."""
        scope = anyio.CancelScope()
        if seconds is not None:
            self._scopes.append((self._now + seconds, scope))
        return scope

    async def advance(self, seconds: float) -> None:
        """Move the clock, wake who waited for it, and let them run until they wait again."""
        self._move(self._now + seconds)
        await self.settle()

    async def settle(self) -> None:
        """Let other tasks run until they wait for something."""
        for _ in range(SETTLE):
            await anyio.lowlevel.checkpoint()

    def _move(self, now: float) -> None:
        self._now = max(self._now, now)
        for sleeper in sorted(self._sleepers):
            if sleeper.until <= self._now:
                sleeper.woken.set()
        self._sleepers = [s for s in self._sleepers if s.until > self._now]
        for deadline, scope in self._scopes:
            if deadline <= self._now:
                scope.cancel()
        self._scopes = [(at, scope) for at, scope in self._scopes if at > self._now]
