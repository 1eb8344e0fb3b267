"""A run while it goes on: what its steps share."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from nodekit.context import SubPipeline
from nodekit.expressions import Worker
from nodekit.http import Session
from nodekit.items import ItemError, Items
from nodekit.pipeline.steps import Pipeline
from nodekit.pipeline.wiring import START
from nodekit.redact import Redactor

from .clock import Clock
from .events import Event
from .failures import as_item_error
from .meters import Meters
from .run import Run, StepRun
from .schedule import Source
from .states import States


class Stopped(Exception):
    """The run was asked to stop: nothing new is started, what is known is kept."""


@dataclass(slots=True, eq=False, repr=False)
class Signal:
    """Whether a run, with everything that goes on in it, was asked to stop."""

    stopping: bool = False


Nested: TypeAlias = "Callable[[Pipeline, Items, Running], Awaitable[Run]]"
"""Runs a pipeline inside a run, over items; it raises RunFailed."""

Loader: TypeAlias = Callable[[SubPipeline, Path], Pipeline]
"""Loads a pipeline that a step runs; a file stands below the directory."""


@dataclass(slots=True, eq=False, repr=False)
class Running:
    """One run in progress.

    ``history`` holds the runs of every step so far, ``memories`` what steps remember within the
    run. ``linked`` are the steps to whose items ways back are kept, ``None`` for all. ``signal``
    asks it to start nothing new. ``meters`` count what is tried again and waited for. ``callers``
    are the pipelines in whose runs it goes on, the outermost first; ``loaded`` those that its
    steps have run.
    """

    pipeline: Pipeline
    run: Run
    start: Items
    clock: Clock
    session: Session
    worker: Worker
    states: States
    emit: Callable[[Event], None]
    chunk: int
    redactor: Redactor
    load: Loader
    nested: Nested
    callers: tuple[Pipeline, ...] = ()
    loaded: dict[SubPipeline, Pipeline] = field(default_factory=dict[SubPipeline, Pipeline])
    history: dict[str, Sequence[StepRun]] = field(default_factory=dict[str, Sequence[StepRun]])
    memories: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    linked: frozenset[str] | None = None
    signal: Signal = field(default_factory=Signal)
    meters: Meters = field(default_factory=Meters)
    _runs: dict[str, list[StepRun]] = field(default_factory=dict[str, list[StepRun]])
    _covered: int = field(init=False)

    def __post_init__(self) -> None:
        self._covered = self.redactor.size

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self.signal.stopping

    def measure(self, result: StepRun) -> None:
        """Fill in what has been counted of a run of a step so far."""
        meter = self.meters.of(result.step, result.run)
        result.retries, result.waited = meter.retries, meter.waited

    def close(self, result: StepRun) -> None:
        """Fill in what has been counted of a run of a step that is through."""
        self.measure(result)
        if self.run.sample:
            result.take(self.run.sample)
        result.taken = result.taken or sum(map(self._came, result.sources.values()))

    def _came(self, source: Source | None) -> int:
        """Return how many items came from a source."""
        if source is None:
            return 0
        if source.step == START:
            return len(self.start)
        return self.history[source.step][source.run].counts.get(source.output, 0)

    def known(self, result: StepRun) -> StepRun:
        """Go on counting where a run of a step was when that was written down; return it."""
        self.meters.begin(result.step, result.run, result.retries, result.waited)
        return result

    def add(self, result: StepRun) -> None:
        """Write down a run of a step."""
        self.close(result)
        self._runs.setdefault(result.step, []).append(result)
        self.history[result.step] = self._runs[result.step]
        self.run.steps.append(result)

    def learn(self, step: str) -> None:
        """Learn the secrets that a step remembers by now."""
        for text in self.states.secrets(step):
            self.redactor.add(text)

    def cover(self) -> None:
        """Redact once more what was written down before all secrets were known."""
        if self.redactor.size == self._covered:
            return
        run, self._covered = self.run, self.redactor.size
        run.items = self.redactor.items(run.items)
        run.error = None if run.error is None else self.redactor.error(run.error)
        for step in self.run.steps:
            step.redact(self.redactor)

    def memory(self, step: str) -> dict[str, Any]:
        """Return what a step remembers within the run (n8n: node context)."""
        return self.memories.setdefault(step, {})

    def failure(self, error: Exception, step: str, item: int | None) -> ItemError:
        """Return what was raised as data that may be shown: without secrets."""
        return self.redactor.error(as_item_error(error, step, item))

    def check(self) -> None:
        """Let nothing new begin once the run was asked to stop.

        Raises:
            Stopped: It was.
        """
        if self.stopping:
            raise Stopped
