"""The chat-sessions API: the original node's contract, to the letter.

OpenAI does not publish these paths; a compatible service stands behind ``base_url``.
"""

from typing import Any, assert_never
from urllib.parse import urlsplit

from nodekit import ApiError, Json, NodeError
from nodekit_nodes_chatkit.bodies import remembered, secret_in, session_in, shown_session
from nodekit_nodes_chatkit.kinds import is_object
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.chat_sessions import (
    ChatSessionsOperation,
    CreateSession,
    EndSession,
    RefreshSession,
    SendMessage,
)
from nodekit_nodes_chatkit.params.values import json_object, required
from nodekit_nodes_chatkit.sessions import Ctx, Remembered, Slot

from .account import Account
from .calls import Answer, Call, segment
from .chosen import ChosenThread
from .held import Held
from .wire import Wire, read_json

JsonObject = dict[str, Any]

NOT_PUBLISHED = (
    "OpenAI does not publish the chat-sessions paths. Use `api: chatkit`, or give the credential "
    "the `base_url` of a service that offers them."
)
WORKFLOW_MISSING = (
    "Workflow ID is required: set Workflow ID Override or create the session with a workflow."
)


async def run(params: ChatSessionsOperation, ctx: Ctx) -> JsonObject:
    """Carry out an operation and return the json of its item.

    Raises:
        NodeError: Something is missing or wrong in the parameters, or the service refused.
    """
    account = Account(ctx, "chat_sessions")
    sessions = ChatSessions(ctx, params, account)
    try:
        match params:
            case CreateSession():
                return await create(params, ctx, sessions)
            case RefreshSession():
                return await refresh(params, ctx, sessions)
            case EndSession():
                Held(ctx, params, sessions).forget()
                return {"message": "Cleared stored ChatKit session."}
            case SendMessage():
                return await send(params, ctx, sessions)
            case _:
                assert_never(params)
    except ApiError as error:
        if error.hint is None and urlsplit(account.root).hostname == "api.openai.com":
            error.hint = NOT_PUBLISHED
        raise


class ChatSessions:
    """The requests of the chat-sessions API about sessions."""

    creates = False

    def __init__(self, ctx: Ctx, params: ChatSessionsOperation, account: Account) -> None:
        self.ctx = ctx
        self.params = params
        self.account = account
        self.place: tuple[str, ...] = account.place
        self.wire = Wire(ctx, params)

    def call(self, path: str, body: JsonObject, **more: Any) -> Call:
        """Return a request below the sessions' path."""
        url = f"{self.account.root}/v1/chat/sessions{path}"
        return Call("POST", url, self.account.headers(), self.wire.timeout, body=body, **more)

    async def create(self, body: JsonObject) -> tuple[Remembered, Json]:
        """Open a session and return it with the answer's body."""
        answer = await self.wire.answer(self.call("", body, shielded=True))
        record = self.record(answer)
        found = {"workflow_id": body["workflow"]["id"], "user": str(body.get("user", ""))}
        return record.model_copy(update=found), answer.body

    async def refresh(self, old: Remembered) -> tuple[Remembered, Json]:
        """Give a session a new secret; the old one may be dead from now on."""
        body = {"client_secret": old.secret}
        path = f"/{segment(old.id)}/refresh"
        call = self.call(path, body, safe=False, secret=old.secret, shielded=True)
        answer = await self.wire.answer(call)
        return self.record(answer, old), answer.body

    def record(self, answer: Answer, before: Remembered | None = None) -> Remembered:
        """Return the session in an answer."""
        body = read_json(answer)
        now = self.ctx.now()
        return remembered(body, answer.headers, now, before=before, secret=answer.secret)

    async def opened(self, old: Remembered | None) -> Remembered:
        """Return a new session, for a message that needs one."""
        params = self.params
        workflow = params.message_workflow_id if isinstance(params, SendMessage) else ""
        workflow = workflow.strip() or (old.workflow_id if old else "")
        user = params.user_id.strip() or (old.user if old else "")
        return (await self.create(create_body(workflow, user)))[0]

    async def renewed(self, old: Remembered) -> Remembered:
        """Return the session with a new secret."""
        return (await self.refresh(old))[0]

    def replaced(self, slot: Slot, old: Remembered, new: Remembered) -> None:
        """Nothing is left of the old session: its secret was exchanged."""


def create_body(
    workflow_id: str, user: str, metadata: Json = None, options: Json = None
) -> JsonObject:
    """Return the body that opens a session.

    Raises:
        NodeError: The workflow is missing, or the metadata or options are no objects.
    """
    body: JsonObject = {
        "workflow": {"id": required(workflow_id, "Workflow ID is required.").strip()}
    }
    more = {
        "user": user.strip() or None,
        "metadata": json_object(metadata, "Metadata (JSON)"),
        "session_options": json_object(options, "Session Options (JSON)"),
    }
    return {**body, **{name: value for name, value in more.items() if value is not None}}


async def create(params: CreateSession, ctx: Ctx, sessions: ChatSessions) -> JsonObject:
    """Open a session and remember it."""
    body = create_body(
        params.workflow_id, params.user_id, params.session_metadata, params.session_options
    )
    held = Held(ctx, params, sessions)
    record, raw = await sessions.create(body)
    return shown_session(await held.keep(record), raw)


async def refresh(params: RefreshSession, ctx: Ctx, sessions: ChatSessions) -> JsonObject:
    """Give the session a new secret; the remembered one is replaced at once."""
    held = Held(ctx, params, sessions)
    record, raw = await sessions.refresh(held.manual or held.stored())
    if held.manual is None:
        record = await held.keep(record, now=True)
    return shown_session(record, raw)


async def send(params: SendMessage, ctx: Ctx, sessions: ChatSessions) -> JsonObject:
    """Say something and return the answer, masked."""
    required(params.input_text, "Message Text is required.")
    held = Held(ctx, params, sessions)
    thread = ChosenThread(params, ctx, sessions.place, params.user_id)
    metadata = message_metadata(params, ctx)

    async def post(record: Remembered) -> tuple[Answer, Remembered]:
        body = message_body(params, record, thread.id, metadata)
        call = sessions.call(
            f"/{segment(record.id)}/messages",
            body,
            safe=params.retry_ambiguous_sends,
            secret=record.secret,
            lane=held.slot.lane,
        )
        if params.idempotency_header:
            call = call.keyed(ctx.idempotency_key)
        return await sessions.wire.answer(call, held.slot), record

    answer, record = await held.use(post)
    body = read_json(answer)
    thread.remember(thread_in(body))
    await rotate(body, answer, record, held)
    return dict(masked(body, {record.secret})) if is_object(body) else {"response": body}


def message_metadata(params: SendMessage, ctx: Ctx) -> JsonObject | None:
    """Return the metadata of a message; only where the author gives some may we add to it."""
    given = json_object(params.message_metadata, "Metadata (JSON)")
    return None if given is None else {**given, "nodekit_request_id": ctx.idempotency_key}


def message_body(
    params: SendMessage, record: Remembered, thread_id: str, metadata: JsonObject | None
) -> JsonObject:
    """Return the body of a message.

    Raises:
        NodeError: It is known nowhere which workflow is to answer.
    """
    workflow = params.message_workflow_id.strip() or record.workflow_id
    if not workflow:
        raise NodeError(WORKFLOW_MISSING)
    content = [{"type": "input_text", "text": params.input_text}]
    body: JsonObject = {
        "client_secret": record.secret,
        "workflow": {"id": workflow},
        "messages": [{"role": params.message_role, "content": content}],
    }
    more = {
        "thread_id": thread_id or None,
        "system_prompt": params.system_prompt or None,
        "metadata": metadata,
    }
    return {**body, **{name: value for name, value in more.items() if value is not None}}


async def rotate(body: Json, answer: Answer, record: Remembered, held: Held) -> None:
    """Take over a new secret that came with an answer, unless the author brought the old one."""
    nested = body.get("session") if is_object(body) else None
    if held.manual is not None or not is_object(nested) or not secret_in(session_in(body)):
        return
    now = held.ctx.now()
    new = remembered(body, answer.headers, now, before=record, secret=record.secret)
    await held.keep(new.model_copy(update={"per_minute": record.per_minute}), now=True)


def thread_in(body: Json) -> str | None:
    """Return the thread that an answer names, in whichever way."""
    if not is_object(body):
        return None
    thread = body.get("thread")
    nested = thread.get("id") if is_object(thread) else None
    found = body.get("thread_id") or nested or body.get("threadId")
    return str(found) if found else None
