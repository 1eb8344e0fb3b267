"""No-op."""

from nodekit_nodes_core.no_op import NoOp

from nodekit import PairedItem
from nodekit.testing import check_node_contract, run_node


async def test_keeps_the_contract() -> None:
    await check_node_contract(NoOp, {})


async def test_passes_items_on() -> None:
    result = await run_node(NoOp, {}, [{"a": 1}, {"a": 2}])
    assert result.json == [{"a": 1}, {"a": 2}]
    assert [item.links for item in result.items] == [(PairedItem(0),), (PairedItem(1),)]
