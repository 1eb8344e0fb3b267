"""Long work without waiting in a node: done in a thread, a stretch at a time."""

from collections.abc import Generator
from time import monotonic
from typing import TypeVar

from nodekit import Context

T = TypeVar("T")

STRETCH = 0.05
"""Seconds between two looks at whether the step is to stop."""


async def drained(ctx: Context[object], work: Generator[T, None, None]) -> list[T]:
    """Return all that a generator yields, made in a thread so that other steps' clocks go on.

    A deadline or a cancellation ends it between two values; what it raises is raised here.
    """
    found: list[T] = []

    def stretch() -> bool:
        end = monotonic() + STRETCH
        for value in work:
            found.append(value)
            if monotonic() >= end:
                return True
        return False

    try:
        while await ctx.thread(stretch):
            pass
    finally:
        work.close()
    return found
