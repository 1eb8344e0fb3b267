"""The node rename_keys, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.rename_keys import RenameKeys

from nodekit import Binary, Item, PipelineError
from nodekit.testing import check_node_contract, run_node


async def test_the_contract_is_kept() -> None:
    await check_node_contract(RenameKeys, {"keys": {"id": "key"}})


@pytest.mark.parametrize(
    ("keys", "row", "want"),
    [
        pytest.param({"a": "z"}, {"a": 1, "b": 2}, {"b": 2, "z": 1}, id="moves to the end"),
        pytest.param({"c.d": "c.e"}, {"c": {"d": 3}}, {"c": {"e": 3}}, id="inside an object"),
        pytest.param(
            {"a.b": "c.d"},
            {"a": {"b": 1, "q": 2}},
            {"a": {"q": 2}, "c": {"d": 1}},
            id="into a new object",
        ),
        pytest.param({"a.b": "c"}, {"a": {"b": 1}}, {"a": {}, "c": 1}, id="an emptied one stays"),
        pytest.param({"zz": "no"}, {"b": 4}, {"b": 4}, id="not there"),
        pytest.param({"a": "a"}, {"a": 1}, {"a": 1}, id="the same name"),
        pytest.param({"a": ""}, {"a": 1}, {"a": 1}, id="no name"),
        pytest.param({"a": "b", "b": "c"}, {"a": 1, "b": 2}, {"c": 2}, id="one after another"),
        pytest.param({"a": "b"}, {"a": None}, {"b": None}, id="null is a value"),
        pytest.param(
            [{"old": "a", "new": "b"}, {"old": "a", "new": "c"}],
            {"a": 1},
            {"b": 1, "c": 1},
            id="a field twice",
        ),
    ],
)
async def test_single_names(keys: Any, row: dict[str, Any], want: dict[str, Any]) -> None:
    result = await run_node(RenameKeys, {"keys": keys}, [row])
    assert result.json == [want]
    assert list(result.json[0]) == list(want)


async def test_names_are_computed_for_every_item() -> None:
    rows = [{"a": 1, "to": "x"}, {"a": 2, "to": "y"}]
    for keys in ({"a": "={{ $json.to }}"}, [{"old": "a", "new": "={{ $json.to }}"}]):
        result = await run_node(RenameKeys, {"keys": keys}, rows)
        assert result.json == [{"to": "x", "x": 1}, {"to": "y", "y": 2}]


DEEP: dict[str, Any] = {"a1": {"a2": [{"a3": {"a4": 1}}, 5]}, "b": 2}


@pytest.mark.parametrize(
    ("pattern", "row", "want"),
    [
        pytest.param(
            {"find": "^a", "replace": "x"}, {"ab": 1, "ba": 2}, {"xb": 1, "ba": 2}, id="one"
        ),
        pytest.param({"find": "a", "replace": "-"}, {"aba": 1}, {"-b-": 1}, id="all places"),
        pytest.param({"find": "a"}, {"aba": 1}, {"b": 1}, id="nothing in their place"),
        pytest.param({"find": "A", "replace": "x"}, {"a": 1}, {"a": 1}, id="case counts"),
        pytest.param(
            {"find": "A", "replace": "x", "case": False},
            {"a": 1},
            {"x": 1},
            id="case does not count",
        ),
        pytest.param(
            {"find": r"(\w)_(\w)", "replace": "$2-$1"}, {"a_b": 1}, {"b-a": 1}, id="groups"
        ),
        pytest.param(
            {"find": "(?<first>a)", "replace": "$<first>$<none>$&$$"},
            {"a": 1},
            {"aa$": 1},
            id="named",
        ),
        pytest.param(
            {"find": "(x)?a", "replace": "[$1$2$0$<n>]"}, {"a": 1}, {"[$2$0$<n>]": 1}, id="no group"
        ),
        pytest.param(
            {"find": "a", "replace": "b"}, {"a": 1, "b": 2}, {"b": 1}, id="takes the place"
        ),
        pytest.param(
            {"find": "a", "replace": "z"},
            DEEP,
            {"b": 2, "z1": {"z2": [{"z3": {"z4": 1}}, 5]}},
            id="all levels",
        ),
        pytest.param(
            {"find": "a", "replace": "z", "depth": 0},
            DEEP,
            {"b": 2, "z1": DEEP["a1"]},
            id="the top only",
        ),
        pytest.param(
            {"find": "a", "replace": "z", "depth": 1},
            DEEP,
            {"b": 2, "z1": {"z2": [{"a3": {"a4": 1}}, 5]}},
            id="one level below",
        ),
        pytest.param(
            {"find": "a", "replace": "z", "depth": 3},
            DEEP,
            {"b": 2, "z1": {"z2": [{"z3": {"a4": 1}}, 5]}},
            id="a list is a level",
        ),
    ],
)
async def test_patterns(pattern: dict[str, Any], row: dict[str, Any], want: dict[str, Any]) -> None:
    assert (await run_node(RenameKeys, {"patterns": [pattern]}, [row])).json == [want]


async def test_patterns_follow_single_names() -> None:
    params = {"keys": {"a": "b"}, "patterns": [{"find": "b", "replace": "c"}]}
    assert (await run_node(RenameKeys, params, [{"a": 1}])).json == [{"c": 1}]


async def test_the_rest_of_an_item_stays() -> None:
    file = Binary(b"x")
    result = await run_node(RenameKeys, {"keys": {"a": "b"}}, [Item({"a": 1}, binary={"f": file})])
    assert result.items[0].binary == {"f": file}
    assert [link.item for link in result.items[0].links or ()] == [0]


async def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(PipelineError, match="is an invalid regular expression '/\\(/'"):
        await run_node(RenameKeys, {"patterns": [{"find": "("}]}, [{"a": 1}])
