"""The ledger of a run that must survive the end of its process, in a store."""

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

from nodekit.errors import StateError
from nodekit.items import ItemError, Items, Json
from nodekit.links import Link
from nodekit.store import FailedItem, StateWrite, Store

from .answers import PAUSE, Answers, Entry
from .ledger import NOTHING
from .packing import (
    dumps,
    loads,
    pack_answer,
    pack_part,
    pack_rows,
    unpack_answer,
    unpack_parts,
)
from .piece import Answer
from .record import error_record
from .run import Carried
from .sinks import Sink
from .states import States, row_of

BEGUN = b"begun"
"""Stands in a journal for a call that must not be repeated blindly and has not come back."""

SINK = "sink"
"""The name of the place of the sink."""

MEMORY = "memory"
"""Begins the names of places that hold what a run of a step remembers, one for each of its names.

What has not changed need not be written again, so that what grows may lie under several names.
"""

STATE = "state/"
"""Begins the names of places that hold the state of a step which only a success may keep."""

EVERYTHING = 1 << 62
"""More items than there are."""

PART = 1000
"""How many items are spooled in one piece at most."""


@dataclass
class Pending:
    """What has come together since the last write, and is written in one transaction."""

    names: set[str] = field(default_factory=set[str])
    rows: dict[str, tuple[int, list[bytes]]] = field(
        default_factory=dict[str, tuple[int, list[bytes]]]
    )
    cleared: list[str] = field(default_factory=list[str])
    kept: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    failed: list[FailedItem] = field(default_factory=list[FailedItem])
    drops: dict[str, int] = field(default_factory=dict[str, int])

    def parts(self) -> list[tuple[str, int, bytes]]:
        """Return the rows as the store takes them: pieces at the position of their last row."""
        return [
            (name, first + min(start + PART, len(rows)) - 1, pack_part(first + start, part))
            for name, (first, rows) in self.rows.items()
            for start in range(0, len(rows), PART)
            if (part := rows[start : start + PART])
        ]


@dataclass
class DurableLedger:
    """Writes down how far a run is, all that has come together in one transaction.

    A step whose answers are written down with its state has it written whenever they are.

    Args:
        store: The store.
        run: The id of the run.
        fence: What the store gave when the run was begun.
        states: The states of the run.
        sink: What takes the output.
        places: How far the run was when it was last written down.
        answers: The answers that are not written yet.
    """

    store: Store
    run: str
    fence: int
    states: States
    sink: Sink
    places: dict[str, Json]
    answers: Answers
    lasts: bool = True
    pending: Pending = field(default_factory=Pending)
    lengths: dict[str, int] = field(default_factory=dict[str, int])
    _memories: dict[tuple[str, int], Mapping[str, Json]] = field(
        default_factory=dict[tuple[str, int], Mapping[str, Json]]
    )
    _halves: int = 0
    _broken: bool = False
    _remembering: set[str] = field(default_factory=set[str])
    _last: float = 0.0
    _writing: anyio.Lock = field(default_factory=anyio.Lock)

    def __post_init__(self) -> None:
        self._last = self.answers.clock.now()

    @contextmanager
    def together(self) -> Generator[None, None, None]:
        """Hold together what a block writes down: if it does not end, none of that counts."""
        self._halves += 1
        yield
        self._halves -= 1

    @property
    def torn(self) -> bool:
        """Whether something is written down by half, or the store has refused to take something."""
        return self._broken or self._halves > 0

    async def spool(self, step: str, output: str, run: int) -> "DurableSpool":
        """Return the spool of an output of one run of a step."""
        name = f"{step}/{output}/{run}"
        if name not in self.lengths:
            self.lengths[name] = await self.store.spool_length(self.run, name)
        return DurableSpool(self, name)

    async def journal(
        self, step: str, run: int, first: int, over: Sequence[range] = (), *, with_state: bool
    ) -> "DurableJournal":
        """Return what remembers the answers of a run of a step, from a position on."""
        found: dict[int, bytes] = {}
        for done in (*over, range(EVERYTHING, EVERYTHING)):
            found |= await self.store.journaled(self.run, step, run, first, done.start - first)
            first = done.stop
        if with_state:
            self._remembering.add(step)
        return DurableJournal(self, step, run, found)

    def place(self, name: str) -> Json:
        """Return how far a part of the run was when it was last written down, or ``None``."""
        return self.places.get(name)

    async def note(
        self,
        name: str,
        place: Json,
        states: Mapping[str, dict[str, Json]],
        also: Mapping[str, Json] = NOTHING,
    ) -> None:
        """Write down how far a part of the run is, with the states its steps had there."""
        self.places |= {name: place, **also}
        self.pending.names |= {name, *also}
        for step, row in states.items():
            if self.states.waits_for_success(step):
                self.places[f"{STATE}{step}"] = row
                self.pending.names.add(f"{STATE}{step}")
            elif step not in self._remembering:
                self.pending.kept[step] = row
        await self.breathe()

    async def breathe(self) -> None:
        """Write down what has come together, if the commit window is over and nothing is torn."""
        if not self.torn and self.answers.clock.now() - self._last >= PAUSE:
            await self.settle()

    def failed(self, step: str, origin: int | None, error: ItemError) -> None:
        """Write down that an item failed for good, and which one of the run's input it was."""
        if origin is not None:
            self.pending.failed.append(FailedItem(step, origin, error_record(error), b""))

    def answered(self, step: str, before: int) -> None:
        """Say that answers for the items before a position are no longer needed."""
        self.pending.drops[step] = before

    def remember(self, step: str, run: int, memory: Mapping[str, Json]) -> None:
        """Write down, with the next place, what a run of a step remembers: what has changed."""
        before = self._memories.get((step, run))
        before = self.remembered(step, run) if before is None else before
        self._memories[step, run] = memory
        for name in {**before, **memory}:
            old, new = shut(before, name), shut(memory, name)
            if old != new:
                place = memory_name(step, run) + name
                self.places[place] = new
                self.pending.names.add(place)

    def remembered(self, step: str, run: int) -> Mapping[str, Json]:
        """Return what a run of a step remembered when that was last written down."""
        start = memory_name(step, run)
        return {
            place.removeprefix(start): kept[0]
            for place, kept in self.places.items()
            if place.startswith(start) and kept is not None
        }

    async def settle(self) -> None:
        """Make sure of everything that was written down: the output first, then the places."""
        with anyio.CancelScope(shield=True):
            async with self._writing:
                with self.together():
                    self.places[SINK] = await self.sink.flush()
                    pending, self.pending = self.pending, Pending()
                    for name in pending.cleared:
                        await self.store.drop_spool(self.run, self.fence, name)
                    await self._commit(pending)
        self._last = self.answers.clock.now()

    async def keep_answers(self) -> None:
        """Write down answers as they come together, until it is canceled."""
        while True:
            await self.answers.due()
            await self.write_answers()

    async def write_answers(self) -> None:
        """Write down the answers that have come together, and the states that know of them."""
        if self._broken or not self.answers:
            return
        with anyio.CancelScope(shield=True):
            async with self._writing:
                await self._commit(None)

    async def _commit(self, pending: Pending | None) -> None:
        """Write answers, with the states that know of them, and what else has come together.

        Raises:
            StateError: The store cannot be written, or another run keeps the state of a step.
        """
        self._broken = True
        answers, taken = self.answers.take()
        names = {SINK, *pending.names} if pending else ()
        kept = {} if pending is None else dict(pending.kept)
        for step in self._remembering:
            kept[step] = row_of(self.states.steps[step])
        while True:
            writes = [self._write(step, row) for step, row in kept.items() if self._new(step, row)]
            if await self.store.commit(
                self.run,
                self.fence,
                places={name: packed_place(name, self.places[name]) for name in names},
                states=writes,
                spool=pending.parts() if pending else (),
                journal=answers,
                drop_journal=list(pending.drops.items()) if pending else (),
                failed=pending.failed if pending else (),
            ):
                break
            # A step that keeps its state by itself may just have done so.
            if all(write.version == self.states.version(write.step) for write in writes):
                raise StateError(
                    "another run has kept the state of a step in the meantime",
                    hint="Let only one run of a pipeline that keeps state go on at a time.",
                )
        for write in writes:
            self.states.kept(write.step, write.row, write.version + 1)
        self._broken = False
        self.answers.safe(taken)

    def _new(self, step: str, row: dict[str, Json]) -> bool:
        return row != self.states.last(step)

    def _write(self, step: str, row: dict[str, Json]) -> StateWrite:
        return StateWrite(self.states.pipeline.key, step, row, self.states.version(step))


@dataclass
class DurableSpool:
    """Rows that wait in the store; what is added is written with the next places."""

    ledger: DurableLedger
    name: str

    @property
    def count(self) -> int:
        """How many items there are."""
        return self.ledger.lengths[self.name]

    def clear(self) -> None:
        """Forget all items."""
        if self.count:
            self.ledger.pending.cleared.append(self.name)
            self.ledger.pending.rows.pop(self.name, None)
            self.ledger.lengths[self.name] = 0

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        _, waiting = self.ledger.pending.rows.setdefault(self.name, (self.count, []))
        waiting += pack_rows(rows, carried)
        self.ledger.lengths[self.name] += len(rows)

    async def load(self) -> tuple[Items, Carried]:
        """Return all items."""
        await self.ledger.settle()
        return await self._read(0, self.count)

    async def parts(self, size: int, skip: int) -> AsyncIterator[tuple[Items, Carried]]:
        """Yield the items behind the first ``skip``, about so many at a time."""
        await self.ledger.settle()
        size = max(size, PART - PART % size)  # a piece is not to be read again for each slice
        for start in range(skip, self.count, size):
            yield await self._read(start, min(start + size, self.count))

    async def _read(self, start: int, stop: int) -> tuple[Items, Carried]:
        """Return the items at some positions."""
        store, parts, at = self.ledger.store, list[bytes](), start
        while at < stop:
            # Pieces may be short, and say themselves how far they go.
            found = await store.spooled(self.ledger.run, self.name, at, 1 + (stop - at) // PART)
            parts += found
            last = loads(found[-1])
            at = last["first"] + len(last["rows"])
        return unpack_parts(parts, start, stop)


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
        await self._add(position, BEGUN, wait=True)

    async def done(self, position: int, answer: Answer, own: Link) -> None:
        """Write down what was put out; wait until that is safe only where others are late."""
        await self._add(position, pack_answer(answer, own), wait=False)

    async def _add(self, position: int, packed: bytes, *, wait: bool) -> None:
        entry: Entry = (self.step, self.run, position, packed)
        await self.ledger.answers.add(entry, wait=wait)


def unknown() -> Answer:
    """Return the answer for a call of which nobody knows what became of it."""
    text = "the process ended during this call; whether it had its effect is unknown"
    hint = "Look at the other side, then run the item again by hand if it had none."
    return Answer((), ItemError(text, type="NodeError", hint=hint, outcome="unknown"))


def shut(memory: Mapping[str, Json], name: str) -> list[Json] | None:
    """Return what is remembered under a name as its place holds it: in a list, if it is there."""
    return [memory[name]] if name in memory else None


def memory_name(step: str, run: int) -> str:
    """Return what begins the names of places that hold what a run of a step remembers."""
    return f"{MEMORY}/{len(step)}/{step}/{run}/"


def packed_place(name: str, place: Json) -> bytes:
    """Return a place as it is written down.

    Raises:
        StateError: A node remembers within the run what is no JSON value.
    """
    try:
        return dumps(place)
    except (TypeError, ValueError) as error:
        raise StateError(
            f"{name}: cannot be written down: {error}",
            hint="Let `ctx.memory` hold JSON values, or names that begin with an underscore.",
        ) from error


def places_of(packed: Mapping[str, bytes]) -> dict[str, Any]:
    """Return places as they were written down."""
    return {name: loads(place) for name, place in packed.items()}
