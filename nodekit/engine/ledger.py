"""Where a run over slices writes down how far it is, and keeps what is between two stretches."""

from collections.abc import AsyncIterator
from typing import Protocol

from nodekit.items import Items

from .piece import Journal
from .run import Carried
from .slices import cut, joined


class Spool(Protocol):
    """The items that left a stretch by one output, in order, with what they take along."""

    @property
    def count(self) -> int:
        """How many items there are."""
        ...

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        ...

    async def load(self) -> tuple[Items, Carried]:
        """Return all items."""
        ...

    def parts(self, size: int) -> AsyncIterator[tuple[Items, Carried]]:
        """Yield all items, about so many at a time."""
        ...


class Ledger(Protocol):
    """Whatever keeps spools and journals for one run."""

    def spool(self, step: str, output: str, run: int) -> Spool:
        """Return the spool of an output of one run of a step."""
        ...

    def journal(self, step: str, run: int) -> Journal | None:
        """Return what remembers the answers of one run of a step, if anything does."""
        ...


class MemorySpool:
    """A spool that lasts as long as the run."""

    def __init__(self) -> None:
        self.rows: list[Items] = []
        self.carried: list[Carried] = []
        self.count = 0

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        self.rows.append(rows)
        self.carried.append(carried)
        self.count += len(rows)

    async def load(self) -> tuple[Items, Carried]:
        """Return all items."""
        return Items.join(self.rows), joined(self.carried)

    async def parts(self, size: int) -> AsyncIterator[tuple[Items, Carried]]:
        """Yield all items, about so many at a time."""
        for rows, carried in zip(self.rows, self.carried, strict=True):
            for start in range(0, len(rows), size):
                part, along = cut(rows, carried, start, start + size)
                assert along is not None
                yield part, along


class MemoryLedger:
    """Keeps everything in memory, and nothing over the end of the process."""

    def __init__(self) -> None:
        self._spools: dict[tuple[str, str, int], MemorySpool] = {}

    def spool(self, step: str, output: str, run: int) -> Spool:
        """Return the spool of an output of one run of a step."""
        return self._spools.setdefault((step, output, run), MemorySpool())

    def journal(self, step: str, run: int) -> Journal | None:
        """Return nothing: nothing is remembered."""
        return None
