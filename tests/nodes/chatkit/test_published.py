"""OpenAI's published API, cases 46 to 50, and sending through its sessions."""

import json
from typing import Any

import pytest
from nodekit_nodes_chatkit import OpenAI
from nodekit_nodes_chatkit.masking import mask
from nodekit_nodes_chatkit.shapes import simple_item, simple_thread, when

from tests.support.chatkit import HOSTED_SEND, TRANSCRIPTS, Bench, only, state_of

HOSTED: dict[str, Any] = {"api": "chatkit", "workflow_id": "wf_1", "user_id": "ada"}
THREADS: dict[str, Any] = {"api": "chatkit", "resource": "thread"}
SDK = json.loads((TRANSCRIPTS / "sdk-requests.json").read_text())["requests"]
OWN_HEADERS = ("authorization", "accept", "content-type", "openai-beta")

FULL: dict[str, Any] = {
    "api": "chatkit",
    "workflowId": "wf_1",
    "userId": "user_1",
    "workflowVersion": "3",
    "stateVariables": {"lang": "en", "n": 3, "x": 1.5, "ok": True},
    "sessionConfig": {
        "expiresAfterSeconds": 600,
        "maxRequestsPerMinute": 60,
        "tracing": False,
        "automaticThreadTitling": False,
        "fileUpload": True,
        "maxFileSize": 16,
        "maxFiles": 3,
        "history": True,
        "recentThreads": 5,
    },
}

RECORDED: list[tuple[int, dict[str, Any]]] = [
    (0, FULL),
    (1, {"api": "chatkit", "workflowId": "wf_1", "userId": "user_1"}),
    (
        2,
        {
            "api": "chatkit",
            "operation": "cancel",
            "sessionSource": "manual",
            "manualSessionId": "cksess_123",
        },
    ),
    (3, {**THREADS, "limit": 1, "order": "asc", "filterUser": "user_1"}),
    (4, {**THREADS, "limit": 1, "order": "asc", "filterUser": "user_1", "after": "cthr_1"}),
    (6, {**THREADS, "operation": "get", "threadId": "cthr_1"}),
    (7, {**THREADS, "operation": "get", "threadId": "a/b c?d"}),
    (8, {**THREADS, "operation": "delete", "threadId": "cthr_1"}),
    (
        9,
        {
            **THREADS,
            "operation": "listItems",
            "threadId": "cthr_1",
            "limit": 100,
            "after": "cthi_0",
        },
    ),
]


@pytest.mark.parametrize(
    ("number", "params"), RECORDED, ids=[SDK[n]["path_qs"] for n, _ in RECORDED]
)
async def test_case_46_the_requests_of_the_official_sdk(
    number: int, params: dict[str, Any], bench: Bench
) -> None:
    account = OpenAI.model_validate(
        {
            "api_key": "sk-emulator",
            "base_url": bench.url,
            "organization": "org_1",
            "project_id": "proj_1",
        }
    )
    await bench.run(params, on_error="continue", credential=account)
    (request,), recorded = bench.sent(), SDK[number]
    path, _, query = recorded["path_qs"].partition("?")
    assert request["method"] == recorded["method"]
    assert request["raw_path"].partition("?")[0] == path
    assert request["query"] == dict(part.split("=") for part in query.split("&") if part)
    assert request["body"] == recorded["body"]
    headers = {name.lower(): value for name, value in request["headers"].items()}
    for name in (*OWN_HEADERS, "openai-organization", "openai-project"):
        wanted = {key.lower(): value for key, value in recorded["headers"].items()}.get(name)
        found = headers.get(name)
        assert found == ("Bearer sk-emulator" if name == "authorization" else wanted), name


async def test_case_46_state_variables_as_a_collection(bench: Bench) -> None:
    rows = [
        {"name": "lang", "type": "string", "value": "en"},
        {"name": "n", "type": "number", "value": "3"},
        {"name": "ok", "type": "boolean", "value": "true"},
        {"name": "x", "value": 1.5},
    ]
    await bench.run({**HOSTED, "stateVariables": {"variable": rows}})
    await bench.run({**HOSTED, "stateVariables": rows})
    wanted = {"lang": "en", "n": 3, "ok": True, "x": 1.5}
    assert [row["body"]["workflow"]["state_variables"] for row in bench.sent()] == [wanted] * 2


async def test_case_46_session_options_are_merged_last_and_deep(bench: Bench) -> None:
    options = {"workflow": {"tracing": {"enabled": True}}, "expires_after": {"seconds": 30}}
    params = {
        **HOSTED,
        "session_config": {"tracing": False, "expires_after_seconds": 60},
        "session_options": json.dumps(options),
    }
    run = await bench.run(params)
    (request,) = bench.sent()
    assert request["body"]["workflow"] == {"id": "wf_1", "tracing": {"enabled": True}}
    assert request["body"]["expires_after"] == {"anchor": "created_at", "seconds": 30}
    assert run.json[0]["session"]["expires_at"] == 1_790_000_030


async def filled(bench: Bench, count: int, user: str = "ada") -> None:
    for _ in range(count):
        bench.emulator.store.new_thread(user)


@pytest.mark.parametrize(
    ("params", "count", "sizes"),
    [
        pytest.param({"returnAll": True}, 230, ["100", "100", "100"], id="everything"),
        pytest.param({"limit": 250}, 250, ["100", "100", "50"], id="250 of 300"),
        pytest.param({"limit": 7}, 7, ["7"], id="one page"),
    ],
)
async def test_case_47_pages(
    params: dict[str, Any], count: int, sizes: list[str], bench: Bench
) -> None:
    await filled(bench, 230 if "returnAll" in params else 300)
    run = await bench.run({**THREADS, **params})
    assert len({row["id"] for row in run.json}) == len(run.json) == count
    assert [row["query"]["limit"] for row in bench.sent("/threads")] == sizes


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"data": [{"id": "a"}], "has_more": True, "last_id": "a"}, id="same page"),
        pytest.param({"data": [], "has_more": True, "last_id": "b"}, id="empty page"),
        pytest.param({"data": [{"id": "a"}], "has_more": True}, id="no cursor"),
    ],
)
async def test_case_47_a_server_that_never_ends(page: dict[str, Any], bench: Bench) -> None:
    bench.emulator.faults.add("status", status=200, body=page, times="always")
    message = await bench.refuse({**THREADS, "returnAll": True})
    assert message == "The server reports more results but repeats the same page."


async def test_case_47_an_answer_that_is_no_page(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=200, body={"data": "x"})
    assert await bench.refuse(THREADS) == "The server did not answer with a list."


async def test_case_47_order_user_and_before(bench: Bench) -> None:
    await filled(bench, 3)
    await filled(bench, 2, "eve")
    mine = await bench.run({**THREADS, "filter_user": "ada", "order": "asc"})
    assert [row["id"] for row in mine.json] == ["cthr_000001", "cthr_000002", "cthr_000003"]
    before = await bench.run({**THREADS, "before": "cthr_000004"})
    assert [row["id"] for row in before.json] == ["cthr_000005"]
    everyone = await bench.run({**THREADS, "simplify": False, "limit": 1})
    assert everyone.json[0]["object"] == "chatkit.thread"


ITEMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "type": "chatkit.user_message",
            "content": [
                {"type": "quoted_text", "text": "a"},
                {"type": "input_text", "text": "b"},
            ],
            "attachments": [],
            "inference_options": None,
        },
        {"type": "user_message", "role": "user", "text": "ab", "inferenceOptions": None},
    ),
    (
        {
            "type": "chatkit.assistant_message",
            "content": [{"type": "output_text", "text": "hi", "annotations": []}],
        },
        {"type": "assistant_message", "role": "assistant", "text": "hi"},
    ),
    (
        {"type": "chatkit.widget", "widget": '{"type": "Card"}'},
        {"type": "widget", "role": None, "text": "", "widget": {"type": "Card"}},
    ),
    (
        {"type": "chatkit.widget", "widget": "not json"},
        {"type": "widget", "widget": "not json"},
    ),
    (
        {
            "type": "chatkit.client_tool_call",
            "call_id": "c1",
            "name": "look",
            "arguments": '{"a": 1}',
            "output": None,
            "status": "in_progress",
        },
        {
            "type": "client_tool_call",
            "callId": "c1",
            "name": "look",
            "arguments": {"a": 1},
            "output": None,
            "status": "pending",
        },
    ),
    (
        {"type": "chatkit.task", "task_type": "thought", "heading": "h", "summary": None},
        {"type": "task", "taskType": "thought", "heading": "h", "summary": None},
    ),
    (
        {"type": "chatkit.task_group", "tasks": [{"type": "custom", "heading": "h"}]},
        {"type": "task_group", "tasks": [{"type": "custom", "heading": "h"}]},
    ),
]


@pytest.mark.parametrize("prefix", ["chatkit.", ""])
@pytest.mark.parametrize(("raw", "shown"), ITEMS, ids=[row["type"] for row, _ in ITEMS])
def test_case_48_items_in_our_form(raw: dict[str, Any], shown: dict[str, Any], prefix: str) -> None:
    base = {
        "id": "i1",
        "object": "chatkit.thread_item",
        "created_at": 1_712_345_600,
        "thread_id": "t1",
    }
    found = simple_item({**base, **raw, "type": prefix + raw["type"].removeprefix("chatkit.")})
    assert found["createdAt"] == "2024-04-05T19:33:20Z"
    assert (found["id"], found["threadId"]) == ("i1", "t1")
    assert {name: found[name] for name in shown} == shown
    assert "object" not in found


def test_case_48_threads_in_our_form() -> None:
    item = {"id": "i1", "type": "assistant_message", "content": []}
    thread = {
        "id": "t1",
        "status": {"type": "locked", "reason": "done"},
        "created_at": "2026-11-23T05:08:09.409215",
        "items": {"data": [item], "has_more": True},
    }
    found = simple_thread(thread)
    assert found["items"][0]["type"] == "assistant_message"
    assert found["hasMore"] is True
    assert (found["title"], found["user"]) == (None, None)
    assert (found["status"], found["statusReason"]) == ("locked", "done")
    assert found["createdAt"] == "2026-11-23T05:08:09.409215"
    assert when(True) is None


async def test_case_48_every_type_that_the_emulator_makes(bench: Bench) -> None:
    texts = ["/annot a", "/widget", "/workflow w", "/tool"]
    params = {**HOSTED_SEND, "thread_mode": "key", "thread_key": "k"}
    sent = await bench.run(params, [{"text": text} for text in texts])
    items = {
        **THREADS,
        "operation": "listItems",
        "thread_id": sent.json[0]["threadId"],
        "order": "asc",
    }
    run = await bench.run(items)
    kinds = [row["type"] for row in run.json]
    assert kinds == [
        "user_message",
        "assistant_message",
        "user_message",
        "widget",
        "user_message",
        "task_group",
        "assistant_message",
        "user_message",
        "client_tool_call",
    ]
    assert run.json[3]["widget"]["type"] == "Card"
    assert run.json[8]["arguments"] == {"order": 42}
    raw = await bench.run({**items, "simplify": False, "limit": 1})
    assert raw.json[0]["type"] == "chatkit.user_message"


async def test_case_49_delete_and_a_lost_answer(bench: Bench) -> None:
    await filled(bench, 2)
    delete = {**THREADS, "operation": "delete"}
    run = await bench.run({**delete, "thread_id": "cthr_000001"})
    assert run.json == [{"id": "cthr_000001", "object": "chatkit.thread.deleted", "deleted": True}]
    # twice, because the HTTP client may repeat a DELETE once by itself
    bench.emulator.faults.add("drop", {"method": "DELETE"}, where="before_headers", times=2)
    lost = await bench.run({**delete, "thread_id": "cthr_000002"})
    assert lost.json[0]["deleted"] is True
    assert len(bench.sent("/cthr_000002")) == 3


async def test_case_49_deleting_what_is_not_there(bench: Bench) -> None:
    message = await bench.refuse({**THREADS, "operation": "delete", "thread_id": "nope"})
    assert message == "ChatKit request failed (HTTP 404): Thread with id 'nope' not found."


async def test_case_50_cancel_forgets_the_stored_session(bench: Bench) -> None:
    created = await bench.run(HOSTED)
    secret = only(state_of(created).sessions).secret
    run = await bench.run({"api": "chatkit", "operation": "cancel"}, state=state_of(created))
    assert state_of(run).sessions == {}
    assert run.json[0]["session"] == {"id": "cksess_000001", "status": "cancelled"}
    assert run.json[0]["workflowId"] == "wf_1"
    assert run.json[0]["raw"]["client_secret"] == mask(secret)


async def test_case_50_a_foreign_session_leaves_the_stored_one(bench: Bench) -> None:
    created = await bench.run(HOSTED)
    other = bench.emulator.store.new_session("eve", {"id": "wf_2"}, 600)
    params = {
        "api": "chatkit",
        "operation": "cancel",
        "session_source": "manual",
        "manual_session_id": other.id,
    }
    run = await bench.run(params, state=state_of(created))
    assert other.cancelled
    assert len(state_of(run).sessions) == 1


async def test_end_forgets_without_a_request(bench: Bench) -> None:
    created = await bench.run(HOSTED)
    run = await bench.run({"api": "chatkit", "operation": "end"}, state=state_of(created))
    assert state_of(run).sessions == {}
    assert len(bench.sent()) == 1


async def test_refresh_opens_another_session_and_cancels_the_old_one(bench: Bench) -> None:
    created = await bench.run({**HOSTED, "state_variables": {"lang": "de"}})
    run = await bench.run({"api": "chatkit", "operation": "refresh"}, state=state_of(created))
    first, second = bench.sent("/chatkit/sessions")
    assert first["body"] == second["body"]
    assert only(state_of(run).sessions).id == "cksess_000002"
    assert [row["raw_path"] for row in bench.sent("/cancel")] == [
        "/v1/chatkit/sessions/cksess_000001/cancel"
    ]


async def test_refresh_of_a_manual_session_is_refused(bench: Bench) -> None:
    params = {
        "api": "chatkit",
        "operation": "refresh",
        "session_source": "manual",
        "manual_session_id": "s",
        "manual_client_secret": "ek_0123456789",
    }
    message = await bench.refuse(params)
    assert message == "A session that is provided manually cannot be refreshed."


async def test_sending_carries_the_secret_and_not_the_key(bench: Bench) -> None:
    run = await bench.run(HOSTED_SEND)
    assert run.json[0]["text"] == "You said: hello"
    (request,) = bench.sent("/conversation")
    secret = only(state_of(run).sessions).secret
    assert request["headers"]["Authorization"] == f"Bearer {secret}"
    assert "OpenAI-Beta" not in request["headers"]
    assert secret not in json.dumps(run.run.record())


async def test_sending_without_auto_create(bench: Bench) -> None:
    message = await bench.refuse({**HOSTED_SEND, "auto_create": False})
    assert message.startswith("No stored ChatKit session.")


async def test_sending_with_other_state_variables_renews_the_session(bench: Bench) -> None:
    params = {
        **HOSTED_SEND,
        "session_scope": "user",
        "state_variables": {"lang": "={{ $json.lang }}"},
    }
    items = [{"text": "a", "lang": "en"}, {"text": "b", "lang": "en"}, {"text": "c", "lang": "de"}]
    await bench.run(params, items)
    created = [
        row["body"]["workflow"]["state_variables"] for row in bench.sent("/chatkit/sessions")
    ]
    assert created == [{"lang": "en"}, {"lang": "de"}]


async def test_a_manual_secret_that_is_refused_is_final(bench: Bench) -> None:
    params = {
        **HOSTED_SEND,
        "session_source": "manual",
        "manual_session_id": "cksess_9",
        "manual_client_secret": "={{ $json.secret }}",
    }
    run = await bench.run(
        params, [{"text": "a", "secret": "ek_from_an_item_99"}], on_error="continue"
    )
    assert run.errors[0].message == (
        "The client secret was rejected. It may have expired; create a new session or use the "
        "stored session."
    )
    assert run.errors[0].status == 401
    assert len(bench.sent()) == 1
    assert "ek_from_an_item_99" not in json.dumps(run.run.record())


async def test_a_manual_session_can_be_used(bench: Bench) -> None:
    session = bench.emulator.store.new_session("ada", {"id": "wf_1"}, 600)
    params = {
        **HOSTED_SEND,
        "session_source": "manual",
        "manual_session_id": session.id,
        "manual_client_secret": session.secret,
    }
    run = await bench.run(params)
    assert run.json[0]["text"] == "You said: hello"
    assert state_of(run).sessions == {}


async def test_the_hosted_thread_that_is_gone(bench: Bench) -> None:
    params = {**HOSTED_SEND, "thread_mode": "key", "thread_key": "k"}
    first = await bench.run(params)
    bench.emulator.store.threads.clear()
    second = await bench.run(params, state=state_of(first))
    assert second.json[0]["threadId"] == "cthr_000002"
