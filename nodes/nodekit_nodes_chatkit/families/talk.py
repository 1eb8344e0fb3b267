"""A turn of a conversation over the ChatKit protocol: one message, one reply, one item.

Where and as whom it is said is the business of a :class:`Speaker`: a self-hosted server, or a
hosted session.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nodekit import ApiError, Fields, Json, NodeError
from nodekit_nodes_chatkit.fold import Fold
from nodekit_nodes_chatkit.kinds import is_object, objects_in
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.common import SendOptions, Streaming
from nodekit_nodes_chatkit.params.values import json_object
from nodekit_nodes_chatkit.protocol import REQUEST_ID, envelope
from nodekit_nodes_chatkit.sessions import Ctx

from .chosen import ChosenThread
from .streams import BrokenStream, OnEvent, Reply

JsonObject = dict[str, Any]

NO_WORDS = "An error occurred when generating a response."
NO_OUTPUT = (
    "The reply ended without any output of the assistant. The server accepted the message; look at "
    "its log, or at the workflow, for why it did not answer."
)


class Speaker(Protocol):
    """Speaks the ChatKit protocol with one server, as one user."""

    async def stream(
        self, body: Fields, options: SendOptions, thread_id: str | None, on_event: OnEvent
    ) -> Reply:
        """Send a request and read its stream to the end."""
        ...

    async def ask(self, kind: str, params: Mapping[str, Json]) -> Json:
        """Send a request that has a plain answer, and return it."""
        ...

    @property
    def secrets(self) -> set[str]:
        """The client secrets that its answers might hold."""
        ...


class Talk:
    """One turn of a conversation.

    Args:
        ctx: The item's context.
        speaker: Where it is said.
        params: The author's wishes for the stream.
        metadata: The author's metadata, as given.
    """

    def __init__(self, ctx: Ctx, speaker: Speaker, params: Streaming, metadata: Json) -> None:
        self.ctx = ctx
        self.speaker = speaker
        self.options = params.send_options
        self.reconciles = params.retry_ambiguous_sends
        given = json_object(metadata, "Metadata (JSON)") or {}
        self.metadata = {**given, REQUEST_ID: ctx.idempotency_key}

    async def send(self, message: Fields, thread: ChosenThread) -> list[JsonObject]:
        """Say something and return what is to be put out.

        A remembered thread that is gone is forgotten, and another one begun, once.

        Raises:
            ApiError: It was refused, its reply broke off, or holds an error.
            NodeError: The thread is locked, or the reply waits for something.
        """
        thread.open_for(self.options.locked_thread)
        try:
            reply = await self._deliver(message, thread)
        except ApiError as error:
            if not (thread.mapped and is_gone(error)):
                raise
            thread.forget()
            reply = await self._deliver(message, thread)
        return self.finished(reply, thread)

    async def go_on(
        self, kind: str, params: Mapping[str, Json], thread: ChosenThread
    ) -> list[JsonObject]:
        """Go on with a thread without a message, and return what is to be put out.

        Raises:
            ApiError: It was refused, its reply broke off, or holds an error.
            NodeError: There was nothing to do, or the reply waits for something.
        """
        reply = await self._stream(kind, params, thread)
        if not reply.fold.events:
            raise NodeError(nothing_done(kind, params))
        return self.finished(reply, thread)

    async def _stream(self, kind: str, params: Mapping[str, Json], thread: ChosenThread) -> Reply:
        def on_event(fold: Fold, event: Fields) -> None:
            if event.get("type") == "thread.created":
                thread.remember(fold.thread_id)
            elif self.options.emit_deltas and (delta := delta_of(event)):
                self.ctx.progress(delta)

        body = envelope(kind, params, self.metadata)
        return await self.speaker.stream(body, self.options, thread.id or None, on_event)

    async def _say(self, message: Fields, thread: ChosenThread) -> Reply:
        if not thread.id:
            return await self._stream("threads.create", {"input": message}, thread)
        params = {"thread_id": thread.id, "input": message}
        return await self._stream("threads.add_user_message", params, thread)

    async def _deliver(self, message: Fields, thread: ChosenThread) -> Reply:
        if not self.reconciles:
            return await self._say(message, thread)
        newest = await self._newest(thread.id, 1) if thread.id else []
        try:
            return await self._say(message, thread)
        except ApiError as error:
            began = thread.id or thread_of(error)
            if error.retryable != "unknown" or not began:
                raise
            thread.remember(began)
            seen = str(newest[0].get("id")) if newest else None
            return await self._reconciled(message, thread, seen)

    async def _newest(self, thread_id: str, count: int) -> list[JsonObject]:
        params = {"thread_id": thread_id, "limit": count, "order": "desc"}
        page = await self.speaker.ask("items.list", params)
        return list(page.get("data") or []) if is_object(page) else []

    async def _reconciled(self, message: Fields, thread: ChosenThread, seen: str | None) -> Reply:
        """Find out what became of a message: take its reply, ask for it again, or send it again."""
        newer = until(await self._newest(thread.id, 100), seen)
        ours = next((i for i, row in enumerate(newer) if says(row, message)), None)
        if ours is None:
            return await self._say(message, thread)
        after = list(reversed(newer[:ours]))
        if any(row.get("type") == "assistant_message" for row in after):
            return folded([newer[ours], *after], thread.id)
        params = {"thread_id": thread.id, "item_id": newer[ours]["id"]}
        return await self._stream("threads.retry_after_item", params, thread)

    def finished(self, reply: Reply, thread: ChosenThread) -> list[JsonObject]:
        """Return what is to be put out of a reply.

        Raises:
            ApiError: The server reported an error.
            NodeError: The reply waits for something.
        """
        fold = reply.fold
        thread.remember(fold.thread_id)
        self._note_status(fold, thread)
        usage = {
            "events": fold.events,
            "firstEventMs": reply.first_ms,
            "durationMs": reply.duration_ms,
        }
        item: JsonObject = masked({**fold.output(), "usage": usage}, self.speaker.secrets)
        if fold.errors and self.options.fail_on_stream_error:
            raise reported(fold.errors[0], item)
        if fold.pending and self.options.pending == "error":
            raise NodeError(waiting_for(fold.pending[0]), hint="Set pending to return to get it.")
        if not fold.errors and is_silent(fold):
            self.ctx.hint(NO_OUTPUT)
        return self._shown(item, masked(reply.events, self.speaker.secrets))

    def _shown(self, item: JsonObject, events: list[Json]) -> list[JsonObject]:
        match self.options.output:
            case "text":
                return [{name: item[name] for name in ("text", "threadId", "status")}]
            case "events":
                return [{"event": event, "seq": seq} for seq, event in enumerate(events)]
            case _:
                return [{**item, "events": events} if self.options.include_events else item]

    def _note_status(self, fold: Fold, thread: ChosenThread) -> None:
        status = (fold.thread or {}).get("status")
        if is_object(status) and status.get("type") in ("locked", "closed"):
            thread.lock(str(status["type"]), status.get("reason"))


def delta_of(event: Fields) -> str | None:
    """Return the piece of text that an event brings."""
    update = event.get("update")
    delta = update.get("delta") if is_object(update) else None
    return delta if isinstance(delta, str) else None


def is_gone(error: ApiError) -> bool:
    """Whether an error means that the thread is not there any more."""
    if isinstance(error, BrokenStream):
        return error.nothing
    said = error.message.lower()
    return error.status == 404 and "thread" in said and "session" not in said


def thread_of(error: ApiError) -> str:
    """Return the thread that a reply had begun before it broke off."""
    partial = error.details if isinstance(error, BrokenStream) else None
    return str(partial.get("threadId") or "") if is_object(partial) else ""


def until(rows: Sequence[JsonObject], seen: str | None) -> list[JsonObject]:
    """Return the rows before the one that was seen already."""
    ids = [row.get("id") for row in rows]
    return list(rows[: ids.index(seen)] if seen in ids else rows)


def says(row: Fields, message: Fields) -> bool:
    """Whether an item of a thread is a user's message with these words."""
    return row.get("type") == "user_message" and texts(row) == texts(message)


def texts(message: Fields) -> list[Json]:
    """Return the words of a message, part by part."""
    return [part.get("text") for part in objects_in(message.get("content"))]


def folded(rows: Sequence[Fields], thread_id: str) -> Reply:
    """Return a reply as it stands in the history of a thread."""
    fold = Fold(thread_id)
    for row in rows:
        fold.feed({"type": "thread.item.done", "item": row})
    return Reply(fold)


def reported(error: Fields, item: JsonObject) -> ApiError:
    """Return the error for a reply in which the server reported one."""
    message = f"The ChatKit server reported an error: {error.get('message') or NO_WORDS}"
    again = bool(error.get("allow_retry"))
    hint = "The message is in the thread: message → retry with its userMessageId answers it again."
    return ApiError(
        message,
        details=item,
        hint=hint if again and item.get("userMessageId") else None,
        retryable="unknown",
        json={"error": message, "errorDetails": {"code": error.get("code"), "allowRetry": again}},
    )


def waiting_for(item: Fields) -> str:
    """Return what to say of a reply that waits."""
    if item.get("type") == "client_tool_call":
        return f"The reply is waiting for client tool '{item.get('name')}'."
    return f"The reply is waiting for answers to item '{item.get('id')}'."


def nothing_done(kind: str, params: Mapping[str, Json]) -> str:
    """Return what to say of a stream that ended well without a single event."""
    if kind == "threads.retry_after_item":
        where = f"thread '{params['thread_id']}'"
        return f"Nothing to retry: item '{params['item_id']}' is not in {where}."
    return f"The ChatKit server did nothing in thread '{params['thread_id']}'."


def is_silent(fold: Fold) -> bool:
    """Whether a reply holds nothing that the assistant has said or done."""
    kinds = {item.get("type") for item in fold.items.values()}
    return not kinds - {"end_of_turn"} or (kinds == {"assistant_message"} and not fold.text)
