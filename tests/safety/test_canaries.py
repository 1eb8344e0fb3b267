"""Secrets in every field that may hold one, and a search for them in all that a run leaves."""

import json
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import quote, quote_plus

import anyio.to_thread
import pytest
from aiohttp import web
from nodekit_nodes_chatkit.emulator import Emulator, Settings, serving

from nodekit import (
    ApiError,
    Context,
    Item,
    ItemNode,
    NodeError,
    RunFailed,
    Runtime,
    load,
    run_sync,
)
from tests.support.command import nodekit
from tests.support.flow import Nothing, flow
from tests.support.loopback import Loopback, loopback
from tests.support.plugin import install

SECRETS = {
    name: f'cny/{at}"7f&3a+{name.lower()} =9%c'
    for at, name in enumerate(
        (
            "HEADER",
            "QUERY",
            "BASIC",
            "BEARER",
            "CLIENT",
            "DIGEST",
            "CUSTOM_HEADER",
            "CUSTOM_QUERY",
            "CUSTOM_BODY",
            "CRYPTO",
            "FROM_ITEM",
            "FROM_STATE",
            "MORE",
        )
    )
} | {"TOKEN": "cny-tok-4f5e6d7c", "API_KEY": "sk-cny-90ab12cd", "SERVER": "cny-srv-66aa77bb"}
"""What must not be seen, by name: with all that is written otherwise in URLs, JSON and shells."""

GIVEN = {name: text for name, text in SECRETS.items() if name not in ("TOKEN", "FROM_ITEM")}
CUSTOM = json.dumps(
    {
        "headers": {"X-Custom": SECRETS["CUSTOM_HEADER"]},
        "qs": {"custom": SECRETS["CUSTOM_QUERY"]},
        "body": {"inner": {"custom": SECRETS["CUSTOM_BODY"]}},
    }
)

CREDENTIALS = """\
[header]
type = "header"
name = "X-Key"
value = "${HEADER}"

[query]
type = "query"
name = "key"
value = "${QUERY}"

[basic]
type = "basic"
user = "ada"
password = "${BASIC}"

[bearer]
type = "bearer"
token = "${BEARER}"

[oauth2]
type = "oauth2"
token_url = "URL/token"
client_id = "me"
client_secret = "${CLIENT}"

[digest]
type = "digest"
user = "ada"
password = "${DIGEST}"

[custom]
type = "custom"
json = "${CUSTOM}"

[crypto]
type = "crypto"
secret = "${CRYPTO}"

[openai]
type = "openai"
api_key = "${API_KEY}"
base_url = "EMULATOR"

[server]
type = "chatkit_server"
url = "EMULATOR/chatkit"
token = "${SERVER}"
extra_headers = {X-More = "${MORE}"}
"""

GIVEN_ON = {"n": "={{ $json.n }}", "secret": "={{ $json.secret }}"}

SIGNING = ("header", "query", "basic", "bearer", "oauth2", "digest", "custom")

LEAKING = """\
    import os
    from pathlib import Path

    from pydantic import SecretStr

    from nodekit import Context, Item, ItemNode, Params, State

    class Nothing(Params):
        pass

    class Held(State):
        token: SecretStr = SecretStr("")

    class Leak(ItemNode[Nothing, Held]):
        "Say everywhere what it knows, and fail with it."

        async def run_item(self, item: Item, params: Nothing, ctx: Context[Held]) -> Item:
            ctx.state.token = SecretStr(os.environ["FROM_STATE"])
            secret = item.json["secret"]
            ctx.secret(secret)
            ctx.hint(f"try {secret}")
            ctx.progress(f"trying {secret}")
            ctx.log.debug("the secret is %s", secret)
            try:
                raise KeyError(secret)
            except KeyError as error:
                ctx.log.exception("failed with %r", secret)
                raise RuntimeError(f"{secret} and {os.environ['FROM_STATE']}") from error

    class Look(ItemNode[Nothing]):
        "Write down what everybody sees of processes."

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            seen = [Path(f"/proc/{os.getpid()}/cmdline").read_bytes()]
            for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
                for pid in child.read_text().split():
                    seen += [Path(f"/proc/{pid}/{name}").read_bytes() for name in SEEN]
            Path("processes").write_bytes(b"\\n".join(seen))
            return item

    SEEN = ("cmdline", "environ")
"""


def request(name: str, path: str) -> dict[str, Any]:
    """Return a step that sends a credential where it is sent back."""
    return {
        "name": f"{name} {path}",
        "type": "http_request",
        "credential": name,
        "input": "Given",
        "on_error": "error_output" if path == "refuse" else "continue",
        "params": {
            "method": "POST",
            "url": f"URL/{'digest' if name == 'digest' else path}",
            "body": {"json": {"n": "={{ $json.n }}"}},
            "full": path == "echo",
        },
    }


def pipeline() -> dict[str, Any]:
    """Return a pipeline in which secrets go to a service that sends them back, and fail."""
    steps: list[dict[str, Any]] = [
        {"name": "Given", "type": "set", "params": {"fields": dict(GIVEN_ON)}},
        *(request(name, path) for name in SIGNING for path in ("echo", "refuse")),
    ]
    more: dict[str, dict[str, Any]] = {
        "Sign": {
            "type": "crypto",
            "credential": "crypto",
            "params": {"do": "hmac", "value": "={{ $json.n }}"},
        },
        "Say": {
            "type": "chatkit",
            "credential": "openai",
            "params": {
                "resource": "message",
                "input_text": "hello",
                "auto_create": True,
                "message_workflow_id": "wf_1",
            },
        },
        "Manual": {
            "type": "chatkit",
            "credential": "openai",
            "params": {
                "resource": "message",
                "input_text": "hello",
                "session_source": "manual",
                "manual_session_id": "cksess_9",
                "manual_client_secret": "={{ $json.secret }}",
            },
        },
        "Serve": {
            "type": "chatkit",
            "credential": "server",
            "params": {"api": "server", "input_text": "/boom"},
        },
        "Leak": {"type": "acme.leak"},
        "Look": {"type": "acme.look"},
    }
    steps += [
        {"name": name, "input": "Given", "on_error": "continue", **step}
        for name, step in more.items()
    ]
    names = [*SIGNING, "crypto", "openai", "server"]
    return {"nodekit": 1, "name": "canaries", "credentials": names, "steps": steps}


def forms(text: str) -> Iterator[bytes]:
    """Yield how a secret could stand in a file."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield text.encode("utf-16-le")
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(json.dumps(text))[3:-3].encode()
    yield quote(text).encode()
    yield quote(text, safe="").encode()
    yield quote_plus(text).encode()
    yield repr(text)[1:-1].encode()
    for encode in (b64encode, urlsafe_b64encode):
        yield from (encode(b"\0" * n + raw)[4 : -4 if n + len(raw) % 3 else None] for n in range(3))


def seen_in(content: bytes) -> list[str]:
    """Return the names of the secrets that stand in some bytes."""
    return [name for name, text in SECRETS.items() if any(form in content for form in forms(text))]


async def echo(request: web.Request) -> web.StreamResponse:
    """Send back all that was sent, in many forms."""
    body = (await request.read()).decode()
    headers = dict(request.headers)
    parts = [request.raw_path, body, *headers.values(), *request.query.values()]
    told = {
        "path": request.raw_path,
        "body": body,
        "headers": headers,
        "query": dict(request.query),
        "coded": [quote(part) for part in parts] + [json.dumps(part) for part in parts],
        "base64": [b64encode(f"x{part}".encode()).decode() for part in parts],
        "message": f"I do not like {parts}",
    }
    status = 401 if request.path in ("/refuse", "/digest") else 200
    asks = 'Digest realm="r", nonce="n", qop="auth"'
    return web.json_response(told, status=status, headers={"WWW-Authenticate": asks})


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """Run a service that sends back what it gets, and gives tokens."""
    async with loopback() as running:
        running.on("/echo", echo)
        running.on("/refuse", echo)
        running.on("/digest", echo)
        running.json("/token", {"access_token": SECRETS["TOKEN"], "expires_in": 3600})
        yield running


@pytest.fixture
async def folder(tmp_path: Path, server: Loopback) -> AsyncIterator[Path]:
    """Return a folder with the pipeline, its credentials, and items that hold a secret."""
    emulator = Emulator(Settings(api_key=SECRETS["API_KEY"], token=SECRETS["SERVER"]))
    async with serving(emulator) as url:
        given = {"URL/": server.url(), "EMULATOR": url}

        def filled(text: str) -> str:
            for name, value in given.items():
                text = text.replace(name, value)
            return text

        (tmp_path / "flow.yaml").write_text(filled(json.dumps(pipeline())))
        (tmp_path / "credentials.toml").write_text(filled(CREDENTIALS))
        (tmp_path / ".env").write_text(env_file())
        rows = [{"n": n, "secret": SECRETS["FROM_ITEM"]} for n in range(3)]
        (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        points = {"acme.leak": "acme_leak:Leak", "acme.look": "acme_leak:Look"}
        install(tmp_path, "acme_leak", LEAKING, {"nodekit.nodes": points})
        yield tmp_path


def env_file() -> str:
    """Return the lines of an env file with two of the secrets."""
    return f"CUSTOM={quoted(CUSTOM)}\nHEADER={quoted(GIVEN['HEADER'])}\n"


def quoted(text: str) -> str:
    """Return a text as the value of a line of an env file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


SOURCES = {"flow.yaml", "credentials.toml", ".env", "in.jsonl", "key"}
"""Where secrets are meant to stand; the key seals those in the store."""


def left_by(folder: Path, result: "CompletedProcess[str]") -> dict[str, bytes]:
    """Return all that a run has left, by name."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in SOURCES]
    found = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return {**found, "stdout": result.stdout.encode(), "stderr": result.stderr.encode()}


async def went(folder: Path, *args: str) -> "CompletedProcess[str]":
    """Run the pipeline in a process of its own while the services answer."""
    environ = {name: text for name, text in GIVEN.items() if name != "HEADER"}
    more = {"XDG_CONFIG_HOME": str(folder / "config"), **environ}
    return await anyio.to_thread.run_sync(
        lambda: nodekit(folder, "run", "flow.yaml", "-i", "in.jsonl", *args, environ=more)
    )


MODES: dict[str, tuple[str, ...]] = {
    "recorded": ("-o", "out.jsonl", "--record", "record.json", "-vv", "--keep", "all"),
    "to standard output": ("-vv", "--json", "-o", "out.csv"),
    "in slices": ("-o", "out.jsonl", "--batch", "1", "-vv"),
}


@pytest.mark.parametrize("args", MODES.values(), ids=MODES)
async def test_no_artefact_of_a_run_holds_a_secret(
    folder: Path, server: Loopback, args: tuple[str, ...]
) -> None:
    result = await went(folder, *args)
    assert result.returncode == 0, result.stderr
    came = str([(row.line, dict(row.headers), row.body) for row in server.seen]).encode()
    assert {"HEADER", "QUERY", "BASIC", "BEARER", "CLIENT", "TOKEN"} <= set(seen_in(came))
    left = left_by(folder, result)
    assert {"stdout", "stderr", "processes", ".nodekit/nodekit.db"} <= set(left)
    assert b"***" in left["stderr"]
    shown = {name: seen_in(content) for name, content in left.items()}
    assert {name: secrets for name, secrets in shown.items() if secrets} == {}


async def test_a_run_that_fails_leaves_none_either(folder: Path) -> None:
    text = (folder / "flow.yaml").read_text()
    flow = json.loads(text)
    for step in flow["steps"]:
        if step["name"] == "Leak":
            step["on_error"] = "stop"
    (folder / "flow.yaml").write_text(json.dumps(flow))
    result = await went(folder, "-o", "out.jsonl", "--batch", "1", "-vv")
    assert result.returncode == 1
    left = left_by(folder, result)
    shown = {name: seen_in(content) for name, content in left.items()}
    # A run that can be gone on with keeps the items that it will need again as they were given.
    went_by = {".nodekit/nodekit.db": ["FROM_ITEM"]}
    assert {name: secrets for name, secrets in shown.items() if secrets} == went_by
    removed = await anyio.to_thread.run_sync(partial(nodekit, folder, "runs", "rm", "--keep", "0"))
    assert removed.returncode == 0, removed.stderr
    assert seen_in((folder / ".nodekit" / "nodekit.db").read_bytes()) == []


async def test_trying_credentials_shows_none(folder: Path, server: Loopback) -> None:
    text = (folder / "credentials.toml").read_text()
    for name in ("header", "query", "basic", "bearer", "oauth2", "digest", "custom"):
        row = f'[{name}]\ntest_url = "{server.url("/refuse")}"'
        text = text.replace(f"[{name}]", row)
    (folder / "credentials.toml").write_text(text)
    environ = {name: value for name, value in GIVEN.items() if name != "HEADER"}
    for verb, status in (("ls", 0), ("check", 1)):
        result = await anyio.to_thread.run_sync(
            partial(nodekit, folder, "creds", verb, environ=environ)
        )
        assert result.returncode == status, result.stderr
        assert seen_in((result.stdout + result.stderr).encode()) == []
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert [row["name"] for row in rows] == [*SIGNING, "crypto", "openai", "server"]
    assert [row["good"] for row in rows] == [False] * 7 + [None] * 3
    assert rows[0]["message"].startswith(f"GET {server.url('/refuse')} answered 401: I do not like")


async def test_trying_credentials_that_are_good(folder: Path, server: Loopback) -> None:
    text = (folder / "credentials.toml").read_text()
    for name in ("header", "query", "basic", "bearer", "custom"):
        text = text.replace(f"[{name}]", f'[{name}]\ntest_url = "{server.url("/echo")}"')
    (folder / "credentials.toml").write_text(text)
    environ = {name: value for name, value in GIVEN.items() if name != "HEADER"}
    names = ("header", "query", "basic", "bearer", "custom", "oauth2")
    result = await anyio.to_thread.run_sync(
        lambda: nodekit(folder, "creds", "check", *names, environ=environ)
    )
    assert (result.returncode, result.stderr) == (0, "")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows == [
        *({"name": name, "good": True, "message": "GET answered 200"} for name in names[:5]),
        {"name": "oauth2", "good": True, "message": "POST answered 200"},
    ]
    assert SECRETS["BEARER"] in server.seen[3].headers["Authorization"]


SECRET = SECRETS["HEADER"]


def raises_plainly() -> None:
    raise NodeError("refused")


def raises_from_a_cause() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise NodeError("refused") from error


def raises_in_a_handler() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        raises_plainly()


def raises_a_group() -> None:
    raise NodeError("refused") from ExceptionGroup("several", [ValueError(SECRET)])


def raises_with_details() -> None:
    raise ApiError("refused", status=400, details={"sent": {"key": SECRET}})


def raises_a_bug() -> None:
    raise ZeroDivisionError(SECRET)


RAISING = {
    call.__name__: call
    for call in (
        raises_from_a_cause,
        raises_in_a_handler,
        raises_a_group,
        raises_with_details,
        raises_a_bug,
    )
}


@pytest.mark.parametrize("call", RAISING.values(), ids=RAISING)
@pytest.mark.parametrize("on_error", ["stop", "continue"])
def test_no_exception_that_a_caller_sees_shows_a_secret(call: Any, on_error: str) -> None:
    class Raising(ItemNode[Nothing]):
        """Learn a secret, and raise it."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Raise it."""
            ctx.secret(SECRET)
            call()
            return item

    steps = [{"name": "R", "type": "raising", "on_error": on_error}]
    pipeline = flow(steps, {"raising": Raising})
    try:
        run = run_sync(pipeline)
        told: list[BaseException] = []
    except RunFailed as failed:
        run = failed.run
        told = [failed]
        told += [failed.cause] if failed.cause is not None else []
    assert bool(told) == (on_error == "stop")
    told += [error.cause for error in run.errors if error.cause is not None]
    told += [error.cause for error in run.items.errors.values() if error.cause is not None]
    texts = [line for error in told for line in traceback.format_exception(error)]
    texts += [repr([vars(error) for error in told]), json.dumps(run.record()), repr(run)]
    assert seen_in("\n".join(texts).encode()) == []


def test_a_cause_without_secrets_is_there_with_its_traceback() -> None:
    class Broken(ItemNode[Nothing]):
        """Break."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Break."""
            ctx.secret(SECRET)
            return item.with_json(n=1 // len(item.json))

    with pytest.raises(RunFailed) as caught:
        run_sync(flow([{"name": "B", "type": "broken"}], {"broken": Broken}))
    assert caught.value.cause is not None
    assert "1 // len(item.json)" in "".join(traceback.format_exception(caught.value.cause))


def test_what_was_put_out_before_a_secret_was_known_is_redacted_in_the_end() -> None:
    class Learning(ItemNode[Nothing]):
        """Learn that a field is a secret."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Learn it."""
            ctx.secret(item.json["password"])
            return item.with_json(done=True)

    steps = [{"name": "First"}, {"name": "Learn", "type": "learning"}, {"name": "Last"}]
    run = run_sync(flow(steps, {"learning": Learning}), [{"password": SECRET}])
    assert run.step("First").items[0].json == {"password": "***"}
    assert run.step("Last").items[0].json == {"password": "***", "done": True}
    assert seen_in(json.dumps(run.record()).encode()) == []


async def test_a_token_of_an_earlier_run_is_not_seen(server: Loopback) -> None:
    document = {
        "nodekit": 1,
        "name": "twice",
        "credentials": {
            "account": {
                "type": "oauth2",
                "token_url": server.url("/token"),
                "client_id": "me",
                "client_secret": "${CLIENT}",
            }
        },
        "steps": [
            {
                "name": "Ask",
                "type": "http_request",
                "credential": "account",
                "params": {"url": server.url("/echo"), "full": True},
            }
        ],
    }
    pipeline = load(document, environ={"CLIENT": SECRETS["CLIENT"]})
    async with Runtime() as runtime:
        runs = [await runtime.run(pipeline), await runtime.run(pipeline)]
    assert server.lines == ["POST /token", "GET /echo", "GET /echo"]
    for run in runs:
        assert run.items.json[0]["body"]["headers"]["Authorization"] == "Bearer ***"
        assert seen_in(json.dumps(run.record()).encode()) == []


def test_every_kind_of_credential_is_tried() -> None:
    installed = {point.name for point in entry_points(group="nodekit.credentials")}
    kinds = {*SIGNING, "crypto", "openai", "chatkit_server"}
    assert installed == kinds
