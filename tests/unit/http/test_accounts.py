"""Tokens and digests: fetched, shared, renewed."""

import hashlib
import re
from collections.abc import Mapping

import anyio
import pytest
from aiohttp import web
from pydantic import SecretStr

from nodekit import ApiError, Credential, CredentialError, Json, Request
from nodekit.http import Http, Session, try_credential
from nodekit.testing import FakeClock
from tests.support.loopback import Loopback


class Token(Credential):
    """A token that lives as long as the service says."""

    url: str
    secret: SecretStr = SecretStr("sesame")

    def renewal(self) -> Request:
        return Request("POST", f"{self.url}/token", form={"secret": self.secret.get_secret_value()})

    def granted(self, answer: Json) -> tuple[Mapping[str, str], float | None]:
        if "token" not in answer:
            raise CredentialError("there is no token in it")
        return {"Authorization": f"Bearer {answer['token']}"}, answer.get("seconds")


class Plain(Credential):
    """A credential that declares nothing."""


@pytest.fixture
def token(server: Loopback) -> Token:
    return Token(url=server.url("").rstrip("/"))


def tokens(server: Loopback) -> list[str | None]:
    """Return what calls were signed with."""
    return [s.headers.get("Authorization") for s in server.seen if s.line != "POST /token"]


async def test_a_token_is_fetched_once(http: Http, server: Loopback, token: Token) -> None:
    server.json("/token", {"token": "a"})
    server.json("/x", 1)
    await http.json("GET", server.url("/x"), credential=token)
    await http.json("GET", server.url("/x"), credential=Token(url=token.url))
    assert server.lines == ["POST /token", "GET /x", "GET /x"]
    assert server.seen[0].body == b"secret=sesame"
    assert tokens(server) == ["Bearer a", "Bearer a"]


async def test_many_calls_share_one_renewal(http: Http, server: Loopback, token: Token) -> None:
    server.json("/token", {"token": "a"})
    server.json("/x", 1)

    async def call() -> None:
        await http.json("GET", server.url("/x"), credential=token)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(call)
    assert server.lines.count("POST /token") == 1
    assert tokens(server) == ["Bearer a"] * 20


@pytest.mark.parametrize(
    ("life", "before", "after"), [(3600, 3539, 3541), (40, 29, 31)], ids=["long", "short"]
)
async def test_a_token_is_renewed_before_it_ends(
    http: Http, server: Loopback, token: Token, clock: FakeClock, life: int, before: int, after: int
) -> None:
    server.json("/token", {"token": "a", "seconds": life}, {"token": "b", "seconds": life})
    server.json("/x", 1)
    await http.json("GET", server.url("/x"), credential=token)
    await clock.advance(before)
    await http.json("GET", server.url("/x"), credential=token)
    await clock.advance(after - before)
    await http.json("GET", server.url("/x"), credential=token)
    assert tokens(server) == ["Bearer a", "Bearer a", "Bearer b"]


async def test_a_refused_token_is_renewed_once(http: Http, server: Loopback, token: Token) -> None:
    server.json("/token", {"token": "a"}, {"token": "b"})

    async def answer(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == "Bearer b"
        return web.json_response("in" if good else "out", status=200 if good else 401)

    server.on("/x", answer)
    assert await http.json("GET", server.url("/x"), credential=token) == "in"
    assert tokens(server) == ["Bearer a", "Bearer b"]


async def test_a_token_that_is_always_refused(http: Http, server: Loopback, token: Token) -> None:
    server.json("/token", {"token": "a"})
    server.json("/x", {"message": "no"}, status=401)
    with pytest.raises(ApiError, match="answered 401: no"):
        await http.json("GET", server.url("/x"), credential=token)
    assert server.lines == ["POST /token", "GET /x", "POST /token", "GET /x"]


async def test_a_credential_without_a_token_is_not_tried_twice(
    http: Http, server: Loopback
) -> None:
    server.json("/x", {"message": "no"}, status=401)
    with pytest.raises(ApiError):
        await http.json("GET", server.url("/x"), credential=Plain())
    assert server.lines == ["GET /x"]


async def test_a_token_that_was_renewed_meanwhile_is_used(
    http: Http, server: Loopback, token: Token
) -> None:
    server.json("/token", {"token": "a"}, {"token": "b"}, {"token": "c"})
    both = anyio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] == "Bearer b":
            return web.json_response("in")
        if tokens(server).count("Bearer a") == 2:
            both.set()
        await both.wait()
        return web.json_response("out", status=401)

    server.on("/x", answer)
    got: list[Json] = []

    async def call() -> None:
        got.append(await http.json("GET", server.url("/x"), credential=token))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        group.start_soon(call)
    assert got == ["in", "in"]
    assert server.lines.count("POST /token") == 2


NO_TOKEN: dict[str, tuple[Json, int, type[Exception], str]] = {
    "refused": (
        {"error": "invalid_client"},
        401,
        CredentialError,
        "no token was given: POST {url}/token answered 401: invalid_client",
    ),
    "nothing in it": ({}, 200, CredentialError, "there is no token in it"),
    "out of order": ({}, 503, ApiError, "POST {url}/token answered 503: Service Unavailable"),
}


@pytest.mark.parametrize(("answer", "status", "kind", "message"), NO_TOKEN.values(), ids=NO_TOKEN)
async def test_no_token(
    http: Http,
    server: Loopback,
    token: Token,
    answer: Json,
    status: int,
    kind: type[ApiError | CredentialError],
    message: str,
) -> None:
    server.json("/token", answer, status=status)
    with pytest.raises(kind) as caught:
        await http.json("GET", server.url("/x"), credential=token)
    assert caught.value.message == message.format(url=token.url)
    assert server.lines == ["POST /token"]


async def test_a_token_that_is_no_json(http: Http, server: Loopback, token: Token) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>")

    server.on("/token", answer)
    with pytest.raises(CredentialError) as caught:
        await http.json("GET", server.url("/x"), credential=token)
    assert caught.value.message == (
        f"no token was given: {token.url}/token answered with what is not JSON"
    )


class Login(Credential):
    """A user and a password that are never sent."""

    def digest(self) -> tuple[str, str]:
        return "ada", "sesame"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


async def test_digest(http: Http, server: Loopback) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        given = dict(re.findall(r'(\w+)="?([^",]+)', request.headers.get("Authorization", "")))
        challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
        if not given:
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        known = md5("ada:r:sesame")
        rest = f"{given['nc']}:{given['cnonce']}:auth:{md5(f'POST:{request.raw_path}')}"
        good = given["response"] == md5(f"{known}:n:{rest}")
        return web.json_response((await request.text()) if good else "wrong")

    server.on("/x", answer)
    for _ in range(2):
        got = await http.json("POST", server.url("/x?a=1"), content=b"hi", credential=Login())
        assert got == "hi"
    assert len(server.seen) == 3
    assert all(b"sesame" not in repr(seen).encode() for seen in server.seen)


class Signed(Credential):
    """A credential that signs the whole request."""

    def sign(self, request: Request) -> Request:
        return request.with_fields({"mac": md5(repr(request.json))})


async def test_a_credential_may_sign_the_whole_request(http: Http, server: Loopback) -> None:
    server.json("/x", 1)
    await http.json("POST", server.url("/x"), json={"a": 1}, credential=Signed())
    assert server.seen[0].body == f'{{"a":1,"mac":"{md5(repr({"a": 1}))}"}}'.encode()


class Probed(Credential):
    """A credential with a trial."""

    url: str
    key: SecretStr = SecretStr("sesame")

    def headers(self) -> Mapping[str, str]:
        return {"X-Key": self.key.get_secret_value()}

    def probe(self) -> Request:
        return Request("GET", f"{self.url}/me")


async def test_a_good_credential(server: Loopback, session: Session, clock: FakeClock) -> None:
    server.json("/me", {})
    trial = await try_credential(Probed(url=server.url("")), session, clock)
    assert (trial.good, trial.message) == (True, "GET answered 200")
    assert server.seen[0].headers["X-Key"] == "sesame"


async def test_a_bad_credential(server: Loopback, session: Session, clock: FakeClock) -> None:
    server.json("/me", {"message": "who?"}, status=401)
    trial = await try_credential(Probed(url=server.url("")), session, clock)
    assert trial.good is False
    assert trial.message == f"GET {server.url('/me')} answered 401: who?"


async def test_a_credential_without_a_trial(session: Session, clock: FakeClock) -> None:
    trial = await try_credential(Plain(), session, clock)
    assert (trial.good, trial.message) == (None, "it declares no request to try it with")
