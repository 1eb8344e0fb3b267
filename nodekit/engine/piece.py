"""Which part of its whole input a run of a step works on: all of it, or a slice."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

import anyio

from nodekit.items import Item, ItemError
from nodekit.links import Link


class Answer(NamedTuple):
    """What a step put out for one item: items by output, and why it failed for good, if it did."""

    sent: Sequence[tuple[str, Sequence[Item]]]
    error: ItemError | None = None


class Slicing(NamedTuple):
    """How a long input is cut: how many items make a slice, and whether they leave in order."""

    size: int
    ordered: bool = True


class Journal(Protocol):
    """Remembers what a node that waits on the world gave for each item, over a kill."""

    def known(self, position: int) -> Answer | None:
        """Return what was put out for the item at a position of the whole input, if it was."""
        ...

    async def begin(self, position: int) -> None:
        """Write down that a call begins which must not be repeated blindly."""
        ...

    async def done(self, position: int, answer: Answer, own: Link) -> None:
        """Write down what was put out; it returns before the words are safe.

        Where they take long to become so, it waits: whoever calls holds a place of the step, and
        begins no other call meanwhile. ``own`` is the link to the item itself, which goes without
        saying.
        """
        ...


class Gate:
    """Lets so many items of a step in at once, those of earlier slices first.

    Args:
        places: How many.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, anyio.Event]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def entered(self, order: int) -> AsyncGenerator[None, None]:
        """Wait for a place, as an item of the slice with this index, and hold it."""
        await self._enter(order)
        try:
            yield
        finally:
            self._release()

    async def _enter(self, order: int) -> None:
        if self._free:
            self._free -= 1
            return
        turn, entered = anyio.Event(), False
        heappush(self._waiting, (order, next(self._arrivals), turn))
        try:
            await turn.wait()
            entered = True
        finally:
            if not entered:
                self._give_up(turn)

    def _give_up(self, turn: anyio.Event) -> None:
        """End the wait of a task that was canceled; a place given to it already is handed on."""
        if turn.is_set():
            self._release()
        else:
            self._waiting = [waiting for waiting in self._waiting if waiting[2] is not turn]
            heapify(self._waiting)

    def _release(self) -> None:
        if self._waiting:
            heappop(self._waiting)[2].set()
        else:
            self._free += 1


class Piece(NamedTuple):
    """A part of a step's whole input.

    Args:
        offset: The position of its first item in the whole input.
        number: The number of the slice.
        gate: Lets so many items be worked on at once over all slices; ``None`` for no more limit
            than the step's own.
        journal: What remembers answers; ``None`` if nothing does.
        sliced: Whether it is a slice.
        adrift: Whether nobody knows yet where in the step's input it stands: ``offset`` is then the
            position of the slice in what feeds its first step.
    """

    offset: int = 0
    number: int = 0
    gate: Gate | None = None
    journal: Journal | None = None
    sliced: bool = False
    adrift: bool = False

    def name(self, position: int) -> str:
        """Return what the item at a position is known by, the same over resumes."""
        return f"{self.number}.{position - self.offset}" if self.adrift else str(position)


WHOLE = Piece()
"""The whole input."""
