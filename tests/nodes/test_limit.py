"""The node limit, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.limit import Limit

from nodekit import PipelineError
from nodekit.testing import check_node_contract, run_node

ROWS = [{"a": i} for i in range(4)]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Limit, {})


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({}, [0], id="one is kept where nothing is said"),
        pytest.param({"count": 2}, [0, 1], id="the first"),
        pytest.param({"count": 2, "from": "end"}, [2, 3], id="the last"),
        pytest.param({"count": 9, "from": "end"}, [0, 1, 2, 3], id="more than there are"),
        pytest.param({"count": 0, "from": "end"}, [], id="none"),
        pytest.param({"count": "={{ $json.a + 3 }}"}, [0, 1, 2], id="computed for the first item"),
    ],
)
async def test_items_keep_their_order_and_links(params: dict[str, Any], want: list[int]) -> None:
    result = await run_node(Limit, params, ROWS)
    assert result.json == [{"a": i} for i in want]
    assert [item.links[0].item for item in result.items if item.links] == want


async def test_a_negative_count_is_refused() -> None:
    with pytest.raises(PipelineError, match='"count" wants 0 or more, found number -1'):
        await run_node(Limit, {"count": -1}, ROWS)
