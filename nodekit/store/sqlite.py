"""The store in a file of SQLite: one connection writes, one reads beside it."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nodekit.items import Json
from nodekit.state import Kept, Row

from . import batches, runs, states
from .channel import Channel
from .keys import Keys
from .owner import Owner
from .rows import FailedItem, RunRow, StateRow, StateWrite, Status
from .seal import Sealer
from .store import Journaled, Spooled, Store

if TYPE_CHECKING:
    from sqlite3 import Connection  # it waits until there is a file


class SqliteStore(Store):
    """A store in one file, with a write-ahead log; made when there is something to keep.

    Args:
        path: The file.
        keys: Where the key for secrets is found.
        now: What time it is, in seconds since the epoch.
    """

    def __init__(
        self, path: Path, *, keys: Keys | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._sealer = Sealer(keys or Keys())
        self._now = now
        self._writer = Channel(path)
        self._reader = Channel(path)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, path: Path, *, keys: Keys | None = None, now: Callable[[], float] = time.time
    ) -> AsyncGenerator["SqliteStore", None]:
        """Open the store in a file for the time of a block.

        Raises:
            StateError: The file is damaged, another program's, or too new.
        """
        store = cls(path, keys=keys, now=now)
        try:
            await store.runs(limit=0)
            yield store
        finally:
            await store.aclose()

    async def aclose(self) -> None:
        """Close the file. The store can be used again."""
        await self._reader.aclose()
        await self._writer.aclose()

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return a state, or ``None`` if nothing is kept."""
        return await self._reader.look(
            lambda connection: states.read_state(connection, self._sealer, pipeline, step), None
        )

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a state in place of the one of this version (0: of none)."""
        write = StateWrite(pipeline, step, row, version)
        return await self._writer.change(
            lambda connection: states.write_state(connection, self._sealer, write, self._now())
        )

    async def states(self, pipeline: str | None = None) -> list[StateRow]:
        """Return what is kept, of one pipeline or all, secrets masked."""
        return await self._reader.look(
            lambda connection: states.list_states(connection, pipeline), list[StateRow]()
        )

    async def clear(self, pipeline: str, steps: Sequence[str | None] | None = None) -> int:
        """Remove states of a pipeline: of these steps, or all."""
        return await self._writer.mend(
            lambda connection: states.clear_states(connection, pipeline, steps), 0
        )

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
        """Begin a run, or go on with one; return the fence of its writes."""
        begun = RunRow(
            *(run, pipeline, name, input_print, pipeline_print),
            status="running",
            started=self._now(),
            ended=None,
            fence=0,
            owner=owner or Owner.here(),
        )
        return await self._writer.change(
            lambda connection: runs.begin_run(connection, begun, force)
        )

    async def finish(self, run: str, fence: int, status: Status, summary: Json = None) -> None:
        """Note how a run ended."""
        await self._writer.change(
            lambda connection: runs.finish_run(connection, run, fence, status, summary, self._now())
        )

    async def run(self, run: str) -> RunRow | None:
        """Return a run, or ``None``."""
        return await self._reader.look(lambda connection: runs.find_run(connection, run), None)

    async def runs(self, pipeline: str | None = None, limit: int | None = None) -> list[RunRow]:
        """Return the runs of one pipeline or all, the last begun first, without summaries."""
        return await self._reader.look(
            lambda connection: runs.list_runs(connection, pipeline, limit), list[RunRow]()
        )

    async def remove(self, run: str) -> bool:
        """Remove a run with all that is kept of it; return whether there was one."""
        return await self._writer.mend(lambda connection: runs.remove_run(connection, run), False)

    async def prune(
        self, pipeline: str | None = None, *, count: int | None = None, before: float | None = None
    ) -> list[str]:
        """Remove old runs that are not going on, of one pipeline or all; return their ids."""

        def work(connection: "Connection") -> list[str]:
            found = runs.surplus(runs.list_runs(connection, pipeline, None), count, before)
            return [run for run in found if runs.remove_run(connection, run)]

        return await self._writer.mend(work, list[str]())

    async def retire(
        self, pipeline: str, *, count: int | None = None, before: float | None = None, most: int
    ) -> list[str]:
        """Remove the oldest runs of a pipeline that are over; return their ids."""
        return await self._writer.mend(
            lambda connection: runs.retire_runs(connection, pipeline, count, before, most),
            list[str](),
        )

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
        """Keep the progress of a run, all of it or nothing."""

        def work(connection: "Connection") -> bool:
            number = runs.guarded(connection, run, fence)
            if not self._write_all(connection, states):
                return False
            batches.put_places(connection, number, places or {})
            batches.put_spool(connection, number, spool)
            batches.put_journal(connection, number, journal)
            batches.drop_journal(connection, number, drop_journal)
            batches.put_failed(connection, number, failed)
            return True

        return await self._writer.change(work)

    def _write_all(self, connection: "Connection", writes: Sequence[StateWrite]) -> bool:
        """Keep all states, or none: where one is not of the expected version, nothing changes."""
        now = self._now()
        connection.execute("SAVEPOINT states")
        kept = all(states.write_state(connection, self._sealer, one, now) for one in writes)
        connection.execute("RELEASE states" if kept else "ROLLBACK TO states")
        return kept

    async def places(self, run: str) -> Mapping[str, bytes]:
        """Return how far each part of a run is, by name."""
        return await self._reader.look(
            lambda connection: batches.places_of(connection, run), dict[str, bytes]()
        )

    async def journal(self, run: str, fence: int, entries: Sequence[Journaled]) -> None:
        """Keep answers of steps; one that is there already is replaced."""
        await self._writer.change(
            lambda connection: batches.put_journal(
                connection, runs.guarded(connection, run, fence), entries
            )
        )

    async def journaled(
        self, run: str, step: str, turn: int, first: int, count: int
    ) -> dict[int, bytes]:
        """Return the answers kept for ``count`` items of a step from ``first`` on, by item."""
        return await self._reader.look(
            lambda connection: batches.journaled(connection, run, step, turn, first, count),
            dict[int, bytes](),
        )

    async def spooled(self, run: str, cut: str, position: int, limit: int) -> list[bytes]:
        """Return up to ``limit`` rows that wait at a cut, in order, from a position on."""
        return await self._reader.look(
            lambda connection: batches.spooled(connection, run, cut, position, limit),
            list[bytes](),
        )

    async def spool_length(self, run: str, cut: str) -> int:
        """Return the position behind the last row that waits at a cut; 0 if none does."""
        return await self._reader.look(
            lambda connection: batches.spool_length(connection, run, cut), 0
        )

    async def drop_spool(self, run: str, fence: int, cut: str) -> None:
        """Remove what waits at a cut."""
        await self._writer.change(
            lambda connection: batches.drop_spool(
                connection, runs.guarded(connection, run, fence), cut
            )
        )

    async def failed(self, run: str) -> list[FailedItem]:
        """Return the items of a run that failed, by step and item."""
        return await self._reader.look(
            lambda connection: batches.failed_items(connection, run), list[FailedItem]()
        )
