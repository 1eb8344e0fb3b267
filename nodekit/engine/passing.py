"""The slices of one stretch on their way through it.

What came of a slice is written down in order, whatever finished first.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import anyio
import anyio.lowlevel

from nodekit.items import Json
from nodekit.pipeline.steps import Step

from .events import StepProgress
from .ledger import Ledger
from .packing import pack_run, unpack_run
from .piece import Journal
from .running import Stopped
from .schedule import Turn
from .sinks import Sink
from .slices import Passed, Slice, SliceFailed, Stretch

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
    next: int = 0
    offset: int = 0
    _done: dict[int, Passed] = field(default_factory=dict[int, Passed])
    _failed: list[tuple[int, SliceFailed]] = field(default_factory=list[tuple[int, SliceFailed]])
    _broken: list[Exception] = field(default_factory=list[Exception])
    _sampled: set[str] = field(default_factory=set[str])

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
            self.next, self.offset = place["index"], place["offset"]
            for name, end in place["ends"].items():
                stretch.stiles[name].begin(self.next, end)
            for name, packed in place["totals"].items():
                turn = stretch.turns[name]
                stretch.totals[name] = stretch.running.known(
                    unpack_run(packed, name, turn.run, turn.sources)
                )
            for name, total in stretch.totals.items() if stretch.running.run.sample else ():
                sample: dict[str, list[Json]] = self.ledger.place(self._sample(name)) or {}
                total.sample = {n: rows[: total.counts.get(n, 0)] for n, rows in sample.items()}
            for name, turn in stretch.turns.items():
                stretch.running.memory(name).update(self.ledger.remembered(name, turn.run))
        for step in stretch.members:
            end, turn = stretch.stiles[step.name].offset, stretch.turns[step.name]
            journal = await journal_of(self.ledger, step, turn, end)
            if journal is not None:
                stretch.journals[step.name] = journal
        return place is not None and place["through"]

    async def one_by_one(self, slices: AsyncIterator[Slice]) -> None:
        """Let one slice after another through; no step of the stretch waits for anything."""
        async for piece in slices:
            try:
                passed = await self.stretch.take(piece)
            except SliceFailed as failed:
                self._fail(piece.index, failed)
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
        async with anyio.create_task_group() as group:
            try:
                async for piece in slices:
                    await window.acquire()
                    group.start_soon(self._through, piece, window, written, group.cancel_scope)
            except Stopped as stopped:
                self._broken.append(stopped)
                self.stretch.rest(group.cancel_scope.cancel)
            except Exception as error:
                # A group would wrap it; the slices under way may still come through.
                self._broken.append(error)
        if self._failed:
            self._fail(*min(self._failed, key=lambda pair: pair[0]))
        elif self._broken:
            raise self._broken[0]

    async def _through(
        self, piece: Slice, window: anyio.Semaphore, written: anyio.Lock, scope: anyio.CancelScope
    ) -> None:
        """Let one of several slices through; the first that fails ends the others."""
        try:
            self._done[piece.index] = await self.stretch.take(piece)
            async with written:
                while (passed := self._done.pop(self.next, None)) is not None:
                    await self._commit(passed)
                    window.release()
        except SliceFailed as failed:
            self._failed.append((piece.index, failed))
            scope.cancel()
        except Stopped as stopped:
            # Calls of other slices may finish; then no slice goes any further.
            self._broken.append(stopped)
            self.stretch.rest(scope.cancel)
        except Exception as error:
            self._broken.append(error)
            scope.cancel()

    async def _commit(self, passed: Passed) -> None:
        """Write down what came of a slice: what left it, and how far the run is."""
        with self.ledger.together():
            await self._put_out(passed)
        self.next = passed.slice.index + 1
        self.offset = passed.slice.offset + len(passed.slice.rows)
        await self._note(passed, through=False)
        self._tell(passed)
        await anyio.lowlevel.checkpoint()

    async def _put_out(self, passed: Passed) -> None:
        """Hand on what left the stretch, and count what came of the slice."""
        stretch, wanted = self.stretch, self.stretch.running.pipeline.output
        for name, result in passed.results.items():
            if stretch.sample(result):
                self._sampled.add(name)
            stretch.add(result)
        for name, total in stretch.totals.items():
            total.taken = passed.ends[name]
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
            self.ledger.answered(name, passed.ends[name])
        for name, memory in passed.memories.items():
            self.ledger.remember(name, self.stretch.turns[name].run, memory)
        for total in self.stretch.totals.values():
            self.stretch.running.measure(total)
        place = {
            "index": self.next,
            "offset": self.offset,
            "ends": passed.ends,
            "totals": {name: pack_run(total) for name, total in self.stretch.totals.items()},
            "through": through,
        }
        for name in self._sampled:
            await self.ledger.note(self._sample(name), self.stretch.totals[name].sample, {})
        self._sampled.clear()
        await self.ledger.note(self.name, place, passed.states)

    def _sample(self, name: str) -> str:
        """Return what the sample of a step is written down under.

        It may be ahead of the place of the stretch: what that does not count is not in it.
        """
        return f"sample/{name}/{self.stretch.turns[name].run}"

    async def finish(self) -> None:
        """Write down that the stretch is through, unless a step of it has failed."""
        place = self.ledger.place(self.name)
        failed = any(total.outputs is None for total in self.stretch.totals.values())
        if self.ledger.lasts and place is not None and not failed:
            await self.ledger.note(self.name, {**place, "through": True}, {})

    def _tell(self, passed: Passed) -> None:
        for name, total in self.stretch.totals.items():
            done = passed.ends[name]
            self.stretch.running.emit(StepProgress(name, total.run, done, total.failed, 0))

    def _fail(self, index: int, failed: SliceFailed) -> None:
        """End the stretch: the step that stopped has failed, those before it have run."""
        for result in failed.before:
            if index == self.next:
                self.stretch.sample(result)
            self.stretch.add(result)
        name = failed.result.step
        total = self.stretch.totals[name]
        error = failed.result.error
        self.stretch.totals[name] = replace(total, status="error", error=error, outputs=None)


async def journal_of(ledger: Ledger, step: Step, turn: Turn, first: int) -> Journal | None:
    """Return what remembers the answers of a step, from a position on; ``None`` if nothing does.

    A step that waits on the world does not ask again for what it was told. What it remembers is
    written down with its answers, so that nothing counts twice. Where only a success may keep that,
    it goes back to the beginning of the slice, unless its calls must not be made twice.
    """
    if not step.type.waits:
        return None
    remembers, kept = step.type.state is not None, step.type.node.state_kept == "always"
    if remembers and not kept and step.type.node.repeatable:
        return None
    return await ledger.journal(step.name, turn.run, first, with_state=remembers and kept)
