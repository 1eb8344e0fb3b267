"""One stretch of steps over a long input, slice by slice."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from nodekit.items import ItemError, Items
from nodekit.links import Arrival
from nodekit.pipeline.steps import Step
from nodekit.pipeline.wiring import MAIN, START

from .events import Event, ItemFailed, StepRetried
from .execute import Execution
from .folding import lasting
from .linking import Ancestry, origins
from .piece import Gate, Journal, Piece
from .plan import Plan
from .run import Carried, StepRun
from .running import Running
from .scatter import SliceJournal, by_origin, first_place, loose_steps, may_scatter
from .schedule import Source, Turn
from .slices import OneRun, Passed, Place, Slice, SliceFailed, in_whole
from .spans import further
from .states import row_of
from .turnstile import Turnstile


@dataclass
class Stretch:
    """One turn of the root of a stretch, over all slices of what feeds it.

    Args:
        running: The run.
        plan: How the input goes through the pipeline.
        turn: The turn of the root.
        runs: How many runs of each step are over, or given to stretches before.
        ordered: Whether slices must leave it in order, although they need not.
        journals: What remembers the answers of a step, by its name.
    """

    running: Running
    plan: Plan
    turn: Turn
    runs: dict[str, int]
    ordered: bool = True
    journals: dict[str, Journal | None] = field(default_factory=dict[str, Journal | None])
    totals: dict[str, StepRun] = field(default_factory=dict[str, StepRun])

    def __post_init__(self) -> None:
        pipeline = self.running.pipeline
        self.members = [pipeline.step(name) for name in self.plan.stretches[self.turn.step]]
        self.turns: dict[str, Turn] = {}
        for step in self.members:
            self.turns[step.name] = self._turn(step)
            self.runs[step.name] = self.runs.get(step.name, 0) + 1
        root = self.turn.step
        self.scattered = not self.ordered and may_scatter(self.plan, root)
        self.loose = loose_steps(self.plan, root) if self.scattered else frozenset[str]()
        self.adrift = self.loose - {root}
        self.stiles = {step.name: Turnstile() for step in self.members}
        waiting = [step for step in self.members if step.type.waits]
        self.gates = {step.name: Gate(step.concurrency) for step in waiting}
        self.waits = bool(waiting)
        self._busy: dict[str, int] = {}
        self._since: dict[str, float] = {}
        self._rest: Callable[[], None] | None = None
        started = self.running.clock.now()
        for name, turn in self.turns.items():
            self.totals.setdefault(name, StepRun(name, turn.run, turn.sources, started, outputs={}))

    @property
    def source(self) -> tuple[str, Source]:
        """The input of the root that has a source, and the source."""
        found = [(name, source) for name, source in self.turn.sources.items() if source]
        return found[0]

    def _turn(self, step: Step) -> Turn:
        """Return the turn of a member: the next of its step, fed by this turn of the one above."""
        if step.name == self.turn.step:
            return self.turn
        (wire,) = self.running.pipeline.wiring.entering(step.name)
        source = Source(wire.source, wire.output, self.turns[wire.source].run)
        return Turn(step.name, self.runs.get(step.name, 0), {wire.input: source})

    async def take(self, piece: Slice) -> Passed:
        """Let one slice go through all steps, each behind the slices before it.

        Raises:
            SliceFailed: A step stopped at an error.
            Stopped: The run was asked to stop.
        """
        local, passed = self._local(piece), Passed(piece)
        for step in self.members:
            name, loose = step.name, step.name in self.loose
            stile = self.stiles[name]
            offset = piece.offset if loose else await stile.enter(piece.index)
            rows = self._rows(step, piece, passed.results)
            passed.offsets[name], passed.taken[name] = offset, rows
            in_order = name in self.plan.in_order
            if loose:
                stile.go_by(rows)
            elif not in_order:
                stile.leave(rows)
            result = await self._run(local, step, offset, piece.index) if rows else None
            if result is not None and result.outputs is None:
                raise SliceFailed(result, list(passed.results.values()))
            if result is not None:
                passed.results[name] = result
                result.partial = True
                local.history[name] = OneRun(result.run, result)
                passed.failed.extend(self._failed(local, result, offset, piece))
            if in_order:
                self._remember(step, passed)
                stile.leave(rows)
        passed.left.update(self._left(local, passed))
        return passed

    def _remember(self, step: Step, passed: Passed) -> None:
        """Write down what a step that goes in order remembers behind a slice."""
        if self.scattered:
            return  # what goes in order there asks for positions only
        if (state := self.running.states.steps.get(step.name)) is not None:
            passed.states[step.name] = row_of(state)
        passed.memories[step.name] = lasting(self.running.memory(step.name))

    def _failed(
        self, local: Running, result: StepRun, offset: int, piece: Slice
    ) -> list[tuple[int | None, ItemError]]:
        """Return the errors of items, with the positions in the run's input they go back to."""
        if not result.failures:
            return []
        ((name, source),) = self.turns[result.step].sources.items()
        assert source is not None
        arrival = Arrival(name, source.step, source.output, source.run)
        at = [None if error.item is None else error.item - offset for error in result.failures]
        last = max((place for place in at if place is not None), default=-1)
        found = origins(local.history, arrival, last + 1, piece.offset)
        whence = [None if place is None else found[place] for place in at]
        return list(zip(whence, result.failures, strict=True))

    def _local(self, piece: Slice) -> Running:
        """Return the run as the slice sees it: with what fed it, and nothing of other slices."""
        history = dict(self.running.history)
        _, source = self.source
        if source.step != START:
            carried = {} if piece.carried is None else {source.output: piece.carried}
            known = StepRun(source.step, source.run, {}, 0.0, outputs={source.output: piece.rows})
            known.carried, known.partial = carried, True
            history[source.step] = OneRun(source.run, known)
        return replace(self.running, history=history, start=piece.rows, emit=self._quiet)

    def _quiet(self, event: Event) -> None:
        """Pass on what is said of single items; the rest is said of the whole stretch."""
        if isinstance(event, ItemFailed | StepRetried):
            adrift = event.step in self.adrift
            shown = event._replace(error=further(event.error, None)) if adrift else event
            self.running.emit(shown)

    def _rows(self, step: Step, piece: Slice, results: Mapping[str, StepRun]) -> int:
        """Return how many items of the slice reach a step."""
        if step.name == self.turn.step:
            return len(piece.rows)
        ((_, source),) = self.turns[step.name].sources.items()
        above = results.get(source.step) if source else None
        return above.counts.get(source.output, 0) if above and source else 0

    async def _run(self, local: Running, step: Step, offset: int, index: int) -> StepRun | None:
        turn = self.turns[step.name]
        gate, journal = self.gates.get(step.name), self.journals.get(step.name)
        adrift = step.name in self.adrift
        if adrift and journal is not None:
            journal = SliceJournal(journal, first_place(index) - offset)
        part = Piece(offset, index, gate, journal, sliced=True, adrift=adrift)
        self._begin(step.name)
        try:
            return await Execution(local, step, turn, part).run()
        finally:
            self._end(step.name)

    def _begin(self, name: str) -> None:
        """Take note that a step is at work on one slice more."""
        if not self._busy.get(name):
            self._since[name] = time.monotonic()
        self._busy[name] = self._busy.get(name, 0) + 1

    def _end(self, name: str) -> None:
        """Take note that a step is done with a slice; count the time it was at work on any."""
        self._busy[name] -= 1
        if not self._busy[name]:
            del self._busy[name]
            self.totals[name].seconds += time.monotonic() - self._since[name]
        if self._rest is not None and not self._busy:
            self._rest()

    def rest(self, call: Callable[[], None]) -> None:
        """Call something as soon as no step of the stretch is at work."""
        self._rest = call
        if not self._busy:
            call()

    def sample(self, result: StepRun) -> bool:
        """Add what came of the next slice to the sample of the step; return whether it did."""
        total, most = self.totals[result.step], self.running.run.sample
        taken = [
            total.take_more(name, in_whole(items, total.taken), most)
            for name, items in (result.outputs or {}).items()
            if most
        ]
        return any(taken)

    def _left(self, local: Running, passed: Passed) -> dict[Place, tuple[Items, Carried]]:
        """Return what somebody outside the stretch will read, with what it takes along."""
        left: dict[Place, tuple[Items, Carried]] = {}
        results = passed.results
        for name, result in results.items():
            outputs = dict.fromkeys(self.plan.boundary(name))
            if self.running.pipeline.output is not None:
                step, output = self.running.pipeline.output
                outputs |= {output: None} if step == name else {}
            for output in outputs:
                items = (result.outputs or {}).get(output, Items())
                if len(items):
                    carried = self._carried(local, result, output, passed)
                    if name in self.adrift:
                        items = by_origin(items, carried, self.adrift)
                    else:
                        items = in_whole(items, passed.offsets[name])
                    left[name, output] = items, carried
        return left

    def _carried(self, local: Running, result: StepRun, output: str, passed: Passed) -> Carried:
        items = (result.outputs or {})[output]
        arrival = Arrival(MAIN, result.step, output, result.run)
        asked = self.plan.followed[result.step] - {result.step}
        source = Source(result.step, output, result.run)
        ancestry = Ancestry(local.history, {MAIN: source}, MAIN, self._bases(passed))
        return Carried(
            origins(local.history, arrival, len(items), passed.slice.offset),
            {name: ancestry.ancestors(name, range(len(items))) for name in asked},
        )

    def _bases(self, passed: Passed) -> dict[Place, int]:
        """Return where in all that feeds a member the items begin that a slice brings it."""
        bases: dict[Place, int] = {}
        for step in self.members:
            (source,) = filter(None, self.turns[step.name].sources.values())
            bases[source.step, source.output] = passed.offsets[step.name]
        return bases
