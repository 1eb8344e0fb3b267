"""What the expressions of one step run may see of the run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nodekit.errors import NOT_KEPT, ExpressionError
from nodekit.items import Item, Items, Json
from nodekit.pipeline.steps import Pipeline, Step

from .clock import Clock
from .linking import Ancestry, no_way
from .run import NotKept, StepRun
from .schedule import Turn

History = Mapping[str, Sequence[StepRun]]


@dataclass(eq=False, repr=False)
class RunView:
    """The view of one run of a step (the ``View`` that expressions ask for).

    Args:
        pipeline: The pipeline.
        run_id: The id of the run, ``$execution.id``.
        history: The runs of every step so far.
        memories: What steps remember within the run, by name.
        clock: The run's clock.
        turn: The step, its run index and what feeds it.
        rows: The items of the active input.
        active: The name of that input.
        offset: The position of the first of them in the step's whole input.
        extra: Further variables, for what is evaluated while a node runs.
        linked: The steps to whose items the way back is kept; ``None`` for all.
        sliced: Whether the rows are a slice of the input.
        missed: Collects what was asked for that the run does not keep.
    """

    pipeline: Pipeline
    run_id: str
    history: History
    memories: Mapping[str, Mapping[str, Any]]
    clock: Clock
    turn: Turn
    rows: Items
    active: str
    offset: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    linked: frozenset[str] | None = None
    sliced: bool = False
    missed: list[ExpressionError] = field(default_factory=list[ExpressionError])

    @property
    def facts(self) -> Mapping[str, Json]:
        """What is known before any item is looked at, as JSON."""
        pipeline = self.pipeline
        step = pipeline.step(self.turn.step)
        return {
            "step": self.turn.step,
            "runIndex": self.turn.run,
            "workflow": {"id": pipeline.id, "name": pipeline.name, "active": pipeline.active},
            "execution": {"id": self.run_id, "mode": pipeline.mode},
            "prevNode": self._previous(),
            "vars": dict(pipeline.vars),
            "env": {name: os.environ[name] for name in pipeline.env if name in os.environ},
            "timezone": pipeline.timezone,
            "parameter": dict(step.parameters),
            "nodeVersion": 1 if step.origin is None else step.origin.version,
            "nodeId": step.name if step.origin is None else step.origin.id,
            "envAllowed": list(pipeline.env),
            "offset": self.offset,
            "extra": dict(self.extra),
            "sliced": self.sliced,
            "context": visible(self.memories.get(self.turn.step, {})),
        }

    def _previous(self) -> Json:
        source = next((source for source in self.turn.sources.values() if source), None)
        if source is None or (step := self.pipeline.find(source.step)) is None:
            return None
        index = step.all_outputs.index(source.output)
        return {"name": source.step, "outputIndex": index, "runIndex": source.run}

    def everything(self) -> Items:
        """Return all items of the active input.

        Raises:
            ExpressionError: They are a slice of it.
        """
        if self.sliced:
            raise self.missing("other items of its input than the one at hand")
        return self.rows

    def missing(self, what: str) -> ExpressionError:
        """Take note that an expression asks for what the run does not keep."""
        error = ExpressionError(
            f"asks for {what}, which a run over slices does not keep",
            kind=NOT_KEPT,
            hint="Name the step and the call in the expression itself, as in `$('Step').all()`: "
            "what a run can see before it begins, it keeps.",
        )
        self.missed.append(error)
        return error

    def now(self) -> float:
        """Return the time of the run's clock, in seconds since the epoch."""
        return self.clock.now()

    def step(self, name: str) -> "OtherStep | None":
        """Return what may be seen of another step; ``None`` if there is none of that name."""
        step = self.pipeline.find(name)
        return None if step is None else OtherStep(self, step)


class OtherStep(NamedTuple):
    """What expressions may see of another step (the ``StepView`` that expressions ask for)."""

    view: RunView
    of: Step

    @property
    def _runs(self) -> Sequence[StepRun]:
        return self.view.history.get(self.of.name, ())

    @property
    def executed(self) -> bool:
        """Whether it has run."""
        return bool(self._runs)

    @property
    def runs(self) -> int:
        """How often it has run."""
        return len(self._runs)

    @property
    def default_output(self) -> int:
        """The position of the output that leads to the step at hand, else 0."""
        return self.view.pipeline.wiring.way(self.of.name, self.view.turn.step)

    @property
    def params(self) -> Json:
        """Its parameters as they stand in the file."""
        return dict(self.of.parameters)

    @property
    def context(self) -> Json:
        """What it remembers within the run."""
        return visible(self.view.memories.get(self.of.name, {}))

    @property
    def connected(self) -> bool:
        """Whether data can come from it to the step at hand."""
        return self.of.name in self.view.pipeline.wiring.ancestors(self.view.turn.step)

    def outputs(self, run: int) -> Sequence[Items]:
        """Return what one run put out, by output in declared order.

        Raises:
            ExpressionError: It is not kept.
        """
        try:
            found = self._runs[run]
        except NotKept as error:
            raise self._all_missing() from error
        out = found.outputs or {}
        if found.partial or any(len(out.get(n, ())) != count for n, count in found.counts.items()):
            raise self._all_missing()
        return [out.get(name, Items()) for name in self.of.all_outputs]

    def _all_missing(self) -> ExpressionError:
        return self.view.missing(f'all items of "{self.of.name}"')

    def paired(self, indexes: Sequence[int]) -> Sequence[Item | ExpressionError]:
        """Return the item of this step that each current item came from."""
        if not self.connected:
            return [no_way(self.of.name) for _ in indexes]
        ancestry, name = (
            Ancestry(self.view.history, self.view.turn.sources, self.view.active),
            self.of.name,
        )
        try:
            found = ancestry.find(name, indexes)
        except NotKept:
            found = [no_way(name)]
        linked = self.view.linked
        if (
            linked is None
            or name in linked
            or not any(isinstance(f, ExpressionError) for f in found)
        ):
            return found
        # Whether the way back is only not kept, nobody can tell.
        error = self.view.missing(f'the items of "{name}" that its own came from')
        return [error for _ in indexes]


def visible(memory: Mapping[str, Any]) -> dict[str, Json]:
    """Return what expressions may see of a step's memory: keys without a leading underscore."""
    return {name: value for name, value in memory.items() if not name.startswith("_")}
