"""Which item of a step is worked on next, when several are at once."""

from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import anyio

from nodekit.items import Item


class Job(NamedTuple):
    """One item to work on: its position in the input, and its params or why it has none."""

    position: int
    item: Item
    params: Any
    lane: Hashable | None = None


class Queue:
    """Hands out jobs in input order to workers that ask for one.

    Args:
        chunks: The jobs, many at a time, each made when it is taken; more are asked for when they
            are used up.
    """

    def __init__(self, chunks: AsyncIterator[Iterable[Job]]) -> None:
        self._chunks = chunks
        self.ready: Iterator[Job] = iter(())
        """Jobs that anyone may take, without asking; none where lanes take turns."""
        self._lock = anyio.Lock(fast_acquire=True)

    async def take(self) -> Job | None:
        """Return the next job, or ``None`` when there is no more."""
        async with self._lock:
            while (job := next(self.ready, None)) is None:
                chunk = await anext(self._chunks, None)
                if chunk is None:
                    return None
                self.ready = iter(chunk)
        return job

    async def release(self, job: Job) -> None:
        """Take note that a job is done."""


class Lanes(Queue):
    """Hands out jobs so that those of one lane run one after another, in input order.

    Lanes take turns, so that a long one does not starve the others. A job without a lane is a lane
    of its own.
    """

    def __init__(self, chunks: AsyncIterator[Iterable[Job]]) -> None:
        super().__init__(chunks)
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._busy: set[Hashable] = set()
        self._filled = False
        self._freed = anyio.Condition()

    async def take(self) -> Job | None:
        """Return the next job of a lane that is free; wait for one if all are busy."""
        async with self._freed:
            if not self._filled:
                await self._fill()
            while True:
                lane = next((lane for lane in self._waiting if lane not in self._busy), None)
                if lane is not None:
                    return self._pop(lane)
                if not self._waiting:
                    return None
                await self._freed.wait()

    async def _fill(self) -> None:
        async for chunk in self._chunks:
            for job in chunk:
                lane = ("alone", job.position) if job.lane is None else ("lane", job.lane)
                self._waiting.setdefault(lane, deque()).append(job)
        self._filled = True

    def _pop(self, lane: Hashable) -> Job:
        jobs = self._waiting.pop(lane)
        job = jobs.popleft()
        self._busy.add(lane)
        if jobs:
            self._waiting[lane] = jobs  # at the end: the other lanes come first
        return job

    async def release(self, job: Job) -> None:
        """Free the lane of a job that is done."""
        lane = ("alone", job.position) if job.lane is None else ("lane", job.lane)
        async with self._freed:
            self._busy.discard(lane)
            self._freed.notify_all()
