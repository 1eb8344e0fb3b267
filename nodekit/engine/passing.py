"""The slices of one stretch on their way through it.

What came of a slice is written down in order, whatever finished first, unless the stretch lets
slices leave as they come.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from nodekit.items import Json
from nodekit.pipeline.steps import Step

from .answers import PAUSE
from .events import StepProgress
from .ledger import Ledger
from .piece import Journal
from .running import Stopped
from .scatter import first_place
from .schedule import Turn
from .sinks import Sink
from .slices import Passed, Slice, SliceFailed
from .spans import Spans, add, further
from .stretch import Stretch

WINDOW = 100
"""How many items for each worker of a step may be under way, so that a slow one idles nobody."""

MOST_SLICES = 64
"""How many slices are under way at most."""


@dataclass
class Passing:
    """One stretch, and where its progress is written down.

    Args:
        stretch: The stretch.
        ledger: Where it is written down how far the run is.
        sink: Takes the pipeline's output.
        size: How many items make a slice.
    """

    stretch: Stretch
    ledger: Ledger
    sink: Sink
    size: int
    spans: Spans = field(init=False)
    _done: dict[int, Passed] = field(default_factory=dict[int, Passed])
    _failed: list[tuple[Slice, SliceFailed]] = field(
        default_factory=list[tuple[Slice, SliceFailed]]
    )
    _broken: list[Exception] = field(default_factory=list[Exception])
    _sampled: set[str] = field(default_factory=set[str])
    _noted: anyio.Event = field(default_factory=anyio.Event)

    def __post_init__(self) -> None:
        self.spans = Spans(self.stretch.totals)

    @property
    def next(self) -> int:
        """The number of the first slice that is not written down."""
        return self.spans.first.end

    @property
    def offset(self) -> int:
        """The position of the first item of that slice in the input of the stretch."""
        return self.spans.first.offset

    @property
    def name(self) -> str:
        """What the progress of the stretch is written down under."""
        return f"stretch/{self.stretch.turn.step}/{self.stretch.turn.run}"

    async def restore(self) -> bool:
        """Go back to where the stretch was when that was last written down.

        Return whether it was through.
        """
        stretch, place = self.stretch, self.ledger.place(self.name)
        if place is not None:
            self.spans.restore(place)
            for total in stretch.totals.values():
                stretch.running.known(total)
            for name, stile in stretch.stiles.items():
                stile.begin(self.next, self.spans.first.taken(name))
                for span in self.spans.later:
                    if name in stretch.loose:
                        stile.go_by(span.taken(name))
                    else:
                        stile.skip(span.start, span.end, span.taken(name))
            for name, total in stretch.totals.items() if stretch.running.run.sample else ():
                sample: dict[str, list[Json]] = self.ledger.place(self._sample(name)) or {}
                total.sample = {n: rows[: total.counts.get(n, 0)] for n, rows in sample.items()}
            for name, turn in stretch.turns.items():
                stretch.running.memory(name).update(self.ledger.remembered(name, turn.run))
        for step in stretch.members:
            turn, over = stretch.turns[step.name], self._over(step.name)
            journal = await journal_of(self.ledger, step, turn, self._first(step.name), over)
            if journal is not None:
                stretch.journals[step.name] = journal
        return place is not None and place["through"]

    def _first(self, name: str) -> int:
        """Return before which position the journal of a step is no longer needed."""
        first = self.spans.first
        return first_place(first.end) if name in self.stretch.adrift else first.taken(name)

    def _over(self, name: str) -> list[range]:
        """Return which positions in the journal of a step behind that are not needed either."""
        if name in self.stretch.adrift:
            return [range(first_place(s.start), first_place(s.end)) for s in self.spans.later]
        if name == self.stretch.turn.step:
            return [range(s.offset - s.taken(name), s.offset) for s in self.spans.later]
        return []

    async def one_by_one(self, slices: AsyncIterator[Slice]) -> None:
        """Let one slice after another through; no step of the stretch waits for anything."""
        async for piece in slices:
            try:
                passed = await self.stretch.take(piece)
            except SliceFailed as failed:
                self._fail(piece, failed)
                return
            await self._commit(passed)

    async def side_by_side(self, slices: AsyncIterator[Slice]) -> None:
        """Let several slices through at once, so that workers draw across their borders.

        Raises:
            Stopped: The run was asked to stop.
            NodekitError: The input cannot be read, or the output or the store be written.
        """
        most = max(step.concurrency for step in self.stretch.members)
        window = anyio.Semaphore(min(MOST_SLICES, max(2, -(-WINDOW * most // self.size))))
        written = anyio.Lock()
        async with anyio.create_task_group() as beside:
            async with anyio.create_task_group() as group:
                if self.ledger.lasts:
                    beside.start_soon(self._settle, written, group.cancel_scope)
                await self._feed(slices, window, written, group)
            beside.cancel_scope.cancel()
        if self._failed:
            self._fail(*min(self._failed, key=lambda pair: pair[0].index))
        elif self._broken:
            raise self._broken[0]

    async def _feed(
        self,
        slices: AsyncIterator[Slice],
        window: anyio.Semaphore,
        written: anyio.Lock,
        group: TaskGroup,
    ) -> None:
        """Let slices in as there is room for them."""
        try:
            async for piece in slices:
                if self.spans.covers(piece.index):
                    continue
                await window.acquire()
                group.start_soon(self._through, piece, window, written, group.cancel_scope)
        except Stopped as stopped:
            self._broken.append(stopped)
            self.stretch.rest(group.cancel_scope.cancel)
        except Exception as error:
            # A group would wrap it; the slices under way may still come through.
            self._broken.append(error)

    async def _settle(self, written: anyio.Lock, scope: anyio.CancelScope) -> None:
        """Make sure of what was written down last, if for a while nothing follows."""
        clock = self.stretch.running.clock
        try:
            while True:
                await self._noted.wait()
                self._noted = anyio.Event()
                await clock.sleep(PAUSE)
                async with written:
                    await self.ledger.breathe()
        except Exception as error:
            self._broken.append(error)
            scope.cancel()

    async def _through(
        self, piece: Slice, window: anyio.Semaphore, written: anyio.Lock, scope: anyio.CancelScope
    ) -> None:
        """Let one of several slices through; the first that fails ends the others."""
        try:
            self._done[piece.index] = await self.stretch.take(piece)
            async with written:
                while (passed := self._due(piece)) is not None:
                    await self._commit(passed)
                    window.release()
        except SliceFailed as failed:
            self._failed.append((piece, failed))
            scope.cancel()
        except Stopped as stopped:
            # Calls of other slices may finish; then no slice goes any further.
            self._broken.append(stopped)
            self.stretch.rest(scope.cancel)
        except Exception as error:
            self._broken.append(error)
            scope.cancel()

    def _due(self, piece: Slice) -> Passed | None:
        """Take out what is to be written down next, if it is there: a slice, or what follows."""
        return self._done.pop(piece.index if self.stretch.scattered else self.next, None)

    async def _commit(self, passed: Passed) -> None:
        """Write down what came of a slice: what left it, and how far the run is."""
        with self.ledger.together():
            await self._put_out(passed)
        await self._note(passed, through=False)
        self._noted.set()
        self._tell()
        await anyio.lowlevel.checkpoint()

    async def _put_out(self, passed: Passed) -> None:
        """Hand on what left the stretch, and count what came of the slice."""
        stretch, wanted = self.stretch, self.stretch.running.pipeline.output
        piece = passed.slice
        span = self.spans.blank(piece.index, piece.offset + len(piece.rows))
        for name, total in span.totals.items():
            total.taken = passed.taken[name]
        for name, result in passed.results.items():
            if piece.index == self.next and stretch.sample(result):
                self._sampled.add(name)
            add(span.totals[name], result, -passed.offsets[name])
        self.spans.put(span)
        for (step, output), (rows, carried) in passed.left.items():
            if output in stretch.plan.boundary(step):
                spool = await self.ledger.spool(step, output, stretch.turns[step].run)
                await spool.add(rows.linked(None), carried)  # what they take along is all
            if (step, output) == wanted:
                await self.sink.write(rows)
        for origin, error in passed.failed:
            self.ledger.failed(error.step or "", origin, error)

    async def _note(self, passed: Passed, *, through: bool) -> None:
        if not self.ledger.lasts:
            return
        for name in self.stretch.journals:
            self.ledger.answered(name, self._first(name))
        for name, memory in passed.memories.items():
            self.ledger.remember(name, self.stretch.turns[name].run, memory)
        for total in self.stretch.totals.values():
            self.stretch.running.measure(total)
        place: dict[str, Json] = {**self.spans.pack(), "through": through}
        totals, names = self.stretch.totals, self._sampled
        samples: dict[str, Json] = {self._sample(name): dict(totals[name].sample) for name in names}
        self._sampled = set()
        await self.ledger.note(self.name, place, passed.states, samples)

    def _sample(self, name: str) -> str:
        """Return what the sample of a step is written down under."""
        return f"sample/{name}/{self.stretch.turns[name].run}"

    async def finish(self) -> None:
        """Write down that the stretch is through, unless a step of it has failed."""
        place = self.ledger.place(self.name)
        failed = any(total.outputs is None for total in self.stretch.totals.values())
        if self.ledger.lasts and place is not None and not failed:
            await self.ledger.note(self.name, {**place, "through": True}, {})

    def _tell(self) -> None:
        for name, total in self.stretch.totals.items():
            done, failed = self.spans.taken(name), self.spans.failed(name)
            self.stretch.running.emit(StepProgress(name, total.run, done, failed, 0))

    def _before(self, name: str, piece: Slice) -> int | None:
        """Return how much further behind a slice stands in a step's input than it was taken to.

        ``None`` if nobody knows: slices before it are still under way.
        """
        if name not in self.stretch.adrift:
            return 0
        return self.spans.first.taken(name) - piece.offset if piece.index == self.next else None

    def _fail(self, piece: Slice, failed: SliceFailed) -> None:
        """End the stretch: the step that stopped has failed, those before it have run."""
        before = {name: self._before(name, piece) for name in self.stretch.totals}
        for result in failed.before if piece.index == self.next else ():
            self.stretch.sample(result)
        self.spans.gather(self.stretch.turn.step)
        for result in failed.before:
            add(self.stretch.totals[result.step], result, before[result.step])
        name = failed.result.step
        total = self.stretch.totals[name]
        error = failed.result.error and further(failed.result.error, before[name])
        self.stretch.totals[name] = replace(total, status="error", error=error, outputs=None)


async def journal_of(
    ledger: Ledger, step: Step, turn: Turn, first: int, over: Sequence[range] = ()
) -> Journal | None:
    """Return what remembers the answers of a step, from a position on; ``None`` if nothing does.

    ``over`` are positions behind the first that are done with.

    A step that waits on the world does not ask again for what it was told. What it remembers is
    written down with its answers, so that nothing counts twice. Where only a success may keep that,
    it goes back to the beginning of the slice, unless its calls must not be made twice.
    """
    if not step.type.waits:
        return None
    remembers, kept = step.type.state is not None, step.type.node.state_kept == "always"
    if remembers and not kept and step.type.node.repeatable:
        return None
    return await ledger.journal(step.name, turn.run, first, over, with_state=remembers and kept)
