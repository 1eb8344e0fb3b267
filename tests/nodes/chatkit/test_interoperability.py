"""The node against a real ChatKit server, and the official SDK against the emulator."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("chatkit")
openai = pytest.importorskip("openai")

from nodekit_nodes_chatkit import ChatKit, ChatKitServer  # noqa: E402

from nodekit import Binary, Item  # noqa: E402  # what is missing is to skip the file first
from nodekit.testing import NodeRun, run_node  # noqa: E402
from tests.support.chatkit import SERVER_SEND, Bench  # noqa: E402
from tests.support.real_chatkit import RealServer, real_chatkit  # noqa: E402

SERVER: dict[str, Any] = {"api": "server"}
THREAD: dict[str, Any] = {**SERVER, "resource": "thread"}


class Node:
    """The node in front of a real server."""

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.credential = ChatKitServer(url=server.url, authentication="none", user_header="X-User")

    async def run(self, params: dict[str, Any], *items: Any, **more: Any) -> NodeRun:
        """Run the node over items."""
        rows = list(items) or [{"text": "hello"}]
        return await run_node(ChatKit, params, rows, credential=self.credential, **more)

    async def says(self, text: str, **more: Any) -> dict[str, Any]:
        """Say something and return the item."""
        return (await self.run({**SERVER_SEND, **more}, {"text": text})).json[0]


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with real_chatkit() as server:
        yield Node(server)


async def test_a_conversation(node: Node) -> None:
    first = await node.says("hello")
    assert first["text"] == "You said: hello"
    assert first["progress"] == [{"icon": None, "text": "thinking"}]
    again = await node.says("again", thread_id=first["threadId"])
    assert (again["text"], again["threadId"]) == ("You said: again", first["threadId"])
    assert again["unknown"] == 0


async def test_mentions_and_quotes(node: Node) -> None:
    options = {"tags": [{"id": "d1", "text": "Doc"}], "quoted_text": "q", "tool_choice": "t"}
    row = await node.says("see ", send_options=options)
    assert row["text"] == "You said: see Doc"


async def test_a_client_tool(node: Node) -> None:
    asked = await node.says("/tool")
    assert asked["pending"][0]["name"] == "look"
    params = {**SERVER, "operation": "toolOutput", "thread_id": asked["threadId"]}
    assert (await node.run({**params, "tool_result": {"x": 1}})).json[0]["text"] == "going on"


async def test_a_question(node: Node) -> None:
    asked = await node.says("/ask")
    params = {
        **SERVER,
        "operation": "answer",
        "thread_id": asked["threadId"],
        "item_id": asked["pending"][0]["itemId"],
        "answers": {"q1": "that one"},
    }
    answered = (await node.run(params)).json[0]
    assert answered["items"][0]["inputs"][0]["answer"]["values"] == ["that one"]
    assert answered["text"] == "going on"


async def test_retry_action_and_feedback(node: Node) -> None:
    said = await node.says("hello")
    thread = {**SERVER, "thread_id": said["threadId"]}
    retry = {**thread, "operation": "retry", "item_id": said["userMessageId"]}
    assert (await node.run(retry)).json[0]["text"] == "You said: hello"
    action = {**thread, "operation": "action", "action_type": "go", "action_payload": {"n": 1}}
    assert (await node.run(action)).json[0]["text"] == "did go {'n': 1}"
    feedback = {**thread, "resource": "item", "item_ids": ["m1"], "kind": "negative"}
    await node.run(feedback)
    assert node.server.echo.feedback == [(said["threadId"], ["m1"], "negative")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/custom", "The ChatKit server reported an error: No more today."),
        (
            "/boom",
            "The ChatKit server reported an error: An error occurred when generating a response.",
        ),
    ],
)
async def test_errors(text: str, message: str, node: Node) -> None:
    run = await node.run(SERVER_SEND, {"text": text}, on_error="continue")
    assert [error.message for error in run.errors] == [message]


async def test_a_thread_that_is_not_there(node: Node) -> None:
    run = await node.run({**SERVER_SEND, "thread_id": "thr_x"}, {"text": "a"}, on_error="continue")
    assert "Thread 'thr_x' may not exist" in run.errors[0].message


async def test_a_locked_thread(node: Node) -> None:
    keyed = {**SERVER_SEND, "thread_mode": "key", "thread_key": "k"}
    run = await node.run(keyed, {"text": "/lock"}, {"text": "more"}, on_error="continue")
    (error,) = run.errors
    assert error.message == "Thread thr_00000001 is locked: Ticket closed"


async def test_threads_and_items(node: Node) -> None:
    said = [await node.says(text) for text in ("a", "b", "c")]
    listed = (await node.run({**THREAD, "operation": "list", "return_all": True})).json
    assert [row["id"] for row in listed] == [row["threadId"] for row in said][::-1]
    thread = {**THREAD, "thread_id": said[0]["threadId"]}
    renamed = await node.run({**thread, "operation": "rename", "title": "First"})
    assert renamed.json[0]["title"] == "First"
    got = (await node.run({**thread, "operation": "get"})).json[0]
    assert [row["text"] for row in got["items"]] == ["a", "You said: a"]
    items = (await node.run({**thread, "operation": "listItems", "order": "asc"})).json
    assert [row["role"] for row in items] == ["user", "assistant"]
    await node.run({**thread, "operation": "delete"})
    assert said[0]["threadId"] not in node.server.echo.memory.threads


async def test_files(node: Node) -> None:
    item = Item({"text": "read"}, binary={"data": Binary(b"hello", file_name="note.txt")})
    run = await node.run({**SERVER_SEND, "binary_properties": "data"}, item)
    assert run.json[0]["text"] == "You said: read"
    assert node.server.files.content == {"atc_00000000": b"hello"}
    params = {**SERVER, "resource": "attachment", "operation": "delete"}
    await node.run({**params, "attachment_id": "atc_00000000"})
    assert node.server.echo.memory.attachments == {}


@pytest.fixture
async def sdk(bench: Bench) -> AsyncIterator[Any]:
    client = openai.AsyncOpenAI(
        api_key="sk-emulator", base_url=f"{bench.url}/v1", _strict_response_validation=True
    )
    async with client:
        yield client.beta.chatkit


async def test_the_sdk_opens_and_cancels_sessions(sdk: Any) -> None:
    session = await sdk.sessions.create(
        user="ada",
        workflow={"id": "wf_1", "state_variables": {"n": 3}, "tracing": {"enabled": False}},
        expires_after={"anchor": "created_at", "seconds": 60},
        rate_limits={"max_requests_per_1_minute": 5},
        chatkit_configuration={"history": {"enabled": True, "recent_threads": 3}},
    )
    assert (session.id, session.status, session.user) == ("cksess_000001", "active", "ada")
    assert session.rate_limits.max_requests_per_1_minute == 5
    assert session.chatkit_configuration.history.recent_threads == 3
    assert (await sdk.sessions.cancel(session.id)).status == "cancelled"


async def test_the_sdk_reads_and_deletes_threads(sdk: Any, bench: Bench) -> None:
    keyed = {"thread_mode": "key", "thread_key": "k"}
    hosted = {**SERVER_SEND, "api": "chatkit", "resource": "message", "workflow_id": "wf_1"}
    commands = ["/annot a", "/widget", "/workflow w", "/tool"]
    await bench.run({**hosted, **keyed, "user_id": "ada"}, [{"text": text} for text in commands])
    threads = [thread async for thread in sdk.threads.list(user="ada", limit=1)]
    assert [thread.user for thread in threads] == ["ada"]
    assert (await sdk.threads.retrieve("cthr_000001")).status.type == "active"
    items = [item async for item in sdk.threads.list_items("cthr_000001", order="asc", limit=2)]
    assert [item.type for item in items] == [
        "chatkit.user_message",
        "chatkit.assistant_message",
        "chatkit.user_message",
        "chatkit.widget",
        "chatkit.user_message",
        "chatkit.task_group",
        "chatkit.assistant_message",
        "chatkit.user_message",
        "chatkit.client_tool_call",
    ]
    assert (await sdk.threads.delete("cthr_000001")).deleted is True


async def test_the_sdk_is_refused_as_by_the_service(sdk: Any, bench: Bench) -> None:
    with pytest.raises(openai.NotFoundError, match="Workflow with id 'wf_missing' not found"):
        await sdk.sessions.create(user="ada", workflow={"id": "wf_missing"})
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'scope'"):
        await sdk.sessions.create(user="a", workflow={"id": "w"}, extra_body={"scope": 1})
    bench.emulator.settings.api_key = "another"
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided"):
        await sdk.sessions.create(user="ada", workflow={"id": "wf_1"})
