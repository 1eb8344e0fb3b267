"""A step that passes items on: how many a second."""

from collections.abc import Iterator
from statistics import median

import anyio

from nodekit import Pipeline, Runtime, load

from .measure import Figure, seconds
from .pipe import rows

STEPS = 10


def pipeline(steps: int) -> Pipeline:
    """Return a chain of steps that do nothing."""
    chain = [{"name": f"s{n}", "type": "no_op"} for n in range(steps)]
    return load({"nodekit": 1, "name": "passing", "steps": chain})


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure what each of ten further steps adds to a chain of one."""
    items = rows(1_000 if smoke else 100_000)
    short, long = pipeline(1), pipeline(1 + STEPS)

    def run(flow: Pipeline) -> None:
        async def go() -> None:
            async with Runtime() as runtime:
                await runtime.run(flow, items)

        anyio.run(go)

    pairs = [
        (seconds(lambda: run(long)), seconds(lambda: run(short))) for _ in range(1 if smoke else 5)
    ]
    step = max(median(a - b for a, b in pairs) / STEPS, 1e-9)
    yield Figure("a step that passes items on", len(items) / step, "items/s", at_least=1e6)
