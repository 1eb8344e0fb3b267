"""The original node's contract, cases 23 to 35."""

import json
import logging
from typing import Any

import pytest
from nodekit_nodes_chatkit import OpenAI
from nodekit_nodes_chatkit.bodies import remembered
from nodekit_nodes_chatkit.families.calls import segment
from nodekit_nodes_chatkit.masking import mask, masked, secrets_in
from nodekit_nodes_chatkit.sessions import ChatKitState

from nodekit import Item
from tests.support.chatkit import CREATE, SEND, Bench, only, state_of

END: dict[str, Any] = {"operation": "end"}
REFRESH: dict[str, Any] = {"operation": "refresh"}
NOW = 1_790_000_000.0


async def test_case_23_create_is_exactly_this_request(bench: Bench) -> None:
    await bench.run(CREATE)
    (request,) = bench.sent()
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert (request["method"], request["raw_path"]) == ("POST", "/v1/chat/sessions")
    assert headers["authorization"] == "Bearer sk-emulator"
    assert headers["openai-beta"] == "chatkit_beta=v1"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "application/json"
    assert "openai-organization" not in headers
    assert "openai-project" not in headers
    assert request["body"] == {"workflow": {"id": "wf_1"}}


async def test_case_23_every_optional_field(bench: Bench) -> None:
    params = {
        "workflowId": "wf_1",
        "userId": "u-42",
        "sessionMetadata": '{"plan": "pro"}',
        "sessionOptions": '{"locale": "de"}',
    }
    account = OpenAI.model_validate(
        {
            "apiKey": "sk-emulator",
            "baseUrl": bench.url,
            "organization": "org_1",
            "projectId": "proj_1",
        }
    )
    await bench.run(params, credential=account)
    (request,) = bench.sent()
    assert request["headers"]["OpenAI-Organization"] == "org_1"
    assert request["headers"]["OpenAI-Project"] == "proj_1"
    assert request["body"] == {
        "workflow": {"id": "wf_1"},
        "user": "u-42",
        "metadata": {"plan": "pro"},
        "session_options": {"locale": "de"},
    }


async def test_case_24_nested_and_flat_answers_are_the_same_session(bench: Bench) -> None:
    nested = await bench.run(CREATE)
    bench.emulator.reset()
    bench.emulator.settings.session_form = "flat"
    flat = await bench.run(CREATE)
    assert only(state_of(nested).sessions) == only(state_of(flat).sessions)
    session = {
        "id": "cksess_000001",
        "client_secret": mask(only(state_of(flat).sessions).secret),
        "expires_at": 1_790_000_600,
    }
    assert nested.json == [{"workflowId": "wf_1", "session": session, "raw": {"session": session}}]
    assert flat.json == [{"workflowId": "wf_1", "session": session, "raw": session}]


async def test_case_25_the_secret_is_nowhere_in_clear(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="nodekit")
    created = await bench.run(CREATE)
    secret = only(state_of(created).sessions).secret
    bench.emulator.faults.add("status", {"path": "/messages"}, status=400, body={"error": secret})
    failed = await bench.run(SEND, state=state_of(created), on_error="continue")
    shown = [created.run.record(), failed.run.record(), repr(created.state), caplog.text]
    assert secret.startswith("ek_000001_")
    assert secret not in json.dumps(shown, default=str)
    assert failed.errors[0].message == f"ChatKit request failed (HTTP 400): {mask(secret)}"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", ""),
        ("a", "***"),
        ("abc", "***"),
        ("abcd", "ab***d"),
        ("abcdefgh", "ab***h"),
        ("abcdefghi", "abcd***fghi"),
        ("ek_token_123", "ek_t***_123"),
        ("x" * 30 + "y" * 30, "xxxx***yyyy"),
    ],
)
def test_case_26_masks(secret: str, shown: str) -> None:
    assert mask(secret) == shown


def test_case_26_masking_walks_the_whole_value() -> None:
    value = {
        "client_secret": {"value": "ek_token_123", "expires_at": 1},
        "list": [{"clientSecret": "ek_token_123"}, "Bearer ek_token_123!"],
        "client_secret_note": "no",
    }
    assert secrets_in(value) == {"ek_token_123"}
    assert masked(value, {"ek_token_123"}) == {
        "client_secret": {"value": "ek_t***_123", "expires_at": 1},
        "list": [{"clientSecret": "ek_t***_123"}, "Bearer ek_t***_123!"],
        "client_secret_note": "no",
    }


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"session": {"client_secret": "ek_0123456789"}}, "id"),
        ({"id": "cksess_1"}, "client_secret"),
        ({"id": "cksess_1", "client_secret": {"value": ""}}, "client_secret"),
        ([], "id"),
    ],
)
async def test_case_27_a_response_without_id_or_secret(
    body: Any, missing: str, bench: Bench
) -> None:
    bench.emulator.faults.add("status", status=200, body=body)
    run = await bench.run(CREATE, on_error="continue")
    assert [e.message for e in run.errors] == [f"The session response has no '{missing}'."]
    assert state_of(run).sessions == {}


@pytest.mark.parametrize(
    ("more", "expires_at", "lifetime"),
    [
        pytest.param({"expires_at": NOW + 300}, NOW + 300, 300, id="seconds"),
        pytest.param({"expires_at": NOW + 300.5}, NOW + 300.5, 300.5, id="float"),
        pytest.param({"expires_at": (NOW + 300) * 1000}, NOW + 300, 300, id="milliseconds"),
        pytest.param({"expires_at": "2026-09-21T14:18:20Z"}, NOW + 300, 300, id="ISO"),
        pytest.param({"expires_at": "2026-09-21T14:18:20"}, NOW + 300, 300, id="ISO, no zone"),
        pytest.param({"expires_at": "soon"}, None, 600, id="no date"),
        pytest.param({}, None, 600, id="missing"),
        pytest.param({"expires_after": 60}, NOW + 60, 60, id="after"),
        pytest.param({"expires_after": {"seconds": 60}}, NOW + 60, 60, id="after, nested"),
        pytest.param({"expires_at": NOW - 5}, NOW - 5, 0, id="past"),
    ],
)
def test_case_28_when_a_session_ends(
    more: dict[str, Any], expires_at: float | None, lifetime: float
) -> None:
    body = {"id": "cksess_1", "client_secret": "ek_0123456789", **more}
    record = remembered(body, {}, NOW)
    assert (record.expires_at, record.lifetime) == (expires_at, lifetime)


def test_case_28_the_expiry_inside_a_secret() -> None:
    secret = {"value": "ek_0123456789", "expires_at": NOW + 9}
    record = remembered({"id": "cksess_1", "client_secret": secret}, {}, NOW)
    assert (record.secret, record.expires_at) == ("ek_0123456789", NOW + 9)


async def test_case_28_a_session_that_has_ended_is_renewed_on_use(bench: Bench) -> None:
    bench.emulator.settings.lifetime = 100
    state = await bench.stored()
    await bench.clock.advance(90)
    run = await bench.run(SEND, state=state)
    assert [e.message for e in run.errors] == []
    await bench.clock.advance(200)
    run = await bench.run({**SEND, "autoCreate": True}, state=state_of(run))
    names = [row["path"].rpartition("/")[2] for row in bench.sent()]
    assert names[-3:] == ["refresh", "sessions", "messages"]
    assert run.json[0]["output"][0]["text"] == "You said: hello"


async def test_case_29_refresh_replaces_the_stored_record(bench: Bench) -> None:
    state = await bench.stored()
    old = only(state.sessions)
    run = await bench.run(REFRESH, state=state)
    request = bench.sent()[1]
    assert request["raw_path"] == "/v1/chat/sessions/cksess_000001/refresh"
    assert request["body"] == {"client_secret": old.secret}
    new = only(state_of(run).sessions)
    assert (new.id, new.generation, new.workflow_id) == (old.id, 2, "wf_1")
    assert new.secret != old.secret
    assert run.json[0]["session"]["client_secret"] == mask(new.secret)
    assert run.json[0]["workflowId"] == "wf_1"


async def test_case_29_a_response_without_id_keeps_the_old_one(bench: Bench) -> None:
    state = await bench.stored()
    body = {"client_secret": "ek_abcdefghij", "expires_at": NOW + 600}
    bench.emulator.faults.add("status", {"path": "/refresh"}, status=200, body=body)
    run = await bench.run(REFRESH, state=state)
    assert run.json[0]["session"]["id"] == "cksess_000001"


async def test_case_29_a_manual_session_is_not_stored(bench: Bench) -> None:
    session = only((await bench.stored()).sessions)
    run = await bench.run({**REFRESH, **manual(session.id, session.secret)})
    assert run.json[0]["session"]["id"] == session.id
    assert state_of(run).sessions == {}


def manual(session_id: str, secret: str) -> dict[str, Any]:
    return {
        "sessionSource": "manual",
        "manualSessionId": session_id,
        "manualClientSecret": secret,
    }


async def test_case_30_send_is_exactly_this_request(bench: Bench) -> None:
    state = await bench.stored()
    await bench.run(SEND, [{"text": "Hello"}], state=state)
    request = bench.sent()[1]
    assert request["raw_path"] == "/v1/chat/sessions/cksess_000001/messages"
    assert request["body"] == {
        "client_secret": only(state.sessions).secret,
        "workflow": {"id": "wf_1"},
        "messages": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}],
    }


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
async def test_case_30_every_optional_field_and_role(role: str, bench: Bench) -> None:
    state = await bench.stored()
    await bench.run(SEND, state=state)
    params = {
        **SEND,
        "messageWorkflowId": "wf_2",
        "threadId": "cthr_000001",
        "messageRole": role,
        "systemPrompt": "Be brief.",
        "messageMetadata": '{"ticket": 7}',
    }
    run = await bench.run(params, state=state)
    body = bench.sent()[2]["body"]
    request_id = body["metadata"].pop("nodekit_request_id")
    assert len(request_id) == 32
    assert body == {
        "client_secret": only(state.sessions).secret,
        "workflow": {"id": "wf_2"},
        "messages": [{"role": role, "content": [{"type": "input_text", "text": "hello"}]}],
        "thread_id": "cthr_000001",
        "system_prompt": "Be brief.",
        "metadata": {"ticket": 7},
    }
    assert run.json == [
        {
            "id": "cti_000004",
            "thread_id": "cthr_000001",
            "output": [{"type": "output_text", "text": "You said: hello"}],
        }
    ]


async def test_case_31_an_answer_that_rotates_the_secret(bench: Bench) -> None:
    bench.emulator.settings.rotate_on_send = True
    state = await bench.stored()
    run = await bench.run(SEND, [{"text": "a"}, {"text": "b"}], state=state, concurrency=1)
    record = only(state_of(run).sessions)
    assert record.generation == 3
    assert record.secret == bench.emulator.store.sessions["cksess_000001"].secret
    assert run.json[1]["session"]["client_secret"] == mask(record.secret)


async def test_case_31_a_manual_session_is_not_replaced(bench: Bench) -> None:
    bench.emulator.settings.rotate_on_send = True
    state = await bench.stored()
    record = only(state.sessions)
    params = {**SEND, **manual(record.id, record.secret), "messageWorkflowId": "wf_1"}
    run = await bench.run(params, state=state)
    assert only(state_of(run).sessions) == record


async def test_case_32_end_clears_and_may_be_repeated(bench: Bench) -> None:
    state = await bench.stored()
    other = await bench.run({**CREATE, "sessionScope": "user", "userId": "eve"}, state=state)
    run = await bench.run(END, [{}, {}], state=state_of(other))
    assert run.json == [{"message": "Cleared stored ChatKit session."}] * 2
    assert [row.user for row in state_of(run).sessions.values()] == ["eve"]
    assert len(bench.sent()) == 2


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", " "])
async def test_case_33_base_urls(end: str, bench: Bench) -> None:
    account = OpenAI(base_url=f"{bench.url}{end}", api_key=bench.running.account.api_key)
    await bench.run(CREATE, credential=account)
    assert [row["raw_path"] for row in bench.sent()] == ["/v1/chat/sessions"]


def test_case_33_a_base_url_with_a_path() -> None:
    assert OpenAI(base_url="https://h/proxy/").root == "https://h/proxy"
    assert OpenAI(base_url="https://h/proxy/v1").root == "https://h/proxy"


@pytest.mark.parametrize(
    ("session_id", "shown"),
    [("a/b c?d", "a%2Fb%20c%3Fd"), ("..", "%2E%2E"), (".", "%2E"), ("cksess_1", "cksess_1")],
)
async def test_case_34_a_session_id_is_never_another_path(
    session_id: str, shown: str, bench: Bench
) -> None:
    assert segment(session_id) == shown
    await bench.refuse({**REFRESH, **manual(session_id, "ek_0123456789")})
    (request,) = bench.sent()
    assert request["path"].startswith("/v1/chat/sessions/")
    assert request["raw_path"].count("/") == 5


@pytest.mark.parametrize("wrapped", [False, True], ids=["flat", "under session"])
async def test_case_35_the_original_nodes_record_is_read(wrapped: bool, bench: Bench) -> None:
    session = only((await bench.stored()).sessions)
    flat = {
        "id": session.id,
        "clientSecret": session.secret,
        "expiresAt": session.expires_at,
        "workflowId": "wf_1",
    }
    state = ChatKitState.model_validate({"session": flat} if wrapped else flat)
    run = await bench.run(SEND, state=state)
    assert run.json[0]["output"][0]["text"] == "You said: hello"
    ((key, record),) = state_of(run).sessions.items()
    assert key != "seed"
    assert (record.id, record.workflow_id) == (session.id, "wf_1")


async def test_threads_continue_by_key(bench: Bench) -> None:
    state = await bench.stored()
    params = {**SEND, "threadMode": "key", "threadKey": "={{ $json.key }}"}
    items = [{"text": "a", "key": "1"}, {"text": "b", "key": "2"}, {"text": "c", "key": "1"}]
    run = await bench.run(params, items, state=state)
    assert [row["thread_id"] for row in run.json] == ["cthr_000001", "cthr_000002", "cthr_000001"]


async def test_an_idempotency_key_only_where_it_is_wanted(bench: Bench) -> None:
    state = await bench.stored()
    await bench.run(SEND, state=state)
    await bench.run({**SEND, "idempotencyHeader": True}, state=state)
    keys = [row["headers"].get("Idempotency-Key") for row in bench.sent("/messages")]
    assert keys[0] is None
    assert keys[1] is not None


async def test_the_items_of_the_input_are_linked(bench: Bench) -> None:
    run = await bench.run(CREATE, [Item({"a": 1}), Item({"a": 2})])
    assert [len(item.links or ()) for item in run.items] == [1, 1]
