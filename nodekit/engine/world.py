"""What a node may use while it runs, for one run of its step."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from nodekit.files import Files
from nodekit.items import Json
from nodekit.pipeline.steps import Step

from .events import StepProgress
from .piece import WHOLE, Piece
from .running import Running
from .schedule import Turn

if TYPE_CHECKING:
    from nodekit.credentials import Credential
    from nodekit.http import Http

T = TypeVar("T")


class StepWorld:
    """The world of one run of a step; see :class:`~nodekit.Context` for what each name offers."""

    def __init__(self, running: Running, step: Step, turn: Turn, piece: Piece = WHOLE) -> None:
        self.running = running
        self._step = step
        self.turn = turn
        self.piece = piece
        self.hints: list[str] = []
        self.group: TaskGroup | None = None
        self.broken: Exception | None = None
        """What ended background work of the node, if something did."""

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

    @cached_property
    def http(self) -> "Http":
        return self.running.session.for_step(step=self.step, clock=self.running.clock)

    @cached_property
    def files(self) -> Files:
        return Files(self.running.pipeline.base)

    @property
    def credential(self) -> "Credential | None":
        return self._step.credential

    @cached_property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"nodekit.step.{self.step}")

    @cached_property
    def lock(self) -> AbstractAsyncContextManager[None]:
        return cast("AbstractAsyncContextManager[None]", anyio.Lock())

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

    def progress(self, text: str) -> None:
        self.running.emit(StepProgress(self.step, self.turn.run, 0, 0, 0, text))

    def hint(self, text: str) -> None:
        self.hints.append(text)

    def secret(self, text: str) -> None:
        self.running.redactor.add(text)

    def key(self, item: int | None) -> str:
        place = f"{self.running.run.id}/{self.step}/{self.turn.run}/{'' if item is None else item}"
        return sha256(place.encode()).hexdigest()[:32]
