"""The ledger of a run that must survive the end of its process, in a store."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from nodekit.errors import StateError
from nodekit.items import ItemError, Items, Json
from nodekit.links import Link
from nodekit.store import FailedItem, Journaled, StateWrite, Store

from .packing import dumps, loads, pack_answer, pack_rows, unpack_answer, unpack_rows
from .piece import Answer, Journal
from .record import error_record
from .run import Carried
from .sinks import Sink
from .states import States

PAUSE = 0.05
"""Seconds between two writes of what has come together, at most: the commit window."""

BEGUN = b"begun"
"""Stands in a journal for a call that must not be repeated blindly and has not come back."""

SINK = "sink"
"""The name of the place of the sink."""

EVERYTHING = 1 << 62
"""More items than there are."""


@dataclass
class DurableLedger:
    """Writes down how far a run is, all that has come together in one transaction.

    Args:
        store: The store.
        run: The id of the run.
        fence: What the store gave when the run was begun.
        states: The states of the run.
        sink: What takes the output.
        places: How far the run was when it was last written down.
    """

    store: Store
    run: str
    fence: int
    states: States
    sink: Sink
    places: dict[str, Json]
    lasts: bool = True
    _names: set[str] = field(default_factory=set[str])
    rows: list[tuple[str, int, bytes]] = field(default_factory=list[tuple[str, int, bytes]])
    _kept: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    _failed: list[FailedItem] = field(default_factory=list[FailedItem])
    _answers: list[Journaled] = field(default_factory=list[Journaled])
    _drops: dict[str, int] = field(default_factory=dict[str, int])
    _written: anyio.Event = field(default_factory=anyio.Event)
    _last: float = field(default_factory=time.monotonic)

    async def spool(self, step: str, output: str, run: int) -> "DurableSpool":
        """Return the spool of an output of one run of a step."""
        name = f"{step}/{output}/{run}"
        waiting = [position + 1 for cut, position, _ in self.rows if cut == name]
        count = max(waiting) if waiting else await self.store.spool_length(self.run, name)
        return DurableSpool(self, name, count)

    async def journal(self, step: str, run: int, first: int) -> Journal:
        """Return what remembers the answers of a run of a step, from a position on."""
        found = await self.store.journaled(self.run, step, run, first, EVERYTHING)
        return DurableJournal(self, step, run, dict(found))

    def place(self, name: str) -> Json:
        """Return how far a part of the run was when it was last written down, or ``None``."""
        return self.places.get(name)

    async def note(self, name: str, place: Json, states: Mapping[str, dict[str, Json]]) -> None:
        """Write down how far a part of the run is, with the states its steps had there."""
        self.places[name] = place
        self._names.add(name)
        self._kept.update(states)
        if time.monotonic() - self._last >= PAUSE:
            await self.settle()

    def failed(self, step: str, origin: int | None, error: ItemError) -> None:
        """Write down that an item failed for good, and which one of the run's input it was."""
        if origin is not None:
            self._failed.append(FailedItem(step, origin, error_record(error), b""))

    def answered(self, step: str, before: int) -> None:
        """Say that answers for the items before a position are no longer needed."""
        self._drops[step] = before

    async def settle(self) -> None:
        """Make sure of everything that was written down: the output first, then the places."""
        self.places[SINK] = await self.sink.flush()
        names, self._names = self._names | {SINK}, set()
        rows, self.rows = self.rows, []
        kept, self._kept = self._kept, {}
        failed, self._failed = self._failed, []
        drops, self._drops = self._drops, {}
        writes = [self._write(step, row) for step, row in kept.items()]
        done = await self.store.commit(
            self.run,
            self.fence,
            places={name: dumps(self.places[name]) for name in names},
            states=writes,
            spool=rows,
            drop_journal=list(drops.items()),
            failed=failed,
        )
        if not done:
            raise StateError(
                "another run has kept the state of a step in the meantime",
                hint="Let only one run of a pipeline that keeps state go on at a time.",
            )
        for write in writes:
            self.states.kept(write.step, write.row, write.version + 1)
        self._last = time.monotonic()

    def _write(self, step: str, row: dict[str, Json]) -> StateWrite:
        return StateWrite(self.states.pipeline.key, step, row, self.states.version(step))

    async def keep_answers(self) -> None:
        """Write down answers as they come together, until it is canceled."""
        while True:
            await anyio.sleep(PAUSE)
            await self.write_answers()

    async def write_answers(self) -> None:
        """Write down the answers that have come together."""
        answers, self._answers = self._answers, []
        written, self._written = self._written, anyio.Event()
        if answers:
            await self.store.journal(self.run, self.fence, answers)
        written.set()

    async def answer(self, entry: Journaled, *, wait: bool) -> None:
        """Take an answer for the next write; wait for it if asked to."""
        self._answers.append(entry)
        if wait:
            await self._written.wait()


@dataclass
class DurableSpool:
    """Rows that wait in the store; what is added is written with the next places."""

    ledger: DurableLedger
    name: str
    count: int

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        for packed in pack_rows(rows, carried):
            self.ledger.rows.append((self.name, self.count, packed))
            self.count += 1

    async def load(self) -> tuple[Items, Carried]:
        """Return all items."""
        await self.ledger.settle()
        return unpack_rows(await self._read(0, self.count))

    async def parts(self, size: int, skip: int) -> AsyncIterator[tuple[Items, Carried]]:
        """Yield the items behind the first ``skip``, about so many at a time."""
        await self.ledger.settle()
        for start in range(skip, self.count, size):
            yield unpack_rows(await self._read(start, size))

    async def _read(self, start: int, count: int) -> Sequence[bytes]:
        store = self.ledger.store
        return await store.spooled(self.ledger.run, self.name, start, count) if count else []


@dataclass
class DurableJournal:
    """The answers of one run of a step."""

    ledger: DurableLedger
    step: str
    run: int
    found: dict[int, bytes]

    def known(self, position: int) -> Answer | None:
        """Return what was put out for the item at a position, if it was."""
        packed = self.found.pop(position, None)
        if packed is None:
            return None
        return unknown() if packed == BEGUN else unpack_answer(packed)

    async def begin(self, position: int) -> None:
        """Write down that a call begins which must not be repeated blindly."""
        await self.ledger.answer((self.step, self.run, position, BEGUN), wait=True)

    async def done(self, position: int, answer: Answer, own: Link) -> None:
        """Write down what was put out; it returns before the words are safe."""
        packed = pack_answer(answer, own)
        await self.ledger.answer((self.step, self.run, position, packed), wait=False)


def unknown() -> Answer:
    """Return the answer for a call of which nobody knows what became of it."""
    text = "the process ended during this call; whether it had its effect is unknown"
    hint = "Look at the other side, then run the item again by hand if it had none."
    return Answer((), ItemError(text, type="NodeError", hint=hint, outcome="unknown"))


def places_of(packed: Mapping[str, bytes]) -> dict[str, Any]:
    """Return places as they were written down."""
    return {name: loads(place) for name, place in packed.items()}
