"""The node limit, run through the engine."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import pytest
from nodekit_nodes_core.limit import Limit, LimitParams

from nodekit import Context, Inputs, Items, Json, PipelineError, Registry, Runtime, Stream, load
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


WAYS: list[str] = []
"""In what ways a node has got its items."""


class Watched(Limit):
    """Limit, which tells in what ways it gets its items."""

    def run_batch(self, inputs: Inputs, params: LimitParams, ctx: Context) -> Items:
        """Take note of it."""
        WAYS.append("whole")
        return super().run_batch(inputs, params, ctx)

    def run_stream(
        self, inputs: Mapping[str, Stream], params: LimitParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Take note of it."""
        WAYS.append("stream")
        return super().run_stream(inputs, params, ctx)


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({"count": 4, "from": "end"}, range(16, 20), id="the last"),
        pytest.param({"count": 20, "from": "end"}, range(20), id="all"),
        pytest.param({"count": 99, "from": "end"}, range(20), id="more than there are"),
        pytest.param({"count": 0, "from": "end"}, (), id="none"),
        pytest.param({"count": "={{ 4 }}", "from": "end"}, range(16, 20), id="computed"),
        pytest.param({"count": 4, "from": "={{ 'end' }}"}, range(16, 20), id="end, computed"),
        pytest.param({"count": 4, "from": "={{ 'start' }}"}, range(4), id="start, computed"),
    ],
)
async def test_a_long_input_goes_by_a_part_at_a_time(
    params: dict[str, Json], want: Sequence[int], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 3)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 3)
    WAYS.clear()
    registry = Registry()
    registry.add("limit", Watched)
    step = {"name": "Limit", "type": "limit", "params": params}
    flow = load({"nodekit": 1, "name": "p", "steps": [step], "output": "Limit"}, registry=registry)
    async with Runtime() as runtime:
        run = await runtime.run_batches(flow, [[{"a": n} for n in range(20)]], size=size)
    assert WAYS == ["stream"]
    assert list(run.items.json) == [{"a": n} for n in want]
    assert [[link.item for link in item.links or ()] for item in run.items] == [[n] for n in want]
