"""What a killed run asks for again: calls in flight, and what one commit window has answered.

The clock is moved by hand, from one wake to the next: commits may take as long as they like.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from typing import Any

import anyio
from anyio.abc import TaskGroup
from hypothesis import given, settings, strategies as st

from nodekit import Context, Item, ItemNode, Items, Json, Run, Runtime, load
from nodekit.engine.answers import LATE
from nodekit.engine.surviving import Checkpoints
from nodekit.store import MemoryStore
from nodekit.testing import FakeClock
from tests.unit.engine.test_batches import N, NumberParams, lists, registry, step

TICK = 1e-6
"""Clocks do not tell shorter times apart."""


class Wakes(FakeClock):
    """A clock that can be moved to the next moment at which somebody wakes."""

    def __init__(self) -> None:
        super().__init__(auto=False)
        self.times: list[float] = []
        self.over = False

    async def sleep(self, seconds: float) -> None:
        if not self.over:
            heappush(self.times, self.now() + seconds)
            await super().sleep(seconds)

    async def next(self) -> bool:
        """Move to the next wake; return whether there is one."""
        await self.settle()
        if self.times:
            await self.advance(max(0.0, heappop(self.times) - self.now()))
            return True
        return False

    @asynccontextmanager
    async def moving(self) -> AsyncGenerator[TaskGroup, None]:
        """Give a group of tasks for whom it is moved in a block; nobody sleeps behind that."""
        async with anyio.create_task_group() as group:
            try:
                yield group
            finally:
                self.over = True
                self._move(self.now() + 1e9)


class Calls:
    """What the world sees: when each call began, and when it was answered."""

    def __init__(self, clock: FakeClock, latencies: Sequence[int]) -> None:
        self.clock = clock
        self.latencies = latencies
        self.begun: dict[int, float] = {}
        self.answered: dict[int, float] = {}

    async def call(self, n: int) -> None:
        """Answer a call, after some milliseconds."""
        assert n not in self.begun
        self.begun[n] = self.clock.now()
        await self.clock.sleep(self.latencies[n % len(self.latencies)] / 1000)
        self.answered[n] = self.clock.now()


class SlowStore(MemoryStore):
    """A store whose commits take their time; it knows which answers are safe."""

    def __init__(self, wait: Callable[[], Any]) -> None:
        super().__init__()
        self.wait = wait
        self.safe: set[int] = set()

    async def commit(self, run: str, fence: int, **more: Any) -> bool:
        await self.wait()
        kept = await super().commit(run, fence, **more)
        self.safe |= {position for _, _, position, _ in more.get("journal", ())}
        return kept


class SlowSink:
    """A sink that takes its time until it is sure of what it has."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.count = 0

    async def write(self, items: Items) -> None:
        self.count += len(items)

    async def flush(self) -> Json:
        await self.clock.sleep(self.seconds)
        return self.count

    async def restore(self, place: Json) -> None:
        """Begin at the beginning."""

    async def finish(self) -> None:
        """Take note of the end."""


def start(
    group: TaskGroup, calls: Calls, store: MemoryStore, sink: Any, rows: int, concurrency: int
) -> list[Run]:
    """Start a run over so many items, a call for each; return where the finished run will be."""
    done: list[Run] = []

    class Ask(ItemNode[NumberParams]):
        """Ask the world."""

        async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Ask."""
            await calls.call(params.n)
            return item

    nodes = registry()
    nodes.add("ask", Ask)
    steps = [step("Ask", "ask", N, concurrency=concurrency)]
    flow = load({"nodekit": 1, "name": "p", "steps": steps}, registry=nodes)

    async def go() -> None:
        source = lists([{"n": n} for n in range(rows)], 3)
        async with Runtime(store=store, clock=calls.clock) as runtime:
            checkpoints = Checkpoints(store, "run")
            done.append(
                await runtime.run_batches(flow, source, sink, size=5, checkpoints=checkpoints)
            )

    group.start_soon(go)
    return done


def check(calls: Calls, safe: set[int], concurrency: int) -> None:
    """Check what would be asked for again if the process died now."""
    again = calls.begun.keys() - safe
    answered = sorted(calls.answered[n] for n in again if n in calls.answered)
    window = [at for at in answered if at <= answered[0] + LATE + TICK]
    assert len(again) - len(window) <= concurrency


@given(
    latencies=st.lists(st.integers(1, 150), min_size=1, max_size=5),
    commits=st.lists(st.integers(0, 400), min_size=1, max_size=4),
    flush=st.integers(0, 300),
    concurrency=st.integers(1, 4),
)
@settings(deadline=None, max_examples=40)
async def test_a_kill_at_any_moment_repeats_calls_in_flight_and_of_one_window(
    latencies: list[int], commits: list[int], flush: int, concurrency: int
) -> None:
    clock = Wakes()
    calls, turns = Calls(clock, latencies), iter(range(1_000_000))
    store = SlowStore(lambda: clock.sleep(commits[next(turns) % len(commits)] / 1000))
    async with clock.moving() as group:
        done = start(group, calls, store, SlowSink(clock, flush / 1000), 40, concurrency)
        while await clock.next():
            check(calls, store.safe, concurrency)
    assert done[0].status == "success"
    assert sorted(calls.answered) == list(range(40))


async def test_no_call_begins_while_a_commit_hangs() -> None:
    clock, hangs = Wakes(), anyio.Event()
    calls = Calls(clock, [10])

    async def wait() -> None:
        if len(calls.answered) > 20:
            hangs.set()
            await clock.sleep(7200)

    store = SlowStore(wait)
    async with clock.moving() as group:
        done = start(group, calls, store, SlowSink(clock, 0), 400, 4)
        while not hangs.is_set():
            assert await clock.next()
        before, hung = len(calls.begun), clock.now()
        while clock.now() < hung + 7000:
            assert len(calls.begun) - before <= 4 * (LATE / 0.010 + 1)
            assert await clock.next()
            check(calls, store.safe, 4)
    assert done[0].step("Ask")[0].counts == {"main": 400}


async def test_commits_that_are_quick_hold_up_nothing() -> None:
    clock = Wakes()
    calls = Calls(clock, [10])
    store = SlowStore(lambda: clock.sleep(0.02))
    began = clock.now()
    async with clock.moving() as group:
        start(group, calls, store, SlowSink(clock, 0), 400, 4)
        while await clock.next():
            pass
    assert round(max(calls.answered.values()) - began - 0.04, 3) == 400 / 4 * 0.010
