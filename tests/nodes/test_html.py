"""The node html, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.html import Html

from nodekit import NodeType, PipelineError
from nodekit.testing import check_node_contract, run_node

ROWS: list[dict[str, Any]] = [{"a": 1, "b_c": "<x>"}, {"a": True, "d": None}, {"d": {"e": [False]}}]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Html, {"html": "=<p>{{ $json.id }}</p>"})
    await check_node_contract(Html, {"make": "table"})


async def test_a_text_is_made_for_each_item() -> None:
    params = {"html": "=<p>{{ $json.a }} &amp; {{ $json.b }}</p>"}
    result = await run_node(Html, params, [{"a": 1, "b": "x"}, {"a": 2, "b": {}}])
    assert result.json == [{"html": "<p>1 &amp; x</p>"}, {"html": "<p>2 &amp; [object Object]</p>"}]
    assert [i.links and i.links[0].item for i in result.items] == [0, 1]


async def test_fields_may_stay() -> None:
    params = {"html": "<p>", "keep": "all", "as": "page"}
    assert (await run_node(Html, params, [{"a": 1}])).json == [{"a": 1, "page": "<p>"}]


async def test_a_table_is_made_of_all_items() -> None:
    result = await run_node(Html, {"make": "table"}, ROWS)
    assert result.json == [
        {
            "table": "<table><thead><tr><th>a</th><th>b_c</th><th>d</th></tr></thead><tbody>"
            "<tr><td>1</td><td>&lt;x&gt;</td><td></td></tr>"
            '<tr><td><input type="checkbox" disabled checked></td><td></td><td></td></tr>'
            "<tr><td></td><td></td><td>{&quot;e&quot;:[false]}</td></tr></tbody></table>"
        }
    ]
    assert [[link.item for link in i.links or ()] for i in result.items] == [[0, 1, 2]]


async def test_a_table_may_look_different() -> None:
    params = {
        "make": "table",
        "columns": ["b_c"],
        "caption": "R&D",
        "capitalize": True,
        "escape": False,
        "attributes": {
            "table": {"class": "w"},
            "header": {"x": "1"},
            "row": {"y": '"'},
            "cell": {"z": "3"},
        },
        "as": "t",
    }
    assert (await run_node(Html, params, ROWS[:1])).json == [
        {
            "t": '<table class="w"><caption>R&amp;D</caption><thead><tr y="&quot;">'
            '<th x="1">B c</th></tr></thead><tbody>'
            '<tr y="&quot;"><td z="3"><x></td></tr></tbody></table>'
        }
    ]


async def test_an_attribute_has_a_name() -> None:
    params = {"make": "table", "attributes": {"row": {"a b": "1"}}}
    with pytest.raises(PipelineError, match="'a b' cannot be the name of an attribute"):
        await run_node(Html, params, ROWS)


async def test_only_a_table_needs_all_items() -> None:
    node = NodeType("html", Html)
    assert (node.slices_of({"html": ""}), node.slices_of({"make": "table"})) == ("any", "all")
