"""Where a run over slices writes down how far it is, and keeps what is between two stretches."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from nodekit.items import ItemError, Items, Json

from .piece import Journal
from .run import Carried
from .spooling import FleetingSpool

NOTHING: Mapping[str, Json] = {}


class Spool(Protocol):
    """The items that left a stretch by one output, in order, with what they take along.

    It keeps the links that items have; those that only wait for the next stretch need none.
    """

    @property
    def count(self) -> int:
        """How many items there are."""
        ...

    def clear(self) -> None:
        """Forget all items: what comes next is the first."""
        ...

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        ...

    async def load(self) -> tuple[Items, Carried]:
        """Return all items."""
        ...

    def parts(self, size: int, skip: int) -> AsyncIterator[tuple[Items, Carried]]:
        """Yield the items behind the first ``skip``, about so many at a time."""
        ...


class Ledger(Protocol):
    """Whatever keeps spools, journals and places for one run."""

    @property
    def lasts(self) -> bool:
        """Whether it outlives the process."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Hold together what a block writes down: if it does not end, none of that counts.

        Nothing that comes later is written down then either.
        """
        ...

    async def spool(self, step: str, output: str, run: int) -> Spool:
        """Return the spool of an output of one run of a step."""
        ...

    async def journal(
        self, step: str, run: int, first: int, over: Sequence[range] = (), *, with_state: bool
    ) -> Journal | None:
        """Return what remembers the answers of a run of a step, from a position on.

        ``over`` are positions behind that, in order, that are done with. ``with_state`` says that
        the state of the step is written down with them.
        """
        ...

    def place(self, name: str) -> Json:
        """Return how far a part of the run was when it was last written down, or ``None``."""
        ...

    def answered(self, step: str, before: int) -> None:
        """Say that answers for the items before a position are no longer needed."""
        ...

    def remember(self, step: str, run: int, memory: Mapping[str, Json]) -> None:
        """Write down, with the next place, what a run of a step remembers."""
        ...

    def remembered(self, step: str, run: int) -> Mapping[str, Json]:
        """Return what a run of a step remembered when that was last written down."""
        ...

    def failed(self, step: str, origin: int | None, error: ItemError) -> None:
        """Write down that an item failed for good, and which one of the run's input it was."""
        ...

    async def note(
        self,
        name: str,
        place: Json,
        states: Mapping[str, dict[str, Json]],
        also: Mapping[str, Json] = NOTHING,
    ) -> None:
        """Write down how far a part of the run is, with the states its steps had there.

        ``also`` are places that are written down with it.
        """
        ...

    async def breathe(self) -> None:
        """Write down what has come together, if it is time to: much of it may follow."""
        ...

    async def settle(self) -> None:
        """Make sure of everything that was written down."""
        ...


class MemoryLedger:
    """Keeps what it must for the run, and nothing over the end of the process."""

    lasts = False

    def __init__(self) -> None:
        self._spools: dict[tuple[str, str, int], FleetingSpool] = {}

    def together(self) -> AbstractContextManager[None]:
        """Hold nothing together: nothing outlives the run."""
        return nullcontext()

    async def spool(self, step: str, output: str, run: int) -> Spool:
        """Return the spool of an output of one run of a step."""
        return self._spools.setdefault((step, output, run), FleetingSpool())

    async def journal(
        self, step: str, run: int, first: int, over: Sequence[range] = (), *, with_state: bool
    ) -> Journal | None:
        """Return nothing: nothing is remembered."""
        return None

    def place(self, name: str) -> Json:
        """Return nothing: nothing was written down."""
        return None

    def answered(self, step: str, before: int) -> None:
        """Do nothing: no answers are kept."""

    def remember(self, step: str, run: int, memory: Mapping[str, Json]) -> None:
        """Do nothing: the run itself knows what its steps remember."""

    def remembered(self, step: str, run: int) -> Mapping[str, Json]:
        """Return nothing: nothing was written down."""
        return {}

    def failed(self, step: str, origin: int | None, error: ItemError) -> None:
        """Do nothing: the run itself knows its errors."""

    async def note(
        self,
        name: str,
        place: Json,
        states: Mapping[str, dict[str, Json]],
        also: Mapping[str, Json] = NOTHING,
    ) -> None:
        """Do nothing: the run itself knows how far it is."""

    async def breathe(self) -> None:
        """Do nothing: what is much goes to a file by itself."""

    async def settle(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Let go of all items."""
        for spool in self._spools.values():
            spool.clear()
        self._spools.clear()
