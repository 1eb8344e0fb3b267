"""Steps that run over all their items: the cuts between the stretches of a long input."""

from dataclasses import dataclass, field

from nodekit.items import Items
from nodekit.links import Arrival
from nodekit.pipeline.wiring import MAIN, START
from nodekit.streams import NeedsAll

from .events import StepFinished, StepStarted
from .execute import Execution
from .feeding import Feed
from .linking import origins
from .packing import pack_run, unpack_run
from .passing import journal_of
from .piece import Piece
from .run import Carried, StepRun
from .schedule import Source, Turn
from .sinks import Sink
from .states import row_of
from .streaming import Streaming


@dataclass
class Cuts:
    """Runs steps over all their items, and keeps what they put out.

    Args:
        feed: Gives every step its input.
        sink: Takes the output.
        runs: How many runs of each step are over.
    """

    feed: Feed
    sink: Sink
    runs: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.running, self.plan = self.feed.running, self.feed.plan
        self.ledger = self.feed.ledger

    async def run(self, turn: Turn) -> StepRun | None:
        """Run a step in one piece, unless an earlier process has."""
        self.runs[turn.step] = self.runs.get(turn.step, 0) + 1
        place = self.ledger.place(whole_name(turn))
        if place is not None:
            if self._remembers(turn.step):
                await self._run(turn)
            if place.get("streamed"):
                await self._pour(turn)
            known = unpack_run(place, turn.step, turn.run, turn.sources)
            known.sample = place.get("sample", {})
            return self._told(turn, self.running.known(known))
        streamed = await self._streamed(turn) if turn.step in self.plan.streams else None
        return streamed or await self._whole(turn)

    def _remembers(self, name: str) -> bool:
        """Whether a step may remember earlier rounds of its circle, and can be run again for it."""
        step = self.running.pipeline.step(name)
        again = step.type.state is None and not step.type.waits
        return again and name in self.running.pipeline.wiring.ancestors(name)

    def _told(self, turn: Turn, result: StepRun) -> StepRun:
        """Tell of a run of a step that an earlier process has seen to its end."""
        fed = [source for source in turn.sources.values() if source and source.step != START]
        runs = [(self.running.history[source.step][source.run], source) for source in fed]
        taken = sum(run.counts.get(source.output, 0) for run, source in runs)
        counts = dict(result.counts)
        self.running.emit(StepStarted(turn.step, turn.run, taken))
        self.running.emit(StepFinished(turn.step, turn.run, result.status, counts, result.seconds))
        return result

    async def _streamed(self, turn: Turn) -> StepRun | None:
        """Run a step that can go through its items a part at a time, if they are many.

        Return ``None`` if they are not, or it must see them at once after all.
        """
        feed = self.feed
        lengths = {name: await feed.length(source) for name, source in turn.sources.items()}
        forced = any(source is not None and source.forced for source in turn.sources.values())
        if forced or sum(lengths.values()) <= feed.size:
            return None
        step = self.running.pipeline.step(turn.step)
        spools = {
            name: await self.ledger.spool(turn.step, name, turn.run) for name in step.all_outputs
        }
        for spool in spools.values():
            spool.clear()

        seen, wanted = StepRun(turn.step, turn.run, turn.sources, 0.0), self.running.pipeline.output

        async def take(output: str, items: Items, carried: Carried) -> None:
            if self.running.run.sample:
                seen.take_more(output, items, self.running.run.sample)
            rows = items if (turn.step, output) == wanted else items.linked(None)
            await spools[output].add(rows, carried)
            await self.ledger.breathe()

        try:
            result = await Streaming(feed, turn, lengths, take).run()
        except NeedsAll:
            return None
        result.taken, result.sample = sum(lengths.values()), seen.sample
        if result.outputs is not None:
            await self._note(turn, result, streamed=True)
            await self._pour(turn)
        return result

    async def _pour(self, turn: Turn) -> None:
        """Put out what a step has left on disk, from where that was when it was written down."""
        wanted, name = self.running.pipeline.output, f"poured/{turn.step}/{turn.run}"
        if wanted is None or wanted[0] != turn.step:
            return
        spool = await self.ledger.spool(turn.step, wanted[1], turn.run)
        done: int = self.ledger.place(name) or 0
        async for rows, _ in spool.parts(self.feed.size, done):
            self.running.check()
            with self.ledger.together():
                await self.sink.write(rows)
            done += len(rows)
            await self.ledger.note(name, done, {})

    async def _whole(self, turn: Turn) -> StepRun | None:
        """Run a step over all its items, and hand on what it puts out."""
        result = await self._run(turn)
        if result is not None and result.outputs is not None:
            await self._put_out(turn, result)
        return result

    async def _run(self, turn: Turn) -> StepRun | None:
        """Run a step over all its items."""
        for source in turn.sources.values():
            if source is not None:
                await self._load(source)
        await self._load_asked()
        step = self.running.pipeline.step(turn.step)
        journal = await journal_of(self.ledger, step, turn, 0)
        return await Execution(self.running, step, turn, Piece(journal=journal)).run()

    async def _put_out(self, turn: Turn, result: StepRun) -> None:
        """Hand on what a step put out that ran in one piece, and write down that it did."""
        wanted = self.running.pipeline.output
        with self.ledger.together():
            if wanted is not None and wanted[0] == turn.step:
                await self.sink.write((result.outputs or {}).get(wanted[1], Items()))
            if self.ledger.lasts:
                self._note_failed(turn, result)
                await self._keep(turn, result)
        await self._note(turn, result, streamed=False)

    async def _note(self, turn: Turn, result: StepRun, *, streamed: bool) -> None:
        """Write down that a step has run over all its items."""
        state = self.running.states.steps.get(turn.step)
        states = {} if state is None else {turn.step: row_of(state)}
        self.running.close(result)
        place = {**pack_run(result), "streamed": streamed, "sample": result.sample}
        await self.ledger.note(whole_name(turn), place, states)

    def _note_failed(self, turn: Turn, result: StepRun) -> None:
        """Write down which items of the run's input failed in a step that ran in one piece."""
        at = [error.item for error in result.failures if error.item is not None]
        name, source = next(iter(turn.sources.items()), (MAIN, None))
        if not at or source is None:
            return
        arrival = Arrival(name, source.step, source.output, source.run)
        found = origins(self.running.history, arrival, max(at) + 1, 0)
        for error in result.failures:
            if error.item is not None:
                self.ledger.failed(turn.step, found[error.item], error)

    async def _keep(self, turn: Turn, result: StepRun) -> None:
        """Write down what came of a step that ran in one piece."""
        self.running.history[turn.step] = [*self.running.history.get(turn.step, ()), result]
        for output, items in (result.outputs or {}).items():
            spool = await self.ledger.spool(turn.step, output, turn.run)
            spool.clear()
            source = Source(turn.step, output, turn.run)
            await spool.add(items.linked(None), self.feed.carried(source, items))

    async def _load_asked(self) -> None:
        """Bring back all items of the steps that some expression asks for."""
        for name in self.plan.asked:
            for index, run in enumerate(self.running.history.get(name, ())):
                for output in run.counts:
                    await self._load(Source(name, output, index))

    async def _load(self, source: Source) -> None:
        """Bring back what left a stretch, or an earlier process, by an output."""
        if source.step == START:
            if not len(self.running.start):
                self.running.start = await self.feed.start()
            return
        run = self.running.history[source.step][source.run]
        spool = await self.ledger.spool(source.step, source.output, source.run)
        if spool.count and not len((run.outputs or {}).get(source.output, ())):
            rows, carried = await spool.load()
            run.outputs = {**(run.outputs or {}), source.output: rows}
            run.carried = {**run.carried, source.output: carried}


def whole_name(turn: Turn) -> str:
    """Return what the run of a step in one piece is written down under."""
    return f"whole/{turn.step}/{turn.run}"
