"""A pipeline as the motor takes it: checked, bound and immutable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from nodekit.items import Items, Json
from nodekit.params import Params
from nodekit.registry import NodeType

from .problem import Problem
from .wiring import Wiring

if TYPE_CHECKING:
    from nodekit.credentials import Credential
    from nodekit.expressions import Expression

OnError: TypeAlias = Literal["stop", "continue", "error_output", "pass_on"]

ASKING = r"\$(?:\(|node\b|items\b)"
"""How JavaScript begins to ask for another step."""

NAMED = r"""\$(?:\(|node\[|items\()\s*(['"`])([^'"`\\]*)\1|\$node\.(\w+)"""
"""How JavaScript asks for a step by its name."""

ERROR = "error"
"""The output that ``on_error: error_output`` adds to a step."""


class RetryPolicy(NamedTuple):
    """What is tried again, how often, and after how long.

    ``tries`` counts all of them. ``wait`` and ``max_wait`` are seconds; the n-th wait is
    ``wait * backoff ** (n - 1)``, spread by ``jitter`` (a share of it, 0 to 1), and never shorter
    than a service's ``Retry-After``. ``on`` is ``retryable``, ``any``, or kinds of failure:
    ``timeout``, ``connection``, HTTP statuses.
    """

    tries: int = 1
    wait: float = 1.0
    backoff: float = 1.0
    jitter: float = 0.0
    max_wait: float = 60.0
    on: Literal["retryable", "any"] | frozenset[str | int] = "retryable"
    of: Literal["item", "step"] = "item"


NO_RETRY = RetryPolicy()


class Template(NamedTuple):
    """The parameters of a step: raw, with a hole for each expression.

    ``each`` are the holes that want a value for every item of a BatchNode; an ItemNode's all do.
    """

    model: type[Params]
    raw: Mapping[str, Any]
    expressions: "tuple[Expression, ...]"
    each: frozenset[int]
    source: Mapping[str, Json]
    """The parameters as they stand in the file, for ``$('Step').params``."""


class Origin(NamedTuple):
    """What a step was in an n8n workflow, as its expressions see it."""

    version: float
    id: str | None
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One entry of a pipeline: a named use of a node with its params and settings.

    ``outputs`` are the node's, without ``error``. ``timeout`` is seconds.
    """

    name: str
    type: NodeType
    template: Template
    outputs: tuple[str, ...]
    required: tuple[str, ...] = ()
    on_error: OnError = "stop"
    retry: RetryPolicy = NO_RETRY
    timeout: float | None = None
    concurrency: int = 1
    once: bool = False
    always_output: bool = False
    disabled: bool = False
    pin: Items | None = None
    credential: "Credential | None" = None
    notes: str = ""
    origin: Origin | None = None

    @property
    def parameters(self) -> Mapping[str, Json]:
        """Its parameters, as expressions see them."""
        return self.template.source if self.origin is None else self.origin.parameters

    @property
    def facts(self) -> tuple[object, ...]:
        """What a run could notice of the step, but for its place in the pipeline."""
        return (
            self.name,
            self.type.name,
            self.type.version,
            repr(self.template.source),
            self.on_error,
            self.retry,
            self.timeout,
            self.once,
            self.always_output,
            self.disabled,
            None if self.pin is None else list(self.pin.json),
        )

    @property
    def code_asks(self) -> frozenset[str] | None:
        """The steps that JavaScript of the step asks for; ``None`` where only a run can tell."""
        code = self.template.source.get("javascript")
        if not isinstance(code, str):
            return frozenset()
        names = [found[2] or found[3] for found in re.finditer(NAMED, code)]
        return frozenset(names) if len(names) == len(re.findall(ASKING, code)) else None

    @property
    def all_outputs(self) -> tuple[str, ...]:
        """The outputs with ``error`` last, if the step has one."""
        return (*self.outputs, ERROR) if self.on_error == "error_output" else self.outputs


class Retention(NamedTuple):
    """How long runs are kept that are over: ``None`` for ever.

    ``keep`` is how many, the last to end; ``age`` how long after their end, in seconds.
    """

    keep: int | None = 10_000
    age: float | None = 14 * 86_400.0


USUAL = Retention()


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The steps of a pipeline, checked and bound; what :func:`nodekit.load` returns.

    ``output`` is the step and output whose items a run puts out; ``None`` for the last run of the
    step that ran last. ``base`` is the directory that relative paths start from, and below which
    nodes may read and write. ``timeout`` is seconds, ``max_runs`` how often a step may run.
    ``mode`` and ``active`` are what expressions are told. ``on_failure`` is the file of a pipeline
    that gets the error, or the text of a workflow; ``retention`` how long runs of it are kept;
    ``warnings`` is what was found when it was loaded.
    """

    name: str
    steps: tuple[Step, ...]
    wiring: Wiring
    output: tuple[str, str] | None
    base: Path
    id: str | None = None
    description: str = ""
    timeout: float | None = None
    max_runs: int = 100_000
    timezone: str = "UTC"
    order: Literal["v0", "v1"] = "v1"
    env: tuple[str, ...] = ()
    vars: Mapping[str, Json] = field(default_factory=dict[str, Json])
    mode: Literal["production", "test"] = "production"
    active: bool = False
    last_failure: Literal["passes", "counts"] = "passes"
    on_failure: str | None = None
    retention: Retention = USUAL
    warnings: tuple[Problem, ...] = ()

    @property
    def key(self) -> str:
        """What its state is kept under: the id, else the name."""
        return self.id or self.name

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    def step(self, name: str) -> Step:
        """Return a step by its name.

        Raises:
            KeyError: There is none.
        """
        return self._by_name[name]

    def find(self, name: str) -> Step | None:
        """Return a step by its name, or ``None``."""
        return self._by_name.get(name)

    @cached_property
    def fingerprint(self) -> str:
        """A text that differs if anything differs that a run could notice."""
        steps = [step.facts for step in self.steps]
        facts = (self.name, self.order, self.output, self.timezone, repr(self.vars))
        return sha256(repr((facts, steps, self.wiring.wires)).encode()).hexdigest()

    @cached_property
    def keeps_state(self) -> bool:
        """Whether some step remembers something from run to run."""
        return any(step.type.state is not None for step in self.steps)

    @cached_property
    def asked(self) -> frozenset[str] | None:
        """The steps whose items some expression asks for; ``None`` where only a run can tell."""
        readings = [e.reading for step in self.steps for e in step.template.expressions]
        codes = [step.code_asks for step in self.steps]
        if any(reading.computed for reading in readings) or None in codes:
            return None
        named = [name for reading in readings for name in reading.steps]
        return frozenset(named).union(*(code or () for code in codes))
