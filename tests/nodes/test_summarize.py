"""The node summarize, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.summarize import Summarize

from nodekit import Items
from nodekit.testing import check_node_contract, raises_node_error, run_node

ROWS: list[dict[str, Any]] = [
    {"dept": "a", "city": "x", "amt": 10},
    {"dept": "b", "city": "x", "amt": 5},
    {"dept": "a", "city": "y", "amt": 20},
    {"dept": "a", "city": "x", "amt": 2.5},
]
SUM = [{"field": "amt", "do": "sum"}]


def links(items: Items) -> list[list[int]]:
    """Return where each item came from."""
    return [[link.item for link in item.links or ()] for item in items]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Summarize, {"fields": [{"field": "id"}]})


async def test_every_aggregation_over_a_group() -> None:
    rows: list[dict[str, Any]] = [
        {"g": "a", "v": 1, "n": "x"},
        {"g": "b", "v": 2, "n": "y"},
        {"g": "a", "v": "3", "n": "x"},
        {"g": "a", "n": ""},
    ]
    wanted = ["v:sum", "v:count", "n:concatenate", "n:append", "n:count_unique", "v:average"]
    fields = [
        {"field": field, "do": do}
        for field, _, do in (word.partition(":") for word in [*wanted, "v:min", "v:max"])
    ]
    result = await run_node(Summarize, {"fields": fields, "group_by": ["g"]}, rows)
    assert result.json[0] == {
        "sum_v": 1,
        "count_v": 2,
        "concatenated_n": "x,x",
        "appended_n": ["x", "x"],
        "unique_count_n": 1,
        "average_v": 1,
        "min_v": 1,
        "max_v": "3",
        "g": "a",
    }
    assert links(result.items) == [[0, 2, 3], [1]]


async def test_groups_come_field_by_field_in_the_order_of_first_sight() -> None:
    result = await run_node(Summarize, {"fields": SUM, "group_by": ["dept", "city"]}, ROWS)
    assert result.json == [
        {"sum_amt": 12.5, "dept": "a", "city": "x"},
        {"sum_amt": 20, "dept": "a", "city": "y"},
        {"sum_amt": 5, "dept": "b", "city": "x"},
    ]
    assert links(result.items) == [[0, 3], [2], [1]]


async def test_one_item_holds_the_groups_by_their_values() -> None:
    params = {"fields": SUM, "group_by": ["dept", "city"], "layout": "one"}
    result = await run_node(Summarize, params, ROWS)
    assert result.json == [
        {"a": {"x": {"sum_amt": 12.5}, "y": {"sum_amt": 20}}, "b": {"x": {"sum_amt": 5}}}
    ]
    assert links(result.items) == [[0, 1, 2, 3]]


async def test_one_item_without_groups_is_the_summary() -> None:
    result = await run_node(Summarize, {"fields": SUM, "layout": "one"}, ROWS)
    assert result.json == [{"sum_amt": 37.5}]


EMPTY: list[dict[str, Any]] = [{"v": "a"}, {"v": None}, {"v": ""}, {}, {"v": "a"}, {"v": [1]}]


@pytest.mark.parametrize(
    ("do", "seen", "all_seen"),
    [
        ("append", ["a", "a", [1]], ["a", None, "", None, "a", [1]]),
        ("concatenate", "a,a,[1]", "a,,,,a,[1]"),
        ("count", 3, 6),
        ("count_unique", 2, 5),
        ("max", "a", "a"),
        ("min", [1], [1]),
        ("sum", 0, 0),
        ("average", None, None),
    ],
)
async def test_empty_values_count_only_if_asked_for(do: str, seen: Any, all_seen: Any) -> None:
    for include, want in ((False, seen), (True, all_seen)):
        field = {"field": "v", "do": do, "as": "r", "include_empty": include}
        assert (await run_node(Summarize, {"fields": [field]}, EMPTY)).json == [{"r": want}]


@pytest.mark.parametrize(
    ("do", "values", "want"),
    [
        pytest.param("sum", [1, True, "2", 3], 4, id="only numbers are summed"),
        pytest.param("sum", [1e308, 1e308], None, id="a sum too large for JSON is null"),
        pytest.param("average", [1, 2], 1.5, id="average"),
        pytest.param("max", [3, 10, 2], 10, id="greatest number"),
        pytest.param("min", [3, 10, 2], 2, id="smallest number"),
        pytest.param("max", ["b", "a"], "b", id="greatest text"),
        pytest.param("min", ["b", "a"], "a", id="smallest text"),
        pytest.param("min", [None], None, id="no value"),
        pytest.param("count_unique", [1, 1.0, True, "1"], 3, id="types differ"),
        pytest.param("count_unique", [{"a": 1, "b": 2}, {"b": 2, "a": 1}], 1, id="deep"),
        pytest.param("concatenate", [1.0, True, {"a": 1}], '1,true,{"a":1}', id="texts"),
    ],
)
async def test_what_is_worked_out(do: str, values: list[Any], want: Any) -> None:
    field = {"field": "v", "do": do, "as": "r"}
    rows = [{"v": value} for value in values]
    assert (await run_node(Summarize, {"fields": [field]}, rows)).json == [{"r": want}]


async def test_names_and_separators() -> None:
    fields = [
        {"field": 'a.b["c d"]', "do": "count"},
        {"field": "n", "do": "concatenate", "separator": " | "},
    ]
    rows: list[dict[str, Any]] = [{"n": 1}, {"n": 2.5}]
    result = await run_node(Summarize, {"fields": fields}, rows)
    assert result.json == [{"count_a_bc_d": 0, "concatenated_n": "1 | 2.5"}]


GROUPS: list[dict[str, Any]] = [
    {"g": 1},
    {"g": "1"},
    {"g": None},
    {},
    {"g": ""},
    {"g": [1]},
    {"g": True},
]


async def test_groups_keep_their_type() -> None:
    params = {"fields": [{"field": "g"}], "group_by": ["g"]}
    result = await run_node(Summarize, params, GROUPS)
    assert [row.get("g", "missing") for row in result.json] == [
        1, "1", None, "missing", "", "[1]", True,
    ]  # fmt: skip


async def test_groups_as_text() -> None:
    params = {"fields": [{"field": "g"}], "group_by": ["g"], "group_as_text": True}
    result = await run_node(Summarize, params, GROUPS)
    assert [row["g"] for row in result.json] == ["1", "null", "undefined", "", "[1]", "true"]


async def test_items_without_a_group_can_be_left_out() -> None:
    params = {"fields": [{"field": "g"}], "group_by": ["g"], "skip_empty_groups": True}
    result = await run_node(Summarize, params, GROUPS)
    assert [row["g"] for row in result.json] == [1, "1", "[1]", True]
    assert links(result.items) == [[0], [1], [5], [6]]


async def test_no_item_is_left_when_all_groups_are_empty() -> None:
    params = {"fields": [{"field": "v"}], "skip_empty_groups": True, "group_by": ["g"]}
    assert (await run_node(Summarize, params, [{"v": 1}])).json == []


async def test_a_field_that_no_item_has_is_a_hint() -> None:
    result = await run_node(Summarize, {"fields": [{"field": "x", "do": "sum"}]}, ROWS)
    assert result.json == [{"sum_x": 0}]
    assert result.hints == ["no item has the field 'x'"]


async def test_a_field_that_no_item_has_can_be_an_error() -> None:
    with raises_node_error("no item has the field 'x'"):
        await run_node(Summarize, {"fields": [{"field": "x"}], "missing": "fail"}, ROWS)


async def test_a_dot_is_part_of_the_name_without_dots() -> None:
    rows: list[dict[str, Any]] = [{"a.b": 1, "a": {"b": 5}}]
    params = {"fields": [{"field": "a.b", "do": "sum"}], "dots": False}
    assert (await run_node(Summarize, params, rows)).json == [{"sum_a_b": 1}]


async def test_groups_of_missing_values_are_left_out_also_as_text() -> None:
    params = {
        "fields": [{"field": "v", "do": "sum"}],
        "group_by": ["g"],
        "group_as_text": True,
        "skip_empty_groups": True,
    }
    result = await run_node(Summarize, params, [{"g": 1, "v": 1}, {"g": "", "v": 2}, {"v": 3}])
    assert result.json == [{"sum_v": 1, "g": "1"}]
