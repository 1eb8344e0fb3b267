"""Self-hosted ChatKit servers: one address, every operation a POST, replies as streams."""

from collections.abc import Mapping
from typing import Any, assert_never

from nodekit import ApiError, Fields, Item, Json, NodeError
from nodekit_nodes_chatkit.credentials import ChatKitServer
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.common import SendOptions, Streaming
from nodekit_nodes_chatkit.params.server import (
    Action,
    Answer,
    Continuation,
    DeleteAttachment,
    DeleteThread,
    Feedback,
    GetThread,
    InThread,
    ListItems,
    ListThreads,
    RenameThread,
    Retry,
    SelfHosted,
    SendMessage,
    ServerOperation,
    ToolOutput,
    Upload,
)
from nodekit_nodes_chatkit.params.values import parsed, required, texts
from nodekit_nodes_chatkit.protocol import answered, envelope, user_input
from nodekit_nodes_chatkit.sessions import Ctx, Pool, hashed
from nodekit_nodes_chatkit.shapes import simple_item, simple_thread

from .calls import Call
from .chosen import ChosenThread
from .paging import collect
from .streams import BrokenStream, OnEvent, Reader, Reply
from .talk import Talk
from .upload import Uploader
from .wire import Wire

JsonObject = dict[str, Any]

CAUSES = (
    " The ChatKit server does not say why; likely causes are a thread, item, attachment or cursor "
    "that it does not know, a request that it does not understand, or a fault in its own code. "
    "Its log says more."
)

UNSAFE = frozenset({"attachments.create"})
"""What is not repeated although its answer is no stream: it might leave something behind."""


async def run(params: ServerOperation, item: Item, ctx: Ctx) -> list[JsonObject]:
    """Carry out an operation and return the json of its items.

    Raises:
        NodeError: Something is missing or wrong in the parameters, or the server refused.
    """
    server = Server(ctx, params)
    match params:
        case SendMessage():
            return await send(params, item, ctx, server)
        case ToolOutput() | Answer() | Retry() | Action():
            return await go_on(params, ctx, server)
        case ListThreads() | ListItems():
            return await list_rows(params, server)
        case GetThread() | RenameThread():
            return [await thread_of(params, server)]
        case DeleteThread():
            thread_id = required(params.thread_id, "Thread ID is required.").strip()
            await server.ask("threads.delete", {"thread_id": thread_id})
            return [{"id": thread_id, "deleted": True}]
        case Feedback():
            return [await feedback(params, server)]
        case Upload():
            return [await Uploader(server, params).upload(item, params.binary_property)]
        case DeleteAttachment():
            attachment = required(params.attachment_id, "Attachment ID is required.").strip()
            await server.ask("attachments.delete", {"attachment_id": attachment})
            return [{"id": attachment, "deleted": True}]
        case _:
            assert_never(params)


class Server:
    """Speaks the ChatKit protocol with a self-hosted server."""

    def __init__(self, ctx: Ctx, params: SelfHosted) -> None:
        self.ctx = ctx
        self.params = params
        self.credential = ctx.credential(ChatKitServer)
        self.url = self.credential.endpoint
        self.place = ("server", self.url)
        self.wire = Wire(ctx, params)
        self.slot = Pool.of(ctx).slot(hashed(*self.place, params.user_id.strip()))
        self.secrets: set[str] = set()

    def headers(self) -> dict[str, str]:
        """Return the headers of a request, with the end user where the server wants to know."""
        user, name = self.params.user_id.strip(), self.credential.user_header.strip()
        return {
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            "Connection": "close",  # a kept one may be dead, and a message must not find out
            **self.credential.headers(),
            **({name: user} if name and user else {}),
        }

    async def ask(self, kind: str, params: Mapping[str, Json]) -> Json:
        """Send a request that has a plain answer, and return it."""
        body, safe = envelope(kind, params), kind not in UNSAFE
        call = Call(
            "POST",
            self.url,
            self.headers(),
            self.wire.timeout,
            body=body,
            safe=safe,
            lane=self.slot.lane,
        )
        try:
            return await self.wire.json(call, self.slot)
        except ApiError as error:
            raise explained(error) from error

    async def stream(
        self, body: Fields, options: SendOptions, thread_id: str | None, on_event: OnEvent
    ) -> Reply:
        """Send a request and read its stream to the end."""
        call = Call(
            "POST",
            self.url,
            self.headers(),
            self.wire.timeout,
            body=dict(body),
            safe=False,
            streams=True,
            lane=self.slot.lane,
        )
        if isinstance(self.params, Streaming) and self.params.idempotency_header:
            call = call.keyed(self.ctx.idempotency_key)
        try:
            reader = Reader(self.wire, call, options, thread_id, on_event)
            return await reader.reply(self.slot)
        except ApiError as error:
            raise explained(error) from error


def explained(error: ApiError) -> ApiError:
    """Return the error with its likely causes, where the server gives none."""
    if error.status != 500 or isinstance(error.details, dict | list):
        return error
    message = f"{error.message}.{CAUSES}"
    return ApiError(
        message,
        status=error.status,
        retry_after=error.retry_after,
        details=error.details,
        retryable="unknown" if error.retryable == "unknown" else error.retryable == "yes",
        json={**(error.json or {}), "error": message},
    )


async def send(params: SendMessage, item: Item, ctx: Ctx, server: Server) -> list[JsonObject]:
    """Say something, with the files that belong to it."""
    text = required(params.input_text, "Message Text is required.")
    thread = ChosenThread(params, ctx, server.place, params.user_id)
    talk = Talk(ctx, server, params, params.message_metadata)
    ids = texts(params.attachments, "Attachments")
    uploader = Uploader(server, params)
    try:
        for name in texts(params.binary_properties, "Binary Fields to Attach"):
            await uploader.upload(item, name)
        message = user_input(text, [*ids, *uploader.created], params.send_options)
        return await talk.send(message, thread)
    except NodeError:
        await uploader.undo()
        raise


async def go_on(params: Continuation, ctx: Ctx, server: Server) -> list[JsonObject]:
    """Go on with a thread: a tool's output, answers, a retry, an action."""
    thread_id = required(params.thread_id, "Thread ID is required.").strip()
    kind, more = continuation(params)
    thread = in_thread(params, ctx, server, thread_id)
    talk = Talk(ctx, server, params, params.message_metadata)
    try:
        rows = await talk.go_on(kind, {"thread_id": thread_id, **more}, thread)
    except BrokenStream as error:
        if isinstance(params, Retry) and error.nothing:
            error.hint = "Only a user message can be retried."
        raise
    return rows


def in_thread(params: InThread, ctx: Ctx, server: Server, thread_id: str) -> ChosenThread:
    """Return the thread of a continuation."""
    send_params = SendMessage(thread_id=thread_id)
    return ChosenThread(send_params, ctx, server.place, params.user_id)


def continuation(params: Continuation) -> tuple[str, JsonObject]:
    """Return the type of request that an operation is, and its own parameters.

    Raises:
        NodeError: One is missing, or no JSON.
    """
    match params:
        case ToolOutput():
            return "threads.add_client_tool_output", {
                "result": parsed(params.tool_result, "Tool Result (JSON)")
            }
        case Answer():
            given = answered(params.answers, params.skip_all)
            return "threads.add_structured_input", {"item_id": item_id(params), "input": given}
        case Retry():
            return "threads.retry_after_item", {"item_id": item_id(params)}
        case Action():
            return "threads.custom_action", action(params)
        case _:
            assert_never(params)


def item_id(params: Answer | Retry) -> str:
    """Return the item that is meant."""
    return required(params.item_id, "Item ID is required.").strip()


def action(params: Action) -> JsonObject:
    """Return an action, and the widget it belongs to."""
    kind = required(params.action_type, "Action Type is required.").strip()
    payload = parsed(params.action_payload, "Payload (JSON)")
    row: JsonObject = {"action": {"type": kind, "payload": payload}}
    widget = params.action_item_id.strip()
    return {"item_id": widget, **row} if widget else row


async def list_rows(params: ListThreads | ListItems, server: Server) -> list[JsonObject]:
    """Return threads, or what was said in one, page by page."""
    kind, more = "threads.list", {}
    if isinstance(params, ListItems):
        kind = "items.list"
        more = {"thread_id": required(params.thread_id, "Thread ID is required.").strip()}

    async def fetch(after: str | None, size: int) -> Json:
        cursor = {"after": after} if after else {}
        query = {**more, "limit": size, "order": params.order, **cursor}
        return await server.ask(kind, query)

    rows = await collect(fetch, params, "after")
    if not params.simplify:
        return [dict(masked(row)) for row in rows]
    simple = simple_item if isinstance(params, ListItems) else simple_thread
    return [simple(row) for row in rows]


async def thread_of(params: GetThread | RenameThread, server: Server) -> JsonObject:
    """Return one thread, with its new title where it is renamed."""
    query = {"thread_id": required(params.thread_id, "Thread ID is required.").strip()}
    kind = "threads.get_by_id"
    if isinstance(params, RenameThread):
        kind = "threads.update"
        query["title"] = required(params.title, "Title is required.")
    thread = await server.ask(kind, query)
    return simple_thread(thread) if params.simplify else dict(masked(thread))


async def feedback(params: Feedback, server: Server) -> JsonObject:
    """Say that replies were good or bad."""
    thread_id = required(params.thread_id, "Thread ID is required.").strip()
    ids = texts(params.item_ids, "Item IDs")
    if not ids:
        raise NodeError("At least one Item ID is required.")
    if params.kind not in ("positive", "negative"):
        raise NodeError("Feedback must be 'positive' or 'negative'.")
    body = {"thread_id": thread_id, "item_ids": ids, "kind": params.kind}
    await server.ask("items.feedback", body)
    return {"threadId": thread_id, "itemIds": ids, "kind": params.kind}
