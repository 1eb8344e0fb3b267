"""OpenAI's published ChatKit API, and sending through its hosted sessions."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

import anyio
from pydantic import SecretStr

from nodekit import ApiError, Fields, Json, NodeError
from nodekit_nodes_chatkit.bodies import fingerprint, remembered, session_in, shown_session
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.chatkit import (
    CancelSession,
    CreateSession,
    DeleteThread,
    EndSession,
    GetThread,
    HostedOperation,
    ListItems,
    ListThreads,
    NewSession,
    RefreshSession,
    SendMessage,
)
from nodekit_nodes_chatkit.params.common import SendOptions, Sessions
from nodekit_nodes_chatkit.params.values import required, texts
from nodekit_nodes_chatkit.protocol import envelope, user_input
from nodekit_nodes_chatkit.sessions import Ctx, Remembered, Slot
from nodekit_nodes_chatkit.shapes import simple_item, simple_thread

from .account import Account
from .calls import Call, segment
from .chosen import ChosenThread
from .held import Held
from .hosted import session_body
from .paging import collect
from .streams import OnEvent, Reader, Reply
from .talk import Talk
from .wire import Wire, read_json

JsonObject = dict[str, Any]

CONVERSATION = "/v1/chatkit/conversation"
"""Where hosted sessions are spoken through. OpenAI does not document it."""


async def run(params: HostedOperation, ctx: Ctx) -> list[JsonObject]:
    """Carry out an operation and return the json of its items.

    Raises:
        NodeError: Something is missing or wrong in the parameters, or the service refused.
    """
    api = Hosted(ctx, params, Account(ctx, "chatkit"))
    match params:
        case CreateSession():
            return [await create(params, ctx, api)]
        case RefreshSession():
            return [await refresh(params, ctx, api)]
        case CancelSession():
            return [await cancel(params, ctx, api)]
        case EndSession():
            Held(ctx, params, api).forget()
            return [{"message": "Cleared stored ChatKit session."}]
        case SendMessage():
            return await send(params, ctx, api)
        case ListThreads() | ListItems():
            return await list_rows(params, api)
        case GetThread():
            thread = await api.get(thread_path(params.thread_id))
            return [simple_thread(thread) if params.simplify else masked(thread)]
        case DeleteThread():
            return [await delete(params, api)]
        case _:
            assert_never(params)


class Hosted:
    """The requests of the published API."""

    creates = True

    def __init__(self, ctx: Ctx, params: HostedOperation, account: Account) -> None:
        self.ctx = ctx
        self.params = params
        self.account = account
        self.place: tuple[str, ...] = account.place
        self.wire = Wire(ctx, params)

    def call(self, method: str, path: str, body: Json = None, **more: Any) -> Call:
        """Return a request below the API's path."""
        headers = self.account.headers(writes=method != "GET")
        url = f"{self.account.root}/v1/chatkit{path}"
        return Call(method, url, headers, self.wire.timeout, body=body, **more)

    async def get(self, path: str, query: Mapping[str, Json] | None = None) -> Json:
        """Read something."""
        return await self.wire.json(self.call("GET", path, query=query or {}))

    async def create(self, body: JsonObject, setup: str = "") -> tuple[Remembered, Json]:
        """Open a session and return it with the answer's body."""
        answer = await self.wire.answer(self.call("POST", "/sessions", body, shielded=True))
        record = remembered(read_json(answer), answer.headers, self.ctx.now())
        found = {
            "workflow_id": body["workflow"]["id"],
            "user": body["user"],
            "setup": setup,
            "opened_with": SecretStr(json.dumps(body)),
        }
        return record.model_copy(update=found), answer.body

    async def cancel(self, session_id: str, secret: str = "") -> Json:
        """Cancel a session."""
        path = f"/sessions/{segment(session_id)}/cancel"
        return await self.wire.json(self.call("POST", path, secret=secret))

    async def opened(self, old: Remembered | None) -> Remembered:
        """Return a new session, for a message that needs one."""
        if old is not None:
            return await self.renewed(old)
        if not isinstance(self.params, NewSession):
            raise NodeError("Workflow ID is required.")
        return (await self.create(session_body(self.params), setup_of(self.params)))[0]

    async def renewed(self, old: Remembered) -> Remembered:
        """Return another session for the same user and workflow."""
        params = self.params
        if not isinstance(params, NewSession) or not wants_own(params):
            return (await self.create(same_body(old), old.setup))[0]
        known = {
            "user_id": params.user_id.strip() or old.user,
            "workflow_id": params.workflow_id.strip() or old.workflow_id,
        }
        body = session_body(params.model_copy(update=known))
        return (await self.create(body, setup_of(params)))[0]

    def replaced(self, slot: Slot, old: Remembered, new: Remembered) -> None:
        """Cancel a session that is not needed any more, once nothing is under way with it."""
        keeps = isinstance(self.params, Sessions) and not self.params.cancel_replaced
        if not keeps and old.id != new.id:
            self.ctx.start_soon(self._retire, slot, old)

    async def _retire(self, slot: Slot, old: Remembered) -> None:
        await slot.idle(old.id)
        try:
            with anyio.move_on_after(self.wire.timeout):
                await self.wire.exchange(
                    self.call("POST", f"/sessions/{segment(old.id)}/cancel", secret=old.secret)
                )
        except ApiError as error:
            self.ctx.log.debug("a replaced session was not canceled: %s", error)


def same_body(old: Remembered) -> JsonObject:
    """Return the request that opens another session like this one."""
    if old.opened_with is not None:
        return dict(json.loads(old.opened_with.get_secret_value()))
    return {"user": old.user, "workflow": {"id": old.workflow_id}}


def wants_own(params: NewSession) -> bool:
    """Whether a message says itself what sessions are to be opened with."""
    return bool(params.workflow_id.strip() or setup_of(params))


def setup_of(params: NewSession) -> str:
    """Return a hash of what a session is to be opened with, beside its workflow and user."""
    return fingerprint(
        {
            "version": params.workflow_version.strip(),
            "state": params.state_variables,
            "config": params.session_config.model_dump(exclude_none=True),
            "options": params.session_options,
        }
    )


def thread_path(thread_id: str) -> str:
    """Return the path of a thread.

    Raises:
        NodeError: There is no id.
    """
    return f"/threads/{segment(required(thread_id, 'Thread ID is required.').strip())}"


async def create(params: CreateSession, ctx: Ctx, api: Hosted) -> JsonObject:
    """Open a session and remember it."""
    body = session_body(params)
    held = Held(ctx, params, api)
    old = held.pool.find(held.key)
    record, raw = await api.create(body, setup_of(params))
    kept = await held.keep(record, now=old is not None)
    if old is not None:
        api.replaced(held.slot, old, kept)
    return shown_session(kept, raw)


async def refresh(params: RefreshSession, ctx: Ctx, api: Hosted) -> JsonObject:
    """Open another session in the place of the one before."""
    held = Held(ctx, params, api)
    if held.manual is not None:
        raise NodeError(
            "A session that is provided manually cannot be refreshed.",
            hint="This API has no refresh; create another session for the same user.",
        )
    old = held.stored()
    record, raw = await api.create(same_body(old), old.setup)
    kept = await held.keep(record, now=True)
    api.replaced(held.slot, old, kept)
    return shown_session(kept, raw)


async def cancel(params: CancelSession, ctx: Ctx, api: Hosted) -> JsonObject:
    """Cancel a session; the remembered one is forgotten with that."""
    held = Held(ctx, params, api)
    record = held.manual or held.stored()
    raw = await api.cancel(record.id, record.secret)
    stored = held.pool.find(held.key)
    if stored is not None and stored.id == record.id:
        held.forget()
    session = session_in(raw)
    shown = {"id": session.get("id", record.id), "status": session.get("status")}
    output = {"workflowId": record.workflow_id or None, "session": shown, "raw": raw}
    return dict(masked(output, {record.secret}))


async def list_rows(params: ListThreads | ListItems, api: Hosted) -> list[JsonObject]:
    """Return threads, or what was said in one, page by page."""
    path = "/threads"
    more: dict[str, Json] = {"before": params.before.strip() or None}
    if isinstance(params, ListItems):
        path = f"{thread_path(params.thread_id)}/items"
    else:
        more["user"] = params.filter_user or None

    async def fetch(after: str | None, size: int) -> Json:
        query = {"limit": size, "order": params.order, **more, "after": after}
        return await api.get(path, {k: v for k, v in query.items() if v is not None})

    rows = await collect(fetch, params, "last_id")
    if not params.simplify:
        return [dict(masked(row)) for row in rows]
    simple = simple_item if isinstance(params, ListItems) else simple_thread
    return [simple(row) for row in rows]


async def delete(params: DeleteThread, api: Hosted) -> JsonObject:
    """Delete a thread; one that is gone when the request is repeated was deleted by it."""
    call = api.call("DELETE", thread_path(params.thread_id))
    tries = 0

    async def attempt() -> Json:
        nonlocal tries
        tries += 1
        try:
            return read_json(await api.wire.exchange(call))
        except ApiError as error:
            if error.status != 404 or tries == 1:
                raise
            return {"id": params.thread_id, "object": "chatkit.thread.deleted", "deleted": True}

    return dict(await api.wire.repeated(attempt))


async def send(params: SendMessage, ctx: Ctx, api: Hosted) -> list[JsonObject]:
    """Say something through a hosted session."""
    text = required(params.input_text, "Message Text is required.")
    message = user_input(text, texts(params.attachments, "Attachments"), params.send_options)
    speaker = HostedSpeaker(ctx, params, api)
    thread = ChosenThread(params, ctx, api.place, params.user_id)
    return await Talk(ctx, speaker, params, params.message_metadata).send(message, thread)


class HostedSpeaker:
    """Speaks the ChatKit protocol through a hosted session, with its secret."""

    def __init__(self, ctx: Ctx, params: SendMessage, api: Hosted) -> None:
        self.ctx = ctx
        self.params = params
        self.api = api
        self.held = Held(ctx, params, api)
        self.secrets: set[str] = set()

    def call(self, record: Remembered, body: Fields, *, safe: bool) -> Call:
        """Return a request that carries the session's secret."""
        self.secrets.add(record.secret)
        headers = {
            "Authorization": f"Bearer {record.secret}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            "Connection": "close",  # a message must not find out that a kept one is dead
        }
        url = f"{self.api.account.root}{CONVERSATION}"
        call = Call(
            "POST",
            url,
            headers,
            self.api.wire.timeout,
            body=dict(body),
            safe=safe,
            secret=record.secret,
            streams=not safe,
            lane=self.held.slot.lane,
        )
        return call.keyed(self.ctx.idempotency_key) if self.params.idempotency_header else call

    async def stream(
        self, body: Fields, options: SendOptions, thread_id: str | None, on_event: OnEvent
    ) -> Reply:
        """Send a request and read its stream to the end."""

        async def read(record: Remembered) -> Reply:
            call = self.call(record, body, safe=False)
            reader = Reader(self.api.wire, call, options, thread_id, on_event)
            return await reader.reply(self.held.slot)

        self._renew_if_changed()
        return await self.held.use(read)

    def _renew_if_changed(self) -> None:
        """Forget a session that was opened with other values than are wanted now."""
        wanted, record = setup_of(self.params), self.held.pool.find(self.held.key)
        if self.held.manual is None and record is not None and wanted and record.setup != wanted:
            self.held.expire(record)

    async def ask(self, kind: str, params: Mapping[str, Json]) -> Json:
        """Send a request that has a plain answer, and return it."""

        async def read(record: Remembered) -> Json:
            call = self.call(record, envelope(kind, params), safe=True)
            return await self.api.wire.json(call, self.held.slot)

        return await self.held.use(read)
