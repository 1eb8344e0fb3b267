"""A step that needs all its items, but goes through them a part at a time: they stay on disk."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import anyio.lowlevel

from nodekit.context import Context
from nodekit.items import ItemError, Items
from nodekit.links import Arrival, Straight
from nodekit.node import BatchNode
from nodekit.streams import NeedsAll

from .along import Along, carried_by
from .events import StepFinished, StepStarted
from .failures import TimedOut
from .feeding import Feed
from .outcome import Outcome, StepFailed, normalized, route_carried_errors
from .resolve import Resolver
from .run import Carried, StepRun
from .schedule import Source, Turn
from .spill import SpillFile
from .view import RunView
from .world import StepWorld

Take = Callable[[str, Items, Carried], Awaitable[None]]
"""Takes items that leave by an output, with what they take along."""


@dataclass
class Arriving:
    """The items that reach one input of a step (the ``Stream`` that a node gets).

    Args:
        feed: Gives the items.
        name: The input.
        source: What feeds it; nothing, if nothing does.
        count: How many items there are.
        along: Takes note of what they take along.
        broken: Collects what keeps them from coming, which is no fault of the node.
    """

    feed: Feed
    name: str
    source: Source | None
    count: int
    along: Along
    broken: list[Exception]

    def __len__(self) -> int:
        return self.count

    async def __aiter__(self) -> AsyncIterator[Items]:
        if self.source is None:
            return
        at, parts = 0, self.feed.parts(self.source, 0)
        while True:
            with noted(self.broken):
                self.feed.running.check()
                part = await anext(parts, None)
            if part is None:
                return
            rows, carried = part
            end = at + len(rows)
            if at == self.along.count:
                with noted(self.broken):
                    self.along.add(rows, carried)
            straight = Straight(Arrival(self.name), range(at, end))
            yield Items(rows.json, links=straight, binary=rows.binary)
            at = end
            await anyio.lowlevel.checkpoint()


@dataclass
class Streaming:
    """One run of a step that goes through its items a part at a time.

    Args:
        feed: Gives the items.
        turn: The run index of the step, and what feeds it.
        lengths: How many items there are, by input.
        take: Takes what it puts out.
    """

    feed: Feed
    turn: Turn
    lengths: Mapping[str, int]
    take: Take
    broken: list[Exception] = field(default_factory=list[Exception])

    def __post_init__(self) -> None:
        self.running = self.feed.running
        self.step = self.running.pipeline.step(self.turn.step)
        self.world = StepWorld(self.running, self.step, self.turn)
        self.asked = sorted(self.feed.plan.followed[self.step.name] - {self.step.name})
        self.file = SpillFile()
        self.inputs = {name: self._arriving(name) for name in self.turn.sources}
        self.alongs = {name: stream.along for name, stream in self.inputs.items()}

    def _arriving(self, name: str) -> Arriving:
        """Return the items of one input."""
        source = self.turn.sources[name]
        along = Along(source, self.asked, self.file)
        return Arriving(self.feed, name, source, self.lengths[name], along, self.broken)

    async def run(self) -> StepRun:
        """Run the step and return what happened.

        Raises:
            NeedsAll: It must see all items at once.
            Stopped: The run was asked to stop before the step was through.
            NodekitError: The store cannot be read or written.
        """
        turn, emit, began = self.turn, self.running.emit, time.monotonic()
        emit(StepStarted(turn.step, turn.run, sum(map(len, self.inputs.values()))))
        result = StepRun(turn.step, turn.run, turn.sources, self.running.clock.now())
        counts = dict.fromkeys(self.step.all_outputs, 0)
        try:
            await self._timed(counts)
            result.outputs, result.counts = {}, counts
        except NeedsAll:
            raise
        except Exception as error:
            if self.broken:
                raise self.broken[0] from error
            result.status, result.error = "error", self._failure(error)
        finally:
            self.world.close()
            self.file.close()
        self.running.learn(turn.step)
        result.seconds, result.hints = time.monotonic() - began, self.world.hints
        emit(StepFinished(turn.step, turn.run, result.status, dict(counts), result.seconds))
        return result

    def _failure(self, error: Exception) -> ItemError:
        """Return why the step failed, as it may be shown."""
        if isinstance(error, StepFailed):
            return self.running.failure(error.cause, self.step.name, error.item)
        return self.running.failure(error, self.step.name, None)

    async def _timed(self, counts: dict[str, int]) -> None:
        """Let the node put out everything within the time that the step has."""
        timeout = self.step.timeout
        with self.running.clock.scope(timeout) as scope:
            await self._put_out(counts, inf if timeout is None else self.world.now() + timeout)
        if scope.cancelled_caught:
            raise TimedOut(timeout or 0)

    async def _put_out(self, counts: dict[str, int], deadline: float) -> None:
        """Hand on what the node puts out, as it does."""
        node = self.step.type.node()
        assert isinstance(node, BatchNode)
        ctx: Context[Any] = Context(self.world, None, deadline)
        async with aclosing(node.run_stream(self.inputs, await self._params(), ctx)) as parts:
            async for part in parts:
                for name, rows in normalized(part, self.step):
                    items = self.running.redactor.items(Items.of(rows))
                    route_carried_errors(Outcome({name: items}, ()), self.step, 0)
                    counts[name] += len(items)
                    with noted(self.broken):
                        self.running.check()
                        carried = carried_by(self.alongs, self.step.name, items, self.asked)
                        await self.take(name, items, carried)
                await anyio.lowlevel.checkpoint()

    async def _params(self) -> Any:
        """Resolve the parameters, columns as of one item: none of them looks at any."""
        running, active = self.running, next(iter(self.inputs))
        view = RunView(
            running.pipeline,
            running.run.id,
            running.history,
            running.memories,
            running.clock,
            self.turn,
            Items([{}]),
            active,
            linked=running.linked,
            sliced=True,
        )
        self.world.view = view
        return (await Resolver(self.step, view, running.worker, running.chunk).batch(1)).params


@contextmanager
def noted(broken: list[Exception]) -> Generator[None, None, None]:
    """Take note of what a block raises."""
    try:
        yield
    except Exception as error:
        broken.append(error)
        raise
