"""Which step runs next, and with what: a pure state machine, without input or output.

It knows n8n's stack, waiting inputs and run indexes. It never sees items, only which outputs have
some, and it answers with references: "the output `true` of run 0 of `Is urgent`".

n8n's order v1 is depth first: the followers of all outputs of a step go on top of the stack, the
one that stands first in the file uppermost. v0, of old workflows, is breadth first.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from nodekit.pipeline.wiring import START, Wire, Wiring


class Source(NamedTuple):
    """The list of items that an output put out in one run of its step.

    ``forced`` is an arrival that brings one empty item in place of that list (order v0).
    """

    step: str
    output: str
    run: int
    forced: bool = False


Sources = Mapping[str, Source | None]
"""What fed each input of a step, in order; ``None`` for an input that got nothing."""


class Turn(NamedTuple):
    """One run of one step: the next thing to do."""

    step: str
    run: int
    sources: Sources


class Waiting:
    """The arrivals at a step with several inputs that are not complete yet, oldest first."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = inputs
        self.rows: list[dict[str, Source]] = []

    def add(self, name: str, source: Source) -> Sources | None:
        """Put an arrival into the first row that lacks it; return the row if that completes it."""
        row = next((row for row in self.rows if name not in row), None)
        if row is None:
            row = dict[str, Source]()
            self.rows.append(row)
        row[name] = source
        if len(row) < len(self.inputs):
            return None
        self.rows.remove(row)
        return {key: row[key] for key in self.inputs}

    def release(self, required: Collection[str]) -> Sources | None:
        """Take the oldest row, with ``None`` for what never came, if all that is required did."""
        row = self.rows[0]
        if not all(name in row for name in required):
            return None
        del self.rows[0]
        return {name: row.get(name) for name in self.inputs}


class Scheduler:
    """Says which step runs next.

    ``next()`` gives a turn, or ``None`` when the run is over; ``done()`` takes what came out of it.

    Args:
        wiring: The graph.
        required: The inputs without which a step with several never runs late.
        order: ``v1``, or ``v0`` as in old n8n workflows.

    A step without any input runs once, after what the start feeds.
    """

    def __init__(
        self, wiring: Wiring, required: Mapping[str, Collection[str]], order: str = "v1"
    ) -> None:
        self.wiring = wiring
        self.required = required
        self.order = order
        self._stack: deque[tuple[str, Sources]] = deque()
        self._waiting: dict[str, Waiting] = {}
        self._runs: dict[str, int] = {}
        self._deliver(START, 0, {"main"}, ("main",))
        self._stack.extend((step, {}) for step, inputs in wiring.inputs.items() if not inputs)

    def next(self) -> Turn | None:
        """Return the next step to run and what feeds it; ``None`` when nothing is left."""
        if not self._stack:
            self._release()
        if not self._stack:
            return None
        step, sources = self._stack.popleft()
        run = self._runs.get(step, 0)
        self._runs[step] = run + 1
        return Turn(step, run, sources)

    def done(self, turn: Turn, filled: Collection[str]) -> None:
        """Take note of the outputs of a turn that have items, and line up what they feed."""
        self._deliver(turn.step, turn.run, filled, self.wiring.outputs[turn.step])

    def skipped(self, turn: Turn) -> None:
        """Take note that a turn found no items, and so was no run of its step."""
        self._runs[turn.step] -= 1

    def pending(self) -> set[tuple[str, int]]:
        """Return the runs whose items a step that is lined up, or waits, has still to read."""
        lined_up = [source for _, sources in self._stack for source in sources.values()]
        parked = [
            s for waiting in self._waiting.values() for row in waiting.rows for s in row.values()
        ]
        return {(source.step, source.run) for source in (*lined_up, *parked) if source is not None}

    def _deliver(
        self, step: str, run: int, filled: Collection[str], outputs: Iterable[str]
    ) -> None:
        wires = [
            wire
            for output in outputs
            for wire in self.wiring.leaving(step, output)
            if output in filled or self._carries_nothing(wire)
        ]
        if self.order == "v1":
            # The last pushed runs first: the topmost in the file, among equals the last connected.
            wires.sort(key=lambda wire: -self.wiring.order[wire.target])
        for wire in wires:
            self._arrive(wire, Source(step, wire.output, run))
        if self.order != "v1":
            self._force(wires, run)

    def _carries_nothing(self, wire: Wire) -> bool:
        """Whether an output without items counts as an arrival: in v0, at a later input."""
        inputs = self.wiring.inputs[wire.target]
        return self.order != "v1" and len(inputs) > 1 and inputs.index(wire.input) > 0

    def _arrive(self, wire: Wire, source: Source) -> None:
        inputs = self.wiring.inputs[wire.target]
        if len(inputs) <= 1:
            self._push(wire.target, {wire.input: source})
            return
        waiting = self._waiting.setdefault(wire.target, Waiting(inputs))
        if complete := waiting.add(wire.input, source):
            self._push(wire.target, complete)
        if not waiting.rows:
            del self._waiting[wire.target]

    def _push(self, step: str, sources: Sources) -> None:
        if self.order == "v1":
            self._stack.appendleft((step, sources))
        else:
            self._stack.append((step, sources))

    def _release(self) -> None:
        """Let the first waiting step run that may: one at a time, none while an ancestor waits."""
        for step, waiting in self._waiting.items():
            if any(other in self._waiting for other in self.wiring.ancestors(step) - {step}):
                continue
            sources = waiting.release(self.required.get(step, ()))
            if sources is None:
                continue
            if not waiting.rows:
                del self._waiting[step]
            self._push(step, sources)
            return

    def _force(self, wires: Sequence[Wire], run: int) -> None:
        """Make branches run that a waiting step lacks: v0 starts them with one empty item."""
        arrived = {wire.target: wire for wire in wires}
        for target in [target for target in arrived if target in self._waiting]:
            for wire in self.wiring.entering(target):
                top = self._top_of(wire.source)
                if top is not None and wire.input not in self._waiting[target].rows[0]:
                    self._push(top, self._forced(top, arrived[target], run))

    def _forced(self, step: str, wire: Wire, run: int) -> Sources:
        """Return what feeds a step that is made to run: an empty item, as if from who did it."""
        first, *others = self.wiring.inputs[step]
        return {first: Source(wire.source, wire.output, run, forced=True), **dict.fromkeys(others)}

    def _top_of(self, step: str) -> str | None:
        """Return the uppermost ancestor of a step that has neither run nor is lined up."""
        lined_up = {name for name, _ in self._stack}
        chain = [step, *self.wiring.ancestors(step)] if step != START else []
        fresh = [s for s in chain if not self._runs.get(s) and s not in lined_up]
        if not chain or (len(fresh) < len(chain) and step not in fresh):
            return None
        tops = [s for s in fresh if not set(fresh) & (self.wiring.ancestors(s) - {s})]
        return tops[0] if tops else None
