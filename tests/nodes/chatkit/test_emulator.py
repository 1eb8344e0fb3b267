"""The emulator by itself: it checks like the real thing, and breaks on demand."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from nodekit_nodes_chatkit.emulator import Emulator, Fault, Settings, create_emulator
from nodekit_nodes_chatkit.emulator.fixture import RunningEmulator, chatkit_emulator

from tests.support.chatkit import SERVER_SEND, Bench, transcripts

__all__ = ["chatkit_emulator"]

BETA = {"Authorization": "Bearer sk-emulator", "OpenAI-Beta": "chatkit_beta=v1"}


class Client:
    """Speaks HTTP with an emulator."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Send a request; return status and body."""
        async with self.session.request(
            method, f"{self.url}{path}", json=body, headers={**BETA, **headers}
        ) as answer:
            raw = await answer.read()
            kind = answer.content_type
            return answer.status, json.loads(raw) if kind == "application/json" else raw.decode()


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, bench.url)


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/v1/chatkit/sessions", {"user": "u"}, 400, "Missing required parameter: 'workflow.id'."),
        (
            "/v1/chatkit/sessions",
            {"workflow": {"id": "w"}},
            400,
            "Missing required parameter: 'user'.",
        ),
        (
            "/v1/chatkit/sessions",
            {"user": "u", "workflow": {"id": "w"}, "expires_after": {"seconds": 601}},
            400,
            "expires_after.seconds must be from 1 to 600.",
        ),
        (
            "/v1/chatkit/sessions",
            {
                "user": "u",
                "workflow": {"id": "w", "state_variables": {str(n): n for n in range(65)}},
            },
            400,
            "Too many state variables.",
        ),
        ("/v1/chatkit/sessions", [1], 400, "The body must be a JSON object."),
        (
            "/v1/chatkit/sessions/x/cancel",
            None,
            404,
            "Chatkit Session with id 'x' not found.",
        ),
        (
            "/v1/chat/sessions/x/messages",
            {"client_secret": "ek"},
            404,
            "Chatkit Session with id 'x' not found.",
        ),
    ],
)
async def test_checks_like_the_real_thing(
    path: str, body: Any, status: int, message: str, client: Client
) -> None:
    found, answer = await client.ask("POST", path, body)
    assert (found, answer["error"]["message"]) == (status, message)


async def test_the_key_the_header_and_the_body(client: Client) -> None:
    threads = "/v1/chatkit/threads"
    assert (await client.ask("GET", threads, Authorization="Bearer x"))[0] == 401
    status, answer = await client.ask("GET", threads, **{"OpenAI-Beta": "no"})
    assert (status, "OpenAI-Beta" in answer["error"]["message"]) == (400, True)
    assert (await client.ask("GET", f"{threads}?limit=101"))[0] == 400
    assert (await client.ask("GET", f"{threads}?after=nope"))[0] == 400
    async with client.session.post(
        f"{client.url}/v1/chatkit/sessions", data=b"{", headers=BETA
    ) as answered:
        assert answered.status == 400


async def test_a_message_of_the_original_api_to_no_thread(client: Client, bench: Bench) -> None:
    session = bench.emulator.store.new_session("u", {"id": "wf_1"}, 600)
    body = {
        "client_secret": session.secret,
        "workflow": {"id": "wf_1"},
        "thread_id": "cthr_9",
        "messages": [],
    }
    path = f"/v1/chat/sessions/{session.id}/messages"
    assert (await client.ask("POST", path, body))[0] == 404


async def test_limits_are_kept_and_said(client: Client, bench: Bench) -> None:
    session = bench.emulator.store.new_session("u", {"id": "wf_1"}, 600)
    session.per_minute = 1
    body = {"client_secret": session.secret, "workflow": {"id": "wf_1"}, "messages": []}
    path = f"/v1/chat/sessions/{session.id}/messages"
    assert (await client.ask("POST", path, body))[0] == 200
    assert (await client.ask("POST", path, body))[0] == 429
    bench.emulator.settings.clock.advance(60)
    assert (await client.ask("POST", path, body))[0] == 200
    bench.emulator.settings.enforce_limits = False
    assert (await client.ask("POST", path, body))[0] == 200


async def test_an_old_secret_may_have_a_time_of_grace(bench: Bench) -> None:
    store, settings = bench.emulator.store, bench.emulator.settings
    settings.old_secret_grace = 10
    session = store.new_session("u", {"id": "wf_1"}, 600)
    old = session.secret
    store.rotate(session)
    assert store.session_of(old) is session
    settings.clock.advance(11)
    assert store.session_of(old) is None


async def test_control(client: Client, bench: Bench) -> None:
    fault = {"match": {"path": "/threads"}, "times": "always", "action": {"name": "status"}}
    assert await client.ask("POST", "/__emulator/faults", fault) == (200, {"ok": True})
    assert (await client.ask("GET", "/v1/chatkit/threads"))[0] == 500
    status, answer = await client.ask("POST", "/__emulator/faults", [{"action": {"name": "x"}}])
    assert (status, answer["error"].startswith("there is no fault 'x'")) == (400, True)
    log = (await client.ask("GET", "/__emulator/log"))[1]
    assert [row["path"] for row in log] == ["/v1/chatkit/threads"]
    before = bench.emulator.settings.clock.now()
    await client.ask("POST", "/__emulator/clock", {"seconds": 60})
    assert bench.emulator.settings.clock.now() == before + 60
    await client.ask("POST", "/__emulator/reset", {})
    assert (await client.ask("GET", "/v1/chatkit/threads"))[0] == 200
    assert len(bench.emulator.log) == 1


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"name": "unauthorized"}, 401),
        ({"name": "status", "status": 418, "body": "tea", "headers": {"X-A": "1"}}, 418),
        ({"name": "malformed_json", "form": "trailing_comma"}, 200),
    ],
)
async def test_faults_that_answer(options: dict[str, Any], status: int, bench: Bench) -> None:
    async with aiohttp.ClientSession() as session:
        bench.emulator.faults.add(**options)
        async with session.get(f"{bench.url}/v1/chatkit/threads", headers=BETA) as answer:
            assert answer.status == status


async def test_the_nth_request_only(client: Client, bench: Bench) -> None:
    bench.emulator.faults.add("status", {"method": "GET", "nth": 2}, times="always")
    statuses = [(await client.ask("GET", "/v1/chatkit/threads"))[0] for _ in range(3)]
    assert statuses == [200, 500, 200]


async def test_sessions_that_end(bench: Bench) -> None:
    state = await bench.stored()
    send = {"resource": "message", "input_text": "a", "auto_create": True}
    send["message_workflow_id"] = "wf_1"
    session_id = "cksess_000001"
    bench.emulator.faults.add("expire_secret", {"session": session_id}, after=0)
    run = await bench.run(send, [{}, {}], state=state, concurrency=1)
    assert len(run.json) == 2
    bench.emulator.faults.add("revoke_session", {"path": "/messages"})
    again = await bench.run(send, [{}], state=run.state)
    assert len(again.json) == 1
    bench.emulator.faults.add("expire_secret", {"path": "/messages"}, after=1)
    last = await bench.run(send, [{}, {}, {}], state=again.state, concurrency=1)
    assert len(last.json) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"name": "variant", "form": form}
        for form in ("flat", "secret_object", "milliseconds", "iso", "no_expiry")
    ]
    + [{"name": "rotate_on_send"}, {"name": "clock_skew", "seconds": 5000}],
)
async def test_variants_of_the_original_api(options: dict[str, Any], bench: Bench) -> None:
    bench.emulator.faults.add(**options)
    state = await bench.stored()
    send = {"resource": "message", "input_text": "a"}
    run = await bench.run(send, [{}, {}], state=state, concurrency=1)
    assert len(run.json) == 2


async def test_latency_between_events_changes_nothing(bench: Bench) -> None:
    bench.emulator.faults.add("latency", ms=1, jitter_ms=1, between_events=1)
    assert (await bench.run(SERVER_SEND)).json[0]["text"] == "You said: hello"


STREAMS = transcripts("protocol-streams.json")

COMMANDS = {
    "threads.create": "hello big world",
    "stream.annot": "/annot check this out",
    "stream.widget": "/widget",
    "stream.workflow": "/workflow go",
    "stream.progress": "/progress go",
    "stream.title": "/title A new title",
    "stream.image": "/image",
    "stream.replace": "/replace",
    "stream.eot": "/eot bye",
    "stream.error.error": "/error",
    "stream.error.custom": "/custom",
    "client_tool.pending": "/tool",
    "structured_input.pending": "/ask",
    "thread.lock": "/lock it",
}


def shape(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what is alike in two streams of the same reply: the types of all that comes."""
    rows: list[tuple[str, str]] = []
    for event in events:
        brought = event.get("item") or event.get("update") or {}
        rows.append((event["type"], brought.get("type", "")))
    return [row for row in rows if row[0] not in ("thread.created", "thread.updated")]


@pytest.mark.parametrize("name", COMMANDS)
async def test_streams_are_like_the_recorded_ones(name: str, bench: Bench) -> None:
    options = {"output": "events", "fail_on_stream_error": False}
    params = {**SERVER_SEND, "send_options": options}
    run = await bench.run(params, [{"text": COMMANDS[name]}])
    recorded = STREAMS[name]["response"]["events"]
    assert shape([row["event"] for row in run.json]) == shape(recorded)


async def test_the_fixture_for_users(chatkit_emulator: RunningEmulator) -> None:
    assert chatkit_emulator.account.root == chatkit_emulator.url
    assert chatkit_emulator.server.endpoint == f"{chatkit_emulator.url}/chatkit"
    chatkit_emulator.emulator.settings.token = "t"
    assert chatkit_emulator.server.authentication == "bearer"


def test_it_is_deterministic() -> None:
    first, second = Emulator(Settings(seed=3)), Emulator(Settings(seed=3))
    assert [first.store.new_secret() for _ in range(3)] == [
        second.store.new_secret() for _ in range(3)
    ]
    assert create_emulator().router is not None


def test_a_fault_needs_a_name() -> None:
    with pytest.raises(ValueError, match="there is no fault ''"):
        Fault.of({})
