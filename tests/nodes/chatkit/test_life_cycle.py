"""Sessions and threads under load, over the wire: cases 66 to 77."""

import json
from typing import Any

import anyio
import pytest
from nodekit_nodes_chatkit.sessions import ChatKitState

from nodekit import Runtime, load
from nodekit.state import MemoryKeeper
from nodekit.testing import FakeClock
from tests.support.chatkit import (
    HOSTED_SEND,
    SEND,
    SERVER_SEND,
    Bench,
    only,
    state_of,
)

AUTO: dict[str, Any] = {**SEND, "auto_create": True, "message_workflow_id": "wf_1"}
KEYED: dict[str, Any] = {**SERVER_SEND, "thread_mode": "key", "thread_key": "={{ $json.key }}"}


def texts(count: int) -> list[dict[str, Any]]:
    return [{"text": f"m{number}"} for number in range(count)]


def names(bench: Bench) -> list[str]:
    """Return the last part of every path."""
    return [row["path"].rpartition("/")[2] for row in bench.sent()]


async def test_case_66_300_sends_with_nothing_stored(bench: Bench) -> None:
    run = await bench.run(AUTO, texts(300), concurrency=300)
    assert len(run.json) == 300
    assert (names(bench).count("sessions"), names(bench).count("refresh")) == (1, 0)
    assert names(bench).count("messages") == 300


async def test_case_66_300_sends_on_a_secret_that_was_revoked(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.store.sessions["cksess_000001"].cancelled = True
    run = await bench.run(AUTO, texts(300), state=state, concurrency=300)
    assert [row["output"][0]["text"] for row in run.json] == [
        f"You said: m{number}" for number in range(300)
    ]
    assert (names(bench).count("sessions"), names(bench).count("refresh")) == (2, 1)
    assert only(state_of(run).sessions).id == "cksess_000002"


async def test_case_66_a_rotation_in_the_midst_of_sends(bench: Bench) -> None:
    bench.emulator.settings.lifetime = 100
    state = await bench.stored()
    await bench.clock.advance(60)
    run = await bench.run(SEND, texts(200), state=state, concurrency=50)
    assert len(run.json) == 200
    assert names(bench).count("refresh") == 1
    assert only(state_of(run).sessions).generation == 2


async def test_case_67_refresh_ahead_and_a_message_that_does_not_wait(bench: Bench) -> None:
    state = await bench.stored()
    await bench.clock.advance(600 - 61)
    await bench.run(SEND, state=state)
    assert names(bench) == ["sessions", "messages"]
    await bench.clock.advance(2)
    bench.emulator.faults.add("latency", {"path": "/refresh"}, ms=100)
    run = await bench.run(SEND, state=state)
    assert sorted(names(bench)[2:]) == ["messages", "refresh"]
    assert only(state_of(run).sessions).generation == 2


async def test_case_68_a_renewal_that_fails(bench: Bench) -> None:
    bench.emulator.faults.add("status", {"path": "/sessions"}, status=403, times=2)
    run = await bench.run(AUTO, texts(4), concurrency=1, on_error="continue")
    failed = [error.message for error in run.errors]
    assert failed == ["ChatKit request failed (HTTP 403): It went wrong."] * 2
    assert [bool(row.get("output")) for row in run.json] == [False, False, True, True]


@pytest.mark.parametrize("skew", [3600.0, -3600.0])
async def test_case_69_a_server_whose_clock_is_an_hour_off(skew: float, bench: Bench) -> None:
    bench.emulator.settings.skew = skew
    state = await bench.stored()
    assert only(state.sessions).left(bench.clock.now()) == 600
    await bench.run(SEND, texts(3), state=state)
    assert names(bench) == ["sessions", "messages", "messages", "messages"]


@pytest.mark.parametrize(
    ("options", "wait"),
    [
        ({"retry_after": 7}, 7.0),
        ({"retry_after_ms": 1500}, 1.5),
        ({"date": 30}, 30.0),
        ({"reset": "1m30s"}, 90.0),
    ],
)
async def test_case_70_waits_as_long_as_it_is_asked_to(
    options: dict[str, Any], wait: float, bench: Bench
) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("rate_limit", {"path": "/messages"}, **options)
    began = bench.clock.now()
    run = await bench.run(SEND, state=state)
    assert len(run.json) == 1
    assert bench.clock.now() - began == pytest.approx(wait, abs=1)
    assert names(bench).count("messages") == 2


async def test_case_70_without_a_wait_it_is_ours(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("rate_limit", {"path": "/messages"}, times=2)
    await bench.run(SEND, state=state)
    assert 0.375 <= bench.clock.slept[0] <= 0.5
    assert names(bench).count("messages") == 3


async def test_case_70_a_wait_beyond_the_limit_fails(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("rate_limit", {"path": "/messages"}, retry_after=600)
    assert await bench.refuse(SEND, state=state) == (
        "Rate limited; the server asks to wait 600 s, more than the allowed 120 s."
    )
    assert bench.clock.slept == []


async def test_case_70_a_quota_that_is_used_up_is_final(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("rate_limit", {"path": "/messages"}, insufficient_quota=True)
    message = await bench.refuse(SEND, state=state)
    assert message == "ChatKit request failed (HTTP 429): Rate limit reached."
    assert names(bench).count("messages") == 1


async def test_case_71_25_sends_keep_to_10_a_minute(bench: Bench) -> None:
    began = bench.clock.now()
    run = await bench.run(HOSTED_SEND, texts(25), concurrency=1)
    assert len(run.json) == 25
    assert bench.clock.now() - began == pytest.approx(90.0, abs=0.5)
    assert names(bench).count("conversation") == 25


async def test_case_71_long_waits_are_said_once(bench: Bench) -> None:
    params = {**HOSTED_SEND, "session_config": {"max_requests_per_minute": 1}}
    run = await bench.run(params, texts(14), concurrency=1)
    (hint,) = run.hints
    assert hint.startswith("Messages wait for the session's rate limit of 1 a minute, 1")
    assert "max_requests_per_minute" in hint


async def test_case_72_order_within_a_key_and_fairness(bench: Bench) -> None:
    items = [{"text": f"a{n}", "key": "long"} for n in range(60)]
    items += [{"text": f"b{n}", "key": f"short{n}"} for n in range(10)]
    run = await bench.run(KEYED, items, concurrency=4)
    assert [row["text"] for row in run.json] == [f"You said: {row['text']}" for row in items]
    said = [row["body"]["params"]["input"]["content"][0]["text"] for row in bench.sent("/chatkit")]
    assert [text for text in said if text.startswith("a")] == [f"a{n}" for n in range(60)]
    assert max(said.index(f"b{n}") for n in range(10)) < 40


async def test_case_73_one_thread_for_a_key(bench: Bench) -> None:
    items = [{"text": text, "key": "k"} for text in ("one", "two", "three")]
    run = await bench.run(KEYED, items, concurrency=4)
    assert [row["body"]["type"] for row in bench.sent("/chatkit")] == [
        "threads.create",
        "threads.add_user_message",
        "threads.add_user_message",
    ]
    assert {row["threadId"] for row in run.json} == {"cthr_000001"}
    assert [row["text"] for row in run.json] == [
        "You said: one",
        "You said: two",
        "You said: three",
    ]


async def test_case_73_the_next_run_goes_on_with_it(bench: Bench) -> None:
    first = await bench.run(KEYED, [{"text": "a", "key": "k"}])
    second = await bench.run(KEYED, [{"text": "b", "key": "k"}], state=state_of(first))
    assert second.json[0]["threadId"] == first.json[0]["threadId"]
    assert "k" not in state_of(second).threads


async def test_case_73_the_thread_is_kept_although_the_reply_fails(bench: Bench) -> None:
    items = [{"text": "/boom", "key": "k"}, {"text": "again", "key": "k"}]
    run = await bench.run(KEYED, items, on_error="continue")
    assert run.json[1]["threadId"] == "cthr_000001"


async def test_case_74_a_remembered_thread_that_is_gone(bench: Bench) -> None:
    first = await bench.run(KEYED, [{"text": "a", "key": "k"}])
    bench.emulator.store.threads.clear()
    second = await bench.run(KEYED, [{"text": "b", "key": "k"}], state=state_of(first))
    assert second.json[0]["threadId"] == "cthr_000002"
    assert only(state_of(second).threads).id == "cthr_000002"


async def test_case_74_a_given_thread_that_is_gone(bench: Bench) -> None:
    message = await bench.refuse({**SERVER_SEND, "thread_id": "cthr_9"})
    assert "Thread 'cthr_9' may not exist for this user." in message
    assert len(bench.sent()) == 1


@pytest.mark.parametrize(
    ("fault", "options", "times"),
    [
        ("status", {"status": 500}, 1),
        ("status", {"status": 502}, 1),
        ("status", {"status": 504}, 1),
        ("status", {"status": 503}, 1),
        ("drop", {"where": "before_headers"}, 1),
        ("drop", {"where": "before_request"}, 1),
    ],
)
async def test_case_75_an_ambiguous_failure_is_not_repeated(
    fault: str, options: dict[str, Any], times: int, bench: Bench
) -> None:
    state = await bench.stored()
    bench.emulator.faults.add(fault, {"path": "/messages"}, **options, times=times)
    retry = {"tries": 3, "wait": "0s", "on": "any"}
    run = await bench.run(SEND, state=state, on_error="continue", retry=retry)
    (error,) = run.errors
    assert error.outcome == "unknown"
    assert names(bench).count("messages") == 1
    if fault == "drop":
        assert error.message == (
            "The connection failed after the message was sent; it may have been processed. "
            "It was not repeated."
        )


async def test_case_75_a_503_that_says_when_is_repeated(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add(
        "status", {"path": "/messages"}, status=503, headers={"Retry-After": "2"}
    )
    run = await bench.run(SEND, state=state)
    assert len(run.json) == 1
    assert names(bench).count("messages") == 2


async def test_case_75_blind_repetition_where_it_is_wanted(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("status", {"path": "/messages"}, status=502)
    run = await bench.run({**SEND, "retry_ambiguous_sends": True}, state=state)
    assert len(run.json) == 1
    assert names(bench).count("messages") == 2


RECONCILED: dict[str, Any] = {**KEYED, "retry_ambiguous_sends": True}


async def reconciled(
    bench: Bench, params: dict[str, Any] = RECONCILED, **fault: Any
) -> list[dict[str, Any]]:
    """Say something in a thread, then something whose reply is lost."""
    first = await bench.run(params, [{"text": "first", "key": "k"}])
    match = {"type": "threads.add_user_message"}
    bench.emulator.faults.add(fault.pop("name"), match, **fault)
    run = await bench.run(params, [{"text": "second", "key": "k"}], state=state_of(first))
    assert run.json[0]["text"] == "You said: second"
    thread = bench.emulator.store.threads["cthr_000001"]
    assert [row["type"] for row in thread.items] == ["user_message", "assistant_message"] * 2
    return run.json


@pytest.mark.parametrize("api", ["server", "chatkit"])
async def test_case_75_the_reply_is_found(api: str, bench: Bench) -> None:
    params = RECONCILED if api == "server" else {**HOSTED_SEND, **RECONCILED, "api": "chatkit"}
    await reconciled(bench, params, name="drop", where="no_final_chunk", events=-1)
    assert len(bench.sent(kind="threads.add_user_message")) == 1
    assert bench.sent(kind="threads.retry_after_item") == []


async def test_case_75_the_message_is_found_without_a_reply(bench: Bench) -> None:
    await reconciled(bench, name="drop", where="after_events", events=2)
    assert len(bench.sent(kind="threads.add_user_message")) == 1
    assert len(bench.sent(kind="threads.retry_after_item")) == 1


async def test_case_75_the_message_is_not_there(bench: Bench) -> None:
    await reconciled(bench, name="drop", where="before_request")
    assert len(bench.sent(kind="threads.add_user_message")) == 2


async def test_case_75_a_new_thread_that_broke_off_is_gone_on_with(bench: Bench) -> None:
    bench.emulator.faults.add("drop", where="after_events", events=3)
    run = await bench.run(RECONCILED, [{"text": "first", "key": "k"}])
    assert run.json[0]["threadId"] == "cthr_000001"
    assert len(bench.emulator.store.threads) == 1


def pipeline(bench: Bench, params: dict[str, Any]) -> Any:
    """Return a pipeline with one step, as several processes would load it."""
    account = {
        "type": "openai",
        "api_key": "${KEY}",
        "base_url": bench.url,
    }
    return load(
        {
            "nodekit": 1,
            "name": "shared",
            "credentials": {"account": account},
            "steps": [
                {"name": "Say", "type": "chatkit", "credential": "account", "params": params}
            ],
        },
        environ={"KEY": "sk-emulator"},
    )


async def test_case_76_two_processes_on_one_store_lose_no_rotation(bench: Bench) -> None:
    keeper = MemoryKeeper()
    create = {"workflow_id": "wf_1"}
    async with Runtime(store=keeper, clock=bench.clock) as runtime:
        await runtime.run(pipeline(bench, create), [{}])
    bench.emulator.settings.lifetime = 600
    await bench.clock.advance(700)
    bench.emulator.store.sessions["cksess_000001"].expires_at += 1000

    async def process(text: str) -> None:
        async with Runtime(store=keeper, clock=bench.clock) as runtime:
            run = await runtime.run(pipeline(bench, SEND), [{"text": text}])
            assert run.items[0].json["output"][0]["text"] == f"You said: {text}"

    async with anyio.create_task_group() as group:
        for text in ("a", "b"):
            group.start_soon(process, text)
    rows = [kept.row for kept in keeper.rows.values()]
    (session,) = ChatKitState.model_validate(
        next(r for r in rows if "sessions" in r)
    ).sessions.values()
    assert session.secret == bench.emulator.store.sessions["cksess_000001"].secret


async def test_case_77_stopped_during_a_renewal_loses_no_secret(bench: Bench) -> None:
    keeper = MemoryKeeper()
    async with Runtime(store=keeper, clock=bench.clock) as runtime:
        await runtime.run(pipeline(bench, {"workflow_id": "wf_1"}), [{}])
        bench.emulator.faults.add("latency", {"path": "/refresh"}, ms=200)
        with anyio.move_on_after(0.1) as scope:
            await runtime.run(pipeline(bench, {"operation": "refresh"}), [{}])
        assert scope.cancelled_caught
    row = next(kept.row for kept in keeper.rows.values() if kept.row.get("sessions"))
    session = only(ChatKitState.model_validate(row).sessions)
    assert session.secret == bench.emulator.store.sessions["cksess_000001"].secret
    assert session.generation == 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"name": "latency", "ms": 2000}, id="before the answer"),
        pytest.param({"name": "stall", "events": 3}, id="within a stream"),
    ],
)
async def test_case_77_stopped_while_a_reply_is_awaited(
    fault: dict[str, Any], bench: Bench
) -> None:
    bench.emulator.faults.add(**fault, times="always")
    began = anyio.current_time()
    with anyio.move_on_after(0.1) as scope:
        await bench.run(SERVER_SEND, texts(8), concurrency=8)
    assert scope.cancelled_caught
    assert anyio.current_time() - began < 0.3


async def test_case_77_stopped_while_it_waits_for_a_rate_limit(bench: Bench) -> None:
    bench.clock = FakeClock(bench.clock.now(), auto=False)
    bench.emulator.faults.add("rate_limit", retry_after=5, times="always")
    with anyio.move_on_after(0.1) as scope:
        await bench.run(SERVER_SEND, texts(8), concurrency=8)
    assert scope.cancelled_caught
    assert bench.clock.slept


async def test_sessions_that_end_at_once_are_not_renewed_for_ever(bench: Bench) -> None:
    bench.emulator.settings.lifetime = 0
    message = await bench.refuse(AUTO)
    assert message == (
        "ChatKit request failed (HTTP 401): The client secret is invalid or has expired."
    )
    assert len(bench.sent()) < 10


async def test_a_refusal_of_one_session_does_not_stop_the_others(bench: Bench) -> None:
    params = {**AUTO, "session_scope": "user", "user_id": "={{ $json.user }}"}
    items = [{"text": f"m{n}", "user": f"u{n}"} for n in range(2)]
    first = await bench.run(params, items, concurrency=1)
    bench.clock = FakeClock(bench.clock.now(), auto=False)
    match = {"session": "cksess_000001"}
    bench.emulator.faults.add("rate_limit", match, retry_after=5, times="always")
    with anyio.move_on_after(0.3):
        await bench.run(params, items * 3, state=state_of(first), concurrency=2)
    said = [row["path"].split("/")[-2] for row in bench.sent("/messages")[2:]]
    assert said.count("cksess_000002") == 3
    assert said.count("cksess_000001") == 1


async def test_a_session_for_each_user(bench: Bench) -> None:
    params = {**AUTO, "session_scope": "user", "user_id": "={{ $json.user }}"}
    items = [{"text": f"m{n}", "user": f"u{n % 3}"} for n in range(9)]
    run = await bench.run(params, items)
    created = [row["body"]["user"] for row in bench.sent("/sessions")]
    assert sorted(created) == ["u0", "u1", "u2"]
    assert {row.user for row in state_of(run).sessions.values()} == {"u0", "u1", "u2"}
    assert "u0" not in json.dumps(list(state_of(run).sessions))


async def test_a_session_for_each_key(bench: Bench) -> None:
    params = {**AUTO, "session_scope": "custom", "session_key": "={{ $json.text }}"}
    run = await bench.run(params, texts(3))
    assert len(state_of(run).sessions) == 3


async def test_a_session_of_unknown_id_is_renewed(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.store.sessions.clear()
    run = await bench.run(AUTO, state=state)
    assert run.json[0]["output"][0]["text"] == "You said: hello"
    assert names(bench)[1:] == ["messages", "refresh", "sessions", "messages"]


async def test_the_hosted_session_that_expires_is_replaced_and_cancelled(bench: Bench) -> None:
    first = await bench.run(HOSTED_SEND)
    await bench.clock.advance(1000)
    second = await bench.run(HOSTED_SEND, state=state_of(first))
    assert only(state_of(second).sessions).id == "cksess_000002"
    assert names(bench)[-3:] in (
        ["sessions", "conversation", "cancel"],
        ["sessions", "cancel", "conversation"],
    )


async def test_the_replaced_session_may_be_left_alone(bench: Bench) -> None:
    first = await bench.run(HOSTED_SEND)
    await bench.clock.advance(1000)
    await bench.run({**HOSTED_SEND, "cancel_replaced": False}, state=state_of(first))
    assert "cancel" not in names(bench)


async def test_a_cancellation_that_fails_harms_nothing(bench: Bench) -> None:
    first = await bench.run(HOSTED_SEND)
    await bench.clock.advance(1000)
    bench.emulator.faults.add("status", {"path": "/cancel"}, status=500)
    run = await bench.run(HOSTED_SEND, state=state_of(first))
    assert run.json[0]["text"] == "You said: hello"
