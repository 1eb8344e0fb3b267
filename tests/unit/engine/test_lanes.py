"""Which item is next: in order without lanes, in turn with them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise

import anyio
from hypothesis import given, settings, strategies as st

from nodekit import Item
from nodekit.engine.lanes import Job, Lanes, Queue
from tests.unit.engine.test_piece import settle


async def chunked(lanes: Sequence[str | None], size: int) -> AsyncIterator[Iterable[Job]]:
    """Yield jobs with these lanes, so many at a time."""
    jobs = [Job(at, Item({}), None, lane) for at, lane in enumerate(lanes)]
    for start in range(0, len(jobs), size):
        yield jobs[start : start + size]
    yield []


async def taken(queue: Queue) -> list[int]:
    """Take and release everything, one after another."""
    seen: list[int] = []
    while (job := await queue.take()) is not None:
        seen.append(job.position)
        await queue.release(job)
    assert await queue.take() is None
    return seen


@given(count=st.integers(0, 9), size=st.integers(1, 4))
async def test_a_queue_hands_out_in_input_order(count: int, size: int) -> None:
    assert await taken(Queue(chunked([None] * count, size))) == list(range(count))


async def test_a_queue_asks_for_a_chunk_when_the_last_is_used_up() -> None:
    asked: list[int] = []

    async def chunks() -> AsyncIterator[Iterable[Job]]:
        for at in range(2):
            asked.append(at)
            yield [Job(at, Item({}), None)]

    queue = Queue(chunks())
    await queue.take()
    assert asked == [0]
    await queue.take()
    assert asked == [0, 1]


async def test_workers_that_ask_at_once_get_different_jobs() -> None:
    queue, seen = Queue(chunked([None] * 6, 2)), list[int]()

    async def work() -> None:
        while (job := await queue.take()) is not None:
            seen.append(job.position)
            await settle()

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(work)
    assert sorted(seen) == list(range(6))


async def test_lanes_take_turns() -> None:
    assert await taken(Lanes(chunked("aaabbc", 4))) == [0, 3, 5, 1, 4, 2]


async def test_a_job_without_a_lane_waits_for_none() -> None:
    lanes = Lanes(chunked([None, None, "a"], 9))
    jobs = [await lanes.take() for _ in range(3)]
    assert [job.position for job in jobs if job] == [0, 1, 2]


async def test_a_lane_that_is_busy_is_waited_for() -> None:
    lanes, seen = Lanes(chunked("aa", 9)), list[int]()
    first = await lanes.take()
    assert first is not None

    async def second() -> None:
        job = await lanes.take()
        assert job is not None
        seen.append(job.position)

    async with anyio.create_task_group() as group:
        group.start_soon(second)
        await settle()
        assert seen == []
        await lanes.release(first)
    assert seen == [1]


@given(
    lanes=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12),
    workers=st.integers(1, 4),
    size=st.integers(1, 5),
)
@settings(deadline=None, max_examples=50)
async def test_no_lane_is_starved(lanes: list[str | None], workers: int, size: int) -> None:
    """Between two jobs of a lane, every other lane that has some left gets its turn."""
    queue, seen = Lanes(chunked(lanes, size)), list[int]()
    busy: set[str] = set()

    async def work() -> None:
        while (job := await queue.take()) is not None:
            lane = lanes[job.position]
            assert lane not in busy
            seen.append(job.position)
            if lane is not None:
                busy.add(lane)
            await anyio.lowlevel.checkpoint()
            busy.discard(lane or "")
            await queue.release(job)

    async with anyio.create_task_group() as group:
        for _ in range(workers):
            group.start_soon(work)
    assert sorted(seen) == list(range(len(lanes)))
    for lane in "abc":
        mine = [at for at in seen if lanes[at] == lane]
        assert mine == sorted(mine)
        if workers == 1:
            others = [[i for i in seen if lanes[i] == other] for other in "abc" if other != lane]
            for begin, end in pairwise(mine):
                between = seen[seen.index(begin) : seen.index(end)]
                for jobs in others:
                    if jobs and seen.index(jobs[-1]) > seen.index(end):
                        assert any(job in between for job in jobs)
