"""Pairs of measurements, taken in turn so that a busy machine disturbs both sides alike."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

PAIRS = 5


@dataclass(frozen=True)
class Figure:
    """One measured figure: what it is, its value, and what it should reach.

    ``at_least`` and ``at_most`` are goals; ``detail`` says what was measured.
    """

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    def __str__(self) -> str:
        goal = f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"
        verdict = "ok  " if self.reached else "MISS"
        figure = f"{self.value:>12,.2f} {self.unit:<8}"
        return f"{verdict} {self.name:<42} {figure} {goal:<12} {self.detail}"


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def in_turn(
    ours: Callable[[], object], yardstick: Callable[[], object], pairs: int = PAIRS
) -> tuple[float, float]:
    """Return the medians of both, in seconds, measured in turn after one run of each to warm up.

    Raises:
        AssertionError: They do not give the same result.
    """
    first, other = ours(), yardstick()
    assert first == other, "both sides must do the same work"
    times = [(seconds(ours), seconds(yardstick)) for _ in range(pairs)]
    return median(a for a, _ in times), median(b for _, b in times)
