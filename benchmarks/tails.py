"""Calls whose latencies have a long tail, over slices: against an ideal pool of workers."""

from collections.abc import Iterator, Sequence
from heapq import heapreplace
from math import exp, log
from random import Random
from typing import Any

import anyio

from nodekit import Context, Item, ItemNode, Items, Params, Registry, Runtime, load

from .measure import Figure, seconds

MEDIAN, LATE = 0.010, 0.200
"""Latencies: half of the calls take less than the first, one in a hundred more than the second."""

FLIGHT = 100


class WaitParams(Params):
    """How long a call takes."""

    latency: float
    """Seconds."""


class Wait(ItemNode[WaitParams]):
    """Wait, as for an answer."""

    async def run_item(self, item: Item, params: WaitParams, ctx: Context) -> Item:
        """Wait."""
        await ctx.sleep(params.latency)
        return item


def latencies(count: int, seed: int = 1) -> list[float]:
    """Return log-normal latencies."""
    random, spread = Random(seed), log(LATE / MEDIAN) / 2.326
    return [MEDIAN * exp(spread * random.gauss(0, 1)) for _ in range(count)]


def ideal(times: Sequence[float], workers: int) -> float:
    """Return how long a pool takes whose workers are idle only when nothing is left."""
    free = [0.0] * workers
    for time in times:
        heapreplace(free, free[0] + time)
    return max(free)


def chunks(rows: Sequence[dict[str, Any]], size: int) -> Iterator[Sequence[dict[str, Any]]]:
    """Yield the rows, so many at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure slices of 500, a hundred calls in flight."""
    times = latencies(500 if smoke else 20_000)
    rows = [{"n": n, "latency": latency} for n, latency in enumerate(times)]
    nodes = Registry()
    nodes.add("wait", Wait)
    step = {
        "name": "Wait",
        "type": "wait",
        "concurrency": FLIGHT,
        "params": {"latency": "={{ $json.latency }}"},
    }
    flow = load({"nodekit": 1, "name": "tails", "steps": [step]}, registry=nodes)

    async def run() -> None:
        async def ignore(items: Items) -> None:
            """Take items and do nothing."""

        async with Runtime() as runtime:
            await runtime.run_batches(flow, chunks(rows, 500), ignore, size=500)

    pool, ours = ideal(times, FLIGHT), seconds(lambda: anyio.run(run))
    yield Figure(
        "long tails / ideal pool",
        pool / ours,
        "ratio",
        at_least=0.9,
        detail=f"{ours:.2f} against {pool:.2f} s for {len(rows):,} items",
    )
