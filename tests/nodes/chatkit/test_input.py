"""Input checks, cases 1 to 22: nothing is sent."""

from typing import Any

import pytest
from nodekit_nodes_chatkit import ChatKitServer, OpenAI
from nodekit_nodes_chatkit.sessions import ChatKitState

from nodekit import CredentialError, PipelineError
from tests.support.chatkit import CREATE, HOSTED_SEND, SEND, SERVER_SEND, Bench

HOSTED: dict[str, Any] = {"api": "chatkit", "workflow_id": "wf_1", "user_id": "ada"}
MANUAL: dict[str, Any] = {**SEND, "session_source": "manual"}
SERVER: dict[str, Any] = {"api": "server"}
FEEDBACK: dict[str, Any] = {**SERVER, "resource": "item", "thread_id": "thr_1"}
ANSWER: dict[str, Any] = {**SERVER, "operation": "answer", "thread_id": "thr_1", "item_id": "i"}
NOTHING_STORED = (
    "No stored ChatKit session. Run Session → Create first, or provide a session manually."
)
TIMEOUT = "Timeout (ms) must be a number of at least 1000."
EXPIRES = "Expires After must be a whole number from 1 to 600."
LATEST = (
    "'latest' is not a workflow version. Leave Workflow Version empty to run the latest deployment."
)

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("case 01 empty", {"workflow_id": ""}, "Workflow ID is required."),
    ("case 01 blanks", {"workflow_id": "  "}, "Workflow ID is required."),
    (
        "case 02",
        {"api": "chatkit", "workflow_id": "wf_1"},
        "User ID is required by the OpenAI ChatKit API.",
    ),
    (
        "case 03",
        {**CREATE, "session_metadata": "{bad"},
        "Metadata (JSON) is not valid JSON: "
        "Expecting property name enclosed in double quotes at line 1, column 2.",
    ),
    (
        "case 04 list",
        {**CREATE, "session_metadata": "[1]"},
        "Metadata (JSON) must be a JSON object, got a list.",
    ),
    (
        "case 04 text",
        {**CREATE, "session_metadata": '"x"'},
        "Metadata (JSON) must be a JSON object, got text.",
    ),
    ("case 06 empty", {**SEND, "input_text": ""}, "Message Text is required."),
    ("case 06 blanks", {**SEND, "input_text": " \n"}, "Message Text is required."),
    ("case 06 hosted", {**HOSTED_SEND, "input_text": ""}, "Message Text is required."),
    ("case 06 server", {**SERVER_SEND, "input_text": ""}, "Message Text is required."),
    ("case 07", SEND, NOTHING_STORED),
    ("case 07 refresh", {"operation": "refresh"}, NOTHING_STORED),
    ("case 07 cancel", {"api": "chatkit", "operation": "cancel"}, NOTHING_STORED),
    ("case 08 no id", {**MANUAL, "manual_client_secret": "ek_1"}, "Session ID is required."),
    ("case 08 no secret", {**MANUAL, "manual_session_id": "cs"}, "Client Secret is required."),
    ("case 11 small", {**SEND, "timeout_ms": 999}, TIMEOUT),
    ("case 11 text", {**SEND, "timeout_ms": "abc"}, TIMEOUT),
    ("case 11 NaN", {**SEND, "timeout_ms": "NaN"}, TIMEOUT),
    ("case 12 zero", {**HOSTED, "session_config": {"expires_after_seconds": 0}}, EXPIRES),
    ("case 12 large", {**HOSTED, "session_config": {"expires_after_seconds": 601}}, EXPIRES),
    ("case 12 half", {**HOSTED, "session_config": {"expires_after_seconds": 1.5}}, EXPIRES),
    ("case 13", {**HOSTED, "workflow_version": "latest"}, LATEST),
    (
        "case 14 many",
        {**HOSTED, "state_variables": {f"v{i}": i for i in range(65)}},
        "At most 64 state variables are allowed, got 65.",
    ),
    (
        "case 14 name",
        {**HOSTED, "state_variables": {"n" * 65: 1}},
        f"State variable '{'n' * 65}' must have a name of 1 to 64 characters.",
    ),
    (
        "case 14 list",
        {**HOSTED, "state_variables": {"x": [1]}},
        "State variable 'x' must be text, a number or true/false.",
    ),
    (
        "case 14 null",
        {**HOSTED, "state_variables": '{"x": null}'},
        "State variable 'x' must be text, a number or true/false.",
    ),
    (
        "case 18",
        {**SEND, "session_scope": "user"},
        "User ID is required when sessions are kept per user.",
    ),
    (
        "case 18 key",
        {**SEND, "session_scope": "custom"},
        "Session Key is required when sessions are kept by key.",
    ),
    ("case 20 none", FEEDBACK, "At least one Item ID is required."),
    (
        "case 20 kind",
        {**FEEDBACK, "item_ids": ["i1"], "kind": "={{ 'meh' }}"},
        "Feedback must be 'positive' or 'negative'.",
    ),
    (
        "case 21",
        {**ANSWER, "answers": "[1]"},
        "Answers (JSON) must be a JSON object, got a list.",
    ),
    ("case 22", {**SERVER, "resource": "attachment"}, "The item has no binary field 'data'."),
    (
        "thread id",
        {**SERVER, "resource": "thread", "operation": "get"},
        "Thread ID is required.",
    ),
    (
        "title",
        {**SERVER, "resource": "thread", "operation": "rename", "thread_id": "t"},
        "Title is required.",
    ),
    ("item id", {**ANSWER, "item_id": ""}, "Item ID is required."),
    (
        "action type",
        {**SERVER, "operation": "action", "thread_id": "t"},
        "Action Type is required.",
    ),
    (
        "tags",
        {**SERVER_SEND, "send_options": {"tags": [{"id": "a"}]}},
        "Tags must be a list of objects with 'id' and 'text'.",
    ),
    ("item ids", {**FEEDBACK, "item_ids": [[1]]}, "Item IDs must be a list of texts."),
    (
        "idle timeout",
        {**SERVER_SEND, "send_options": {"idle_timeout_ms": 1}},
        "Idle Timeout (ms) must be a number of at least 1000.",
    ),
]


@pytest.mark.parametrize(
    ("params", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_refused_before_anything_is_sent(
    params: dict[str, Any], message: str, bench: Bench
) -> None:
    run = await bench.run(params, [{"text": "hi"}], on_error="continue")
    (error,) = run.errors
    assert (error.message, error.item) == (message, 0)
    assert bench.emulator.log == []


async def test_case_04_blank_json_is_omitted(bench: Bench) -> None:
    await bench.run({**CREATE, "session_metadata": "  ", "session_options": ""})
    (request,) = bench.sent()
    assert request["body"] == {"workflow": {"id": "wf_1"}}


async def test_case_05_an_object_from_an_expression_is_taken(bench: Bench) -> None:
    await bench.run({**CREATE, "sessionOptions": "={{ $json.o }}"}, [{"o": {"locale": "de"}}])
    (request,) = bench.sent()
    assert request["body"]["session_options"] == {"locale": "de"}


async def test_case_06_the_number_0_is_a_text(bench: Bench) -> None:
    state = await bench.stored()
    await bench.run(SEND, [{"text": 0}], state=state)
    request = bench.sent("/messages")[0]
    assert request["body"]["messages"][0]["content"] == [{"type": "input_text", "text": "0"}]


async def test_case_09_a_record_without_a_secret_is_none(bench: Bench) -> None:
    state = await bench.stored()
    ((key, record),) = state.sessions.items()
    broken = {key: {**record.model_dump(), "client_secret": ""}}
    message = await bench.refuse(SEND, state=ChatKitState.model_validate({"sessions": broken}))
    assert message == NOTHING_STORED


async def test_case_10_no_workflow_anywhere(bench: Bench) -> None:
    seed = {"id": "cksess_9", "clientSecret": "ek_99999999", "expiresAt": 1_790_000_600}
    message = await bench.refuse(SEND, state=ChatKitState.model_validate(seed))
    assert message == (
        "Workflow ID is required: set Workflow ID Override or create the session with a workflow."
    )
    assert bench.emulator.log == []


async def test_case_15_an_operation_that_the_api_has_not_is_found_before_the_run(
    bench: Bench,
) -> None:
    with pytest.raises(PipelineError) as caught:
        await bench.run({"operation": "cancel"})
    assert 'wants "create", "refresh" or "end", found text \'cancel\'' in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("http://example.test/chatkit", "The server URL must use https.", id="http"),
        pytest.param(
            "ftp://example.test/", "The server URL must be an https address with a host.", id="ftp"
        ),
        pytest.param(
            "https:///x", "The server URL must be an https address with a host.", id="no host"
        ),
        pytest.param(
            "https://u:p@example.test/",
            "The server URL must not hold a user or a password.",
            id="login",
        ),
    ],
)
async def test_case_16_addresses_that_are_refused(url: str, message: str, bench: Bench) -> None:
    credential = ChatKitServer(url=url)
    assert await bench.refuse(SERVER_SEND, credential=credential) == message


def test_case_16_addresses_that_are_taken() -> None:
    assert ChatKitServer(url="http://localhost:1/c").endpoint == "http://localhost:1/c"
    allowed = ChatKitServer(url="http://example.test/c", allow_http=True)
    assert allowed.endpoint == "http://example.test/c"


async def test_case_17_only_the_item_without_a_key_fails(bench: Bench) -> None:
    params = {**SERVER_SEND, "thread_mode": "key", "thread_key": "={{ $json.key }}"}
    items = [{"text": "a", "key": "k1"}, {"text": "b", "key": ""}, {"text": "c", "key": "k2"}]
    run = await bench.run(params, items, on_error="continue")
    assert [(error.item, error.message) for error in run.errors] == [(1, "Thread Key is empty.")]
    assert [row.get("text") for row in run.json] == ["You said: a", None, "You said: c"]


async def test_case_19_a_credential_without_a_key(bench: Bench) -> None:
    message = await bench.refuse(CREATE, credential=OpenAI(base_url=bench.url))
    assert message == "The OpenAI ChatKit credential has no API Key."


def test_case_19_the_error_says_what_to_do() -> None:
    with pytest.raises(CredentialError) as caught:
        OpenAI().headers()
    assert caught.value.hint == "Give it an `api_key`."


async def test_case_21_an_unknown_question_is_passed_on(bench: Bench) -> None:
    asked = await bench.run(SERVER_SEND, [{"text": "/ask"}])
    (row,) = asked.json
    params = {
        **SERVER,
        "operation": "answer",
        "thread_id": row["threadId"],
        "item_id": row["pending"][0]["itemId"],
        "answers": {"q1": "M", "q9": ["x", True], "q2": None},
    }
    answered = await bench.run(params)
    assert answered.json[0]["text"] == "continued after structured_input: None"
    (request,) = bench.sent(kind="threads.add_structured_input")
    assert request["body"]["params"]["input"] == {
        "status": "answered",
        "answers": {
            "q1": {"values": ["M"], "skipped": False},
            "q9": {"values": ["x", "true"], "skipped": False},
            "q2": {"values": [], "skipped": True},
        },
    }
