"""Calls as a node makes them."""

import subprocess
import sys

import pytest
from aiohttp import web

from nodekit import ApiError, Binary, Json, NodeError
from nodekit.http import Http, Response, Session
from nodekit.testing import FakeClock
from tests.support.answers import answers
from tests.support.loopback import Loopback


async def test_json_gives_the_value(http: Http, server: Loopback) -> None:
    server.json("/people", {"name": "Ada"})
    assert await http.json("GET", server.url("/people")) == {"name": "Ada"}
    assert server.lines == ["GET /people"]


async def test_plain_answers_need_no_server(http: Http) -> None:
    with answers() as told:
        told.get("https://api.example.com/people?q=1", payload=[1])
        assert await http.json("GET", "https://api.example.com/people", query={"q": 1}) == [1]


async def test_an_empty_answer_is_none(http: Http) -> None:
    with answers() as told:
        told.delete("https://api.example.com/people/1", status=204)
        assert await http.json("DELETE", "https://api.example.com/people/1") is None


async def test_a_missing_thing_is_what_the_caller_says(http: Http, server: Loopback) -> None:
    assert await http.json("GET", server.url("/none"), missing="nobody") == "nobody"


async def test_missing_does_not_hide_other_refusals(http: Http, server: Loopback) -> None:
    server.json("/people", {"error": "closed"}, status=403)
    with pytest.raises(ApiError) as caught:
        await http.json("GET", server.url("/people"), missing=None)
    assert str(caught.value) == f"GET {server.url('/people')} answered 403: closed"


async def test_missing_gives_the_value_where_there_is_one(http: Http, server: Loopback) -> None:
    server.json("/people", 1)
    assert await http.json("GET", server.url("/people"), missing=None) == 1


async def test_text_in_its_declared_character_set(http: Http) -> None:
    with answers() as told:
        kind = "text/plain; charset=iso-8859-1"
        told.get("https://api.example.com/", body="Zoë".encode("latin-1"), content_type=kind)
        assert await http.text("GET", "https://api.example.com/") == "Zoë"


async def test_text_in_an_unknown_character_set_is_read_as_utf_8(http: Http) -> None:
    with answers() as told:
        kind = "text/plain; charset=nonsense"
        told.get("https://api.example.com/", body="Zoë", content_type=kind)
        assert await http.text("GET", "https://api.example.com/") == "Zoë"


async def test_bytes_as_they_are(http: Http) -> None:
    with answers() as told:
        told.get("https://api.example.com/", body=b"\x00\xff")
        assert await http.bytes("GET", "https://api.example.com/") == b"\x00\xff"


@pytest.mark.parametrize("body", ["<html>", "NaN", '{"a": Infinity}'])
async def test_what_is_not_json_is_an_error(http: Http, body: str) -> None:
    with answers() as told:
        told.get("https://api.example.com/x", body=body, content_type="text/html")
        with pytest.raises(ApiError) as caught:
            await http.json("GET", "https://api.example.com/x")
    assert caught.value.message == (
        "GET https://api.example.com/x answered 200 with what is not JSON (text/html)"
    )
    assert caught.value.details == body


BODIES: dict[str, tuple[dict[str, Json], bytes, str]] = {
    "json": ({"json": {"a": "ü", "n": None}}, '{"a":"ü","n":null}'.encode(), "application/json"),
    "json null": ({"json": None}, b"null", "application/json"),
    "form": (
        {"form": {"a": "x y&ü", "b": [1, True], "c": None}},
        b"a=x%20y%26%C3%BC&b=1&b=true",
        "application/x-www-form-urlencoded",
    ),
    "bytes": ({"content": b"raw"}, b"raw", "application/octet-stream"),
    "binary": ({"content": Binary(b"a,b", media_type="text/csv")}, b"a,b", "text/csv"),
}


@pytest.mark.parametrize(("options", "body", "media_type"), BODIES.values(), ids=BODIES)
async def test_bodies(
    http: Http, server: Loopback, options: dict[str, Json], body: bytes, media_type: str
) -> None:
    server.json("/", 1)
    await http.json("POST", server.url(), **options)
    assert server.seen[0].body == body
    assert server.seen[0].headers["Content-Type"] == media_type


async def test_a_large_body_is_sent_whole(http: Http, server: Loopback) -> None:
    server.json("/", 1)
    await http.json("POST", server.url(), content=b"x" * 3_000_000)
    assert server.seen[0].body == b"x" * 3_000_000


async def test_a_multipart_body(http: Http, server: Loopback) -> None:
    found: dict[str, tuple[str | None, str, bytes]] = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        for name, part in (await request.post()).items():
            if isinstance(part, web.FileField):
                found[name] = (part.filename, part.content_type, part.file.read())
            else:
                found[name] = (None, "", str(part).encode())
        return web.json_response(1)

    server.on("/", answer)
    file = Binary(b"a,b", media_type="text/csv", file_name="rows.csv")
    await http.json("POST", server.url(), multipart=[("t", "ü"), ("f", file), ("raw", b"\x00")])
    assert found == {
        "t": (None, "", "ü".encode()),
        "f": ("rows.csv", "text/csv", b"a,b"),
        "raw": ("raw", "application/octet-stream", b"\x00"),
    }


async def test_two_bodies_are_refused(http: Http) -> None:
    with pytest.raises(NodeError, match="a request has one body, found several"):
        await http.json("POST", "https://api.example.com", json=1, content=b"")


async def test_a_body_that_is_not_json_is_refused(http: Http) -> None:
    with pytest.raises(NodeError) as caught:
        await http.json("POST", "https://api.example.com", json=float("nan"))
    assert caught.value.message.startswith("the body is not JSON: out of range float")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X": "a\r\nY: b"}, 'header "X" has a line break in its value'),
        ({"X Y": "a"}, "'X Y' is not the name of a header"),
    ],
    ids=["value", "name"],
)
async def test_headers_cannot_be_smuggled(
    http: Http, headers: dict[str, str], message: str
) -> None:
    with pytest.raises(NodeError) as caught:
        await http.text("GET", "https://api.example.com", headers=headers)
    assert caught.value.message == message


async def test_a_method_cannot_hold_a_request(http: Http) -> None:
    with pytest.raises(NodeError, match="is not an HTTP method"):
        await http.text("GET / HTTP/1.1\r\n", "https://api.example.com")


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "example.com", "http://", "http://a:99999/", "", "file:///x"]
)
async def test_only_http_addresses_are_called(http: Http, url: str) -> None:
    with pytest.raises(NodeError) as caught:
        await http.text("GET", url)
    assert caught.value.message == f"url {url!r} is not an HTTP address"
    assert caught.value.hint == 'A URL begins with "http://" or "https://" and a host.'


URLS = {
    "encoded stays": ("/a%2Fb?x=%7E+1", "/a%2Fb?x=%7E+1"),
    "spaces and umlauts": ("/a b/ü?q=ä ö", "/a%20b/%C3%BC?q=%C3%A4+%C3%B6"),
    "fragment goes": ("/a?x=1#part", "/a?x=1"),
}


@pytest.mark.parametrize(("given", "sent"), URLS.values(), ids=URLS)
async def test_urls_on_the_wire(http: Http, server: Loopback, given: str, sent: str) -> None:
    await http.request("GET", server.url(given), check=False)
    assert server.lines == [f"GET {sent}"]


async def test_user_and_password_of_a_url_become_a_header(http: Http, server: Loopback) -> None:
    server.json("/", 1)
    await http.json("GET", f"http://ada:se%3Acret@127.0.0.1:{server.port}/")
    assert server.seen[0].headers["Authorization"] == "Basic YWRhOnNlOmNyZXQ="


async def test_a_given_header_goes_before_that_of_the_url(http: Http, server: Loopback) -> None:
    server.json("/", 1)
    url = f"http://ada:x@127.0.0.1:{server.port}/"
    await http.json("GET", url, headers={"authorization": "Bearer 1"})
    assert server.seen[0].headers["Authorization"] == "Bearer 1"


async def test_a_response_as_a_whole(http: Http, server: Loopback) -> None:
    server.json("/", {"a": 1}, status=418, X_Tea="yes")
    response = await http.request("GET", server.url(), check=False)
    assert (response.status, response.reason, response.ok) == (418, "I'm a Teapot", False)
    assert response.headers["x-tea"] == "yes"
    assert response.media_type == "application/json"
    assert response.url == server.url()
    assert repr(response) == "Response(418, 8 bytes)"


async def test_cookies_of_one_call_are_not_sent_with_the_next(http: Http, server: Loopback) -> None:
    server.json("/", 1, Set_Cookie="session=1")
    await http.json("GET", server.url())
    await http.json("GET", server.url())
    assert "Cookie" not in server.seen[1].headers


async def test_a_session_can_be_used_after_it_was_closed(
    http: Http, session: Session, server: Loopback
) -> None:
    server.json("/", 1)
    await http.json("GET", server.url())
    await session.aclose()
    await session.aclose()
    assert await http.json("GET", server.url()) == 1


async def test_a_proxy_is_asked_for_the_whole_url(http: Http, server: Loopback) -> None:
    server.json("/x", {"by": "proxy"})
    got = await http.json("GET", "http://api.example.com/x", proxy=server.url())
    assert got == {"by": "proxy"}
    assert server.lines == ["GET http://api.example.com/x"]
    assert server.seen[0].headers["Host"] == "api.example.com"


def test_http_is_imported_without_aiohttp() -> None:
    script = "import sys; from nodekit.http import Http, Session; Session(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "aiohttp" not in done.stdout.split()


async def test_a_fake_clock_is_not_needed_to_close(clock: FakeClock) -> None:
    session = Session()
    session.for_step(step="Call", clock=clock)
    await session.aclose()
    assert clock.slept == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param(b'{"id": 18446744073709551616}', {"id": 2**64}, id="a large whole number"),
        pytest.param(b"-9223372036854775809", -(2**63) - 1, id="a small whole number"),
        pytest.param(b'["\\ud800"]', ["\ud800"], id="half a pair"),
        pytest.param(b"\xef\xbb\xbf[1]", [1], id="a byte order mark"),
        pytest.param(b'"\xff"', "\ufffd", id="bytes that are not text"),
        pytest.param(b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}, id="usual"),
    ],
)
def test_json_is_read_exactly(content: bytes, value: Json) -> None:
    assert Response(200, "", {}, "", content).json() == value


def test_json_is_read_in_its_character_set() -> None:
    headers = {"Content-Type": "application/json; charset=latin-1"}
    assert Response(200, "", headers, "", '"Ã¤"'.encode("latin-1")).json() == "Ã¤"


def test_json_that_is_none_raises() -> None:
    with pytest.raises(ValueError, match="NaN is not JSON"):
        Response(200, "", {}, "", b"[NaN]").json()
