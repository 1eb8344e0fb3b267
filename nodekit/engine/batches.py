"""A long input in slices: stretches of steps slice by slice, everything else in one piece."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from nodekit.items import Fields, Items
from nodekit.pipeline.wiring import MAIN, START

from .cuts import Cuts
from .events import StepFinished, StepProgress, StepStarted
from .feeding import Feed
from .ledger import Ledger
from .passing import Passing
from .piece import Slicing
from .plan import plan
from .run import StepRun
from .running import Running
from .schedule import Turn
from .sinks import Sink
from .stretch import Stretch
from .whole import endless, run_whole, scheduler_of, written


@dataclass
class Batches:
    """A run over a long input.

    Args:
        feed: Gives every stretch, and every step between them, its input.
        sink: Takes the output.
        ordered: Whether the output must be in the order of the input.
    """

    feed: Feed
    sink: Sink
    ordered: bool = True
    over: dict[tuple[str, int], StepRun | None] = field(
        default_factory=dict[tuple[str, int], StepRun | None]
    )

    def __post_init__(self) -> None:
        self.running, self.plan = self.feed.running, self.feed.plan
        self.cuts = Cuts(self.feed, self.sink)

    async def run(self) -> None:
        """Run all steps, and fill in the run.

        Raises:
            Stopped: The run was asked to stop.
        """
        self.running.linked = self.plan.linked
        scheduler = scheduler_of(self.running)
        readers = self.running.pipeline.wiring.leaving(START, MAIN)
        if len(readers) != 1 or readers[0].target not in self.plan.stretches:
            await self.feed.put_aside()
        while (turn := scheduler.next()) is not None and not endless(self.running, turn):
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
        if any(source is not None and source.forced for source in turn.sources.values()):
            self.over.pop((turn.step, turn.run), None)
            return await self.cuts.run(turn)
        if turn.step in self.plan.stretches:
            await self._stretch(turn)
        if (turn.step, turn.run) in self.over:
            return self.over.pop((turn.step, turn.run))
        return await self.cuts.run(turn)

    def _forget(self, pending: set[tuple[str, int]]) -> None:
        """Drop the items that no step will read any more; links stay if some may be followed."""
        for name, runs in self.running.history.items():
            if name in self.plan.asked or name in self.plan.linked:
                continue
            for index, run in enumerate(runs):
                if not run.outputs or (name, index) in pending:
                    continue
                run.partial = True
                if self.plan.linked:
                    run.outputs = {output: shells(items) for output, items in run.outputs.items()}
                else:
                    run.outputs, run.carried = {}, {}

    async def _stretch(self, turn: Turn) -> None:
        """Let the input of a stretch go through it, from where it was left."""
        stretch = Stretch(self.running, self.plan, turn, self.cuts.runs, self.ordered)
        for step in stretch.members:
            self.running.emit(StepStarted(step.name, stretch.turns[step.name].run, 0))
        passing = Passing(stretch, self.feed.ledger, self.sink, self.feed.size)
        if not await passing.restore():
            _, source = stretch.source
            slices = self.feed.slices(source, passing.next, passing.offset)
            await (passing.side_by_side(slices) if stretch.waits else passing.one_by_one(slices))
            await passing.finish()
        for name, total in stretch.totals.items():
            seen = stretch.stiles[name].offset > 0 or total.outputs is None
            self.over[name, total.run] = total if seen else None
            self.cuts.runs[name] -= not seen  # without items it was no run
            counts, seconds = dict(total.counts), total.seconds
            done = stretch.stiles[name].offset
            self.running.emit(StepProgress(name, total.run, done, total.failed, 0))
            self.running.emit(StepFinished(name, total.run, total.status, counts, seconds))


def shells(items: Items) -> Items:
    """Return as many items with nothing but their links."""
    empty: list[Fields] = [{}] * len(items)
    return Items(empty, links=items.links)


async def run_sliced(
    running: Running, source: AsyncIterator[Items], sink: Sink, slicing: Slicing, ledger: Ledger
) -> None:
    """Run all steps over a long input, in slices where that gives the same items.

    A pipeline whose output only the end of a run can tell, or in which an expression may ask for
    any step, runs in one piece.

    Raises:
        Stopped: The run was asked to stop.
    """
    if running.pipeline.output is not None and running.pipeline.asked is not None:
        found = plan(running.pipeline)
        feed = Feed(running, found, source, slicing.size, ledger)
        await Batches(feed, sink, slicing.ordered).run()
        return
    running.start = Items.join([rows async for rows in source])
    await run_whole(running, "output")
    await sink.write(running.run.items)
