"""A session that is held for a request: found, opened, renewed when it is refused."""

import re
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import anyio
from pydantic import SecretStr

from nodekit import ApiError, NodeError
from nodekit_nodes_chatkit.kinds import field_of, text_in
from nodekit_nodes_chatkit.params.chatkit import CancelSession
from nodekit_nodes_chatkit.params.common import ChosenSession, Sessions
from nodekit_nodes_chatkit.params.values import required
from nodekit_nodes_chatkit.sessions import Ctx, Pool, Remembered, Slot, hashed

T = TypeVar("T")

NOTHING_STORED = (
    "No stored ChatKit session. Run Session → Create first, or provide a session manually."
)
SECRET_REJECTED = (
    "The client secret was rejected. It may have expired; create a new session or use the stored "
    "session."
)
SESSION_GONE = re.compile(r"session\b.*\bnot found", re.IGNORECASE | re.DOTALL)


class Sessional(Protocol):
    """What an API does with sessions."""

    @property
    def place(self) -> tuple[str, ...]:
        """The API, its address and whose account it is: what sessions must not be mixed across."""
        ...

    @property
    def creates(self) -> bool:
        """Whether a session is opened when none is remembered, where the author does not say."""
        ...

    async def renewed(self, old: Remembered) -> Remembered:
        """Return the session that takes the place of another."""
        ...

    async def opened(self, old: Remembered | None) -> Remembered:
        """Return a new session; what is not said now is as in the one before."""
        ...

    def replaced(self, slot: Slot, old: Remembered, new: Remembered) -> None:
        """Look after a session that another has taken the place of."""
        ...


class Held:
    """The session of one item.

    Args:
        ctx: The item's context.
        params: Its parameters.
        api: What the API does with sessions.
    """

    def __init__(self, ctx: Ctx, params: Sessions, api: Sessional) -> None:
        self.ctx = ctx
        self.params = params
        self.api = api
        self.pool = Pool.of(ctx)
        self.key = hashed(*api.place, *scope_of(params))
        self.slot = self.pool.slot(self.key)
        if params.session_scope == "node" and api.place[0] == "chat_sessions":
            self.pool.migrate(self.key)
        self.manual = manual_session(params)
        if self.manual is not None:
            ctx.secret(self.manual.secret)

    @property
    def creates(self) -> bool:
        """Whether a session is opened when there is none."""
        given = self.params.auto_create
        return self.api.creates if given is None else given

    def stored(self) -> Remembered:
        """Return the remembered session.

        Raises:
            NodeError: There is none.
        """
        record = self.pool.find(self.key)
        if record is None:
            raise NodeError(NOTHING_STORED)
        return record

    async def keep(self, record: Remembered, *, now: bool = False) -> Remembered:
        """Remember a session; with ``now`` also beyond a crash of the process."""
        kept = self.pool.keep(self.key, record)
        self.slot.bucket.set_limit(kept.per_minute)
        if now:
            with anyio.CancelScope(shield=True):
                await self.ctx.keep_state()
        return kept

    def forget(self) -> None:
        """Forget the remembered session."""
        self.pool.forget(self.key)

    def expire(self, record: Remembered) -> None:
        """Have the remembered session renewed when it is next needed."""
        self.pool.sessions[self.key] = record.model_copy(update={"ends_at": 0.0})

    async def record(self, stale: int | None = None) -> Remembered:
        """Return a session that can be used; ``stale`` is the generation that was refused.

        Raises:
            NodeError: None is remembered, and none is to be opened.
            ApiError: The service does not give one.
        """
        if self.manual is not None:
            return self.manual
        if not self.creates:
            self.stored()
        margin = self.params.refresh_margin_seconds
        return await self.pool.get(self.ctx, self.slot, self._renew, margin, stale)

    async def _renew(self, old: Remembered | None) -> Remembered:
        if old is None:
            return await self.keep(await self.api.opened(None))
        try:
            new = await self.api.renewed(old)
        except ApiError as error:
            if adopted := await self._adopted(old, error):
                return adopted
            if not self.creates or not rejected(error):
                raise
            new = await self.api.opened(old)
        kept = await self.keep(new, now=True)
        self.api.replaced(self.slot, old, kept)
        return kept

    async def _adopted(self, old: Remembered, error: ApiError) -> Remembered | None:
        """Return the session that another process has renewed meanwhile, if one has."""
        if not rejected(error):
            return None
        self.expire(old)
        await self.ctx.keep_state()  # what has changed meets what others have kept
        found = self.pool.sessions.get(self.key)
        return found if found is not None and found.generation > old.generation else None

    async def use(self, call: Callable[[Remembered], Awaitable[T]]) -> T:
        """Make a call with the session; when it is refused as ended, renew it and call once more.

        Raises:
            ApiError: The call failed, or was refused again.
        """
        record = await self.record()
        try:
            return await self._with(record, call)
        except ApiError as error:
            if not rejected(error):
                raise
            if self.manual is not None:
                raise refused_secret(error) from error
        return await self._with(await self.record(stale=record.generation), call)

    async def _with(self, record: Remembered, call: Callable[[Remembered], Awaitable[T]]) -> T:
        with self.slot.using(record):
            return await call(record)


def scope_of(params: Sessions) -> tuple[str, str]:
    """Return what a session is remembered by.

    Raises:
        NodeError: It is to be remembered by something empty.
    """
    match params.session_scope:
        case "user":
            text = "User ID is required when sessions are kept per user."
            return "user", required(params.user_id, text).strip()
        case "custom":
            text = "Session Key is required when sessions are kept by key."
            return "custom", required(params.session_key, text).strip()
        case _:
            return "node", ""


def manual_session(params: Sessions) -> Remembered | None:
    """Return the session that the author gives, if they do.

    Raises:
        NodeError: Its id or its secret is missing.
    """
    if not isinstance(params, ChosenSession) or params.session_source != "manual":
        return None
    session_id = required(params.manual_session_id, "Session ID is required.").strip()
    if isinstance(params, CancelSession):
        return Remembered(id=session_id, client_secret=SecretStr(params.manual_client_secret))
    secret = required(params.manual_client_secret, "Client Secret is required.").strip()
    return Remembered(id=session_id, client_secret=SecretStr(secret))


def rejected(error: ApiError) -> bool:
    """Whether a session was refused as ended or unknown, and not the API key."""
    if error.status == 401:
        return text_in(field_of(error.details, "error"), "code") != "invalid_api_key"
    return error.status == 404 and bool(SESSION_GONE.search(error.message))


def refused_secret(error: ApiError) -> ApiError:
    """Return the error for a secret of the author's that is refused."""
    return ApiError(
        SECRET_REJECTED,
        status=error.status,
        details=error.details,
        json={**(error.json or {}), "error": SECRET_REJECTED},
    )
