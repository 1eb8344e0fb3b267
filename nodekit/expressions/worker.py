"""The JavaScript of a run: children that whoever asks may have for a while."""

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from weakref import ref

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from .expression import Expression
    from .process import Child  # most runs need none

MEBIBYTE = 1 << 20
TURNS = 4
"""Of how many views a child keeps what was handed in."""
MOST = 2
"""How many children there may be; each has an engine with memory of its own."""
CROWD = 16
"""How many requests must follow, or must have waited so far, for one more child to be worth it."""


class Worker:
    """Evaluates JavaScript in a child that is started when it is first needed.

    Where many ask at once, and there is a processor for it, there is a second child. Whoever asks
    has a :meth:`line` to one of them. Call :meth:`aclose` at the end.

    Args:
        deadline: Seconds that one request may take: a chunk of items, or a single one.
        memory: Bytes that the engine of a child may use.
        most: How many children there may be; if not given, two, or one on a single processor.
    """

    def __init__(
        self, *, deadline: float = 2.0, memory: int = 256 * MEBIBYTE, most: int | None = None
    ) -> None:
        self.deadline = deadline
        self.memory = memory
        self.most = min(MOST, processors()) if most is None else most
        self._idle: list[Child] = []
        self._places = anyio.Semaphore(1)
        self._size = 1
        self._waited = 0
        self._turns: list[tuple[ref[object], int]] = []
        self._latest = 0

    @property
    def started(self) -> bool:
        """Whether a child is ready to be asked."""
        return any(child.alive for child in self._idle)

    def turn(self, view: object) -> int:
        """Return a number for a view; what was handed in under it is kept for a while."""
        for known, number in self._turns:
            if known() is view:
                return number
        self._latest += 1
        self._turns = [(ref(view), self._latest), *self._turns[: TURNS - 1]]
        return self._latest

    @asynccontextmanager
    async def line(self, behind: int = 0) -> AsyncGenerator["Line", None]:
        """Wait for a child, and have it alone: what it was given once, it knows until the end.

        Args:
            behind: How many more requests will follow.
        """
        if not self._places.value:
            self._crowd(behind)
        async with self._places:
            line = Line(self, self._idle.pop() if self._idle else None)
            try:
                yield line
            finally:
                if line.child is not None:
                    self._idle.append(line.child)

    def _crowd(self, behind: int) -> None:
        """Take note that somebody has to wait, and make another place if many do."""
        self._waited += 1
        if max(self._waited, behind) >= CROWD and self._size < self.most:
            self._size += 1
            self._places.release()

    def ask_now(
        self,
        request: Mapping[str, Any],
        expressions: "Sequence[Expression]",
        deadline: float | None,
    ) -> Any:
        """Send a request to a child and block until it has answered; see ``Child.ask``."""
        from .process import Call

        call = Call(self._idle.pop() if self._idle else None)
        try:
            return call.run(self.memory, request, expressions, deadline or self.deadline)
        finally:
            if (child := call.leave()) is not None:
                self._idle.append(child)

    async def aclose(self) -> None:
        """End the children, if there are any. The worker may be used again all the same."""
        async with AsyncExitStack() as stack:
            for _ in range(self._size):
                await stack.enter_async_context(self._places)
            self.close()

    def close(self) -> None:
        """End the children, if there are any, where no event loop runs."""
        while self._idle:
            self._idle.pop().kill()


class Line:
    """A child that somebody has alone for a while; it is started by the first request."""

    def __init__(self, worker: Worker, child: "Child | None") -> None:
        self.worker = worker
        self.child = child

    async def ask(
        self,
        request: Mapping[str, Any],
        expressions: "Sequence[Expression]",
        deadline: float | None,
    ) -> Any:
        """Send a request, without blocking the event loop; see ``Child.ask``."""
        from .process import Call

        call, worker = Call(self.child), self.worker
        self.child = None
        try:
            return await anyio.to_thread.run_sync(
                call.run,
                *(worker.memory, request, expressions, deadline or worker.deadline),
                abandon_on_cancel=True,
            )
        finally:
            self.child = call.leave()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
