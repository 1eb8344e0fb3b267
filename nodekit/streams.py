"""A long input a part at a time, for nodes that need all of it but need not hold it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Protocol

from .items import Items, Json


class Stream(Protocol):
    """The items of one input, which may be too many to hold: they come a part at a time.

    Each part is some items in order, linked to their places in the input. A stream can be gone
    through as often as need be.
    """

    def __len__(self) -> int:
        """Return how many items there are."""
        ...

    def __aiter__(self) -> AsyncIterator[Items]:
        """Go through all items from the first on, about a thousand at a time."""
        ...


class Scratch(Protocol):
    """Items that wait on disk until the step is through, in the order in which they were added."""

    def __len__(self) -> int:
        """Return how many items there are."""
        ...

    def add(self, items: Items, notes: Sequence[Json] | None = None) -> None:
        """Put some items behind the others; they are read again as one part.

        Args:
            items: They keep their links.
            notes: What to remember beside the items, for each of them.

        Raises:
            ValueError: There is not one note for each item.
            NodeError: The disk is full, or cannot be written.
        """
        ...

    def __iter__(self) -> Iterator[tuple[Items, Sequence[Json]]]:
        """Go through the parts that were added, each with its notes; nulls where it has none."""
        ...


class NeedsAll(Exception):
    """A node that goes through a stream finds that it must see all items at once after all.

    It may be raised as long as nothing has been put out. Then ``run_batch`` gets them.
    """
