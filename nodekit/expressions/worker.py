"""The JavaScript of a run: one child for all who ask, started when somebody does."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from .expression import Expression
    from .process import Call, Child  # most runs need none

MEBIBYTE = 1 << 20
TURNS = 4
"""Of how many views the child keeps what was handed in."""


class Worker:
    """Evaluates JavaScript in a child that is started when it is first needed.

    It may be shared by several tasks; they take turns. Call :meth:`aclose` at the end.

    Args:
        deadline: Seconds that one request may take: a chunk of items, or a single one.
        memory: Bytes that the engine may use.
    """

    def __init__(self, *, deadline: float = 2.0, memory: int = 256 * MEBIBYTE) -> None:
        self.deadline = deadline
        self.memory = memory
        self._child: Child | None = None
        self._lock = anyio.Lock()
        self._turns: list[tuple[ref[object], int]] = []
        self._latest = 0

    @property
    def started(self) -> bool:
        """Whether a child is running."""
        return self._child is not None and self._child.alive

    def turn(self, view: object) -> int:
        """Return a number for a view; what was handed in under it is kept for a while."""
        for known, number in self._turns:
            if known() is view:
                return number
        self._latest += 1
        self._turns = [(ref(view), self._latest), *self._turns[: TURNS - 1]]
        return self._latest

    async def ask(
        self,
        request: Mapping[str, Any],
        expressions: "Sequence[Expression]",
        deadline: float | None,
    ) -> Any:
        """Send a request to the child, without blocking the event loop; see ``Child.ask``."""
        async with self._lock:
            call = self._call()
            try:
                return await anyio.to_thread.run_sync(
                    call.run,
                    *(self.memory, request, expressions, deadline or self.deadline),
                    abandon_on_cancel=True,
                )
            finally:
                self._child = call.leave()

    def ask_now(
        self,
        request: Mapping[str, Any],
        expressions: "Sequence[Expression]",
        deadline: float | None,
    ) -> Any:
        """Send a request to the child and block until it has answered; see ``Child.ask``."""
        call = self._call()
        try:
            return call.run(self.memory, request, expressions, deadline or self.deadline)
        finally:
            self._child = call.leave()

    def _call(self) -> "Call":
        from .process import Call

        return Call(self._child)

    async def aclose(self) -> None:
        """End the child, if there is one. The worker may be used again all the same."""
        async with self._lock:
            self.close()

    def close(self) -> None:
        """End the child, if there is one, where no event loop runs."""
        if self._child is not None:
            self._child.kill()
            self._child = None
