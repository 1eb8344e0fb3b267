"""What every store can do; the one in a file is opened by :meth:`Store.open`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

from nodekit.items import Json
from nodekit.state import Kept, Row

from .owner import Owner
from .rows import FailedItem, RunRow, StateRow, StateWrite, Status

Spooled: TypeAlias = tuple[str, int, bytes]
"""One spooled row: the cut, its position, its content."""

Journaled: TypeAlias = tuple[str, int, int, bytes]
"""One answer of a step: the step, its turn, the item, the answer."""


class Store(ABC):
    """Keeps states, runs, and what a killed run needs to go on. Contents are opaque to it.

    A write of a run is guarded by its fence: the number that :meth:`begin` gave its owner. Once
    another process has taken the run over, it is refused. A call that is canceled has happened
    whole or not at all. Every method raises :class:`~nodekit.StateError` where the store cannot be
    read or written. It is a :class:`~nodekit.state.Keeper` of states.
    """

    @staticmethod
    def open(path: str | Path) -> "AbstractAsyncContextManager[Store]":
        """Open the store in a file. The file is made when there is something to keep.

        Raises:
            StateError: On entering: the file is damaged, another program's, or too new.
        """
        from .sqlite import SqliteStore  # opening is the door: a run without a store needs none

        return SqliteStore.opened(Path(path))

    @abstractmethod
    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return a state, or ``None`` if nothing is kept. ``None`` for the step: the pipeline's.

        Raises:
            StateError: It is sealed with a key that is not at hand.
        """

    @abstractmethod
    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a state in place of the one of this version (0: of none).

        Return whether it is kept; it is not if another writer came first.
        """

    @abstractmethod
    async def states(self, pipeline: str | None = None) -> list[StateRow]:
        """Return what is kept, of one pipeline or all, secrets masked; needs no key."""

    @abstractmethod
    async def clear(self, pipeline: str, steps: Sequence[str | None] | None = None) -> int:
        """Remove states of a pipeline: of these steps, or all. Return how many there were."""

    @abstractmethod
    async def begin(
        self,
        run: str,
        *,
        pipeline: str,
        name: str,
        input_print: str = "",
        pipeline_print: str = "",
        owner: Owner | None = None,
        force: bool = False,
    ) -> int:
        """Begin a run, or go on with one; return the fence of its writes.

        Args:
            run: Its id.
            pipeline: The key of the pipeline.
            name: The name of the pipeline.
            input_print: The fingerprint of what it runs over.
            pipeline_print: The fingerprint of the pipeline.
            owner: The process it belongs to; this one if not given.
            force: Take it over although its owner seems alive (on a machine that is gone).

        Raises:
            StateError: It is going on in another process.
        """

    @abstractmethod
    async def finish(self, run: str, fence: int, status: Status, summary: Json = None) -> None:
        """Note how a run ended. After a success, what only going on needs is dropped."""

    @abstractmethod
    async def run(self, run: str) -> RunRow | None:
        """Return a run, or ``None``."""

    @abstractmethod
    async def runs(self, pipeline: str | None = None, limit: int | None = None) -> list[RunRow]:
        """Return the runs of one pipeline or all, the last begun first, without summaries."""

    @abstractmethod
    async def remove(self, run: str) -> bool:
        """Remove a run with all that is kept of it; return whether there was one.

        Raises:
            StateError: It is going on.
        """

    @abstractmethod
    async def prune(
        self, pipeline: str | None = None, *, count: int | None = None, before: float | None = None
    ) -> list[str]:
        """Remove old runs that are not going on, of one pipeline or all; return their ids.

        Args:
            pipeline: The key of the pipeline.
            count: So many, the last begun, stay.
            before: What began later than this time stays.
        """

    @abstractmethod
    async def retire(
        self, pipeline: str, *, count: int | None = None, before: float | None = None, most: int
    ) -> list[str]:
        """Remove the oldest runs of a pipeline that are over; return their ids.

        A run is over when it was a success, or has ended without places: nobody can go on with it.
        What it costs is bounded, however much there is: what is left of a run that was removed may
        go with a later call.

        Args:
            pipeline: The key of the pipeline.
            count: Of those that are over, so many, the last to end, stay.
            before: What ended earlier than this time goes too.
            most: So many are removed at most.
        """

    @abstractmethod
    async def commit(
        self,
        run: str,
        fence: int,
        *,
        places: Mapping[str, bytes] | None = None,
        states: Sequence[StateWrite] = (),
        spool: Sequence[Spooled] = (),
        journal: Sequence[Journaled] = (),
        drop_journal: Sequence[tuple[str, int]] = (),
        failed: Sequence[FailedItem] = (),
    ) -> bool:
        """Keep the progress of a run, all of it or nothing.

        Args:
            run: Its id.
            fence: What :meth:`begin` gave.
            places: How far each part of the run is, by name; names not given stay as they are.
            states: States, each in place of the one of its version.
            spool: Rows that wait at a cut; one that is there already is replaced.
            journal: Answers of steps; one that is there already is replaced.
            drop_journal: Steps, and the item before which their journal is no longer needed.
            failed: Items that failed; one that is there already is replaced.

        Return whether it is kept. It is not, and nothing has changed, if another writer has kept
        one of the states in the meantime.
        """

    @abstractmethod
    async def places(self, run: str) -> Mapping[str, bytes]:
        """Return how far each part of a run is, by name."""

    @abstractmethod
    async def journal(self, run: str, fence: int, entries: Sequence[Journaled]) -> None:
        """Keep answers of steps; one that is there already is replaced."""

    @abstractmethod
    async def journaled(
        self, run: str, step: str, turn: int, first: int, count: int
    ) -> dict[int, bytes]:
        """Return the answers kept for ``count`` items of a step from ``first`` on, by item."""

    @abstractmethod
    async def spooled(self, run: str, cut: str, position: int, limit: int) -> list[bytes]:
        """Return up to ``limit`` rows that wait at a cut, in order, from a position on."""

    @abstractmethod
    async def spool_length(self, run: str, cut: str) -> int:
        """Return the position behind the last row that waits at a cut; 0 if none does."""

    @abstractmethod
    async def drop_spool(self, run: str, fence: int, cut: str) -> None:
        """Remove what waits at a cut."""

    @abstractmethod
    async def failed(self, run: str) -> list[FailedItem]:
        """Return the items of a run that failed, by step and item."""
