"""Where the output of a run over slices goes."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from nodekit.items import Items, Json


class Sink(Protocol):
    """Takes the output of a run, and can say where it is so that it can go on from there."""

    async def write(self, items: Items) -> None:
        """Take some items, behind the others."""
        ...

    async def flush(self) -> Json:
        """Make sure of everything written so far; return where that ends."""
        ...

    async def restore(self, place: Json) -> None:
        """Begin behind a place, ``None`` for the beginning; forget what was written after it.

        Raises:
            StateError: What was written before it is no longer there.
        """
        ...

    async def finish(self) -> None:
        """Take note that everything has been written: the run was a success."""
        ...


class Calling:
    """A sink that hands everything to a function, and cannot go back."""

    def __init__(self, call: Callable[[Items], Awaitable[None]]) -> None:
        self.call = call

    async def write(self, items: Items) -> None:
        """Hand the items over."""
        await self.call(items)

    async def flush(self) -> Json:
        """Return nothing: nobody can say where this ends."""
        return None

    async def restore(self, place: Json) -> None:
        """Do nothing."""

    async def finish(self) -> None:
        """Do nothing."""


class Collecting:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.parts: list[Items] = []

    @property
    def items(self) -> Items:
        """Everything that was written."""
        return Items.join(self.parts)

    async def write(self, items: Items) -> None:
        """Keep the items."""
        self.parts.append(items)

    async def flush(self) -> Json:
        """Return nothing: nothing of this lasts."""
        return None

    async def restore(self, place: Json) -> None:
        """Do nothing."""

    async def finish(self) -> None:
        """Do nothing."""
