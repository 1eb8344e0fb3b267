"""A request whose answer is a stream: sent, read to its end, and folded."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from nodekit import ApiError, Fields
from nodekit_nodes_chatkit.events import Decoder, events_in, parse
from nodekit_nodes_chatkit.fold import Fold
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.common import SendOptions
from nodekit_nodes_chatkit.params.values import milliseconds
from nodekit_nodes_chatkit.sessions import Slot

from .calls import Answer, Call, lowered
from .refusals import refusal, timed_out
from .wire import MAX_BODY, Streamed, Wire, whole

OnEvent = Callable[[Fold, Fields], None]


@dataclass(slots=True)
class Reply:
    """A reply that was read to its end."""

    fold: Fold
    events: list[Fields] = field(default_factory=list[Fields])
    first_ms: int = 0
    duration_ms: int = 0


class Reader:
    """Reads the stream of one call, within its limits.

    Args:
        wire: Where requests go.
        call: The request; its timeout holds until the answer begins.
        options: The author's options.
        thread_id: The thread it is about.
        on_event: Told of every event after it is folded.
    """

    def __init__(
        self, wire: Wire, call: Call, options: SendOptions, thread_id: str | None, on_event: OnEvent
    ) -> None:
        self.wire = wire
        self.call = call
        self.thread_id = thread_id
        self.on_event = on_event
        self.idle = milliseconds(options.idle_timeout_ms, "Idle Timeout (ms)")
        self.longest = milliseconds(options.max_stream_ms, "Max Stream (ms)")
        self.keep_events = options.include_events or options.output == "events"

    async def reply(self, slot: Slot | None = None) -> Reply:
        """Send the request and read the reply; refused requests are repeated as usual.

        Raises:
            ApiError: It was refused, or broke off; what had come is in the error's details.
        """
        return await self.wire.repeated(self._attempt, slot)

    async def _attempt(self) -> Reply:
        began = anyio.current_time()
        reply = Reply(Fold(self.thread_id))
        scope = anyio.CancelScope(deadline=began + self.call.timeout)
        headers_came = False
        with scope:
            async with self.wire.opened(self.call) as stream:
                headers_came = True
                await self._checked(stream, scope)
                await self._read(stream, scope, reply, began)
        if scope.cancelled_caught:
            raise self._too_long(reply, began) if headers_came else timed_out(self.call)
        reply.duration_ms = since(began)
        return reply

    async def _checked(self, stream: Streamed, scope: anyio.CancelScope) -> None:
        if 200 <= stream.status < 300:
            return
        answer = await whole(stream, self.call)
        scope.deadline = float("inf")
        raise refusal(self.call, answer, self.wire.ctx.now())

    async def _read(
        self, stream: Streamed, scope: anyio.CancelScope, reply: Reply, began: float
    ) -> None:
        kind = lowered(stream.headers).get("content-type", "")
        bytes_in_time = self._in_time(stream, scope, began)
        try:
            if kind.startswith("application/json"):
                await self._read_json(bytes_in_time, reply, began)
            else:
                await self._read_events(bytes_in_time, reply, began)
        except ApiError as error:
            raise self._broken(reply, error) from error

    async def _in_time(
        self, stream: Streamed, scope: anyio.CancelScope, began: float
    ) -> AsyncIterator[bytes]:
        """Yield what comes, and move the deadline: bytes that are no event count as life too."""
        end = began + self.longest
        scope.deadline = min(anyio.current_time() + self.idle, end)
        async for chunk in stream.chunks():
            scope.deadline = min(anyio.current_time() + self.idle, end)
            yield chunk

    async def _read_events(self, chunks: AsyncIterator[bytes], reply: Reply, began: float) -> None:
        decoder = Decoder()
        async for chunk in chunks:
            for payload in decoder.feed(chunk):
                event = parse(payload)
                if event is not None:
                    self._take(reply, event, began)
        decoder.finish()

    async def _read_json(self, chunks: AsyncIterator[bytes], reply: Reply, began: float) -> None:
        content = b""
        async for chunk in chunks:
            content += chunk
            if len(content) > MAX_BODY:
                raise ApiError("The response is larger than 16 MB.", retryable="unknown")
        events = events_in(Answer(200, {}, content).body)
        if events is None:
            raise ApiError(
                "The ChatKit server answered with JSON that holds no events.", retryable="unknown"
            )
        for event in events:
            self._take(reply, event, began)

    def _take(self, reply: Reply, event: Fields, began: float) -> None:
        if not reply.fold.events:
            reply.first_ms = since(began)
        reply.fold.feed(event)
        if self.keep_events:
            reply.events.append(event)
        self.on_event(reply.fold, event)

    def _broken(self, reply: Reply, error: ApiError) -> ApiError:
        """Return the error for a stream that broke off, with what had come."""
        fold = reply.fold
        if error.status is None and not error.message.startswith("The "):
            error = ApiError(broken_off(fold, self.thread_id), retryable="unknown")
        if fold.events == 0 and "inside an event" not in error.message:
            return BrokenStream(error.message, nothing=True, thread_id=self.thread_id)
        return BrokenStream(error.message, partial=incomplete(fold, self.call.secret))

    def _too_long(self, reply: Reply, began: float) -> ApiError:
        if anyio.current_time() - began >= self.longest:
            text = f"The reply took longer than {self.longest * 1000:.0f} ms."
        else:
            text = f"The ChatKit server was silent for {self.idle * 1000:.0f} ms."
        return BrokenStream(text, partial=incomplete(reply.fold, self.call.secret))


class BrokenStream(ApiError):
    """A reply that did not come to its end; it may have been processed.

    ``nothing`` means that not a single event came, ``thread_id`` is the thread that was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        partial: Fields | None = None,
        nothing: bool = False,
        thread_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, details=partial, retryable="unknown")
        self.nothing = nothing
        self.thread_id = thread_id


def broken_off(fold: Fold, thread_id: str | None) -> str:
    """Return what to say of a body that ended too early."""
    if fold.events:
        return f"The ChatKit server broke off the reply after {fold.events} events."
    text = "The ChatKit server closed the stream before sending anything."
    return f"{text} Thread '{thread_id}' may not exist for this user." if thread_id else text


def incomplete(fold: Fold, secret: str) -> dict[str, Any]:
    """Return what had come of a reply that broke off."""
    shown: Mapping[str, Any] = masked(fold.output(), {secret})
    return {**shown, "status": "incomplete"}


def since(began: float) -> int:
    """Return the milliseconds since a moment."""
    return round((anyio.current_time() - began) * 1000)
