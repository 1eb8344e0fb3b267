"""An ItemNode over its items: one loop, or several workers that draw from one queue."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from inspect import isawaitable
from random import random
from typing import Any

import anyio
import anyio.lowlevel

from nodekit.context import Context
from nodekit.errors import NodekitError
from nodekit.items import Items
from nodekit.node import ItemNode
from nodekit.pipeline.steps import RetryPolicy, Step

from .events import ItemFailed, StepProgress, StepRetried
from .failures import TimedOut, as_item_error, may_retry, wait_before
from .folding import lasting, one_at_a_time, put_back
from .intake import Intake
from .lanes import Job, Lanes, Queue
from .outcome import Gathering, Outcome, StepFailed
from .piece import Answer, Journal
from .refill import refill_of
from .resolve import Resolver
from .running import Running, Stopped
from .world import StepWorld

LOOK = 0.05
"""Seconds after which a loop of plain calls looks whether it is to end."""


class ItemLoop:
    """One try of a step whose node takes an item at a time.

    Args:
        running: The run.
        step: The step.
        node: The node.
        world: What the node may use.
        intake: What the step takes in.
        rows: The items to work on: of the first input, all or the first only.
        resolver: Where params come from.
    """

    def __init__(
        self,
        running: Running,
        step: Step,
        node: ItemNode[Any, Any, Any],
        world: StepWorld,
        intake: Intake,
        rows: Items,
        resolver: Resolver,
    ) -> None:
        self.running = running
        self.step = step
        self.node = node
        self.run_item: Callable[..., Any] = node.run_item
        """The node's function; that of a node that waits always gives something to await."""
        self.world = world
        self.rows = rows
        self.resolver = resolver
        self.policy = step.retry if step.retry.of == "item" else RetryPolicy()
        self.undoes = self.policy.tries > 1 and one_at_a_time(step)
        self.piece = world.piece
        self.gathering = Gathering(step, intake.arrival, len(rows))
        self.tries = 1
        self.done = 0
        self.fatal: list[StepFailed] = []

    async def run(self) -> Outcome:
        """Run the node for every item and return what came out, in input order.

        Raises:
            StepFailed: An item failed, and the step stops at errors.
            Stopped: The run was asked to stop.
        """
        if self.step.type.waits:
            await self._side_by_side()
        else:
            await self._one_by_one()
        return self.gathering.outcome()

    async def _one_by_one(self) -> None:
        """Call a plain function for each item, without any task."""
        rows, add, run_item, world = self.rows, self.gathering.add, self.node.run_item, self.world
        offset = self.piece.offset
        look = time.monotonic() + LOOK
        for positions in self._chunks():
            for position, params in zip(positions, await self._params(positions), strict=True):
                item = rows[position]
                before = self._before()
                try:
                    if isinstance(params, Exception):
                        raise params
                    result = run_item(item, params, Context(world, position + offset))
                    add(position, await result if isawaitable(result) else result)
                except Exception as error:
                    await self._recover(Job(position, item, params), error, before)
                if time.monotonic() > look:
                    await anyio.lowlevel.checkpoint()
                    look = time.monotonic() + LOOK
            self._progress(len(positions))
            await anyio.lowlevel.checkpoint()

    async def _side_by_side(self) -> None:
        """Let workers draw items from one queue."""
        queue = (Lanes if self.step.type.has_lanes else Queue)(self._jobs())
        workers = min(self.step.concurrency, len(self.rows))
        async with anyio.create_task_group() as group:
            self.world.group = group
            async with anyio.create_task_group() as crew:
                for _ in range(workers):
                    crew.start_soon(self._worker, queue, crew.cancel_scope)
            group.cancel_scope.cancel()
        if self.world.broken is not None:
            raise StepFailed(self.world.broken)
        if self.fatal:
            raise min(self.fatal, key=lambda failed: -1 if failed.item is None else failed.item)
        self.running.check()

    async def _worker(self, queue: Queue, scope: anyio.CancelScope) -> None:
        signal, gate, journal = self.running.signal, self.piece.gate, self.piece.journal
        work = self._work if journal is None else partial(self._noted, journal)
        try:
            while not signal.stopping:
                job = next(queue.ready, None) or await queue.take()
                if job is None:
                    break
                if gate is None:
                    await work(job)
                else:
                    async with gate.entered(self.piece.number):
                        await work(job)
                if self.step.type.has_lanes:
                    await queue.release(job)
                self.done += 1
        except StepFailed as failed:
            self.fatal.append(failed)
            scope.cancel()
        except Stopped:
            scope.cancel()

    async def _work(self, job: Job) -> None:
        """Work on one item; without a deadline in one go, since every layer costs time."""
        before = self._before() if self.undoes else None
        try:
            if self.step.timeout is None and not isinstance(job.params, Exception):
                ctx: Context[Any] = Context(self.world, job.position + self.piece.offset)
                result = await self.run_item(job.item, job.params, ctx)
            else:
                result = await self._call(job)
            self.gathering.add(job.position, result)
        except Exception as error:
            await self._recover(job, error, before)

    async def _noted(self, journal: Journal, job: Job) -> None:
        """Work on one item, unless a journal knows what came of it."""
        place = job.position + self.piece.offset
        known = journal.known(place)
        if known is not None:
            self._replay(job, known)
            return
        if not self.node.repeatable:
            await journal.begin(place)
        await self._work(job)
        answer = self._shown(self.gathering.answer(job.position))
        await journal.done(place, answer, self.gathering.own(job.position))

    def _shown(self, answer: Answer) -> Answer:
        """Return an answer as it may be written down: without secrets."""
        redactor = self.running.redactor
        self.running.learn(self.step.name)
        if not redactor.size:
            return answer
        sent = [(name, redactor.items(Items.of(items))) for name, items in answer.sent]
        return Answer(sent, answer.error and redactor.error(answer.error))

    def _replay(self, job: Job, known: Answer) -> None:
        """Take what came of an item before the process was killed.

        Raises:
            StepFailed: Nobody knows what became of its call, and the step stops at errors.
        """
        if known.error is None or known.sent:
            self.gathering.replay(job.position, known)
            return
        known.error.step, known.error.item = self.step.name, job.position + self.piece.offset
        self.gathering.fail(job.position, job.item, known.error)

    def _chunks(self) -> Iterator[range]:
        """Yield the positions of the items, so many at a time, until the run is asked to stop."""
        for start in range(0, len(self.rows), self.running.chunk):
            self.running.check()
            yield range(start, min(start + self.running.chunk, len(self.rows)))

    async def _jobs(self) -> AsyncIterator[Iterable[Job]]:
        for positions in self._chunks():
            yield map(self._job, positions, await self._params(positions))
            self._progress(0)

    def _job(self, position: int, params: Any) -> Job:
        item = self.rows[position]
        if not self.step.type.has_lanes or isinstance(params, Exception):
            return Job(position, item, params)
        try:
            return Job(position, item, params, self.node.lane(item, params))
        except Exception as error:
            return Job(position, item, error)

    async def _params(self, positions: range) -> Iterable[Any]:
        """Return the params of each of these items, or why it has none."""
        if self.step.template.expressions:
            refill = refill_of(self.step.template, len(positions))
            return await self.resolver.items(positions, refill)
        try:
            return [self.resolver.constant()] * len(positions)
        except NodekitError as error:
            return [error] * len(positions)

    async def _call(self, job: Job) -> Any:
        """Call the node for one item, under the step's deadline.

        Raises:
            TimedOut: It took too long.
        """
        if isinstance(job.params, Exception):
            raise job.params
        timeout, place = self.step.timeout, job.position + self.piece.offset
        if timeout is None:
            result = self.node.run_item(job.item, job.params, Context(self.world, place))
            return await result if isawaitable(result) else result
        deadline = self.world.now() + timeout
        with self.running.clock.scope(timeout):
            ctx: Context[Any] = Context(self.world, place, deadline)
            result = self.node.run_item(job.item, job.params, ctx)
            return await result if isawaitable(result) else result
        raise TimedOut(timeout)

    def _before(self) -> dict[str, Any] | None:
        """Return what the step remembers, if that is put back when a try is repeated."""
        return lasting(self.world.memory) if self.undoes else None

    async def _recover(self, job: Job, error: Exception, before: dict[str, Any] | None) -> None:
        """Try an item again that failed, if its step says so; else send it where it belongs.

        Raises:
            StepFailed: The step stops at errors.
        """
        for tried in range(1, self.policy.tries):
            if not may_retry(error, self.policy):
                break
            await self._wait(job, error, tried)
            if before is not None:
                put_back(self.world.memory, before)
            try:
                self.gathering.add(job.position, await self._call(job))
            except Exception as another:
                error = another
            else:
                return
        failure = as_item_error(error, self.step.name, job.position + self.piece.offset)
        self.gathering.fail(job.position, job.item, failure)
        self.running.learn(self.step.name)
        shown = self.running.redactor.error(failure)
        self.running.emit(ItemFailed(self.step.name, self.world.turn.run, shown))

    async def _wait(self, job: Job, error: Exception, tried: int) -> None:
        self.running.check()
        self.tries = max(self.tries, tried + 1)
        seconds = wait_before(tried, error, self.policy, random())
        failure = self.running.failure(error, self.step.name, job.position + self.piece.offset)
        self.running.emit(StepRetried(self.step.name, self.world.turn.run, failure, tried, seconds))
        await self.running.clock.sleep(seconds)

    def _progress(self, more: int) -> None:
        self.done += more
        failed = len(self.gathering.failures)
        self.running.emit(
            StepProgress(self.step.name, self.world.turn.run, self.done, failed, len(self.rows))
        )
