"""Self-hosted servers over the wire, cases 54 to 65."""

import json
from typing import Any

import anyio
import pytest
from nodekit_nodes_chatkit import ChatKitServer

from nodekit import ApiError, Binary, Item, ItemError
from tests.support.chatkit import HOSTED_SEND, SERVER_SEND, Bench

SERVER: dict[str, Any] = {"api": "server"}
MESSAGE = "threads.add_user_message"


def options(**more: Any) -> dict[str, Any]:
    """Return a send with options."""
    return {**SERVER_SEND, "send_options": more}


async def failing(bench: Bench, params: dict[str, Any], text: str = "hello") -> ItemError:
    """Run the node over one text and return its error."""
    run = await bench.run(params, [{"text": text}], on_error="continue")
    (error,) = run.errors
    return error


def cause(error: ItemError) -> ApiError:
    assert isinstance(error.cause, ApiError)
    return error.cause


@pytest.mark.parametrize(
    ("text", "said", "code", "allow_retry"),
    [
        ("/error", "An error occurred when generating a response.", "stream.error", True),
        ("/custom", "The quota of this account is used up.", "custom", False),
        ("/boom", "An error occurred when generating a response.", "stream.error", True),
    ],
)
async def test_case_54_an_error_event_fails_the_item(
    text: str, said: str, code: str, allow_retry: bool, bench: Bench
) -> None:
    run = await bench.run(SERVER_SEND, [{"text": text}], on_error="continue")
    (error,) = run.errors
    assert error.message == f"The ChatKit server reported an error: {said}"
    assert run.json[0]["errorDetails"] == {"code": code, "allowRetry": allow_retry}
    assert error.details["status"] == "failed"
    assert error.details["text"] == ("partial answer" if text == "/error" else "")
    assert error.outcome == "unknown"
    assert (error.hint is not None) is allow_retry


async def test_case_54_an_error_event_may_be_put_out(bench: Bench) -> None:
    run = await bench.run(options(fail_on_stream_error=False), [{"text": "/error"}])
    (row,) = run.json
    assert (row["status"], row["text"]) == ("failed", "partial answer")
    assert row["errors"] == [{"code": "stream.error", "message": None, "allow_retry": True}]


async def test_case_55_nothing_came(bench: Bench) -> None:
    error = await failing(bench, {**SERVER_SEND, "thread_id": "thr_1"})
    assert error.message == (
        "The ChatKit server closed the stream before sending anything. "
        "Thread 'thr_1' may not exist for this user."
    )
    assert error.outcome == "unknown"
    assert len(bench.sent()) == 1


async def test_case_55_broken_off_after_the_thread_was_created(bench: Bench) -> None:
    error = await failing(bench, {**SERVER_SEND, "attachments": ["atc_missing"]})
    assert error.message == "The ChatKit server broke off the reply after 1 events."
    assert error.details["threadId"] == "cthr_000001"
    assert error.details["status"] == "incomplete"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("after_events", "The ChatKit server broke off the reply after 6 events."),
        ("inside_event", "The ChatKit server broke off the reply after 6 events."),
        ("inside_character", "The ChatKit server broke off the reply after 6 events."),
    ],
)
async def test_case_55_broken_off_inside(where: str, message: str, bench: Bench) -> None:
    bench.emulator.faults.add("drop", where=where, events=6)
    error = await failing(bench, SERVER_SEND)
    assert error.message == message
    assert error.details["threadId"] == "cthr_000001"
    assert error.details["text"] == "You"


async def test_case_55_without_the_final_chunk(bench: Bench) -> None:
    bench.emulator.faults.add("drop", where="no_final_chunk", events=-1)
    error = await failing(bench, SERVER_SEND)
    assert error.message == "The ChatKit server broke off the reply after 10 events."
    assert error.details["text"] == "You said: hello"


async def test_case_56_a_clean_end_without_a_word(bench: Bench) -> None:
    run = await bench.run(SERVER_SEND, [{"text": "/silent"}])
    (row,) = run.json
    assert (row["status"], row["text"]) == ("completed", "")
    assert run.hints == [
        "The reply ended without any output of the assistant. The server accepted the message; "
        "look at its log, or at the workflow, for why it did not answer."
    ]


async def test_case_57_an_event_that_is_not_json(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=200, body="data: <html>\n\n")
    error = await failing(bench, SERVER_SEND)
    assert error.message == "The ChatKit server sent an event that is not JSON: <html>"


async def test_case_58_unknown_events_are_counted(bench: Bench) -> None:
    bench.emulator.faults.add("unknown_events")
    run = await bench.run(SERVER_SEND)
    assert (run.json[0]["unknown"], run.json[0]["text"]) == (2, "You said: hello")


async def test_case_59_a_client_tool_is_answered(bench: Bench) -> None:
    asked = (await bench.run(SERVER_SEND, [{"text": "/tool"}])).json[0]
    assert asked["status"] == "requires_action"
    assert asked["pending"] == [
        {
            "kind": "client_tool_call",
            "itemId": "tc_000001",
            "callId": "call_0001",
            "name": "lookup_order",
            "arguments": {"order": 42},
        }
    ]
    params = {
        **SERVER,
        "operation": "toolOutput",
        "thread_id": asked["threadId"],
        "tool_result": '{"status": "shipped"}',
    }
    answered = (await bench.run(params)).json[0]
    assert answered["text"] == "continued after client_tool_call: {'status': 'shipped'}"
    assert (answered["threadId"], answered["userMessageId"]) == ("cthr_000001", None)


async def test_case_59_questions_are_skipped(bench: Bench) -> None:
    asked = (await bench.run(SERVER_SEND, [{"text": "/ask"}])).json[0]
    (pending,) = asked["pending"]
    assert [row["id"] for row in pending["questions"]] == ["q1", "q2"]
    params = {
        **SERVER,
        "operation": "answer",
        "thread_id": asked["threadId"],
        "item_id": pending["itemId"],
        "skip_all": True,
    }
    run = await bench.run(params)
    assert run.json[0]["items"][0]["status"] == "skipped"
    assert run.json[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/tool", "The reply is waiting for client tool 'lookup_order'."),
        ("/ask", "The reply is waiting for answers to item 'cti_000002'."),
    ],
)
async def test_case_59_waiting_may_be_an_error(text: str, message: str, bench: Bench) -> None:
    assert (await failing(bench, options(pending="error"), text)).message == message


async def test_case_60_a_500_says_likely_causes(bench: Bench) -> None:
    params = {**SERVER, "resource": "thread", "operation": "get", "thread_id": "thr_1"}
    error = await failing(bench, {**params, "max_retries": 0})
    assert error.message.startswith(
        "ChatKit request failed (HTTP 500): Internal Server Error. The ChatKit server does not "
        "say why; likely causes are "
    )


async def test_case_61_a_dead_pooled_connection_harms_nothing(bench: Bench) -> None:
    bench.emulator.faults.add("close_after_response", {"type": "threads.list"}, times="always")
    listing = {**SERVER, "resource": "thread", "operation": "list", "return_all": True}
    run = await bench.run(listing, [{}, {}, {}], concurrency=1)
    assert run.json == []
    sent = await bench.run(SERVER_SEND)
    assert sent.json[0]["text"] == "You said: hello"
    assert all(row["headers"]["Connection"] == "close" for row in bench.sent())


async def test_case_62_silence(bench: Bench) -> None:
    bench.emulator.faults.add("stall", events=3)
    with anyio.fail_after(5):
        error = await failing(bench, options(idle_timeout_ms=1000))
    assert error.message == "The ChatKit server was silent for 1000 ms."
    assert error.details["threadId"] == "cthr_000001"
    assert error.outcome == "unknown"


async def test_case_62_comments_are_life_but_not_for_ever(bench: Bench) -> None:
    bench.emulator.faults.add("stall", events=3, comments=100)
    with anyio.fail_after(5):
        error = await failing(bench, options(idle_timeout_ms=1000, max_stream_ms=1500))
    assert error.message == "The reply took longer than 1500 ms."


async def test_case_62_stopping_closes_the_connection_and_keeps_what_was_said(
    bench: Bench,
) -> None:
    bench.emulator.settings.slow_seconds = 0.02
    text = "/slow one two three four five six seven eight nine ten eleven twelve"
    began = anyio.current_time()
    with anyio.move_on_after(0.25):
        await bench.run(SERVER_SEND, [{"text": text}])
    assert anyio.current_time() - began < 0.35
    await anyio.sleep(0.15)
    items = bench.emulator.store.threads["cthr_000001"].items
    assert [row["type"] for row in items] == ["user_message", "assistant_message"]
    said = items[1]["content"][0]["text"]
    assert f"You said: {text}".startswith(said)
    assert said != f"You said: {text}"


FILE = Item({"text": "read it"}, binary={"data": Binary(b"hello", file_name="note.txt")})
UPLOAD: dict[str, Any] = {**SERVER, "resource": "attachment", "operation": "upload"}


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_case_63_two_phases(method: str, bench: Bench) -> None:
    bench.emulator.settings.upload_method = method
    bench.emulator.settings.token = "tok-secret"
    run = await bench.run(UPLOAD, [FILE])
    assert run.json == [
        {
            "id": "atc_000001",
            "name": "note.txt",
            "mime_type": "application/octet-stream",
            "type": "file",
        }
    ]
    assert bench.emulator.store.files == {"atc_000001": b"hello"}
    create, upload = bench.sent()
    assert create["body"]["params"] == {
        "name": "note.txt",
        "size": 5,
        "mime_type": "application/octet-stream",
    }
    assert upload["headers"]["X-Upload-Token"] == "t-atc_000001"
    assert "Authorization" not in upload["headers"]


async def test_case_63_files_go_with_a_message(bench: Bench) -> None:
    run = await bench.run({**SERVER_SEND, "binary_properties": "data"}, [FILE])
    assert run.json[0]["text"] == "You said: read it with note.txt"
    deleted = await bench.run(
        {**SERVER, "resource": "attachment", "operation": "delete", "attachment_id": "atc_000001"}
    )
    assert deleted.json == [{"id": "atc_000001", "deleted": True}]


async def test_case_63_an_upload_that_fails_leaves_nothing(bench: Bench) -> None:
    bench.emulator.faults.add("status", {"path": "/files/atc_000001"}, status=413, body="")
    run = await bench.run(UPLOAD, [FILE], on_error="continue")
    assert run.errors[0].message == (
        "Upload of 'note.txt' failed: ChatKit request failed (HTTP 413): Request Entity Too Large"
    )
    assert bench.emulator.store.attachments == {}


async def test_case_63_files_of_a_message_that_fails_are_deleted(bench: Bench) -> None:
    params = {**SERVER_SEND, "binary_properties": "data", "thread_id": "thr_nope"}
    run = await bench.run(params, [FILE], on_error="continue")
    assert "Thread 'thr_nope' may not exist" in run.errors[0].message
    assert bench.emulator.store.attachments == {}


async def test_case_63_files_go_nowhere_insecure(bench: Bench) -> None:
    bench.emulator.settings.upload_origin = "http://example.test"
    run = await bench.run(UPLOAD, [FILE], on_error="continue")
    assert run.errors[0].message == ("Upload of 'note.txt' failed: the upload URL must use https")


async def test_case_63_directly(bench: Bench) -> None:
    bench.emulator.faults.add(
        "status", {"path": "/upload"}, status=200, body={"id": "atc_7", "name": "note.txt"}
    )
    params = {**UPLOAD, "upload_mode": "direct", "direct_upload_url": f"{bench.url}/upload"}
    run = await bench.run(params, [FILE])
    assert run.json == [{"id": "atc_7", "name": "note.txt"}]
    (request,) = bench.sent()
    assert request["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert 'name="file"; filename="note.txt"' in request["body"]


async def test_case_63_directly_without_an_address(bench: Bench) -> None:
    run = await bench.run({**UPLOAD, "upload_mode": "direct"}, [FILE], on_error="continue")
    assert run.errors[0].message == "Upload URL is required."


async def test_case_64_one_item_for_each_event(bench: Bench) -> None:
    run = await bench.run(options(output="events"))
    assert [row["seq"] for row in run.json] == list(range(10))
    assert run.json[0]["event"]["type"] == "thread.created"
    assert {link.item for item in run.items for link in item.links or ()} == {0}


async def test_case_64_only_the_text(bench: Bench) -> None:
    run = await bench.run(options(output="text"))
    assert run.json == [
        {"text": "You said: hello", "threadId": "cthr_000001", "status": "completed"}
    ]


async def test_case_64_deltas_are_shown_as_they_come(bench: Bench) -> None:
    seen: list[str] = []

    def on_event(event: object) -> None:
        text = getattr(event, "text", None)
        if text:
            seen.append(text)

    plain = await bench.run(SERVER_SEND)
    run = await bench.run(options(emit_deltas=True, include_events=True), on_event=on_event)
    assert seen == ["You", " said:", " hello"]
    events = run.json[0].pop("events")
    assert len(events) == 10
    assert run.json[0]["text"] == plain.json[0]["text"]


async def test_case_65_json_instead_of_a_stream(bench: Bench) -> None:
    item = {
        "id": "m1",
        "thread_id": "thr_1",
        "type": "assistant_message",
        "content": [{"type": "output_text", "text": "buffered", "annotations": []}],
    }
    body = [{"type": "thread.item.done", "item": item}]
    bench.emulator.faults.add("status", status=200, body=body)
    run = await bench.run(SERVER_SEND)
    assert (run.json[0]["text"], run.json[0]["threadId"]) == ("buffered", "thr_1")


async def test_case_65_json_without_events(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=200, body={"id": "x"})
    error = await failing(bench, SERVER_SEND)
    assert error.message == "The ChatKit server answered with JSON that holds no events."


async def retried(bench: Bench, item_id: str) -> ItemError:
    thread = (await bench.run(SERVER_SEND)).json[0]
    params = {
        **SERVER,
        "operation": "retry",
        "thread_id": thread["threadId"],
        "item_id": item_id or thread["messageIds"][0],
    }
    return await failing(bench, params)


async def test_case_65_nothing_to_retry(bench: Bench) -> None:
    error = await retried(bench, "msg_x")
    assert error.message == "Nothing to retry: item 'msg_x' is not in thread 'cthr_000001'."


async def test_case_65_only_a_user_message_can_be_retried(bench: Bench) -> None:
    error = await retried(bench, "")
    assert error.message.startswith("The ChatKit server closed the stream before sending")
    assert error.hint == "Only a user message can be retried."


async def test_retry_answers_again(bench: Bench) -> None:
    thread = (await bench.run(SERVER_SEND)).json[0]
    params = {
        **SERVER,
        "operation": "retry",
        "thread_id": thread["threadId"],
        "item_id": thread["userMessageId"],
    }
    again = (await bench.run(params)).json[0]
    assert again["text"] == "You said: hello"
    assert again["messageIds"] != thread["messageIds"]


async def test_an_action_of_a_widget(bench: Bench) -> None:
    thread = (await bench.run(SERVER_SEND)).json[0]["threadId"]
    params = {
        **SERVER,
        "operation": "action",
        "thread_id": thread,
        "action_type": "approve",
        "action_payload": '{"id": 7}',
        "action_item_id": "cti_000009",
    }
    run = await bench.run(params)
    assert run.json[0]["text"] == "action approve from cti_000009: {'id': 7}"


async def test_everything_that_goes_with_a_message(bench: Bench) -> None:
    params = {
        **options(
            quoted_text="earlier words",
            model="some-model",
            tool_choice="search",
            tags='[{"id": "doc_1", "text": "Doc 1", "data": {"k": "v"}, "group": "Docs"}]',
        ),
        "input_text": "see ",
        "message_metadata": {"run": "r-1"},
        "user_id": "ada",
        "idempotency_header": True,
    }
    run = await bench.run(params)
    (request,) = bench.sent()
    assert request["headers"]["X-User"] == "ada"
    assert request["headers"]["Idempotency-Key"] == (
        request["body"]["metadata"].pop("nodekit_request_id")
    )
    assert request["body"] == {
        "type": "threads.create",
        "metadata": {"run": "r-1"},
        "params": {
            "input": {
                "content": [
                    {"type": "input_text", "text": "see "},
                    {
                        "type": "input_tag",
                        "id": "doc_1",
                        "text": "Doc 1",
                        "data": {"k": "v"},
                        "group": "Docs",
                        "interactive": False,
                    },
                ],
                "attachments": [],
                "quoted_text": "earlier words",
                "inference_options": {"model": "some-model", "tool_choice": {"id": "search"}},
            }
        },
    }
    assert run.json[0]["text"] == "You said: see Doc 1"


async def test_threads_are_listed_read_renamed_and_deleted(bench: Bench) -> None:
    key = {"thread_mode": "key", "thread_key": "k"}
    sent = await bench.run({**SERVER_SEND, **key}, [{"text": str(n)} for n in range(12)])
    thread = {"thread_id": sent.json[0]["threadId"]}
    threads = {**SERVER, "resource": "thread"}
    renamed = await bench.run({**threads, "operation": "rename", **thread, "title": "A title"})
    assert renamed.json[0]["title"] == "A title"
    listed = await bench.run({**threads, "operation": "list"})
    assert [row["title"] for row in listed.json] == ["A title"]
    got = await bench.run({**threads, "operation": "get", **thread})
    assert (len(got.json[0]["items"]), got.json[0]["hasMore"]) == (20, True)
    raw = await bench.run({**threads, "operation": "get", **thread, "simplify": False})
    assert raw.json[0]["metadata"] == {}
    items = await bench.run(
        {**threads, "operation": "listItems", **thread, "order": "asc", "limit": 22}
    )
    assert [row["text"] for row in items.json[:3]] == ["0", "You said: 0", "1"]
    unchanged = await bench.run(
        {**threads, "operation": "listItems", **thread, "limit": 1, "simplify": False}
    )
    assert unchanged.json[0]["content"][0]["text"] == "You said: 11"
    deleted = await bench.run({**threads, "operation": "delete", **thread})
    assert deleted.json == [{"id": "cthr_000001", "deleted": True}]
    assert bench.emulator.store.threads == {}


async def test_feedback(bench: Bench) -> None:
    params = {
        **SERVER,
        "resource": "item",
        "thread_id": "t1",
        "item_ids": "a, b",
        "kind": "negative",
    }
    run = await bench.run(params)
    assert run.json == [{"threadId": "t1", "itemIds": ["a", "b"], "kind": "negative"}]
    assert bench.emulator.store.feedback == [
        {"thread_id": "t1", "item_ids": ["a", "b"], "kind": "negative"}
    ]


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ({"authentication": "none"}, "Authorization", None),
        ({"token": "tok-1"}, "Authorization", "Bearer tok-1"),
        (
            {"authentication": "basic", "user": "u", "password": "p"},
            "Authorization",
            "Basic dTpw",
        ),
        (
            {"authentication": "header", "headerName": "X-Key", "headerValue": "v"},
            "X-Key",
            "v",
        ),
        ({"authentication": "none", "extraHeaders": {"X-More": "m"}}, "X-More", "m"),
        ({"authentication": "none", "extraHeaders": '{"X-More": "m"}'}, "X-More", "m"),
    ],
)
async def test_ways_to_sign(
    fields: dict[str, Any], header: str, value: str | None, bench: Bench
) -> None:
    credential = ChatKitServer.model_validate({"url": f"{bench.url}/chatkit", **fields})
    await bench.run(SERVER_SEND, credential=credential)
    assert bench.sent()[0]["headers"].get(header) == value


@pytest.mark.parametrize("api", ["server", "chatkit"])
async def test_a_locked_thread(api: str, bench: Bench) -> None:
    base = {**(SERVER_SEND if api == "server" else HOSTED_SEND)}
    base |= {"thread_mode": "key", "thread_key": "k"}
    items = [{"text": "/lock it"}, {"text": "still there?"}]
    refused = await bench.run(base, items, on_error="continue")
    assert [e.message for e in refused.errors] == ["Thread cthr_000001 is locked: Ticket closed"]
    later = await bench.run(base, [{"text": "x"}], state=refused.state, on_error="continue")
    assert [e.message for e in later.errors] == ["Thread cthr_000001 is locked: Ticket closed"]
    sent = await bench.run(
        {**base, "send_options": {"locked_thread": "send"}}, [{"text": "x"}], state=refused.state
    )
    assert sent.json[0]["threadId"] == "cthr_000001"
    other = await bench.run(
        {**base, "send_options": {"locked_thread": "newThread"}},
        [{"text": "x"}, {"text": "y"}],
        state=refused.state,
    )
    assert [row["threadId"] for row in other.json] == ["cthr_000002", "cthr_000002"]


async def test_always_a_new_thread(bench: Bench) -> None:
    params = {**SERVER_SEND, "thread_mode": "new", "thread_id": "ignored"}
    run = await bench.run(params, [{"text": "a"}, {"text": "b"}])
    assert len({row["threadId"] for row in run.json}) == 2


async def test_chunked_in_every_way_the_item_is_the_same(bench: Bench) -> None:
    plain = (await bench.run(SERVER_SEND, [{"text": "/annot 👩‍👩‍👧 Ünï"}])).json[0]["text"]
    bench.emulator.faults.add(
        "chunking", bytes=1, line_end="\r\n", comment=True, split_data=True, bom=True
    )
    run = await bench.run(SERVER_SEND, [{"text": "/annot 👩‍👩‍👧 Ünï"}])
    assert run.json[0]["text"] == plain
    assert json.dumps(run.json[0]["annotations"]).count("annotation") == 2
