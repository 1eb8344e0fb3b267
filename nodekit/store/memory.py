"""A store that lives as long as the process: for tests, and for batches that need not survive."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nodekit.items import Json
from nodekit.state import Kept, Row

from .coding import Path, dumped, joined, loaded, masked, parted, place
from .owner import Owner
from .rows import FailedItem, RunRow, StateRow, StateWrite, Status
from .runs import check_free, going_on, gone, surplus, taken_over
from .store import Journaled, Spooled, Store


@dataclass(slots=True)
class HeldState:
    """A state as it is held: JSON text, and the secrets beside it."""

    text: str
    secrets: dict[Path, str] = field(repr=False)
    version: int
    kept: float


@dataclass(slots=True)
class HeldRun:
    """A run and what it needs to go on."""

    row: RunRow
    summary: str | None = None
    places: dict[str, bytes] = field(default_factory=dict[str, bytes])
    journal: dict[tuple[str, int, int], bytes] = field(
        default_factory=dict[tuple[str, int, int], bytes]
    )
    spool: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    failed: dict[tuple[str, int], FailedItem] = field(
        default_factory=dict[tuple[str, int], FailedItem]
    )


class MemoryStore(Store):
    """Keeps everything in memory; what it hands out and takes in are copies.

    Args:
        now: What time it is, in seconds since the epoch.
    """

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._states: dict[tuple[str, str | None], HeldState] = {}
        self._runs: dict[str, HeldRun] = {}

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return a state, or ``None`` if nothing is kept."""
        held = self._states.get((pipeline, step))
        if held is None:
            return None
        row: Row = loaded(held.text, f"the state of {place(pipeline, step)}")
        return Kept(joined(row, held.secrets), held.version)

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a state in place of the one of this version (0: of none)."""
        return self._write_all([StateWrite(pipeline, step, row, version)])

    def _write_all(self, writes: Sequence[StateWrite]) -> bool:
        held = dict(self._states)
        for one in writes:
            at = (one.pipeline, one.step)
            if (held[at].version if at in held else 0) != one.version:
                return False
            row, secrets = parted(one.row)
            text = dumped(row, f"the state of {place(*at)}")
            held[at] = HeldState(text, secrets, one.version + 1, self._now())
        self._states = held
        return True

    async def states(self, pipeline: str | None = None) -> list[StateRow]:
        """Return what is kept, of one pipeline or all, secrets masked."""
        found = [one for one in self._states.items() if pipeline in (None, one[0][0])]
        ordered = sorted(found, key=lambda one: (one[0][0], one[0][1] is not None, one[0][1] or ""))
        return [
            StateRow(
                *at, held.version, masked(loaded(held.text, "the state"), held.secrets), held.kept
            )
            for at, held in ordered
        ]

    async def clear(self, pipeline: str, steps: Sequence[str | None] | None = None) -> int:
        """Remove states of a pipeline: of these steps, or all."""
        gone = [
            at for at in self._states if at[0] == pipeline and (steps is None or at[1] in steps)
        ]
        for at in gone:
            del self._states[at]
        return len(gone)

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
        me = owner or Owner.here()
        held = self._runs.get(run)
        if held is not None and not force:
            check_free(held.row, me)
        row = RunRow(
            *(run, pipeline, name, input_print, pipeline_print),
            status="running",
            started=self._now() if held is None else held.row.started,
            ended=None,
            fence=1 if held is None else held.row.fence + 1,
            owner=me,
        )
        if held is None:
            self._runs[run] = HeldRun(row)
        else:
            held.row = row
        return row.fence

    def _guarded(self, run: str, fence: int) -> HeldRun:
        held = self._runs.get(run)
        if held is None:
            raise gone(run)
        if held.row.fence != fence:
            raise taken_over(run)
        return held

    async def finish(self, run: str, fence: int, status: Status, summary: Json = None) -> None:
        """Note how a run ended."""
        held = self._guarded(run, fence)
        held.summary = dumped(summary, f"the summary of the run {run}")
        held.row = replace(held.row, status=status, ended=self._now())
        if status == "success":
            held.places, held.journal, held.spool = {}, {}, {}

    async def run(self, run: str) -> RunRow | None:
        """Return a run, or ``None``."""
        held = self._runs.get(run)
        if held is None:
            return None
        return replace(held.row, summary=loaded(held.summary or "null", "the summary"))

    async def runs(self, pipeline: str | None = None, limit: int | None = None) -> list[RunRow]:
        """Return the runs of one pipeline or all, the last begun first, without summaries."""
        rows = [h.row for h in self._runs.values() if pipeline in (None, h.row.pipeline)]
        rows.reverse()
        return sorted(rows, key=lambda row: -row.started)[:limit]

    async def remove(self, run: str) -> bool:
        """Remove a run with all that is kept of it; return whether there was one."""
        held = self._runs.get(run)
        if held is not None and held.row.live:
            raise going_on(held.row)
        return self._runs.pop(run, None) is not None

    async def prune(
        self, pipeline: str | None = None, *, count: int | None = None, before: float | None = None
    ) -> list[str]:
        """Remove old runs that are not going on, of one pipeline or all; return their ids."""
        found = surplus(await self.runs(pipeline), count, before)
        for run in found:
            del self._runs[run]
        return found

    async def retire(
        self, pipeline: str, *, count: int | None = None, before: float | None = None, most: int
    ) -> list[str]:
        """Remove the oldest runs of a pipeline that are over; return their ids."""
        over = sorted((ended, run) for run, ended in self._over(pipeline))
        beyond = 0 if count is None else max(0, len(over) - count)
        found = [
            run
            for rank, (ended, run) in enumerate(over[:most])
            if rank < beyond or (before is not None and ended < before)
        ]
        for run in found:
            del self._runs[run]
        return found

    def _over(self, pipeline: str) -> Iterator[tuple[str, float]]:
        """Yield the runs of a pipeline that nobody can go on with, and when they ended."""
        for run, held in self._runs.items():
            row, done = held.row, held.row.status == "success" or not held.places
            if row.pipeline == pipeline and row.ended is not None and done:
                yield run, row.ended

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
        held = self._guarded(run, fence)
        for one in failed:
            dumped(one.error, "the error of an item")
        if not self._write_all(states):
            return False
        held.places |= places or {}
        for cut, position, content in spool:
            held.spool.setdefault(cut, {})[position] = content
        held.journal |= {(step, turn, item): answer for step, turn, item, answer in journal}
        for step, upto in drop_journal:
            gone = [at for at in held.journal if at[0] == step and at[2] < upto]
            for at in gone:
                del held.journal[at]
        held.failed |= {(one.step, one.item): one for one in failed}
        return True

    async def places(self, run: str) -> Mapping[str, bytes]:
        """Return how far each part of a run is, by name."""
        return dict(self._runs[run].places) if run in self._runs else {}

    async def journal(self, run: str, fence: int, entries: Sequence[Journaled]) -> None:
        """Keep answers of steps; one that is there already is replaced."""
        held = self._guarded(run, fence)
        held.journal |= {(step, turn, item): answer for step, turn, item, answer in entries}

    async def journaled(
        self, run: str, step: str, turn: int, first: int, count: int
    ) -> dict[int, bytes]:
        """Return the answers kept for ``count`` items of a step from ``first`` on, by item."""
        held = self._runs.get(run)
        if held is None:
            return {}
        wanted = range(first, first + count)
        found = [at for at in held.journal if at[:2] == (step, turn) and at[2] in wanted]
        return {at[2]: held.journal[at] for at in sorted(found)}

    async def spooled(self, run: str, cut: str, position: int, limit: int) -> list[bytes]:
        """Return up to ``limit`` rows that wait at a cut, in order, from a position on."""
        waiting = self._waiting(run, cut)
        return [waiting[at] for at in sorted(at for at in waiting if at >= position)[:limit]]

    async def spool_length(self, run: str, cut: str) -> int:
        """Return the position behind the last row that waits at a cut; 0 if none does."""
        return max(self._waiting(run, cut), default=-1) + 1

    def _waiting(self, run: str, cut: str) -> dict[int, bytes]:
        held = self._runs.get(run)
        return {} if held is None else held.spool.get(cut, {})

    async def drop_spool(self, run: str, fence: int, cut: str) -> None:
        """Remove what waits at a cut."""
        self._guarded(run, fence).spool.pop(cut, None)

    async def failed(self, run: str) -> list[FailedItem]:
        """Return the items of a run that failed, by step and item."""
        held = self._runs.get(run)
        return [] if held is None else [held.failed[at] for at in sorted(held.failed)]
