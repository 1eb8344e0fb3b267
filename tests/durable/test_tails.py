"""Calls with long tails keep all workers busy, across the borders of slices."""

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from benchmarks.tails import Wait, chunks, ideal, latencies
from nodekit import Items, Registry, Runtime, load
from nodekit.engine.clock import Clock

SETTLE = 200
"""How many turns of the loop are enough for everybody to wait for the clock again."""


class Virtual(Clock):
    """A clock that moves on when everybody waits for it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleepers: list[tuple[float, anyio.Event]] = []

    def now(self) -> float:
        """Return the time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        woken = anyio.Event()
        self.sleepers.append((self.time + seconds, woken))
        await woken.wait()

    async def move(self) -> None:
        """Move to the next who waits, for ever."""
        while True:
            for _ in range(SETTLE):
                await anyio.lowlevel.checkpoint()
            if self.sleepers:
                first = min(self.sleepers, key=lambda pair: pair[0])
                self.sleepers.remove(first)
                self.time = first[0]
                first[1].set()


def rows_of(times: list[float]) -> Iterator[Any]:
    return chunks([{"latency": time} for time in times], 100)


@pytest.mark.parametrize("size", [10, 50, 500])
async def test_a_slow_call_idles_nobody(size: int) -> None:
    times, clock = latencies(1_500, seed=3), Virtual()
    nodes = Registry()
    nodes.add("wait", Wait)
    params = {"latency": "={{ $json.latency }}"}
    step = {"name": "Wait", "type": "wait", "concurrency": 20, "params": params}
    flow = load({"nodekit": 1, "name": "tails", "steps": [step]}, registry=nodes)

    async def ignore(items: Items) -> None:
        """Take items and do nothing."""

    async with Runtime(clock=clock) as runtime, anyio.create_task_group() as group:
        group.start_soon(clock.move)
        await runtime.run_batches(flow, rows_of(times), ignore, size=size)
        group.cancel_scope.cancel()
    assert ideal(times, 20) / clock.time >= 0.9
