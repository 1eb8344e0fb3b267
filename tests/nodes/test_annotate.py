"""The node annotate, run through the engine."""

import logging

import pytest
from nodekit_nodes_core.annotate import Annotate

from nodekit.testing import check_node_contract, run_node


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Annotate, {"values": [{"key": "k", "value": "v"}]})


async def test_values_are_logged_and_items_go_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    params = {"values": [{"key": "order", "value": "={{ $json.id }}"}, {"key": "a", "value": "v"}]}
    result = await run_node(Annotate, params, [{"id": 7}])
    assert result.json == [{"id": 7}]
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if line in ("order: 7", "a: v")] == ["order: 7", "a: v"]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"key": "={{ 'a b' }}", "value": "v"}, id="key"),
        pytest.param({"key": "a", "value": "={{ null }}"}, id="null"),
        pytest.param({"key": "a", "value": "={{ $json.nope }}"}, id="undefined"),
    ],
)
async def test_what_cannot_be_noted_fails_the_item(row: dict[str, str]) -> None:
    result = await run_node(Annotate, {"values": [row]}, [{}], on_error="continue")
    assert list(result.json[0]) == ["error"]
