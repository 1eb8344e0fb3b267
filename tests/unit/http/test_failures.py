"""What a refusal, a broken connection or silence becomes."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import anyio
import anyio.abc
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nodekit import ApiError, Json, NodeError
from nodekit.http import Http, Session
from nodekit.testing import FakeClock
from tests.support.answers import answers
from tests.support.loopback import Loopback

URL = "https://api.example.com/people"

WORDS: dict[str, tuple[Json, str]] = {
    "error.message": ({"error": {"message": "no such user"}}, "no such user"),
    "message": ({"message": "closed"}, "closed"),
    "error and description": (
        {"error": "invalid_grant", "error_description": "the code expired"},
        "the code expired",
    ),
    "error": ({"error": "closed"}, "closed"),
    "errors": ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
    "errors as text": ({"errors": ["first"]}, "first"),
    "error as a list": ({"error": [{"detail": "late"}]}, "late"),
    "detail": ({"title": "Bad", "detail": "too long"}, "too long"),
    "detail as a list": ({"detail": [{"loc": ["a"], "msg": "field required"}]}, "field required"),
    "title": ({"title": "Out of credit"}, "Out of credit"),
    "code": ({"code": "E42"}, "E42"),
    "a list": ([{"message": "x"}], "x"),
    "several lines": ({"message": "a\n  b"}, "a b"),
    "long": ({"message": "x" * 300}, "x" * 199 + "…"),
    "nothing known": ({"a": 1}, "Bad Request"),
    "an empty text": ({"message": " ", "detail": "y"}, "y"),
}


@pytest.mark.parametrize(("body", "words"), WORDS.values(), ids=WORDS)
async def test_the_service_speaks(http: Http, body: Json, words: str) -> None:
    with answers() as told:
        told.get(URL, status=400, payload=body)
        with pytest.raises(ApiError) as caught:
            await http.json("GET", URL)
    assert caught.value.message == f"GET {URL} answered 400: {words}"
    assert caught.value.details == body


TEXTS = {
    "text": ("too many", "too many", "too many"),
    "page": ("<html>sorry</html>", "Bad Gateway", "<html>sorry</html>"),
    "nothing": ("", "Bad Gateway", None),
}


@pytest.mark.parametrize(("body", "words", "details"), TEXTS.values(), ids=TEXTS)
async def test_answers_that_are_not_json(
    http: Http, body: str, words: str, details: str | None
) -> None:
    with answers() as told:
        told.get(URL, status=502, body=body, content_type="text/html")
        with pytest.raises(ApiError) as caught:
            await http.json("GET", URL)
    assert caught.value.message == f"GET {URL} answered 502: {words}"
    assert caught.value.details == details


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, "no"), (401, "no"), (404, "no"), (408, "yes"), (429, "yes"), (500, "yes"), (503, "yes")],
)
async def test_what_may_be_tried_again(http: Http, status: int, retryable: str) -> None:
    with answers() as told:
        told.post(URL, status=status)
        with pytest.raises(ApiError) as caught:
            await http.json("POST", URL)
    assert (caught.value.status, caught.value.retryable) == (status, retryable)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
async def test_hints_are_sentences(http: Http, status: int) -> None:
    with answers() as told:
        told.get(URL, status=status)
        with pytest.raises(ApiError) as caught:
            await http.json("GET", URL)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith(".")


async def test_secrets_of_a_url_are_not_shown(http: Http) -> None:
    with answers() as told:
        told.get(f"{URL}?key=secret", status=400)
        with pytest.raises(ApiError) as caught:
            await http.json("GET", f"{URL}?key=secret#secret")
    assert caught.value.message == f"GET {URL} answered 400: Bad Request"


async def test_a_long_url_is_cut(http: Http) -> None:
    with pytest.raises(ApiError) as caught:
        await http.json("GET", f"http://127.0.0.1:1/{'x' * 500}", timeout=5)
    assert len(caught.value.message) < 200


NOW = 1_700_000_000.0

AFTER: dict[str, tuple[str, float | None]] = {
    "seconds": ("7", 7.0),
    "parts of a second": ("1.5", 1.5),
    "a date": (formatdate(NOW + 30, usegmt=True), 30.0),
    "a date without a zone": ("Tue, 14 Nov 2023 22:13:50", 30.0),
    "a date that has passed": (formatdate(NOW - 30, usegmt=True), 0.0),
    "less than nothing": ("-3", 0.0),
    "nonsense": ("soon", None),
    "infinity": ("inf", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("header", "seconds"), AFTER.values(), ids=AFTER)
async def test_retry_after(http: Http, header: str, seconds: float | None) -> None:
    with answers() as told:
        told.get(URL, status=503, headers={"Retry-After": header})
        with pytest.raises(ApiError) as caught:
            await http.json("GET", URL)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_port_where_nobody_listens(http: Http, method: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ApiError) as caught:
            await http.json(method, f"http://127.0.0.1:{port}/x")
    assert caught.value.message == f"cannot connect to 127.0.0.1:{port}: connection refused"
    assert (caught.value.status, caught.value.retryable) == (None, "yes")


async def test_a_host_that_does_not_exist(clock: FakeClock) -> None:
    async def nowhere(host: str) -> list[str]:
        raise OSError(None, f"no address for {host}")

    session = Session(resolve=nowhere)
    http = session.for_step(step="Call", clock=clock)
    with pytest.raises(ApiError) as caught:
        await http.json("GET", "https://missing.example/x")
    await session.aclose()
    assert caught.value.message == (
        "cannot connect to missing.example: no address for missing.example"
    )
    assert caught.value.retryable == "yes"


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[str]:
    """Serve some bytes and break the connection, whatever is asked."""

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            if answer:
                await stream.send(answer)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield f"http://127.0.0.1:{port}/x"
        group.cancel_scope.cancel()


BROKEN = {
    "before the answer": (b"", "server disconnected"),
    "within the answer": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "response payload is not completed",
    ),
    "no http": (b"hello\r\n\r\n", "bad status line"),
}


@pytest.mark.parametrize(("answer", "reason"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    ("method", "headers", "retryable"),
    [
        ("GET", {}, "yes"),
        ("PUT", {}, "yes"),
        ("POST", {}, "unknown"),
        ("PATCH", {}, "unknown"),
        ("POST", {"idempotency-key": "1"}, "yes"),
    ],
    ids=["get", "put", "post", "patch", "post with a key"],
)
async def test_a_broken_connection(
    http: Http, answer: bytes, reason: str, method: str, headers: dict[str, str], retryable: str
) -> None:
    async with raw_server(answer) as url:
        with pytest.raises(ApiError) as caught:
            await http.json(method, url, headers=headers)
    assert caught.value.message.startswith(f"{method} {url}: the connection broke: {reason}")
    assert (caught.value.status, caught.value.retryable) == (None, retryable)


@pytest.mark.parametrize(("method", "retryable"), [("GET", "yes"), ("POST", "unknown")])
async def test_silence(http: Http, server: Loopback, method: str, retryable: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        await anyio.sleep_forever()
        raise AssertionError("nobody wakes it")

    server.on("/", answer)
    with pytest.raises(ApiError) as caught:
        await http.json(method, server.url(), timeout=0.05)
    assert caught.value.message == f"{method} {server.url()} gave no answer within 0.05 s"
    assert (caught.value.status, caught.value.retryable) == (None, retryable)


async def test_silence_within_the_answer(http: Http, server: Loopback) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        await stream.write(b"begin")
        await anyio.sleep_forever()
        raise AssertionError("nobody wakes it")

    server.on("/", answer)
    with pytest.raises(ApiError) as caught:
        await http.text("GET", server.url(), timeout=0.05)
    assert caught.value.message == f"GET {server.url()} gave no answer within 0.05 s"


async def test_a_proxy_that_refuses(http: Http, server: Loopback) -> None:
    with pytest.raises(ApiError) as caught:
        await http.text("GET", "https://api.example.com/", proxy=server.url())
    assert caught.value.message == "GET https://api.example.com/: the proxy answered 404"
    assert (caught.value.status, caught.value.retryable) == (404, "no")


@asynccontextmanager
async def tls_server(context: ssl.SSLContext) -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response("over tls")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_connecting_takes_too_long(clock: FakeClock) -> None:
    async def search(_: str) -> list[str]:
        await anyio.sleep_forever()
        raise AssertionError("nobody wakes it")

    session = Session(resolve=search)
    with pytest.raises(ApiError) as caught:
        await session.for_step(step="Call", clock=clock).text(
            "POST", "http://a.test/", timeout=0.05
        )
    await session.aclose()
    assert caught.value.message == "cannot connect to a.test: timed out"
    assert caught.value.retryable == "yes"


async def test_a_host_in_a_spelling_that_is_none(http: Http) -> None:
    with pytest.raises(NodeError) as caught:
        await http.text("GET", "http://127.1/x?key=secret")
    assert caught.value.message.startswith("GET http://127.1/x cannot be sent: ")
    assert "secret" not in caught.value.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody has signed but its owner."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_a_certificate_of_nobody(http: Http, certificate: ssl.SSLContext) -> None:
    async with tls_server(certificate) as url:
        with pytest.raises(ApiError) as caught:
            await http.json("GET", url)
        port = url.rsplit(":", 1)[1].strip("/")
        assert caught.value.message.startswith(
            f"cannot connect to 127.0.0.1:{port}: its certificate is not accepted: "
        )
        assert caught.value.retryable == "no"
        assert caught.value.hint is not None
        assert await http.json("GET", url, verify=False) == "over tls"
