"""If: two ways, links, failing items."""

import pytest
from nodekit_nodes_core.if_ import If
from nodekit_nodes_core.rows import place_of

from nodekit import Items, Json, PairedItem
from nodekit.testing import check_node_contract, raises_node_error, run_node

ROWS: list[dict[str, Json]] = [{"v": 1}, {"v": "x"}, {"v": 9}]
ABOVE = {"all": [{"left": "={{ $json.v }}", "is": "number.gt", "right": 5}]}
MESSAGE = "Wrong type: 'x' is a string but was expecting a number [condition 0, item 1]"


async def test_keeps_the_contract() -> None:
    await check_node_contract(If, {"condition": True})


@pytest.mark.parametrize(
    "params",
    [
        {"condition": "={{ $json.a > 3 }}"},
        {"all": [{"left": "={{ $json.a }}", "is": "number.gt", "right": 3}]},
    ],
    ids=["condition", "comparison"],
)
async def test_splits_in_order_and_links(params: dict[str, Json]) -> None:
    result = await run_node(If, params, [{"a": 1}, {"a": 5}, {"a": 2}, {"a": 7}])
    yes, no = result.outputs["true"], result.outputs["false"]
    assert list(yes.json) == [{"a": 5}, {"a": 7}]
    assert list(no.json) == [{"a": 1}, {"a": 2}]
    assert [item.links for item in (*yes, *no)] == [(PairedItem(i),) for i in (1, 3, 0, 2)]


async def test_stops_at_a_failing_item() -> None:
    with raises_node_error(f"item 1: {MESSAGE}"):
        await run_node(If, ABOVE, ROWS)


async def test_failing_items_continue_by_false_unchanged() -> None:
    result = await run_node(If, ABOVE, ROWS, on_error="continue")
    assert list(result.outputs["true"].json) == [{"v": 9}]
    assert list(result.outputs["false"].json) == [{"v": 1}, {"v": "x"}]
    assert [error.message for error in result.errors] == [MESSAGE]


async def test_failing_items_leave_by_error() -> None:
    result = await run_node(If, ABOVE, ROWS, on_error="error_output")
    assert list(result.outputs["false"].json) == [{"v": 1}]
    assert list(result.outputs["error"].json) == [{"v": "x", "error": MESSAGE}]


async def test_a_condition_is_true_or_false() -> None:
    with raises_node_error("item 0: parameter \"condition\" wants true or false, found text 'yes'"):
        await run_node(If, {"condition": "={{ 'yes' }}"}, [{}])


def test_a_place_is_that_in_the_input_even_when_others_left_before() -> None:
    rows = Items([{}, {}], links=[(PairedItem(4),), None])
    assert [place_of(rows, 0), place_of(rows, 1)] == [4, 1]
