"""HTTP failures, cases 36 to 45."""

from typing import Any

import pytest
from nodekit_nodes_chatkit import OpenAI

from nodekit import ItemError
from tests.support.chatkit import CREATE, SEND, SERVER_SEND, Bench, state_of
from tests.support.loopback import Loopback, loopback


async def failing(bench: Bench, params: dict[str, Any], **more: Any) -> ItemError:
    """Run the node and return the error of its one item."""
    run = await bench.run(params, on_error="continue", **more)
    (error,) = run.errors
    return error


async def test_case_36_a_wrong_key_renews_nothing(bench: Bench) -> None:
    state = await bench.stored()
    account = bench.running.account
    bench.emulator.settings.api_key = "sk-other"
    error = await failing(bench, SEND, state=state, credential=account)
    assert error.message == (
        "ChatKit request failed (HTTP 401): Incorrect API key provided: sk-e***ator."
    )
    assert error.status == 401
    assert [row["path"].rpartition("/")[2] for row in bench.sent()] == ["sessions", "messages"]


async def test_case_37_an_unknown_workflow(bench: Bench) -> None:
    error = await failing(bench, {"workflow_id": "wf_missing"})
    assert error.message == (
        "ChatKit request failed (HTTP 404): Workflow with id 'wf_missing' not found."
    )
    assert error.hint == (
        "Check that the API key belongs to the same organization and project as the workflow, "
        "and that the workflow is published."
    )


async def test_case_38_an_unknown_parameter(bench: Bench) -> None:
    params = {
        "api": "chatkit",
        "workflow_id": "wf_1",
        "user_id": "ada",
        "session_options": {"scope": {"a": 1}},
    }
    error = await failing(bench, params)
    assert error.message == "ChatKit request failed (HTTP 400): Unknown parameter: 'scope'."
    assert error.details == {
        "error": {
            "message": "Unknown parameter: 'scope'.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            {"status": 500, "body": {"error": {"message": "It broke."}}},
            "(HTTP 500): It broke.",
            id="500 JSON",
        ),
        pytest.param(
            {"status": 500, "body": "<html>Oops</html>"},
            "(HTTP 500): Internal Server Error",
            id="500 HTML",
        ),
        pytest.param({"status": 502, "body": ""}, "(HTTP 502): Bad Gateway", id="502 empty"),
        pytest.param(
            {"status": 400, "body": {"error": "plainly wrong"}},
            "(HTTP 400): plainly wrong",
            id="error as text",
        ),
        pytest.param(
            {"status": 400, "body": {"detail": "a detail"}}, "(HTTP 400): a detail", id="detail"
        ),
        pytest.param(
            {"status": 400, "body": {"message": "a message"}}, "(HTTP 400): a message", id="message"
        ),
        pytest.param({"status": 599, "body": ""}, "(HTTP 599): unknown status", id="no phrase"),
    ],
)
async def test_case_39_what_the_service_says(
    options: dict[str, Any], said: str, bench: Bench
) -> None:
    bench.emulator.faults.add("status", **options, times="always")
    error = await failing(bench, {**CREATE, "max_retries": 1})
    assert error.message == f"ChatKit request failed {said}"


@pytest.mark.parametrize(
    ("form", "shown"),
    [("html", "<html><body>Hello</body></html>"), ("empty", ""), ("truncated", '{"id": "cksess_0')],
)
async def test_case_40_an_answer_that_is_not_json(form: str, shown: str, bench: Bench) -> None:
    bench.emulator.faults.add("malformed_json", form=form)
    error = await failing(bench, CREATE)
    assert error.message == "ChatKit request failed (HTTP 200): the response is not JSON."
    assert (error.status, error.details) == (200, shown)


async def test_case_41_nobody_listens(bench: Bench, unused_tcp_port: int) -> None:
    account = OpenAI.model_validate(
        {"api_key": "sk-1", "base_url": f"http://127.0.0.1:{unused_tcp_port}"}
    )
    error = await failing(bench, {**CREATE, "max_retries": 1}, credential=account)
    assert error.message.startswith(
        f"ChatKit request failed: cannot connect to 127.0.0.1:{unused_tcp_port}: "
    )
    assert error.outcome is None


async def test_case_41_no_such_host(bench: Bench) -> None:
    account = OpenAI.model_validate({"api_key": "sk-1", "base_url": "https://chatkit.invalid"})
    error = await failing(bench, {**CREATE, "max_retries": 0}, credential=account)
    assert error.message.startswith("ChatKit request failed: cannot connect to chatkit.invalid")


async def test_case_41_no_tls(bench: Bench) -> None:
    account = OpenAI.model_validate(
        {"api_key": "sk-1", "base_url": bench.url.replace("http:", "https:")}
    )
    error = await failing(bench, {**CREATE, "max_retries": 0}, credential=account)
    assert error.message.startswith("ChatKit request failed: cannot connect to 127.0.0.1:")


async def test_case_42_no_answer_in_time(bench: Bench) -> None:
    bench.emulator.faults.add("latency", {"path": "/sessions"}, ms=3000)
    error = await failing(bench, {**CREATE, "timeout_ms": 1000, "max_retries": 0})
    assert error.message == "ChatKit request failed: no response within 1000 ms."
    assert (error.status, error.outcome) == (None, None)


async def test_case_42_no_answer_to_a_message_may_mean_that_it_arrived(bench: Bench) -> None:
    state = await bench.stored()
    bench.emulator.faults.add("latency", {"path": "/messages"}, ms=3000)
    error = await failing(bench, {**SEND, "timeout_ms": 1000}, state=state)
    assert error.message == "ChatKit request failed: no response within 1000 ms."
    assert error.outcome == "unknown"
    assert len(bench.sent("/messages")) == 1


async def redirected(server: Loopback) -> None:
    server.redirect("/v1/chat/sessions", server.url("/elsewhere"))


async def test_case_43_redirects_are_not_followed(bench: Bench) -> None:
    async with loopback() as server:
        await redirected(server)
        account = OpenAI.model_validate({"api_key": "sk-1", "base_url": server.url("")})
        error = await failing(bench, CREATE, credential=account)
    assert error.message == "ChatKit request failed (HTTP 302): redirects are not followed."
    assert server.lines == ["POST /v1/chat/sessions"]


async def test_case_44_an_answer_that_is_too_large(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=200, body="x" * 50_000_000)
    error = await failing(bench, CREATE)
    assert error.message == "The response is larger than 16 MB."


async def test_case_45_the_item_goes_on_with_its_error(bench: Bench) -> None:
    params = {"workflow_id": "={{ $json.workflow }}"}
    items = [{"workflow": name} for name in ("wf_1", "wf_missing", "wf_3")]
    run = await bench.run(params, items, on_error="continue", concurrency=1)
    assert [row.get("workflowId") for row in run.json] == ["wf_1", None, "wf_3"]
    assert run.json[1] == {
        "error": "ChatKit request failed (HTTP 404): Workflow with id 'wf_missing' not found.",
        "errorDetails": {
            "status": 404,
            "code": None,
            "type": "invalid_request_error",
            "requestId": "req_000002",
        },
    }
    assert [link.item for item in run.items for link in item.links or ()] == [0, 1, 2]


async def test_the_first_error_at_openai_names_the_two_ways_out(bench: Bench) -> None:
    account = OpenAI.model_validate({"api_key": "sk-1", "base_url": "https://api.openai.com:1/x"})
    error = await failing(bench, {**CREATE, "max_retries": 0}, credential=account)
    assert error.hint == (
        "OpenAI does not publish the chat-sessions paths. Use `api: chatkit`, or give the "
        "credential the `base_url` of a service that offers them."
    )


async def test_errors_of_a_server_without_words_name_likely_causes(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=500, body="Internal Server Error", times="always")
    error = await failing(bench, SERVER_SEND)
    assert error.message == (
        "ChatKit request failed (HTTP 500): Internal Server Error. The ChatKit server does not say "
        "why; likely causes are a thread, item, attachment or cursor that it does not know, a "
        "request that it does not understand, or a fault in its own code. Its log says more."
    )
    assert error.outcome == "unknown"


async def test_details_are_cut_at_8_kb(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=400, body="y" * 20_000)
    error = await failing(bench, CREATE)
    assert error.details == "y" * 8_000


async def test_nothing_is_remembered_of_a_session_that_failed(bench: Bench) -> None:
    bench.emulator.faults.add("status", status=400)
    run = await bench.run(CREATE, on_error="continue")
    assert state_of(run).sessions == {}
