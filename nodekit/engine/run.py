"""What happened: a run and the runs of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias, overload

from nodekit.errors import ExpressionError, NodekitError
from nodekit.items import Item, ItemError, Items, Json
from nodekit.redact import Redactor

from .reasons import Reasons
from .record import VERSION, error_record, items_record, sampled, source_record, timestamp
from .schedule import Sources

Status: TypeAlias = Literal["success", "error", "canceled"]


class Ancestor(NamedTuple):
    """An item of an earlier step that one came from, and its place among all that step put out.

    The place is the output, the run of the step, and the position.
    """

    item: Item
    place: tuple[str, int, int]


class Carried(NamedTuple):
    """What items take along of where they came from, when the way back is no longer there.

    ``origins`` are the positions in the run's own input, ``None`` where unknown; ``ancestors`` the
    items of earlier steps that an expression asks for, or why there is none, by the step.
    """

    origins: Sequence[int | None]
    ancestors: Mapping[str, Sequence[Ancestor | ExpressionError]]


class NotKept(LookupError):
    """A run of a step of which a run over slices knows nothing any more."""


@dataclass(slots=True, eq=False)
class StepRun:
    """One run of one step.

    ``outputs`` holds what left by each output, in declared order, ``error`` last; it is ``None``
    where the step failed without any. ``counts`` says how many; it stays when a run that keeps only
    its output has dropped the items themselves. ``started`` is seconds since the epoch.
    ``taken`` is how many items it got. ``failures`` says why items failed that went on all the
    same, in input order, and ``failed`` how many: a run over slices remembers the first thousand
    one by one, and all of them by their messages in ``reasons``. ``tries`` is the most that one
    item, or call, took, ``retries`` how many were not the first, ``waited`` for how many seconds
    calls have waited for limits, all of them together. ``sample`` holds the first items of each
    output as JSON, where the run takes samples.
    """

    step: str
    run: int
    sources: Sources
    started: float
    seconds: float = 0.0
    status: Literal["success", "error"] = "success"
    error: ItemError | None = None
    tries: int = 1
    outputs: Mapping[str, Items] | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    hints: list[str] = field(default_factory=list[str])
    failures: list[ItemError] = field(default_factory=list[ItemError])
    failed: int = 0
    taken: int = 0
    reasons: Reasons = field(default_factory=Reasons)
    retries: int = 0
    waited: float = 0.0
    sample: dict[str, list[dict[str, Json]]] = field(
        default_factory=dict[str, list[dict[str, Json]]]
    )
    partial: bool = False
    """Whether the outputs lack items, or their json, that somebody might ask for."""

    carried: Mapping[str, Carried] = field(default_factory=dict[str, Carried])
    """What the items of an output take along, where they went through in slices."""

    def redact(self, redactor: Redactor) -> None:
        """Take out secrets that were not known yet when it was written down."""
        if self.outputs is not None:
            self.outputs = {name: redactor.items(rows) for name, rows in self.outputs.items()}
        self.error = None if self.error is None else redactor.error(self.error)
        self.failures = [redactor.error(error) for error in self.failures]
        self.reasons = self.reasons.shown(redactor.text)
        self.hints = [redactor.text(hint) for hint in self.hints]
        self.sample = redactor.json(self.sample)

    def take(self, most: int) -> None:
        """Take a sample of what the step put out, so many items of each output."""
        for name, items in (self.outputs or {}).items():
            if name not in self.sample:
                self.sample[name] = sampled(items, most)

    def take_more(self, name: str, items: Items, most: int) -> bool:
        """Add what came next by an output to the sample, up to so many; return whether it did.

        A sample holds the first items, or it ends: nothing is added behind a gap.
        """
        rows = self.sample.setdefault(name, [])
        if len(rows) >= most or len(rows) < self.counts.get(name, 0):
            return False
        more = sampled(items, most - len(rows))
        rows += more
        return bool(more)

    @property
    def errors(self) -> list[ItemError]:
        """Why the step, or items of it, failed."""
        return [self.error, *self.failures] if self.error else self.failures

    def why(self) -> Reasons:
        """Return why items failed, or the whole step, that went on all the same."""
        if self.reasons:
            return self.reasons
        found = Reasons()
        found.add(self.failures if self.outputs is None else self.errors)
        return found

    def summary(self) -> dict[str, Json]:
        """Return counts and errors of the run of the step as JSON, without any items."""
        return {
            "step": self.step,
            "run": self.run,
            "status": self.status,
            "in": self.taken,
            "counts": dict(self.counts),
            "failed": self.failed,
            "errors": self.why().record(),
            "tries": self.tries,
            "retries": self.retries,
            "waited": round(self.waited, 6),
            "seconds": round(self.seconds, 6),
        }

    def record(self) -> dict[str, Json]:
        """Return the run of the step as JSON."""
        out = self.outputs
        return {
            "step": self.step,
            "run": self.run,
            "status": self.status,
            "error": self.error and error_record(self.error),
            "tries": self.tries,
            "started": timestamp(self.started),
            "seconds": round(self.seconds, 6),
            "sources": {name: source_record(source) for name, source in self.sources.items()},
            "outputs": None if out is None else {n: items_record(rows) for n, rows in out.items()},
            "hints": list(self.hints),
        }

    def excerpt(self, most: int) -> dict[str, Json]:
        """Return the run of the step as JSON, with its sample and as many of its failures only."""
        return {
            **replace(self, outputs=None).record(),
            "outputs": self.sample if self.sample or self.outputs is not None else None,
            "counts": dict(self.counts),
            "failures": [error_record(error) for error in self.failures[:most]],
        }


class StepRuns(Sequence[StepRun]):
    """All runs of one step, in order; see :meth:`Run.step`."""

    __slots__ = ("_runs",)

    def __init__(self, runs: Sequence[StepRun]) -> None:
        self._runs = runs

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> StepRun: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[StepRun]: ...
    def __getitem__(self, index: int | slice) -> StepRun | Sequence[StepRun]:
        return self._runs[index]

    @property
    def outputs(self) -> dict[str, Items]:
        """What left by each output, all runs together, in order."""
        names = dict.fromkeys(name for run in self._runs for name in run.outputs or ())
        return {name: self.output(name) for name in names}

    def output(self, name: str) -> Items:
        """Return what left by one output, all runs together."""
        return Items.join((run.outputs or {}).get(name, Items()) for run in self._runs)

    @property
    def items(self) -> Items:
        """What left by the first output, all runs together."""
        return next(iter(self.outputs.values()), Items())

    @property
    def errors(self) -> list[ItemError]:
        """Why the step, or items of it, failed, in order."""
        return [error for run in self._runs for error in run.errors]


@dataclass(slots=True, eq=False)
class Run:
    """What happened when a pipeline ran over items.

    ``items`` is what the pipeline put out; ``steps`` the runs of its steps in the order of
    execution; ``seconds`` how long it took. ``error`` is why it ended early, ``failed_step`` where.
    ``sample`` is how many items of each output of a step its summary holds.
    """

    id: str
    pipeline: str
    started: float
    seconds: float = 0.0
    status: Status = "success"
    error: ItemError | None = None
    failed_step: str | None = None
    items: Items = field(default_factory=Items)
    steps: list[StepRun] = field(default_factory=list[StepRun])
    state: dict[str, Json] = field(default_factory=dict[str, Json])
    sample: int = 0

    def step(self, name: str) -> StepRuns:
        """Return all runs of a step; none if it did not run."""
        return StepRuns([step for step in self.steps if step.step == name])

    @property
    def last_step(self) -> str | None:
        """The step that ran last."""
        return self.steps[-1].step if self.steps else None

    @property
    def errors(self) -> list[ItemError]:
        """Why steps and items failed that went on all the same, and why the run did."""
        return [error for step in self.steps for error in step.errors]

    def summary(self) -> dict[str, Json]:
        """Return what the run came to as JSON, without any items but those of its sample."""
        record = {"record": self.excerpt()} if self.sample else {}
        return {
            "status": self.status,
            "error": self.error and {**error_record(self.error), "step": self.failed_step},
            "started": timestamp(self.started),
            "seconds": round(self.seconds, 6),
            "steps": [step.summary() for step in self.steps],
            **record,
        }

    def excerpt(self) -> dict[str, Json]:
        """Return the run as JSON with the items of its sample only.

        A step also says how many items there were, under ``counts``, and its first ``failures``.
        """
        steps = [step.excerpt(self.sample) for step in self.steps]
        return {**replace(self, steps=[]).record(), "last_step": self.last_step, "steps": steps}

    def record(self) -> dict[str, Json]:
        """Return the run as JSON: what reports and tests read, version 1 of its form."""
        return {
            "record": VERSION,
            "run": self.id,
            "pipeline": self.pipeline,
            "status": self.status,
            "error": self.error and {**error_record(self.error), "step": self.failed_step},
            "last_step": self.last_step,
            "started": timestamp(self.started),
            "seconds": round(self.seconds, 6),
            "steps": [step.record() for step in self.steps],
            "state": self.state,
        }


class RunFailed(NodekitError):
    """A run ended early: a step failed, its time was up, or it was stopped.

    Args:
        run: The unfinished run, with everything that had happened.
    """

    def __init__(self, run: Run) -> None:
        error = run.error or ItemError("ended early")
        place = "".join(
            (
                f'step "{run.failed_step}"' if run.failed_step else "the run",
                f", item {error.item}" if error.item is not None else "",
            )
        )
        super().__init__(f"{place}: {error.message}", hint=error.hint)
        self.run = run
        self.step = run.failed_step
        self.item = error.item
        self.cause = error.cause
