"""Stop with an error of one's own."""

import pytest
from nodekit_nodes_core.stop_with_error import StopWithError

from nodekit import Json, PipelineError
from nodekit.testing import check_node_contract, raises_node_error, run_node


async def test_keeps_the_contract() -> None:
    await check_node_contract(StopWithError)


async def test_says_the_message() -> None:
    with raises_node_error("value 7 refused"):
        await run_node(StopWithError, {"message": "=value {{ $json.a }} refused"}, [{"a": 7}])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"message": "m", "description": "d"}, "m"),
        ({"message": "", "description": "d"}, "d"),
        ({"message": 5, "error": "e"}, "e"),
        ({"code": 17}, 'Error: {"code":17}'),
        ("{message: 'from text'}", "from text"),
        ("nonsense", 'parameter "json" is no object'),
    ],
)
async def test_says_what_an_error_object_says(error: Json, message: str) -> None:
    with raises_node_error(message):
        await run_node(StopWithError, {"json": error}, [{}])


async def test_items_go_on_as_with_any_step_that_fails() -> None:
    params = {"json": {"message": "no", "description": "Ask.", "code": 17}}
    result = await run_node(StopWithError, params, [{"a": 1}], on_error="continue")
    assert result.json == [{"a": 1}]
    assert [(error.message, error.hint) for error in result.errors] == [("no", "Ask.")]
    result = await run_node(StopWithError, params, [{"a": 1}], on_error="error_output")
    assert list(result.outputs["error"].json) == [{"a": 1, "error": params["json"]}]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, 'wants one of "message" and "json", found none'),
        (
            {"message": "a", "json": {}},
            'wants one of "message" and "json", found "message" and "json"',
        ),
        ({"message": ""}, 'parameter "message" must not be empty'),
    ],
)
async def test_says_what_is_wrong(params: dict[str, Json], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        await run_node(StopWithError, params, [{}])
    assert [problem.message for problem in caught.value.problems] == [message]
