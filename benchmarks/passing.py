"""A step that passes items on: what it adds, and so how many items a second it takes."""

from collections.abc import Iterator
from statistics import median

import anyio

from nodekit import Items, Pipeline, Runtime, load

from .measure import Figure, seconds
from .pipe import rows

STEPS = 10

SIZES = (10_000, 100_000, 1_000_000)
"""How many items pass. A step hands on what it was given, so the time it adds says more than the
rate, which grows with their number; both are shown."""

ROWS = 1_000
"""How many of the items differ: a million that do would fill the memory."""


def pipeline(steps: int) -> Pipeline:
    """Return a chain of steps that do nothing."""
    chain = [{"name": f"s{n}", "type": "no_op"} for n in range(steps)]
    return load({"nodekit": 1, "name": "passing", "steps": chain})


def added(items: Items, repeats: int) -> float:
    """Return the seconds that one more step adds to a chain, from ten steps more and less."""
    short, long = pipeline(1), pipeline(1 + STEPS)

    def run(flow: Pipeline) -> None:
        async def go() -> None:
            async with Runtime() as runtime:
                await runtime.run(flow, items)

        anyio.run(go)

    pairs = [(seconds(lambda: run(long)), seconds(lambda: run(short))) for _ in range(repeats)]
    return max(median(a - b for a, b in pairs) / STEPS, 1e-9)


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure what each of ten further steps adds to a chain of one, for three sizes."""
    for size in (ROWS,) if smoke else SIZES:
        items = Items(rows(ROWS) * (size // ROWS))
        step = added(items, 1 if smoke else 5)
        yield Figure(
            f"a step that passes {size:,} items on",
            size / step,
            "items/s",
            at_least=1e6,
            detail=f"{step * 1e6:,.0f} us a step",
        )
