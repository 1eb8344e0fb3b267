"""The common kinds of credential: how each signs, and what it refuses."""

from collections.abc import AsyncIterator

import pytest
from nodekit_nodes_core.credentials import (
    BasicAuth,
    BearerAuth,
    CustomAuth,
    DigestAuth,
    HeaderAuth,
    OAuth2ClientCredentials,
    QueryAuth,
)
from nodekit_nodes_core.http_request import HttpRequest
from pydantic import SecretStr, ValidationError

from nodekit import Credential, CredentialError, Json, Registry, Request
from nodekit.testing import run_node
from tests.support.loopback import Loopback, loopback

SECRET = SecretStr("sesame")

CUSTOM = CustomAuth.model_validate(
    {"json": '{"headers": {"X-Key": "sesame"}, "qs": {"key": 5}, "body": {"key": "sesame"}}'}
)

SIGNED: dict[str, tuple[Credential, Request]] = {
    "header": (
        HeaderAuth(name="X-Key", value=SECRET),
        Request("POST", "u", headers={"X-Key": "sesame"}, json={"a": 1}),
    ),
    "query": (
        QueryAuth(name="key", value=SECRET),
        Request("POST", "u", query={"key": "sesame"}, json={"a": 1}),
    ),
    "bearer": (
        BearerAuth(token=SECRET),
        Request("POST", "u", headers={"Authorization": "Bearer sesame"}, json={"a": 1}),
    ),
    "basic": (
        BasicAuth(user="ada", password=SECRET),
        Request("POST", "u", headers={"Authorization": "Basic YWRhOnNlc2FtZQ=="}, json={"a": 1}),
    ),
    "digest": (DigestAuth(user="ada", password=SECRET), Request("POST", "u", json={"a": 1})),
    "custom": (
        CUSTOM,
        Request(
            "POST",
            "u",
            headers={"X-Key": "sesame"},
            query={"key": "5"},
            json={"a": 1, "key": "sesame"},
        ),
    ),
}


@pytest.mark.parametrize(("credential", "request_"), SIGNED.values(), ids=SIGNED)
def test_how_it_signs(credential: Credential, request_: Request) -> None:
    assert credential.sign(Request("POST", "u", json={"a": 1})) == request_
    assert "sesame" not in repr(credential)
    assert "sesame" in " ".join(credential.secrets())


def test_digest_gives_user_and_password() -> None:
    assert DigestAuth(user="ada", password=SECRET).digest() == ("ada", "sesame")


def test_a_part_that_is_missing_in_custom_json_signs_nothing() -> None:
    empty = CustomAuth.model_validate({"json": "{}"})
    assert empty.sign(Request("GET", "u")) == Request("GET", "u")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sesame", "is not JSON"),
        ("[]", "wants an object with headers, qs and body"),
        ('{"sesame": 1}', "wants an object with headers, qs and body"),
    ],
)
def test_custom_json_that_is_none(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CustomAuth.model_validate({"json": text})
    assert message in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("header", HeaderAuth),
        ("query", QueryAuth),
        ("basic", BasicAuth),
        ("bearer", BearerAuth),
        ("digest", DigestAuth),
        ("custom", CustomAuth),
        ("oauth2", OAuth2ClientCredentials),
    ],
)
def test_it_is_installed(name: str, kind: type[Credential]) -> None:
    assert Registry.installed().credential(name) is kind


def test_a_trial_needs_an_address() -> None:
    assert HeaderAuth(name="X", value=SECRET).probe() is None
    tested = HeaderAuth(name="X", value=SECRET, test_url="https://a.example/me")
    assert tested.probe() == Request("GET", "https://a.example/me")


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


def client(server: Loopback, **more: Json) -> OAuth2ClientCredentials:
    fields: dict[str, Json] = {"client_id": "me", "client_secret": "sesame", **more}
    return OAuth2ClientCredentials(token_url=server.url("/token"), **fields)


SENT: dict[str, tuple[dict[str, Json], bytes, str | None]] = {
    "header": ({}, b"grant_type=client_credentials", "Basic bWU6c2VzYW1l"),
    "body": (
        {"send_as": "body"},
        b"grant_type=client_credentials&client_id=me&client_secret=sesame",
        None,
    ),
    "scope and audience": (
        {"scope": "a b", "audience": "https://a.example"},
        b"grant_type=client_credentials&scope=a%20b&audience=https%3A%2F%2Fa.example",
        "Basic bWU6c2VzYW1l",
    ),
}


@pytest.mark.parametrize(("fields", "body", "header"), SENT.values(), ids=SENT)
async def test_oauth2(
    server: Loopback, fields: dict[str, Json], body: bytes, header: str | None
) -> None:
    server.json("/token", {"access_token": "t", "expires_in": "3600"})
    server.json("/x", {"in": True})
    credential = client(server, **fields)
    done = await run_node(HttpRequest, {"url": server.url("/x")}, [{}, {}], credential=credential)
    assert done.json == [{"in": True}, {"in": True}]
    assert server.lines == ["POST /token", "GET /x", "GET /x"]
    assert server.seen[0].body == body
    assert server.seen[0].headers.get("Authorization") == header
    assert server.seen[1].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize("answer", [{}, [], {"access_token": ""}, {"access_token": 5}], ids=str)
def test_oauth2_without_a_token(answer: Json) -> None:
    credential = OAuth2ClientCredentials(
        token_url="https://a.example/token?key=1", client_id="me", client_secret=SECRET
    )
    with pytest.raises(CredentialError) as caught:
        credential.granted(answer)
    assert caught.value.message == "https://a.example/token answered without an access token"


def test_oauth2_without_an_end() -> None:
    credential = OAuth2ClientCredentials(token_url="u", client_id="me", client_secret=SECRET)
    assert credential.granted({"access_token": "t"}) == ({"Authorization": "Bearer t"}, None)


def test_oauth2_is_tried_by_asking_for_a_token() -> None:
    credential = OAuth2ClientCredentials(token_url="u", client_id="me", client_secret=SECRET)
    assert credential.probe() == credential.renewal()
    tested = credential.model_copy(update={"test_url": "https://a.example/me"})
    assert tested.probe() == Request("GET", "https://a.example/me")
