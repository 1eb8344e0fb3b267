"""The node split_out, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.split_out import SplitOut

from nodekit import Binary, Item, PipelineError
from nodekit.testing import check_node_contract, run_node

ROW: dict[str, Any] = {
    "l": [{"x": 1}, {"x": 2}],
    "v": [7, "q", None],
    "o": {"p": 1, "q": 2},
    "s": "text",
    "k": "keep",
}
REST = {"v": ROW["v"], "o": ROW["o"], "s": "text", "k": "keep"}


async def test_the_contract_is_kept() -> None:
    await check_node_contract(SplitOut, {"fields": ["id"]})


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({"fields": ["l"]}, [{"x": 1}, {"x": 2}], id="objects are spread"),
        pytest.param({"fields": ["v"]}, [{"v": 7}, {"v": "q"}, {"v": None}], id="values"),
        pytest.param({"fields": ["o"]}, [{"o": 1}, {"o": 2}], id="an object is its values"),
        pytest.param({"fields": ["s"]}, [{"s": "text"}], id="text is a list of one"),
        pytest.param(
            {"fields": ["l"], "as": ["row"]}, [{"row": {"x": 1}}, {"row": {"x": 2}}], id="renamed"
        ),
        pytest.param(
            {"fields": ["l", "v"]},
            [{"l": {"x": 1}, "v": 7}, {"l": {"x": 2}, "v": "q"}, {"v": None}],
            id="side by side",
        ),
        pytest.param(
            {"fields": ["l"], "keep": "all"},
            [{**REST, "l": {"x": 1}}, {**REST, "l": {"x": 2}}],
            id="with all others",
        ),
        pytest.param(
            {"fields": ["o"], "keep": ["k", "nope"]},
            [{"k": "keep", "o": 1}, {"k": "keep", "o": 2}],
            id="with some others",
        ),
    ],
)
async def test_every_entry_is_an_item(params: dict[str, Any], want: list[dict[str, Any]]) -> None:
    result = await run_node(SplitOut, params, [ROW])
    assert result.json == want
    assert result.hints == []


async def test_entries_are_linked_to_their_item() -> None:
    rows: list[dict[str, Any]] = [
        {"l": [{"a": 1}, {"a": 2}], "z": 1},
        {"l": "str"},
        {"z": 1},
        {"l": {"k": 5, "j": {"m": 1}}},
    ]
    result = await run_node(SplitOut, {"fields": ["l"]}, rows)
    assert result.json == [{"a": 1}, {"a": 2}, {"l": "str"}, {"l": 5}, {"m": 1}]
    assert [item.links[0].item for item in result.items if item.links] == [0, 0, 1, 3, 3]


async def test_a_path_is_the_name_of_the_entries() -> None:
    rows = [{"l": {"m": [1, 2], "n": 3}, "z": 1}]
    result = await run_node(SplitOut, {"fields": ["l.m"], "keep": "all"}, rows)
    assert result.json == [{"l": {"n": 3}, "z": 1, "l.m": i} for i in (1, 2)]
    assert rows == [{"l": {"m": [1, 2], "n": 3}, "z": 1}]


async def test_a_dot_is_part_of_the_name_without_dots() -> None:
    rows = [{"l.m": [1], "l": {"m": [2, 3]}}]
    result = await run_node(SplitOut, {"fields": ["l.m"], "dots": False}, rows)
    assert result.json == [{"l.m": 1}]


async def test_a_field_that_no_item_has_gives_nothing_but_a_hint() -> None:
    result = await run_node(SplitOut, {"fields": ["nope"]}, [ROW])
    assert result.json == []
    assert result.hints == ["no item has the field 'nope'"]


FILES = {"a": Binary(b"1"), "b": Binary(b"2")}


@pytest.mark.parametrize(("keep", "names"), [(False, []), (True, ["a", "b"])])
async def test_binaries_go_along_if_asked_for(keep: bool, names: list[str]) -> None:
    params = {"fields": ["v"], "binaries": keep}
    result = await run_node(SplitOut, params, [Item({"v": [1, 2]}, binary=FILES)])
    assert result.json == [{"v": 1}, {"v": 2}]
    assert [list(item.binary) for item in result.items] == [names, names]


async def test_binaries_can_be_split_themselves() -> None:
    params = {"fields": ["$binary", "v"], "keep": ["k"]}
    result = await run_node(SplitOut, params, [Item({"v": [1], "k": 0}, binary=FILES)])
    assert result.json == [{"k": 0, "v": 1}, {"k": 0}]
    assert [item.binary for item in result.items] == [{"a": FILES["a"]}, {"b": FILES["b"]}]
    assert result.hints == []


async def test_each_field_needs_its_own_name() -> None:
    with pytest.raises(PipelineError, match='"as" has 1 names for 2 fields'):
        await run_node(SplitOut, {"fields": ["l", "v"], "as": ["x"]}, [ROW])


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({"fields": "l , v"}, [{"l": {"x": 1}, "v": 7}], id="fields"),
        pytest.param({"fields": ["$json.v"]}, [{"v": 7}], id="the item's own name"),
        pytest.param({"fields": "=v", "as": "=a{{ '' }}"}, [{"a": 7}], id="computed"),
        pytest.param(
            {"fields": ["v"], "keep": "k, s"}, [{"k": "keep", "s": "text", "v": 7}], id="kept"
        ),
    ],
)
async def test_names_may_be_one_text_with_commas(
    params: dict[str, Any], want: list[dict[str, Any]]
) -> None:
    result = await run_node(SplitOut, params, [ROW])
    assert result.json[:1] == want
