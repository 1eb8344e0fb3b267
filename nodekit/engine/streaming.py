"""A step that needs all its items, but goes through them a part at a time: they stay on disk."""

import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import anyio.lowlevel

from nodekit.context import Context
from nodekit.items import Items
from nodekit.links import Arrival, Link, Straight
from nodekit.node import BatchNode
from nodekit.streams import NeedsAll

from .events import StepFinished, StepStarted
from .failures import TimedOut
from .feeding import Feed
from .outcome import normalized
from .resolve import Resolver
from .run import Carried, StepRun
from .schedule import Source, Turn
from .view import RunView
from .world import StepWorld

Take = Callable[[str, Items, Carried], Awaitable[None]]
"""Takes items that leave by an output, with what they take along."""

UNKNOWN = -1
"""Stands for a position in the run's input that is not known, or is not one."""


@dataclass
class Arriving:
    """The items that reach one input of a step (the ``Stream`` that a node gets).

    ``origins`` are the positions in the run's input of those that have come so far.

    Args:
        feed: Gives the items.
        name: The input.
        source: What feeds it; nothing, if nothing does.
        count: How many items there are.
        broken: Collects what keeps them from coming, which is no fault of the node.
    """

    feed: Feed
    name: str
    source: Source | None
    count: int
    broken: list[Exception]
    origins: "array[int]" = field(default_factory=lambda: array("q"))

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
            if at == len(self.origins):
                found = range(at, end) if carried is None else carried.origins
                self.origins.extend(UNKNOWN if origin is None else origin for origin in found)
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
        self.inputs = {
            name: Arriving(self.feed, name, source, self.lengths[name], self.broken)
            for name, source in self.turn.sources.items()
        }

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
            result.status = "error"
            result.error = self.running.failure(error, turn.step, None)
        finally:
            self.world.close()
        self.running.learn(turn.step)
        result.seconds, result.hints = time.monotonic() - began, self.world.hints
        emit(StepFinished(turn.step, turn.run, result.status, dict(counts), result.seconds))
        return result

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
                    counts[name] += len(items)
                    with noted(self.broken):
                        self.running.check()
                        await self.take(name, items, self._carried(items))
                await anyio.lowlevel.checkpoint()

    async def _params(self) -> Any:
        """Resolve the parameters: none of them looks at an item, else it would not stream."""
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
        return (await Resolver(self.step, view, running.worker, running.chunk).batch(0)).params

    def _carried(self, items: Items) -> Carried:
        """Return what items take along: where they come from, and themselves, if that is asked."""
        asked = self.turn.step in (self.running.linked or ())
        return Carried(self._origins(items), {self.turn.step: list(items)} if asked else {})

    def _origins(self, items: Items) -> list[int | None]:
        """Return the positions in the run's input that items come from, each where it is one."""
        links = items.links
        if isinstance(links, Straight):
            origins = self.inputs[links.arrival.input].origins
            found = map(origins.__getitem__, links.positions)
            return [None if at == UNKNOWN else at for at in found]
        return [self._origin(link) for link in links or [None] * len(items)]

    def _origin(self, link: Link) -> int | None:
        """Return the one position in the run's input that the links of an item lead to, if so."""
        found: set[int] = set()
        for one in link or ():
            found.add(self.inputs[one.input].origins[one.item])
            if len(found) > 1 or UNKNOWN in found:
                return None
        return found.pop() if found else None


@contextmanager
def noted(broken: list[Exception]) -> Generator[None, None, None]:
    """Take note of what a block raises."""
    try:
        yield
    except Exception as error:
        broken.append(error)
        raise
