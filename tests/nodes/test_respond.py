"""The node respond, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.respond import Respond

from nodekit import Binary, Item
from nodekit.testing import check_node_contract, raises_node_error, run_node

ROWS = [{"a": 1}, {"a": 2}]
FILE = Binary(b"abc", media_type="text/plain", file_name="a.txt")


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Respond, {})


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({}, {"body": {"a": 1}, "statusCode": 200, "headers": {}}, id="first"),
        pytest.param(
            {"take": "all", "under": "data.rows", "status": 201},
            {"body": {"data": {"rows": ROWS}}, "statusCode": 201, "headers": {}},
            id="all, under a field",
        ),
        pytest.param(
            {"take": "json", "body": '={ "n": {{ $json.a }} }', "headers": {"X-A": "b"}},
            {"body": {"n": 1}, "statusCode": 200, "headers": {"x-a": "b"}},
            id="JSON text",
        ),
        pytest.param(
            {"take": "json", "body": {"n": 1}},
            {"body": {"n": 1}, "statusCode": 200, "headers": {}},
            id="JSON",
        ),
        pytest.param(
            {"take": "text", "body": "=n {{ $json.a }}"},
            {"body": "n 1", "statusCode": 200, "headers": {}},
            id="text",
        ),
        pytest.param(
            {"take": "redirect", "url": "https://a.example"},
            {"statusCode": 307, "headers": {"location": "https://a.example"}},
            id="redirect",
        ),
        pytest.param({"take": "nothing"}, {"statusCode": 200, "headers": {}}, id="nothing"),
    ],
)
async def test_the_answer_can_be_read(params: dict[str, Any], want: dict[str, Any]) -> None:
    result = await run_node(Respond, {**params, "report": True}, ROWS)
    assert [dict(row) for row in result.outputs["main"].json] == ROWS
    assert [dict(row) for row in result.outputs["response"].json] == [{"response": want}]
    assert (await run_node(Respond, params, ROWS)).json == ROWS


@pytest.mark.parametrize("name", ["", "f"])
async def test_a_file_is_an_answer(name: str) -> None:
    params = {"take": "file", "file": name, "report": True}
    result = await run_node(Respond, params, [Item({}, binary={"f": FILE})])
    (said,) = result.outputs["response"].json
    assert said["response"]["body"] == {"mimeType": "text/plain", "fileName": "a.txt"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"awaited": False}, "No Webhook node found in the workflow", id="nobody"),
        pytest.param(
            {"take": "json", "body": "{"},
            "the body of the answer is text that is not JSON",
            id="no JSON",
        ),
        pytest.param({"take": "file"}, "it has no file", id="no file"),
        pytest.param({"take": "file", "file": "x"}, "the first item has no file 'x'", id="no x"),
    ],
)
async def test_what_cannot_be_answered_is_an_error(params: dict[str, Any], message: str) -> None:
    with raises_node_error(message):
        await run_node(Respond, params, ROWS)
    result = await run_node(Respond, params, ROWS, on_error="continue")
    assert result.json == [{"error": message}]
