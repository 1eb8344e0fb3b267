"""Filter: what passes and what is discarded."""

from nodekit_nodes_core.filter import Filter

from nodekit import Json, PairedItem
from nodekit.testing import check_node_contract, run_node

ODD = {"any": [{"left": "={{ $json.n }}", "is": "number.equals", "right": 1}]}


async def test_keeps_the_contract() -> None:
    await check_node_contract(Filter, {"condition": True})


async def test_lets_pass_and_discards() -> None:
    result = await run_node(Filter, {"condition": "={{ $json.n % 2 == 1 }}"}, [{"n": 1}, {"n": 2}])
    assert result.json == [{"n": 1}]
    assert list(result.outputs["discarded"].json) == [{"n": 2}]
    assert result.outputs["discarded"][0].links == (PairedItem(1),)


async def test_discards_failing_items_under_continue() -> None:
    rows: list[dict[str, Json]] = [{"n": 2}, {"n": "1"}, {"n": 1}]
    result = await run_node(Filter, ODD, rows, on_error="continue")
    assert result.json == [{"n": 1}]
    assert list(result.outputs["discarded"].json) == [{"n": 2}, {"n": "1"}]
    assert [error.item for error in result.errors] == [1]
