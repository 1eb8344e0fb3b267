"""The node aggregate, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.aggregate import Aggregate

from nodekit import Binary, Item, PipelineError
from nodekit.testing import check_node_contract, run_node

LISTS: list[dict[str, Any]] = [{"a": [1, 2], "b": "x"}, {"a": [3]}, {"a": None, "b": "z"}]
ROWS = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Aggregate, {"into": "data"})


@pytest.mark.parametrize(
    ("params", "rows", "want"),
    [
        pytest.param(
            {"fields": [{"field": "a.b"}, {"field": "c", "as": "cc"}]},
            [{"a": {"b": 1}, "c": [1, None]}, {"c": 2}, {"a": {"b": None}}],
            {"b": [1], "cc": [[1], 2]},
            id="what is missing is left out, also from lists",
        ),
        pytest.param(
            {"fields": [{"field": "a"}, {"field": "b"}], "keep_missing": True},
            LISTS,
            {"a": [[1, 2], [3], None], "b": ["x", None, "z"]},
            id="what is missing is null",
        ),
        pytest.param(
            {"fields": [{"field": "a"}], "merge_lists": True}, LISTS, {"a": [1, 2, 3]}, id="merged"
        ),
        pytest.param(
            {"fields": [{"field": "a"}], "merge_lists": True, "keep_missing": True},
            LISTS,
            {"a": [1, 2, 3, None]},
            id="merged, with null",
        ),
        pytest.param(
            {"fields": [{"field": "a", "as": "x.y"}]},
            ROWS,
            {"x": {"y": [1, 3]}},
            id="the new name is a path",
        ),
        pytest.param(
            {"fields": [{"field": "a.b"}], "dots": False},
            [{"a.b": 1, "a": {"b": 2}}],
            {"a.b": [1]},
            id="without dots",
        ),
        pytest.param({"into": "data"}, [*ROWS, {}], {"data": ROWS}, id="whole items"),
        pytest.param(
            {"into": "rows", "keep": ["b"]}, ROWS, {"rows": [{"b": 2}, {"b": 4}]}, id="some fields"
        ),
        pytest.param(
            {"into": "data", "drop": ["b"]}, ROWS, {"data": [{"a": 1}, {"a": 3}]}, id="all but some"
        ),
        pytest.param({"into": "data", "keep": ["x"]}, ROWS, {"data": []}, id="nothing kept"),
    ],
)
async def test_one_item_is_made_of_all(
    params: dict[str, Any], rows: list[dict[str, Any]], want: dict[str, Any]
) -> None:
    assert (await run_node(Aggregate, params, rows)).json == [want]


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({"fields": [{"field": "a"}]}, [0, 1, 2], id="all"),
        pytest.param({"into": "data", "keep": ["a"]}, [0, 2], id="those that go along"),
        pytest.param({"into": "data", "linked_to": "first"}, [0], id="the first"),
    ],
)
async def test_it_is_linked_to_what_is_in_it(params: dict[str, Any], want: list[int]) -> None:
    result = await run_node(Aggregate, params, [{"a": 1}, {"b": 2}, {"a": 3}])
    assert [link.item for link in result.items[0].links or ()] == want


@pytest.mark.parametrize(("unique", "names"), [(False, ["f", "f_1", "f_2"]), (True, ["f", "f_1"])])
async def test_binaries_go_along_under_names_of_their_own(unique: bool, names: list[str]) -> None:
    items = [
        Item({"i": i}, binary={"f": Binary(text)}) for i, text in enumerate([b"a", b"b", b"a"])
    ]
    params = {"into": "data", "binaries": True, "unique_binaries": unique}
    result = await run_node(Aggregate, params, items)
    assert list(result.items[0].binary) == names
    assert [result.items[0].binary[name].bytes() for name in names] == [b"a", b"b", b"a"][
        : len(names)
    ]


async def test_binaries_stay_behind_if_not_asked_for() -> None:
    items = [Item({"i": 1}, binary={"f": Binary(b"a")})]
    assert not (await run_node(Aggregate, {"into": "data"}, items)).items[0].binary


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({}, 'give either "fields", with at least one, or "into"', id="none"),
        pytest.param(
            {"fields": [{"field": "a"}], "into": "data"},
            'give either "fields", with at least one, or "into"',
            id="both",
        ),
        pytest.param(
            {"fields": [{"field": "a.x"}, {"field": "b", "as": "x"}]},
            "two of \"fields\" go to the field 'x'",
            id="two lists for one field",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        await run_node(Aggregate, params, ROWS)
