"""The node compare_datasets, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.compare_datasets import CompareDatasets

from nodekit import Json, PairedItem
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

Rows = list[dict[str, Json]]

LEFT: Rows = [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}]
RIGHT: Rows = [{"id": 2, "v": "b"}, {"id": 3, "v": "C"}, {"id": 4, "v": "d"}]


async def compare(left: Rows, right: Rows, **params: Json) -> NodeRun:
    """Compare two lists."""
    given = {"on": ["id"], **params}
    return await run_node(CompareDatasets, given, {"left": left, "right": right})


def outputs(result: NodeRun) -> dict[str, Rows]:
    """Return what left by each output."""
    return {name: [dict(row) for row in rows.json] for name, rows in result.outputs.items()}


async def test_the_contract_is_kept() -> None:
    await check_node_contract(CompareDatasets, {"on": ["id"]})


async def test_items_go_where_they_belong() -> None:
    result = await compare(LEFT, RIGHT)
    assert outputs(result) == {
        "left_only": [{"id": 1, "v": "a"}],
        "same": [{"id": 2, "v": "b"}],
        "different": [
            {"keys": {"id": 3}, "same": {"id": 3}, "different": {"v": {"left": "c", "right": "C"}}}
        ],
        "right_only": [{"id": 4, "v": "d"}],
    }
    assert {name: [i.links for i in rows] for name, rows in result.outputs.items()} == {
        "left_only": [(PairedItem(0, "left"),)],
        "same": [(PairedItem(1, "left"),)],
        "different": [(PairedItem(2, "left"), PairedItem(1, "right"))],
        "right_only": [(PairedItem(2, "right"),)],
    }


@pytest.mark.parametrize(
    ("params", "json"),
    [
        pytest.param({"put_out": "left"}, {"id": 3, "v": "c", "l": 1}, id="left"),
        pytest.param({"put_out": "right"}, {"id": 3, "v": "C", "r": 2}, id="right"),
        pytest.param({"put_out": "mix"}, {"id": 3, "v": "c", "l": 1, "r": 2}, id="mixed"),
        pytest.param(
            {"put_out": "mix", "prefer": "right", "except": ["v", "x"]},
            {"id": 3, "v": "c", "l": 1, "r": 2},
            id="mixed, but",
        ),
        pytest.param(
            {"labels": ["A", "B"], "skip": ["v", "x"]},
            {
                "keys": {"id": 3},
                "same": {"id": 3},
                "different": {"l": {"A": 1, "B": None}, "r": {"A": None, "B": 2}},
                "skipped": {"v": {"A": "c", "B": "C"}},
            },
            id="labels and skipped",
        ),
    ],
)
async def test_what_is_put_out_where_two_differ(params: Any, json: Any) -> None:
    left: Rows = [{"id": 3, "v": "c", "l": 1}]
    right: Rows = [{"id": 3, "v": "C", "r": 2}]
    assert outputs(await compare(left, right, **params))["different"] == [json]


async def test_what_is_skipped_may_differ() -> None:
    found = outputs(await compare([{"id": 1, "a": {"b": 1}}], [{"id": 1, "a": {}}], skip=["a.b"]))
    assert found["same"] == [{"id": 1, "a": {"b": 1}}]


@pytest.mark.parametrize(
    ("right", "fuzzy", "output"),
    [
        pytest.param({"id": "1", "v": "1", "w": None}, False, "right_only", id="strict keys"),
        pytest.param({"id": 1, "v": "1"}, False, "different", id="strict"),
        pytest.param({"id": "1", "v": "1"}, True, "same", id="fuzzy"),
        pytest.param({"id": 1, "v": 1, "w": ""}, True, "same", id="empty is missing"),
        pytest.param({"id": 1, "v": 1, "w": ""}, False, "different", id="empty is not missing"),
    ],
)
async def test_how_values_are_compared(right: dict[str, Json], fuzzy: bool, output: str) -> None:
    assert outputs(await compare([{"id": 1, "v": 1}], [right], fuzzy=fuzzy))[output]


async def test_fields_may_have_other_names_on_each_side() -> None:
    on = [{"left": "a.id", "right": "key"}]
    left, right = {"a": {"id": 1, "b": 2}, "v": 1}, {"key": 1, "a": {"b": 2}, "v": 2}
    found = outputs(await compare([left], [right], on=on))
    assert found["different"] == [
        {
            "keys": {"a": {"id": 1}},
            "same": {"a": {"b": 2, "id": 1}},
            "different": {"v": {"left": 1, "right": 2}},
        }
    ]
    on = [{"left": "id", "right": "key"}]
    found = outputs(await compare([{"id": 1, "v": 1}], [{"key": 1, "v": 1}], on=on))
    assert found["same"] == [{"id": 1, "v": 1}]


@pytest.mark.parametrize(("multiple", "same", "rest"), [("first", 1, 1), ("all", 2, 0)])
async def test_an_item_may_have_several_partners(multiple: str, same: int, rest: int) -> None:
    found = outputs(await compare(LEFT[:1], [LEFT[0], LEFT[0]], multiple=multiple))
    assert (len(found["same"]), len(found["right_only"])) == (same, rest)


@pytest.mark.parametrize(("keep", "count"), [(False, 0), (True, 1)])
async def test_empty_items_are_left_out(keep: bool, count: int) -> None:
    found = outputs(await compare([{}], [{"id": 1}], keep_empty=keep))
    assert len(found["left_only"]) == count


async def test_one_side_may_have_nothing() -> None:
    found = outputs(await compare(LEFT, []))
    assert found["left_only"] == LEFT


@pytest.mark.parametrize(
    ("left", "right", "side"), [({"x": 1}, {"id": 1}, "left"), ({"id": 1}, {"x": 1}, "right")]
)
async def test_fields_may_have_to_exist(left: Any, right: Any, side: str) -> None:
    with raises_node_error(f"no item of the {side} input has the field 'id'"):
        await compare([left], [right], must_exist=True)


async def test_binaries_stay_with_what_is_mixed() -> None:
    result = await compare([{"id": 1, "v": 1}], [{"id": 1, "v": 2}], put_out="mix", prefer="right")
    assert outputs(result)["different"] == [{"id": 1, "v": 2}]
