"""What a node may use while it runs, for one run of its step."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from nodekit import expressions  # its names are loaded when they are first used
from nodekit.context import Returned, SubPipeline
from nodekit.errors import NOT_KEPT, ExpressionError, shortened
from nodekit.files import Files
from nodekit.items import Items, Json
from nodekit.params import UNDEFINED
from nodekit.pipeline.steps import Step
from nodekit.redact import Redactor
from nodekit.streams import Scratch

from .events import StepProgress
from .meters import MeteredClock
from .piece import WHOLE, Piece
from .running import Running
from .schedule import Turn
from .view import RunView

if TYPE_CHECKING:
    from nodekit.credentials import Credential
    from nodekit.http import Http

    from .spill import SpillFile

T = TypeVar("T")

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
)

CODE_SECONDS = 300.0
"""How long JavaScript of a node may run where its step does not say (n8n: task timeout)."""


class RedactingLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that shows ``***`` for secrets."""

    def __init__(self, logger: logging.Logger, redactor: Redactor) -> None:
        super().__init__(logger)
        self.redactor = redactor

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a message; what is put into it is redacted with it, and so is a traceback."""
        if self.isEnabledFor(level):
            found = traced(kwargs.pop("exc_info", None))
            record = logging.LogRecord("", level, "", 0, str(msg), args, found)
            text = logging.Formatter("%(message)s").format(record)
            super().log(level, "%s", self.redactor.text(text), **kwargs)


def traced(asked: object) -> ExcInfo:
    """Return the exception that a call of a logger asks for, in the forms it may ask in."""
    if isinstance(asked, BaseException):
        return type(asked), asked, asked.__traceback__
    return sys.exc_info() if asked else None


class StepWorld:
    """The world of one run of a step; see :class:`~nodekit.Context` for what each name offers."""

    def __init__(self, running: Running, step: Step, turn: Turn, piece: Piece = WHOLE) -> None:
        self.running = running
        self._step = step
        self.turn = turn
        self.piece = piece
        self.hints: list[str] = []
        self.view: RunView | None = None
        """What its expressions see; known once the step runs."""
        self.group: TaskGroup | None = None
        self.broken: Exception | None = None
        """What ended background work of the node, if something did."""
        self.lock: AbstractAsyncContextManager[None] = anyio.Lock()
        self._http: Http | None = None
        self._disk: SpillFile | None = None

    @property
    def step(self) -> str:
        return self._step.name

    @property
    def run_index(self) -> int:
        return self.turn.run

    @property
    def outputs(self) -> tuple[str, ...]:
        return self._step.outputs

    @property
    def source(self) -> Mapping[str, Json]:
        return self._step.template.source

    @property
    def state(self) -> Any:
        return self.running.states.steps.get(self.step)

    @property
    def pipeline_state(self) -> dict[str, Json]:
        return self.running.states.shared

    @property
    def memory(self) -> dict[str, Any]:
        return self.running.memory(self.step)

    @property
    def http(self) -> "Http":
        if self._http is None:
            meter = self.running.meters.of(self.step, self.turn.run)
            clock = MeteredClock(self.running.clock, meter)
            self._http = self.running.session.for_step(step=self.step, clock=clock)
        return self._http

    @property
    def files(self) -> Files:
        return Files(self.running.pipeline.base)

    def scratch(self) -> Scratch:
        from .spill import DiskScratch, SpillFile  # few nodes let items wait on disk

        self._disk = self._disk or SpillFile()
        return DiskScratch(self._disk)

    def close(self) -> None:
        """Let go of what waits on disk: the step is through."""
        if self._disk is not None:
            self._disk.close()

    @property
    def credential(self) -> "Credential | None":
        return self._step.credential

    @property
    def log(self) -> "logging.LoggerAdapter[logging.Logger]":
        logger = logging.getLogger(f"nodekit.step.{self.step}")
        return RedactingLog(logger, self.running.redactor)

    @property
    def timezone(self) -> str:
        return self.running.pipeline.timezone

    def now(self) -> float:
        return self.running.clock.now()

    async def sleep(self, seconds: float) -> None:
        await self.running.clock.sleep(seconds)

    async def keep_state(self) -> None:
        await self.running.states.keep(self.step)

    async def thread(self, call: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(call)

    def start_soon(self, call: Callable[[], Awaitable[None]]) -> None:
        """Run something until the step ends; what it raises fails the step."""
        if self.group is None:
            raise RuntimeError("only a node that awaits something can have background work")
        self.group.start_soon(self._background, call, self.group)

    async def _background(self, call: Callable[[], Awaitable[None]], group: TaskGroup) -> None:
        try:
            await call()
        except Exception as error:
            self.broken = error
            group.cancel_scope.cancel()

    async def javascript(self, body: str, items: Items, each: bool) -> Sequence[Returned]:
        """Run JavaScript in the child; what it leaves of the static data becomes the states."""
        assert self.view is not None
        shared = self.running.states.shared
        extra: dict[str, Json] | None = getattr(self.state, "model_extra", None)
        own = {} if extra is None else extra
        result = await expressions.run_code(
            body,
            self.view,
            self.running.worker,
            each=each,
            items=items,
            deadline=self._step.timeout or CODE_SECONDS,
            console=self.log.debug,
            global_static=shared,
            node_static=own,
        )
        take_over(shared, result.global_static)
        take_over(own, result.node_static)
        return [returned(value) for value in result.values]

    async def evaluate(self, text: str, extra: Mapping[str, Json], item: int | None) -> Json:
        assert self.view is not None
        index = 0 if item is None else item - self.piece.offset
        ((value,),) = await expressions.evaluate(
            [expressions.compile_value(text)],
            replace(self.view, extra=extra),
            [index],
            self.running.worker,
        )
        if isinstance(value, ExpressionError) and value.kind == NOT_KEPT:
            value = ExpressionError(
                f"{shortened(text)}: {value.message}", text=text, kind=NOT_KEPT, hint=value.hint
            )
            self.view.missed.insert(0, value)
        if isinstance(value, ExpressionError):
            raise value
        return None if value is UNDEFINED else value

    async def run_pipeline(self, pipeline: SubPipeline, items: Items) -> Items:
        from .subrun import sub_run  # few steps run another pipeline

        return await sub_run(self.running, pipeline, items)

    def progress(self, text: str) -> None:
        self.running.emit(
            StepProgress(self.step, self.turn.run, 0, 0, 0, self.running.redactor.text(text))
        )

    def hint(self, text: str) -> None:
        self.hints.append(self.running.redactor.text(text))

    def secret(self, text: str) -> None:
        self.running.redactor.add(text)

    def key(self, item: int | None) -> str:
        name = "" if item is None else self.piece.name(item)
        place = f"{self.running.run.id}/{self.step}/{self.turn.run}/{name}"
        return sha256(place.encode()).hexdigest()[:32]


def returned(value: object) -> Returned:
    """Return what JavaScript gave as a node is told."""
    if isinstance(value, ExpressionError):
        return value
    return {} if value is UNDEFINED else {"value": value}


def take_over(kept: dict[str, Json], left: Mapping[str, Json]) -> None:
    """Make what is remembered, in place, what code left of it."""
    if kept != left:
        kept.clear()
        kept.update(left)
