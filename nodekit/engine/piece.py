"""Which part of its whole input a run of a step works on: all of it, or a slice."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import anyio

from nodekit.items import Item, ItemError


@dataclass(frozen=True, slots=True)
class Answer:
    """What a step put out for one item: items by output, and why it failed for good, if it did."""

    sent: Sequence[tuple[str, Sequence[Item]]]
    error: ItemError | None = None


class Journal(Protocol):
    """Remembers what a node that waits on the world gave for each item, over a kill."""

    def known(self, position: int) -> Answer | None:
        """Return what was put out for the item at a position of the whole input, if it was."""
        ...

    async def begin(self, position: int) -> None:
        """Write down that a call begins which must not be repeated blindly."""
        ...

    def done(self, position: int, answer: Answer) -> None:
        """Write down what was put out; it returns before the words are safe."""
        ...


class Gate:
    """Lets so many in at once, in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[anyio.Event] = deque()

    async def __aenter__(self) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        turn, entered = anyio.Event(), False
        self._waiting.append(turn)
        try:
            await turn.wait()
            entered = True
        finally:
            if not entered:
                self._leave(turn)

    def _leave(self, turn: anyio.Event) -> None:
        """Take back the wait of a task that was canceled; a place given to it is handed on."""
        if turn.is_set():
            self._release()
        else:
            self._waiting.remove(turn)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a step's whole input.

    Args:
        offset: The position of its first item in the whole input.
        gate: Lets so many items be worked on at once over all slices; ``None`` for no more limit
            than the step's own.
        journal: What remembers answers; ``None`` if nothing does.
    """

    offset: int = 0
    gate: Gate | None = None
    journal: Journal | None = None


WHOLE = Piece()
"""The whole input."""
