"""The original node as n8n exports it: its parameters as they stand, its credential by type."""

from typing import Any

from nodekit import Registry, Runtime, WorkflowOptions, load
from nodekit.pipeline import coverage
from tests.support.chatkit import Bench

TYPE = "n8n-nodes-openai-chatkit.chatKitAgentBuilder"
ACCOUNT = {"openAiChatKitApi": {"id": "7", "name": "My ChatKit"}}


def node(name: str, at: int, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "type": TYPE,
        "typeVersion": 1,
        "position": [at, 0],
        "parameters": parameters,
        "credentials": ACCOUNT,
    }


def workflow() -> dict[str, Any]:
    start: dict[str, Any] = {
        "name": "Start",
        "type": "n8n-nodes-base.manualTrigger",
        "typeVersion": 1,
        "position": [0, 0],
        "parameters": {},
    }
    open_session = {
        "workflowId": "wf_1",
        "userId": "={{ $json.user }}",
        "options": {"sessionScope": "user", "concurrency": 2},
    }
    send = {
        "resource": "message",
        "operation": "send",
        "sessionSource": "manual",
        "manualSessionId": "={{ $json.sessionId }}",
        "manualClientSecret": "ek_unknown",
        "inputText": "=Hello {{ $('Start').item.json.user }}",
        "messageRole": "user",
        "timeoutMs": 5000,
    }
    return {
        "name": "chat",
        "nodes": [
            start,
            node("Open", 200, open_session),
            {**node("Say", 400, send), "onError": "continueRegularOutput"},
        ],
        "connections": {
            "Start": {"main": [[{"node": "Open", "type": "main", "index": 0}]]},
            "Open": {"main": [[{"node": "Say", "type": "main", "index": 0}]]},
        },
        "settings": {"executionOrder": "v1"},
        "pinData": {"Start": [{"json": {"user": "ann"}}, {"json": {"user": "bob"}}]},
    }


async def test_a_workflow_with_the_original_node_runs(bench: Bench) -> None:
    account = {"type": "openai", "apiKey": "sk-emulator", "baseUrl": bench.url}
    options = WorkflowOptions(credentials={"openAiChatKitApi": account})
    pipeline = load(workflow(), n8n=options)
    async with Runtime() as runtime:
        run = await runtime.run(pipeline)
    assert run.status == "success"
    sent = [request for request in bench.sent() if request["raw_path"] == "/v1/chat/sessions"]
    assert sorted(request["body"]["user"] for request in sent) == ["ann", "bob"]
    assert {request["body"]["workflow"]["id"] for request in sent} == {"wf_1"}
    assert len(run.items) == 2


def test_its_options_that_are_settings_become_them(bench: Bench) -> None:
    account = {"type": "openai", "apiKey": "sk-emulator", "baseUrl": bench.url}
    options = WorkflowOptions(credentials={"7": account})
    (step,) = (step for step in load(workflow(), n8n=options).steps if step.name == "Open")
    assert (step.type.name, step.concurrency) == ("chatkit", 2)


def test_it_counts_as_native() -> None:
    rows = coverage(workflow(), known=Registry.installed().n8n_names())
    assert [row.level for row in rows] == ["native", "native", "native"]
