"""Server-sent events: the decoder, and a stream of them."""

import anyio
import pytest
from aiohttp import web
from hypothesis import given, strategies as st

from nodekit import ApiError
from nodekit.http import Http, ServerSentEvent
from nodekit.http.events import EventDecoder
from tests.support.loopback import Loopback

Event = ServerSentEvent

STREAMS = {
    "one": (b"data: a\n\n", [Event("a")]),
    "no space": (b"data:a\n\n", [Event("a")]),
    "several lines": (b"data: a\ndata: b\n\n", [Event("a\nb")]),
    "named": (b"event: add\ndata: 1\n\ndata: 2\n\n", [Event("1", "add"), Event("2")]),
    "ids last": (b"id: 7\ndata: a\n\ndata: b\n\n", [Event("a", id="7"), Event("b", id="7")]),
    "id with a zero byte": (b"id: a\0b\ndata: x\n\n", [Event("x")]),
    "comments": (b": ping\n\ndata: a\n\n", [Event("a")]),
    "no data, no event": (b"event: ping\n\ndata: a\n\n", [Event("a")]),
    "unknown fields": (b"retry: 10\nfoo: bar\ndata: a\n\n", [Event("a")]),
    "a name alone": (b"data\n\n", [Event("")]),
    "carriage returns": (b"data: a\r\rdata: b\r\n\r\n", [Event("a"), Event("b")]),
    "byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    "unfinished": (b"data: a\n\ndata: b", [Event("a")]),
    "line separator is text": ("data: a\u2028b\n\n".encode(), [Event("a\u2028b")]),
}


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_streams(stream: bytes, events: list[Event]) -> None:
    assert list(EventDecoder().feed(stream)) == events


@given(st.sampled_from(list(STREAMS)), st.integers(1, 5))
def test_chunks_make_no_difference(name: str, size: int) -> None:
    stream, events = STREAMS[name]
    stream += b"data: end\n\n" if name != "unfinished" else b""
    decoder, whole = EventDecoder(), list(EventDecoder().feed(stream))
    pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == whole
    assert whole[: len(events)] == events


async def test_events_come_while_the_stream_is_open(http: Http, server: Loopback) -> None:
    go_on = anyio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"data: first\n\n")
        await go_on.wait()
        await stream.write(b"event: bye\ndata: last\n\n")
        return stream

    server.on("/events", answer)
    seen: list[str] = []
    async with http.events("POST", server.url("/events"), json={}) as events:
        async for event in events:
            seen.append(event.data)
            go_on.set()
    assert seen == ["first", "last"]


async def test_a_refused_stream_is_an_error(http: Http, server: Loopback) -> None:
    with pytest.raises(ApiError) as caught:
        async with http.events("GET", server.url("/events")):
            pass
    assert caught.value.message == f"GET {server.url('/events')} answered 404: no route"
