"""Sessions that are remembered, shared and renewed.

A session is remembered under a key: one for the step, or one for each user or each key of the
author's. Its record is immutable and swapped whole, so whoever reads it has an id and a secret that
belong together. At most one renewal of a key is under way, and all who need it wait for that one.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from copy import copy
from hashlib import sha256
from typing import Any, TypeAlias

import anyio
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic.alias_generators import to_camel

from nodekit import Context, Credential, Json, NodekitError, State
from nodekit_nodes_chatkit.kinds import is_object

from .pace import Bucket

SEED = "seed"
"""The key of a session that was remembered in the form of the original node."""

MOST_SESSIONS = 1_000

FAILURES_UNTIL_OPEN = 3
OPEN_SECONDS = 30.0
"""After so many failed renewals in a row, the next ones fail at once for so long."""

RETIRE_SECONDS = 30.0
"""How long a replaced session is left to the messages that are under way with it."""


class Remembered(BaseModel):
    """One session as it is remembered."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True
    )

    id: str
    client_secret: SecretStr
    expires_at: float | None = None
    """When the service says that it ends."""
    ends_at: float | None = None
    """When it ends by our own clock, which may go wrong by an hour without harm."""
    lifetime: float = 600.0
    workflow_id: str = ""
    user: str = ""
    generation: int = 1
    per_minute: float | None = None
    setup: str = ""
    """A hash of what it was opened with, to see that something else is wanted now."""
    opened_with: SecretStr | None = None
    """The request that opened it, as JSON, where another session is opened the same way."""

    @field_validator("client_secret", mode="before")
    @classmethod
    def or_none(cls, secret: Any) -> Any:
        """Read a secret that could not be opened as an empty one: the session counts as absent."""
        return "" if secret is None else secret

    def left(self, now: float) -> float:
        """Return how many seconds it has left."""
        ends = self.ends_at if self.ends_at is not None else self.expires_at
        return self.lifetime if ends is None else ends - now

    @property
    def secret(self) -> str:
        """The client secret itself; for requests only."""
        return self.client_secret.get_secret_value()


class Thread(BaseModel):
    """A thread that is remembered under a key."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True
    )

    id: str
    used_at: float = 0.0
    locked: str | None = None
    """Why it takes no more messages, if the server has said so."""


class ChatKitState(State):
    """What the node remembers: sessions and threads, by hashed keys."""

    sessions: dict[str, Remembered] = Field(default_factory=dict[str, Remembered])
    threads: dict[str, Thread] = Field(default_factory=dict[str, Thread])

    @model_validator(mode="before")
    @classmethod
    def from_seed(cls, row: Any) -> Any:
        """Read the flat record that the original node kept."""
        if not is_object(row) or "sessions" in row or "threads" in row:
            return row
        flat = row.get("session", row)
        named = is_object(flat) and bool(flat.get("id"))
        if not named or not (flat.get("clientSecret") or flat.get("client_secret")):
            return {}
        return {"sessions": {SEED: flat}}


Ctx: TypeAlias = Context[ChatKitState]


def hashed(*parts: str) -> str:
    """Return a key for these parts; they may be e-mail addresses, and are not kept themselves."""
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


Renew: TypeAlias = Callable[[Remembered | None], Awaitable[Remembered]]
"""Opens a session, or renews the one that is given."""


class Flight:
    """A renewal that is under way; ``error`` is how it failed."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.error: NodekitError | None = None


class Lane(Credential):
    """Signs nothing. HTTP keeps a pace for each credential: so every slot has its own."""

    slot: str
    """The slot's key."""


class Slot:
    """What belongs to one key while the step runs: its pace, its renewal, who is using it."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.bucket = Bucket()
        self.lane = Lane(slot=key)
        self.flight: Flight | None = None
        self.failures = 0
        self.open_until = float("-inf")
        self.last_error: NodekitError | None = None
        self.users: Counter[str] = Counter()
        self.freed = anyio.Event()
        self.paced = 0.0

    @property
    def busy(self) -> bool:
        """Whether someone is renewing or using the session."""
        return self.flight is not None or any(self.users.values())

    @contextmanager
    def using(self, record: Remembered) -> Generator[None]:
        """Count a request among those that are under way with a session."""
        self.users[record.id] += 1
        try:
            yield
        finally:
            self.users[record.id] -= 1
            if not self.users[record.id]:
                del self.users[record.id]
                self.freed.set()
                self.freed = anyio.Event()

    async def idle(self, session_id: str) -> None:
        """Wait until nothing is under way with a session, but not for ever."""
        with anyio.move_on_after(RETIRE_SECONDS):
            while self.users[session_id]:
                await self.freed.wait()


class Pool:
    """The sessions of one step: finds, opens, renews and forgets them.

    Args:
        state: Returns what the step remembers; another object once others' state was merged in.
    """

    def __init__(self, state: Callable[[], ChatKitState]) -> None:
        self._state = state
        self.slots: dict[str, Slot] = {}
        self.locked: dict[str, str] = {}
        """Why threads take no more messages, by id, as far as it was said in this run."""

    @classmethod
    def of(cls, ctx: Ctx) -> "Pool":
        """Return the pool of the step that runs; all its items share it."""
        pool = ctx.memory.get("_pool")
        if not isinstance(pool, cls):
            pool = ctx.memory["_pool"] = cls(lambda: ctx.state)
        return pool

    @property
    def sessions(self) -> dict[str, Remembered]:
        """The remembered sessions, by key; the one that was used last stands last."""
        return self._state().sessions

    def slot(self, key: str) -> Slot:
        """Return the slot of a key."""
        return self.slots.setdefault(key, Slot(key))

    def find(self, key: str) -> Remembered | None:
        """Return the session of a key, if one with a secret is remembered."""
        record = self.sessions.pop(key, None)
        if record is None:
            return None
        self.sessions[key] = record
        return record if record.secret and record.id else None

    def migrate(self, key: str) -> None:
        """Give a session in the original node's form the key of the step's own session."""
        found = self.sessions.pop(SEED, None)
        if found is not None:
            self.sessions.setdefault(key, found)

    def keep(self, key: str, record: Remembered) -> Remembered:
        """Remember a session in the place of the one before, a generation later."""
        before = self.sessions.pop(key, None)
        generation = before.generation + 1 if before else 1
        kept = record.model_copy(update={"generation": generation})
        self.sessions[key] = kept
        self._evict()
        return kept

    def forget(self, key: str) -> None:
        """Forget the session of a key."""
        self.sessions.pop(key, None)

    def _evict(self) -> None:
        surplus = len(self.sessions) - MOST_SESSIONS
        for key in list(self.sessions) if surplus > 0 else ():
            if surplus <= 0:
                return
            if not (key in self.slots and self.slots[key].busy):
                del self.sessions[key]
                self.slots.pop(key, None)
                surplus -= 1

    async def get(
        self, ctx: Ctx, slot: Slot, renew: Renew, margin: float, stale: int | None = None
    ) -> Remembered:
        """Return a session that can be used.

        It is renewed first when there is none, when it has ended, or when ``stale``, the generation
        that was refused, is the newest. Near its end it is renewed in the background.

        Raises:
            NodekitError: It cannot be had; all who waited for the renewal get the same error.
        """
        seen: int | None = None
        while True:
            record = self.find(slot.key)
            if record is not None and seen is not None and record.generation > seen:
                return record  # just renewed, whatever it says of its end
            refused = record is not None and stale is not None and record.generation <= stale
            if record is not None and not refused:
                left = record.left(ctx.now())
                if left > min(margin, record.lifetime / 2):
                    return record
                if left > 0:
                    self._ahead(ctx, slot, renew)
                    return record
            seen = record.generation if record is not None else 0
            await self._wait(ctx, slot, renew)

    def _ahead(self, ctx: Ctx, slot: Slot, renew: Renew) -> None:
        if slot.flight is None and ctx.now() >= slot.open_until:
            slot.flight = Flight()
            ctx.start_soon(self._fly, ctx, slot, slot.flight, renew)

    async def _wait(self, ctx: Ctx, slot: Slot, renew: Renew) -> None:
        flight = slot.flight
        if flight is None:
            if slot.last_error is not None and ctx.now() < slot.open_until:
                raise copy(slot.last_error)
            flight = slot.flight = Flight()
            await self._fly(ctx, slot, flight, renew)
        else:
            await flight.done.wait()
        if flight.error is not None:
            raise copy(flight.error) from flight.error

    async def _fly(self, ctx: Ctx, slot: Slot, flight: Flight, renew: Renew) -> None:
        """Renew once. Whoever waits is woken in any case, and tries anew if this was cancelled."""
        try:
            record = await renew(self.find(slot.key))
            slot.bucket.set_limit(record.per_minute)
            slot.failures = 0
        except NodekitError as error:
            flight.error = slot.last_error = error
            slot.failures += 1
            if slot.failures >= FAILURES_UNTIL_OPEN:
                slot.open_until = ctx.now() + OPEN_SECONDS
                slot.failures = 0
        finally:
            slot.flight = None
            flight.done.set()


def merged(
    base: dict[str, Json], stored: dict[str, Json], mine: dict[str, Json]
) -> dict[str, Json]:
    """Return the keys to keep of two rows that grew from ``base``; no deletion is undone."""
    gone = {key for key in base if key not in stored or key not in mine}
    return {key: None for key in (*stored, *mine) if key not in gone}


def newest_session(stored: Remembered | None, mine: Remembered | None) -> Remembered:
    """Return the session that was renewed last; of two as new, the one that lives longer."""
    rows = [row for row in (stored, mine) if row is not None]
    return max(rows, key=lambda row: (row.generation, row.ends_at or row.expires_at or 0.0))


def newest_thread(stored: Thread | None, mine: Thread | None) -> Thread:
    """Return the thread that was used last."""
    return max((row for row in (stored, mine) if row is not None), key=lambda row: row.used_at)


def merge(base: ChatKitState | None, stored: ChatKitState, mine: ChatKitState) -> ChatKitState:
    """Return what to keep when another run has kept its state since this one began."""
    began = base or ChatKitState()
    sessions = {
        key: newest_session(stored.sessions.get(key), mine.sessions.get(key))
        for key in merged(dict(began.sessions), dict(stored.sessions), dict(mine.sessions))
    }
    threads = {
        key: newest_thread(stored.threads.get(key), mine.threads.get(key))
        for key in merged(dict(began.threads), dict(stored.threads), dict(mine.threads))
    }
    return ChatKitState(sessions=sessions, threads=threads)
