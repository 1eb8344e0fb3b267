"""HTTP request, through the real engine against a real server."""

from collections.abc import AsyncIterator, Mapping

import anyio
import pytest
from aiohttp import web
from nodekit_nodes_core.credentials import BearerAuth, QueryAuth
from nodekit_nodes_core.http_body import written_authority
from nodekit_nodes_core.http_request import HttpRequest
from pydantic import SecretStr

from nodekit import Binary, Item, Json, PipelineError
from nodekit.testing import FakeClock, NodeRun, check_node_contract, raises_node_error, run_node
from tests.support.answers import answers
from tests.support.loopback import Answer, Loopback, loopback


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


def content(body: bytes, media_type: str, status: int = 200, disposition: str = "") -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": media_type}
        if disposition:
            headers["Content-Disposition"] = disposition
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def echo(request: web.Request) -> web.StreamResponse:
    return web.json_response({"line": f"{request.method} {request.raw_path}"})


async def test_the_contract() -> None:
    await check_node_contract(HttpRequest)


ANSWERS: dict[str, tuple[Answer, list[Json]]] = {
    "an object": (content(b'{"a": 1}', "application/json"), [{"a": 1}]),
    "a list": (content(b'[{"a": 1}, 2, null]', "application/json"), [{"a": 1}, {"data": 2}, {}]),
    "an empty list": (content(b"[]", "application/json"), []),
    "null": (content(b"null", "application/json; charset=utf-8"), [{}]),
    "a number": (content(b"5", "application/json"), [{"data": 5}]),
    "text": (content("ü".encode(), "text/plain"), [{"data": "ü"}]),
    "a page": (content(b"<html>", "text/html"), [{"data": "<html>"}]),
    "nothing": (content(b"", "text/plain", 204), [{}]),
}


@pytest.mark.parametrize(("answer", "items"), ANSWERS.values(), ids=ANSWERS)
async def test_what_an_answer_becomes(server: Loopback, answer: Answer, items: list[Json]) -> None:
    server.on("/x", answer)
    done = await run_node(HttpRequest, {"url": server.url("/x")}, [{"n": 1}])
    assert done.json == items


OPTIONS: dict[str, tuple[dict[str, Json], bytes, list[Json]]] = {
    "text of json": ({"response": "text"}, b"[1]", [{"data": "[1]"}]),
    "into": ({"response": "text", "into": "page"}, b"x", [{"page": "x"}]),
    "into, of a list": ({"into": "n"}, b"[1]", [{"n": 1}]),
    "a list as one item": ({"split": False}, b"[1, 2]", [{"data": [1, 2]}]),
}


@pytest.mark.parametrize(("params", "body", "items"), OPTIONS.values(), ids=OPTIONS)
async def test_how_an_answer_is_read(
    server: Loopback, params: dict[str, Json], body: bytes, items: list[Json]
) -> None:
    server.on("/x", content(body, "application/json"))
    done = await run_node(HttpRequest, {"url": server.url("/x"), **params}, [{}])
    assert done.json == items


async def test_json_of_another_media_type(server: Loopback) -> None:
    server.on("/x", content(b'{"a": 1}', "text/plain"))
    done = await run_node(HttpRequest, {"url": server.url("/x"), "response": "json"}, [{}])
    assert done.json == [{"a": 1}]


async def test_the_full_answer(server: Loopback) -> None:
    server.json("/x", {"made": True}, status=201, X_Custom="yes")
    done = await run_node(HttpRequest, {"url": server.url("/x"), "full": True}, [{}])
    (item,) = done.json
    assert (item["body"], item["statusCode"], item["statusMessage"]) == (
        {"made": True},
        201,
        "Created",
    )
    assert item["headers"]["x-custom"] == "yes"


async def test_headers_of_the_full_answer(server: Loopback) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        response = web.Response(text="x")
        for name in ("Set-Cookie", "X-More"):
            response.headers.add(name, "a=1")
            response.headers.add(name, "b=2")
        return response

    server.on("/x", answer)
    done = await run_node(HttpRequest, {"url": server.url("/x"), "full": True}, [{}])
    assert done.json[0]["data"] == "x"
    assert done.json[0]["headers"]["set-cookie"] == ["a=1", "b=2"]
    assert done.json[0]["headers"]["x-more"] == "a=1, b=2"


FILES: dict[str, tuple[str, str, str | None]] = {
    "by its path": ("", "/files/r%C3%A9port.pdf", "réport.pdf"),
    "by its header": ('attachment; filename="a b.pdf"', "/files/x", "a b.pdf"),
    "by its header in utf-8": ("attachment; filename*=UTF-8''%C3%BC.pdf", "/files/x", "ü.pdf"),
    "without folders": ('attachment; filename="../../etc/passwd"', "/files/x", "passwd"),
    "nameless": ("", "/", None),
}


@pytest.mark.parametrize(("disposition", "path", "name"), FILES.values(), ids=FILES)
async def test_files(server: Loopback, disposition: str, path: str, name: str | None) -> None:
    for route in ("/files/réport.pdf", "/files/x", "/"):
        server.on(route, content(b"%PDF", "application/pdf", disposition=disposition))
    item = Item({"n": 1}, binary={"old": Binary(b"x")})
    done = await run_node(HttpRequest, {"url": server.url(path), "into": "file"}, [item])
    assert done.json == [{"n": 1}]
    file = done.items[0].binary["file"]
    assert (file.bytes(), file.media_type, file.file_name) == (b"%PDF", "application/pdf", name)
    assert done.items[0].binary["old"].bytes() == b"x"


async def test_a_file_with_the_full_answer(server: Loopback) -> None:
    server.on("/x", content(b"\x00", "image/png"))
    done = await run_node(HttpRequest, {"url": server.url("/x"), "full": True}, [{"n": 1}])
    assert done.json[0].keys() == {"headers", "statusCode", "statusMessage"}
    assert done.items[0].binary["data"].size == 1


async def test_every_item_has_its_request_and_keeps_its_place(server: Loopback) -> None:
    server.on("/x", echo)
    params: dict[str, Json] = {
        "url": f"={server.url('/x')}?n={{{{ $json.n }}}}",
        "query": {"q": "={{ $json.q }}", "none": None, "list": [1, 2]},
        "headers": {"X-Item": "={{ $itemIndex }}", "X-None": None},
    }
    done = await run_node(HttpRequest, params, [{"n": 1, "q": "a b&c"}, {"n": 2, "q": "ü"}])
    assert [row["line"] for row in done.json] == [
        "GET /x?n=1&q=a%20b%26c&list=1&list=2",
        "GET /x?n=2&q=%C3%BC&list=1&list=2",
    ]
    seen = {seen.line[:10]: seen.headers for seen in server.seen}
    assert [seen[f"GET /x?n={n}"]["X-Item"] for n in (1, 2)] == ["0", "1"]
    assert seen["GET /x?n=1"]["Accept"].startswith("application/json,text/html")
    assert "X-None" not in seen["GET /x?n=1"]


BODIES: dict[str, tuple[dict[str, Json], bytes, str]] = {
    "json": ({"json": {"n": "={{ $json.n }}"}}, b'{"n":1}', "application/json"),
    "text of json": ({"json": '={ "n": {{ $json.n }} }'}, b'{"n":1}', "application/json"),
    "form": ({"form": {"n": "={{ $json.n }}"}}, b"n=1", "application/x-www-form-urlencoded"),
    "text": ({"text": "={{ $json.n }}ü"}, "1ü".encode(), "text/plain; charset=utf-8"),
    "text of a kind": ({"text": "a,b", "mediaType": "text/csv"}, b"a,b", "text/csv"),
    "file": ({"binary": "data"}, b"a,b", "text/tsv"),
    "file of a kind": ({"binary": "data", "media_type": "text/csv"}, b"a,b", "text/csv"),
}


@pytest.mark.parametrize(("body", "sent", "media_type"), BODIES.values(), ids=BODIES)
async def test_bodies(
    server: Loopback, body: dict[str, Json], sent: bytes, media_type: str
) -> None:
    server.json("/x", 1)
    item = Item({"n": 1}, binary={"data": Binary(b"a,b", media_type="text/tsv")})
    await run_node(HttpRequest, {"method": "POST", "url": server.url("/x"), "body": body}, [item])
    assert server.seen[0].body == sent
    assert server.seen[0].headers["Content-Type"] == media_type


async def test_a_multipart_body(server: Loopback) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        parts = await request.post()
        file = parts["file"]
        assert isinstance(file, web.FileField)
        found = {name: str(parts[name]) for name in ("title", "list", "none")}
        return web.json_response({**found, "file": file.file.read().decode(), "is": file.filename})

    server.on("/x", answer)
    item = Item({"t": "Report"}, binary={"data": Binary(b"a,b", file_name="rows.csv")})
    parts: list[Json] = [
        {"name": "title", "value": "={{ $json.t }}"},
        {"name": "list", "value": [1]},
        {"name": "none"},
        {"name": "file", "file": "data"},
    ]
    params = {"method": "POST", "url": server.url("/x"), "body": {"multipart": parts}}
    done = await run_node(HttpRequest, params, [item])
    assert done.json == [
        {"title": "Report", "list": "[1]", "none": "", "file": "a,b", "is": "rows.csv"}
    ]


@pytest.mark.parametrize("body", [{}, {"json": 1, "text": "x"}], ids=["none", "two"])
async def test_a_request_has_one_body(body: dict[str, Json]) -> None:
    with pytest.raises(PipelineError) as caught:
        await run_node(HttpRequest, {"url": "https://a.example", "body": body}, [{}])
    assert "wants one of json, fields, form, multipart, text and binary" in str(caught.value)


async def test_a_file_that_the_item_has_not() -> None:
    params = {"method": "POST", "url": "https://a.example", "body": {"binary": "data"}}
    with raises_node_error('item 0: the item has no file "data"; it has none'):
        await run_node(HttpRequest, params, [{}])


async def test_text_that_is_not_json() -> None:
    params = {"method": "POST", "url": "https://a.example", "body": {"json": "{a"}}
    with raises_node_error(
        "item 0: the body is text that is not JSON: expecting property name enclosed in double "
        "quotes: line 1 column 2 (char 1)"
    ):
        await run_node(HttpRequest, params, [{}])


async def test_a_refusal_stops(server: Loopback) -> None:
    server.json("/x", {"message": "broken"}, status=500)
    with raises_node_error(f"item 0: GET {server.url('/x')} answered 500: broken"):
        await run_node(HttpRequest, {"url": server.url("/x")}, [{}])


def axios(message: str, code: str, status: int) -> dict[str, Json]:
    return {"message": message, "name": "AxiosError", "code": code, "status": status}


REFUSALS: dict[str, tuple[Answer, dict[str, Json]]] = {
    "json": (
        content(b'{"message": "broken"}', "application/json", 500),
        axios('500 - "{\\"message\\":\\"broken\\"}"', "ERR_BAD_RESPONSE", 500),
    ),
    "text": (content(b"who?", "text/plain", 404), axios('404 - "who?"', "ERR_BAD_REQUEST", 404)),
    "nothing": (content(b"", "text/plain", 401), axios('401 - ""', "ERR_BAD_REQUEST", 401)),
}


@pytest.mark.parametrize(("answer", "error"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refused_item_goes_on_with_the_error_of_n8n(
    server: Loopback, answer: Answer, error: dict[str, Json]
) -> None:
    server.on("/x", answer)
    params = {"url": server.url("/x")}
    done = await run_node(HttpRequest, params, [{"n": 1}], on_error="continue")
    assert done.json == [{"error": error}]
    done = await run_node(HttpRequest, params, [{"n": 1}], on_error="error_output")
    assert [dict(row) for row in done.outputs["error"].json] == [{"n": 1, "error": error}]


async def test_an_item_without_an_answer_goes_on_with_the_reason() -> None:
    params = {"url": "http://127.0.0.1:1/"}
    done = await run_node(HttpRequest, params, [{}], on_error="continue")
    message = "cannot connect to 127.0.0.1:1: connection refused"
    assert done.json == [{"error": {"message": message, "name": "AxiosError"}}]


async def test_any_status_may_be_as_good_as_another(server: Loopback) -> None:
    server.json("/x", {"message": "broken"}, status=500)
    done = await run_node(HttpRequest, {"url": server.url("/x"), "accept_errors": True}, [{}])
    assert done.json == [{"message": "broken"}]


async def test_what_should_be_json_and_is_not(server: Loopback) -> None:
    server.on("/x", content(b"<html>", "application/json"))
    params: dict[str, Json] = {"url": server.url("/x")}
    with raises_node_error("item 0: the answer to GET is not JSON: '<html>'"):
        await run_node(HttpRequest, params, [{}])
    done = await run_node(HttpRequest, {**params, "accept_errors": True}, [{}])
    assert done.json == [{}]


async def test_a_retry_repeats_the_request(server: Loopback) -> None:
    fail, good = content(b"", "text/plain", 503), content(b"{}", "application/json")
    server.on("/x", fail, fail, good)
    clock = FakeClock()
    retry: Json = {"tries": 3, "wait": "5s"}
    done = await run_node(HttpRequest, {"url": server.url("/x")}, [{}], clock=clock, retry=retry)
    assert done.json == [{}]
    assert len(server.seen) == 3


async def test_the_idempotency_key_is_the_same_over_retries(server: Loopback) -> None:
    fail, good = content(b"", "text/plain", 503), content(b"{}", "application/json")
    server.on("/x", fail, good)
    params = {"method": "POST", "url": server.url("/x"), "idempotent": True}
    retry: Json = {"tries": 2}
    await run_node(HttpRequest, params, [{}], clock=FakeClock(), retry=retry)
    first, second = (seen.headers["Idempotency-Key"] for seen in server.seen)
    assert first == second
    assert len(first) == 32


async def test_a_credential_signs(server: Loopback) -> None:
    server.json("/x", 1)
    credential = BearerAuth(token=SecretStr("sesame"))
    await run_node(HttpRequest, {"url": server.url("/x")}, [{}], credential=credential)
    assert server.seen[0].headers["Authorization"] == "Bearer sesame"


async def test_a_secret_that_comes_back_is_not_seen(server: Loopback) -> None:
    server.on("/x", echo)
    credential = QueryAuth(name="key", value=SecretStr("open sesame"))
    done = await run_node(HttpRequest, {"url": server.url("/x")}, [{}], credential=credential)
    assert server.lines == ["GET /x?key=open%20sesame"]
    assert done.json == [{"line": "GET /x?key=***"}]


WRITTEN: dict[str, tuple[str, bool]] = {
    "written": ("http://127.0.0.1:PORT/x", True),
    "written in an expression": ("=http://127.0.0.1:PORT/x", True),
    "a path is computed": ("=http://127.0.0.1:PORT/{{ $json.path }}", True),
    "a host is computed": ("=http://{{ $json.host }}:PORT/x", False),
    "all is computed": ("={{ $json.url }}", False),
    "a port is computed": ("=http://127.0.0.1:{{ $json.port }}/x", False),
    "the end of a host is computed": ("=http://127.0.0.1{{ ':PORT' }}/x", False),
}


@pytest.mark.parametrize(("url", "good"), WRITTEN.values(), ids=WRITTEN)
async def test_who_chose_the_host(server: Loopback, url: str, good: bool) -> None:
    server.json("/x", {"here": True})
    item = {"path": "x", "host": "127.0.0.1", "port": server.port, "url": server.url("/x")}
    params = {"url": url.replace("PORT", str(server.port))}
    done = await run_node(HttpRequest, params, [item], on_error="continue")
    if good:
        assert done.json == [{"here": True}]
    else:
        text = "127.0.0.1 is not a public address, and the host does not stand in the pipeline"
        assert done.json == [{"error": text}]
        assert server.seen == []


async def test_a_private_host_may_be_allowed(server: Loopback) -> None:
    server.json("/x", {"here": True})
    params = {"url": "={{ $json.url }}", "allow_private": True}
    done = await run_node(HttpRequest, params, [{"url": server.url("/x")}])
    assert done.json == [{"here": True}]


AUTHORITIES: dict[str, tuple[Json, str | None]] = {
    "plain": ("https://a.example/x", "a.example"),
    "plain with braces": ("https://a.example{{x}}/", "a.example{{x}}"),
    "without a path": ("=https://a.example", "a.example"),
    "with a port": ("=https://a.example:81?x={{ 1 }}", "a.example:81"),
    "user part": ("=https://a.example@{{ 1 }}/", None),
    "user part computed": ("=https://{{ 1 }}@a.example/", None),
    "a backslash ends it": ("=https://a.example\\{{ 1 }}", "a.example"),
    "not http": ("=ftp://a.example/", None),
    "no text": (5, None),
    "missing": (None, None),
}


@pytest.mark.parametrize(("source", "host"), AUTHORITIES.values(), ids=AUTHORITIES)
def test_the_host_that_is_written(source: Json, host: str | None) -> None:
    assert written_authority(source) == host


async def test_a_trick_with_a_user_part(server: Loopback) -> None:
    params = {"url": f"=http://public.example:80{{{{ $json.more }}}}:{server.port}/x"}
    done = await run_node(HttpRequest, params, [{"more": "@127.0.0.1"}], on_error="continue")
    assert "not a public address" in done.json[0]["error"]
    assert server.seen == []


async def test_batches_of_items_wait_for_each_other(server: Loopback) -> None:
    clock = FakeClock(auto=False)
    server.on("/x", echo)
    params = {"url": server.url("/x"), "batch": {"size": 2, "wait": "10s"}}
    done: list[NodeRun] = []

    async def run() -> None:
        done.append(await run_node(HttpRequest, params, [{}] * 5, clock=clock))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        for count in (2, 4, 5):
            while len(server.seen) < count:
                await anyio.lowlevel.checkpoint()
            await clock.settle()
            assert len(server.seen) == count
            await clock.advance(10)
    assert len(done[0].json) == 5


async def test_a_limit(server: Loopback) -> None:
    clock = FakeClock()
    server.on("/x", echo)
    params = {"url": server.url("/x"), "limit": {"requests": 60, "per": "1m", "at_once": 1}}
    await run_node(HttpRequest, params, [{}] * 3, clock=clock)
    assert clock.slept == pytest.approx([1.0, 1.0], abs=1e-6)


async def test_a_limit_by_weight(server: Loopback) -> None:
    clock = FakeClock()
    server.on("/x", echo)
    limit: dict[str, Json] = {"units": 600, "per": "1m", "weight": "={{ $json.tokens }}"}
    items = [{"tokens": n} for n in (10, 50, 5)]
    await run_node(HttpRequest, {"url": server.url("/x"), "limit": limit}, items, clock=clock)
    assert clock.slept == pytest.approx([1.0, 5.0], abs=1e-6)


REQUESTS: dict[str, tuple[dict[str, Json], str]] = {
    "timeout": ({"timeout": "50ms"}, "gave no answer within 0.05 s"),
    "max_size": ({"max_size": "2kB"}, "is larger than 2 kB"),
    "redirects": ({"redirects": 1}, "was redirected more than 1 times"),
    "no redirects": ({"redirects": 0}, "answered 302: Found"),
}


@pytest.mark.parametrize(("params", "message"), REQUESTS.values(), ids=REQUESTS)
async def test_bounds(server: Loopback, params: dict[str, Json], message: str) -> None:
    async def silence(_: web.Request) -> web.StreamResponse:
        await anyio.sleep_forever()
        raise AssertionError("nobody wakes it")

    server.on("/timeout", silence)
    server.json("/max_size", "x" * 5000)
    server.redirect("/redirects", "/redirects")
    url = server.url(f"/{next(iter(params))}")
    done = await run_node(HttpRequest, {"url": url, **params}, [{}], on_error="continue")
    assert message in done.errors[0].message


async def test_a_proxy(server: Loopback) -> None:
    server.json("/x", {"by": "proxy"})
    params = {"url": "http://a.example/x", "proxy": server.url("")}
    done = await run_node(HttpRequest, params, [{}])
    assert done.json == [{"by": "proxy"}]


async def test_the_fake_answers_are_enough_for_most() -> None:
    with answers() as told:
        told.get("https://a.example/?a%5B0%5D=1", payload={"x": 1})
        params = {"url": "https://a.example/", "query": {"a": [1]}, "arrays": "indices"}
        assert (await run_node(HttpRequest, params, [{}])).json == [{"x": 1}]


def paged(total: int, size: int = 2) -> Answer:
    """Answer rows page by page, with the path of the next page."""

    async def answer(request: web.Request) -> web.StreamResponse:
        page = int(request.query.get("page", "1"))
        rows = [{"row": n} for n in range(1, total + 1)][(page - 1) * size : page * size]
        more = page * size < total
        return web.json_response({"rows": rows, "next": f"/rows?page={page + 1}" if more else None})

    return answer


PAGES: dict[str, Mapping[str, Json]] = {
    "next": {"next": "={{ $response.body.next }}"},
    "page number": {
        "set": {"query": {"page": "={{ $pageCount + 1 }}"}},
        "until": "={{ $response.body.rows.length < 2 }}",
    },
}


@pytest.mark.parametrize("pages", PAGES.values(), ids=PAGES)
async def test_pages(server: Loopback, pages: Mapping[str, Json]) -> None:
    server.on("/rows", paged(5))
    done = await run_node(HttpRequest, {"url": server.url("/rows"), "pages": dict(pages)}, [{}])
    assert [row["rows"] for row in done.json] == [
        [{"row": 1}, {"row": 2}],
        [{"row": 3}, {"row": 4}],
        [{"row": 5}],
    ]
    assert len(server.seen) == 3
