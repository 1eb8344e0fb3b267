"""A long input in slices: stretches of steps slice by slice, everything else in one piece."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import anyio

from nodekit.items import Items
from nodekit.links import Arrival
from nodekit.pipeline.wiring import MAIN, START

from .events import StepFinished, StepProgress, StepStarted
from .execute import Execution
from .ledger import Ledger
from .linking import Ancestry, origins
from .run import Carried, StepRun
from .running import Running, Stopped
from .schedule import Source, Turn
from .slices import Passed, Slice, SliceFailed, Stretch, cut
from .stretches import Plan, plan
from .whole import run_whole, scheduler_of, written

Sink = Callable[[Items], Awaitable[None]]
"""Takes what the pipeline puts out, a part at a time, in order."""

WINDOW = 100
"""How many items for each worker of a step may be under way, so that a slow one idles nobody."""

MOST_SLICES = 64
"""How many slices are under way at most."""


@dataclass
class Batches:
    """A run over a long input.

    Args:
        running: The run.
        plan: How the input goes through the pipeline.
        source: The input, in lists of any length.
        sink: Takes the output.
        size: How many items make a slice.
        ledger: Where it is written down how far the run is, and what is between stretches.
    """

    running: Running
    plan: Plan
    source: AsyncIterator[Items]
    sink: Sink
    size: int
    ledger: Ledger
    runs: dict[str, int] = field(default_factory=dict)
    over: dict[tuple[str, int], StepRun | None] = field(default_factory=dict)

    async def run(self) -> None:
        """Run all steps, and fill in the run.

        Raises:
            Stopped: The run was asked to stop.
        """
        scheduler = scheduler_of(self.running)
        await self._spool_the_start()
        while (turn := scheduler.next()) is not None:
            self.running.check()
            result = await self._turn(turn)
            if result is None:
                scheduler.skipped(turn)
                continue
            if not written(self.running, turn, result):
                return
            scheduler.done(turn, {name for name, count in result.counts.items() if count})
            self._forget(scheduler.pending())

    async def _turn(self, turn: Turn) -> StepRun | None:
        """Run a step in one piece, or the stretch it is the root of, or say what came of it."""
        if turn.step in self.plan.stretches:
            await self._stretch(turn)
        if (turn.step, turn.run) in self.over:
            return self.over.pop((turn.step, turn.run))
        self.runs[turn.step] = self.runs.get(turn.step, 0) + 1
        return await self._whole(turn)

    async def _spool_the_start(self) -> None:
        """Put the whole input aside if it is read more than once, or by a step that needs all."""
        readers = self.running.pipeline.wiring.leaving(START, MAIN)
        if len(readers) == 1 and readers[0].target in self.plan.stretches:
            return
        spool = self.ledger.spool(START, MAIN, 0)
        offset = 0
        async for rows in self.source:
            places = range(offset, offset + len(rows))
            await spool.add(rows, Carried(places, {}))
            offset += len(rows)
        self.running.start = (await spool.load())[0]

    async def _whole(self, turn: Turn) -> StepRun | None:
        """Run a step over all its items."""
        for source in turn.sources.values():
            if source is not None and source.step != START:
                await self._load(source)
        await self._load_asked()
        step = self.running.pipeline.step(turn.step)
        result = await Execution(self.running, step, turn).run()
        wanted = self.running.pipeline.output
        if result is not None and wanted is not None and wanted[0] == turn.step:
            await self.sink((result.outputs or {}).get(wanted[1], Items()))
        return result

    async def _load_asked(self) -> None:
        """Bring back all items of the steps that some expression asks for."""
        for name in self.plan.asked:
            for index, run in enumerate(self.running.history.get(name, ())):
                for output in run.counts:
                    await self._load(Source(name, output, index))

    async def _load(self, source: Source) -> None:
        """Bring back what left a stretch by an output."""
        run = self.running.history[source.step][source.run]
        spool = self.ledger.spool(source.step, source.output, source.run)
        if spool.count and not len((run.outputs or {}).get(source.output, ())):
            rows, carried = await spool.load()
            run.outputs = {**(run.outputs or {}), source.output: rows}
            run.carried = {**run.carried, source.output: carried}

    def _forget(self, pending: set[tuple[str, int]]) -> None:
        """Drop the items that no step will read any more; links stay if some may be followed."""
        for name, runs in self.running.history.items():
            if name in self.plan.asked or name in self.plan.linked:
                continue
            for index, run in enumerate(runs):
                if not run.outputs or (name, index) in pending:
                    continue
                if self.plan.linked:
                    run.outputs = {output: shells(items) for output, items in run.outputs.items()}
                else:
                    run.outputs, run.carried = {}, {}

    async def _stretch(self, turn: Turn) -> None:
        """Let the input of a stretch go through it."""
        stretch = Stretch(self.running, self.plan, turn, self.runs, self.ledger.journal)
        _, source = stretch.source
        for step in stretch.members:
            self.running.emit(StepStarted(step.name, stretch.turns[step.name].run, 0))
        passing = Passing(self, stretch)
        slices = self._slices(source)
        await (passing.side_by_side(slices) if stretch.waits else passing.one_by_one(slices))
        for step_name, total in stretch.totals.items():
            seen = stretch.stiles[step_name].offset > 0
            self.over[step_name, total.run] = total if seen else None
            counts, seconds = dict(total.counts), total.seconds
            self.running.emit(StepFinished(step_name, total.run, total.status, counts, seconds))

    async def _slices(self, source: Source) -> AsyncIterator[Slice]:
        """Yield what feeds a stretch, so many items at a time."""
        index = offset = 0
        async for rows, carried in self._parts(source):
            for start in range(0, len(rows), self.size):
                stop = min(start + self.size, len(rows))
                part, along = cut(rows, carried, start, stop)
                self.running.check()
                yield Slice(index, offset, part, along)
                index += 1
                offset += stop - start

    async def _parts(self, source: Source) -> AsyncIterator[tuple[Items, Carried | None]]:
        """Yield what feeds a stretch as it comes."""
        if source.step == START and not self.ledger.spool(START, MAIN, 0).count:
            async for rows in regrouped(self.source, self.size):
                yield rows, None
            return
        spool = self.ledger.spool(source.step, source.output, source.run)
        if spool.count:
            async for rows, carried in spool.parts(self.size):
                yield rows, carried
            return
        run = self.running.history[source.step][source.run]
        rows = (run.outputs or {}).get(source.output, Items())
        yield rows, self._carried(source, rows)

    def _carried(self, source: Source, rows: Items) -> Carried:
        """Return what the items of a step that ran in one piece take along."""
        history = self.running.history
        arrival = Arrival(MAIN, source.step, source.output, source.run)
        above = self.running.pipeline.wiring.ancestors(source.step)
        ancestry = Ancestry(history, {MAIN: source}, MAIN)
        asked = [name for name in self.plan.linked if name in above or name == source.step]
        found = {name: ancestry.find(name, range(len(rows))) for name in asked}
        return Carried(origins(history, arrival, len(rows), 0), found)


@dataclass
class Passing:
    """The slices of one stretch on their way through it.

    What came of a slice is written down in order, whatever finished first.
    """

    batches: Batches
    stretch: Stretch
    done: dict[int, Passed] = field(default_factory=dict)
    next: int = 0
    failed: list[tuple[int, SliceFailed]] = field(default_factory=list)

    async def one_by_one(self, slices: AsyncIterator[Slice]) -> None:
        """Let one slice after another through; no step of the stretch waits for anything."""
        async for piece in slices:
            try:
                passed = await self.stretch.take(piece)
            except SliceFailed as failed:
                self._fail(failed)
                return
            await self._commit(passed)

    async def side_by_side(self, slices: AsyncIterator[Slice]) -> None:
        """Let several slices through at once, so that workers draw across their borders."""
        stopped: list[Stopped] = []
        most = max(step.concurrency for step in self.stretch.members)
        places = min(MOST_SLICES, max(2, -(-WINDOW * most // self.batches.size)))
        window = anyio.Semaphore(places)
        written = anyio.Lock()
        async with anyio.create_task_group() as group:

            async def pass_through(piece: Slice) -> None:
                try:
                    self.done[piece.index] = await self.stretch.take(piece)
                    async with written:
                        await self._commit_all(window)
                except SliceFailed as failed:
                    self.failed.append((piece.index, failed))
                    group.cancel_scope.cancel()
                except Stopped as error:
                    stopped.append(error)
                    group.cancel_scope.cancel()

            try:
                async for piece in slices:
                    await window.acquire()
                    group.start_soon(pass_through, piece)
            except Stopped as error:
                stopped.append(error)
        if self.failed:
            self._fail(min(self.failed, key=lambda pair: pair[0])[1])
        elif stopped:
            raise stopped[0]

    async def _commit_all(self, window: anyio.Semaphore) -> None:
        """Write down the slices that are through and have none before them that is not."""
        while (passed := self.done.pop(self.next, None)) is not None:
            await self._commit(passed)
            self.next += 1
            window.release()

    async def _commit(self, passed: Passed) -> None:
        """Write down what came of a slice: what left it, and how far the run is."""
        batches, pipeline = self.batches, self.batches.running.pipeline
        for (step, output), (rows, carried) in passed.left.items():
            if output in self.stretch.plan.boundary(step):
                run = self.stretch.turns[step].run
                await batches.ledger.spool(step, output, run).add(rows, carried)
            if (step, output) == pipeline.output:
                await batches.sink(rows)
        self._tell(passed)

    def _tell(self, passed: Passed) -> None:
        for name, total in self.stretch.totals.items():
            done = self.stretch.stiles[name].offset
            self.batches.running.emit(StepProgress(name, total.run, done, total.failed, 0))

    def _fail(self, failed: SliceFailed) -> None:
        """End the stretch: the step that stopped has failed."""
        name = failed.result.step
        total = self.stretch.totals[name]
        self.stretch.totals[name] = replace(
            total, status="error", error=failed.result.error, outputs=None
        )


def shells(items: Items) -> Items:
    """Return as many items with nothing but their links."""
    return Items([{}] * len(items), links=items.links)


async def regrouped(source: AsyncIterator[Items], size: int) -> AsyncIterator[Items]:
    """Yield the items of a source in lists of one length; the last may be shorter."""
    held: list[Items] = []
    count = 0
    async for rows in source:
        held.append(rows)
        count += len(rows)
        if count >= size:
            together = Items.join(held)
            full = count - count % size
            yield together[:full]
            held, count = [together[full:]], count - full
    if count:
        yield Items.join(held)


async def run_sliced(
    running: Running, source: AsyncIterator[Items], sink: Sink, size: int, ledger: Ledger
) -> None:
    """Run all steps over a long input, in slices where that gives the same items.

    A pipeline whose output only the end of a run can tell, or in which an expression may ask for
    any step, runs in one piece.

    Raises:
        Stopped: The run was asked to stop.
    """
    if running.pipeline.output is not None and running.pipeline.asked is not None:
        await Batches(running, plan(running.pipeline), source, sink, size, ledger).run()
        return
    running.start = Items.join([rows async for rows in source])
    await run_whole(running, "output")
    await sink(running.run.items)
