"""What every node keeps, and the parameters as they are seen from outside."""

from typing import Any

import pytest
from nodekit_nodes_chatkit import ChatKit

from nodekit import NodeType, check
from nodekit.testing import check_node_contract
from tests.support.chatkit import SERVER_SEND, Bench

OPERATIONS = {
    "chat_sessions": ["session / create", "session / refresh", "session / end", "message / send"],
    "chatkit": [
        "session / create",
        "session / refresh",
        "session / cancel",
        "session / end",
        "message / send",
        "thread / list",
        "thread / get",
        "thread / listItems",
        "thread / delete",
    ],
    "server": [
        "message / send",
        "message / toolOutput",
        "message / answer",
        "message / retry",
        "message / action",
        "thread / list",
        "thread / get",
        "thread / listItems",
        "thread / rename",
        "thread / delete",
        "item / feedback",
        "attachment / upload",
        "attachment / delete",
    ],
}


async def test_the_contract_of_every_node() -> None:
    await check_node_contract(ChatKit)


def test_every_operation_of_every_api() -> None:
    form = NodeType("chatkit", ChatKit).form
    found: dict[str, list[str]] = {}
    for model in form.models:
        api = model.model_fields["api"].default
        found.setdefault(api, []).append(form.title(model))
    assert found == OPERATIONS


def test_only_api_resource_and_operation_choose_the_operation() -> None:
    assert NodeType("chatkit", ChatKit).form.selectors == ("api", "resource", "operation")


@pytest.mark.parametrize(
    ("params", "model"),
    [
        ({}, "CreateSession"),
        ({"api": "chatkit"}, "CreateSession"),
        ({"api": "chatkit", "resource": "thread"}, "ListThreads"),
        ({"api": "server"}, "SendMessage"),
        ({"api": "server", "resource": "thread"}, "ListThreads"),
        ({"api": "server", "resource": "item"}, "Feedback"),
        ({"api": "server", "resource": "attachment"}, "Upload"),
    ],
)
def test_what_is_not_said_has_a_default(params: dict[str, Any], model: str) -> None:
    found, _ = NodeType("chatkit", ChatKit).form.select(params)
    assert found is not None
    assert found.__name__ == model


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"workflowid": "x"}, 'has no parameter "workflowid"; did you mean "workflow_id"?'),
        ({"resource": "thread"}, 'parameter "resource" wants "session" or "message"'),
        (
            {"resource": "message", "session_source": "given"},
            "parameter \"session_source\" wants 'stored' or 'manual', found text 'given'",
        ),
        ({"max_retries": 11}, 'parameter "max_retries" wants 10 or less, found number 11'),
        ({"concurrency": "={{ 3 }}"}, 'parameter "concurrency" cannot be an expression'),
    ],
)
def test_what_check_finds(params: dict[str, Any], message: str) -> None:
    steps = [{"name": "Say", "type": "chatkit", "params": params}]
    found = [problem.message for problem in check({"steps": steps})]
    assert any(message in text for text in found), found


async def test_choices_may_be_expressions(bench: Bench) -> None:
    params = {**SERVER_SEND, "send_options": {"output": "={{ $json.form }}"}}
    run = await bench.run(params, [{"text": "a", "form": "text"}, {"text": "b", "form": "item"}])
    assert [len(row) for row in run.json] == [3, 17]
