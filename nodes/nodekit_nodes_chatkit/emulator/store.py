"""What the emulator remembers: sessions, threads, what was said in them, files."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from .settings import Settings

JsonObject = dict[str, Any]


@dataclass
class EmulatedSession:
    """One session, of either API."""

    id: str
    secret: str
    user: str
    workflow: JsonObject
    created_at: float
    expires_at: float
    per_minute: int | None = None
    configuration: JsonObject = field(default_factory=dict[str, Any])
    cancelled: bool = False
    old_secret: str = ""
    old_until: float = 0.0
    tokens: float = 0.0
    counted_at: float = 0.0
    uses: int = 0
    expire_after: int | None = None


@dataclass
class EmulatedThread:
    """One thread with its items, oldest first, in the form of the protocol."""

    id: str
    user: str
    created_at: float
    title: str | None = None
    status: JsonObject = field(default_factory=lambda: {"type": "active"})
    items: list[JsonObject] = field(default_factory=list[JsonObject])

    def find(self, item_id: str) -> JsonObject | None:
        """Return an item by its id."""
        return next((item for item in self.items if item["id"] == item_id), None)


class EmulatedStore:
    """Everything that is remembered; ids count up from 1 for each kind."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clear()

    def clear(self) -> None:
        """Forget everything, and count from 1 again."""
        self.sessions: dict[str, EmulatedSession] = {}
        self.threads: dict[str, EmulatedThread] = {}
        self.attachments: dict[str, JsonObject] = {}
        self.files: dict[str, bytes] = {}
        self.feedback: list[JsonObject] = []
        self._counts: Counter[str] = Counter()
        self._random = Random(self.settings.seed)  # deterministic on purpose

    def new_id(self, kind: str) -> str:
        """Return the next id of a kind."""
        self._counts[kind] += 1
        return f"{kind}_{self._counts[kind]:06}"

    def new_secret(self) -> str:
        """Return the next client secret."""
        return f"{self.new_id('ek')}_{self._random.getrandbits(96):024x}"

    def now(self) -> float:
        """Return the time as answers show it."""
        return self.settings.clock.now() + self.settings.skew

    def stamp(self) -> str:
        """Return the time as the protocol shows it: local, without a zone."""
        return datetime.fromtimestamp(self.now(), UTC).replace(tzinfo=None).isoformat()

    def new_session(self, user: str, workflow: JsonObject, lifetime: float) -> EmulatedSession:
        """Open a session."""
        now = self.settings.clock.now()
        session = EmulatedSession(
            self.new_id("cksess"), self.new_secret(), user, workflow, now, now + lifetime
        )
        self.sessions[session.id] = session
        return session

    def rotate(self, session: EmulatedSession) -> None:
        """Give a session a new secret, and more time."""
        now = self.settings.clock.now()
        session.old_secret, session.secret = session.secret, self.new_secret()
        session.old_until = now + self.settings.old_secret_grace
        session.expires_at = now + self.settings.lifetime

    def session_of(self, secret: str) -> EmulatedSession | None:
        """Return the living session that a secret opens."""
        now = self.settings.clock.now()
        for session in self.sessions.values():
            old = secret == session.old_secret and now < session.old_until
            if secret and (secret == session.secret or old):
                return session if self.lives(session) else None
        return None

    def lives(self, session: EmulatedSession) -> bool:
        """Whether a session can still be used."""
        used_up = session.expire_after is not None and session.uses >= session.expire_after
        return (
            not session.cancelled
            and not used_up
            and (self.settings.clock.now() < session.expires_at)
        )

    def new_thread(self, user: str) -> EmulatedThread:
        """Begin a thread."""
        thread = EmulatedThread(self.new_id("cthr"), user, self.now())
        self.threads[thread.id] = thread
        return thread

    def thread_of(self, thread_id: str, user: str | None) -> EmulatedThread | None:
        """Return a thread, if it belongs to the user; to anybody for ``None``."""
        thread = self.threads.get(thread_id)
        return thread if thread and user in (None, thread.user) else None

    def new_item(self, thread: EmulatedThread, kind: str, **more: Any) -> JsonObject:
        """Make an item of a thread, without adding it."""
        prefix = {"client_tool_call": "tc", "workflow": "wf"}.get(kind, "cti")
        row = {"id": self.new_id(prefix), "thread_id": thread.id, "created_at": self.stamp()}
        return {**row, "type": kind, **more}

    def save(self, thread: EmulatedThread, item: JsonObject) -> None:
        """Add an item to a thread, or put it in the place of the one with its id."""
        for place, known in enumerate(thread.items):
            if known["id"] == item["id"]:
                thread.items[place] = item
                return
        thread.items.append(item)


def paged(rows: list[JsonObject], query: JsonObject, default: int) -> tuple[list[JsonObject], bool]:
    """Return one page of rows that stand oldest first, and whether there are more.

    Raises:
        KeyError: A cursor is not among the rows.
    """
    ordered = rows if query.get("order") == "asc" else rows[::-1]
    ids = [row["id"] for row in ordered]
    for name in ("after", "before"):
        cursor = query.get(name)
        if cursor:
            if cursor not in ids:
                raise KeyError(cursor)
            place = ids.index(cursor)
            ordered = ordered[place + 1 :] if name == "after" else ordered[:place]
            ids = [row["id"] for row in ordered]
    limit = int(query.get("limit") or default)
    return ordered[:limit], len(ordered) > limit
