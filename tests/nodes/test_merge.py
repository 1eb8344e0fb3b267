"""Merge: every way, joins, clashes, links."""

from typing import Any

import pytest
from nodekit_nodes_core.merge import Merge
from nodekit_nodes_core.merge_params import MergeParams

from nodekit import Binary, Inputs, Item, Items, Json, PairedItem
from nodekit.forms import Form
from nodekit.params import Filling
from nodekit.registry import NodeType
from nodekit.testing import check_node_contract, raises_node_error, run_node

Rows = list[dict[str, Json]]

ONES: Rows = [{"id": 1, "a": "one"}, {"id": 2, "a": "two"}, {"id": 3, "a": "three"}]
TWOS: Rows = [{"id": 2, "b": "deux"}, {"id": 3, "b": "trois"}, {"id": 4, "b": "quatre"}]


async def merged(params: dict[str, Json], left: Rows, right: Rows) -> Rows:
    """Return what comes of two inputs."""
    return (await run_node(Merge, params, {"left": left, "right": right})).json


async def test_keeps_the_contract() -> None:
    await check_node_contract(Merge, {})


async def test_append_puts_inputs_one_after_another() -> None:
    result = await run_node(Merge, {}, {"x": [{"n": 1}], "y": [], "z": [{"n": 2}, {"n": 3}]})
    assert result.json == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [item.links for item in result.items] == [
        (PairedItem(0, "x"),),
        (PairedItem(0, "z"),),
        (PairedItem(1, "z"),),
    ]


JOINS: list[tuple[str, dict[str, Json], Rows]] = [
    (
        "matches",
        {},
        [{"id": 2, "a": "two", "b": "deux"}, {"id": 3, "a": "three", "b": "trois"}],
    ),
    ("matches left", {"take": "left"}, ONES[1:]),
    ("matches right", {"take": "right"}, TWOS[:2]),
    (
        "unmatched",
        {"join": "unmatched"},
        [ONES[0] | {"_source": "input1"}, TWOS[2] | {"_source": "input2"}],
    ),
    ("unmatched left", {"join": "unmatched", "take": "left"}, ONES[:1]),
    ("unmatched right", {"join": "unmatched", "take": "right"}, TWOS[2:]),
    ("left", {"join": "left"}, [ONES[1] | TWOS[0], ONES[2] | TWOS[1], ONES[0]]),
    ("right", {"join": "right"}, [ONES[1] | TWOS[0], ONES[2] | TWOS[1], TWOS[2]]),
    ("outer", {"join": "outer"}, [ONES[1] | TWOS[0], ONES[2] | TWOS[1], ONES[0], TWOS[2]]),
]


@pytest.mark.parametrize(("more", "rows"), [j[1:] for j in JOINS], ids=[j[0] for j in JOINS])
async def test_joins(more: dict[str, Json], rows: Rows) -> None:
    assert await merged({"how": "key", "on": ["id"], **more}, ONES, TWOS) == rows


@pytest.mark.parametrize(
    ("join", "without_right", "without_left"),
    [
        ("matches", [], []),
        ("unmatched", ONES, TWOS),
        ("left", ONES, []),
        ("right", [], TWOS),
        ("outer", ONES, TWOS),
    ],
)
async def test_joins_with_an_empty_side(join: str, without_right: Rows, without_left: Rows) -> None:
    params = {"how": "key", "on": ["id"], "join": join}
    assert await merged(params, ONES, []) == without_right
    assert await merged(params, [], TWOS) == without_left


async def test_links_lead_to_both_sides() -> None:
    params = {"how": "key", "on": ["id"], "join": "outer"}
    result = await run_node(Merge, params, {"left": ONES, "right": TWOS})
    assert [item.links for item in result.items] == [
        (PairedItem(1, "left"), PairedItem(0, "right")),
        (PairedItem(2, "left"), PairedItem(1, "right")),
        (PairedItem(0, "left"),),
        (PairedItem(2, "right"),),
    ]


async def test_keys_may_have_two_names_and_be_paths() -> None:
    params = {"how": "key", "on": [{"left": "uid", "right": "user.id"}, "t"]}
    left: Rows = [{"uid": 1, "t": "a"}, {"uid": 1, "t": "b"}]
    right: Rows = [{"user": {"id": 1}, "t": "b"}, {"user": {"id": 2}, "t": "a"}]
    assert await merged(params, left, right) == [{"uid": 1, "t": "b", "user": {"id": 1}}]
    assert await merged(params | {"dots": False}, left, right) == []


async def test_null_belongs_to_null_and_nothing_to_nothing() -> None:
    params = {"how": "key", "on": ["id"], "join": "outer"}
    left: Rows = [{"id": None, "a": 1}, {"a": 2}, {"id": 0, "a": 3}]
    right: Rows = [{"id": None, "b": 1}, {"b": 2}, {"id": 0, "b": 3}]
    assert await merged(params, left, right) == [
        {"id": None, "a": 1, "b": 1},
        {"id": 0, "a": 3, "b": 3},
        {"a": 2},
        {"b": 2},
    ]


SAME: list[tuple[Json, Json, bool, bool]] = [
    (1, 1.0, True, True),
    (1, "1", False, True),
    ("2", 2, False, True),
    ("2.0", 2, False, False),
    (None, "", False, True),
    (None, [], False, True),
    (None, 0, False, False),
    (True, 1, False, True),
    (True, "TRUE", False, True),
    (False, "0", False, True),
    (False, "", False, False),
    ("true", "TRUE", False, False),
    ([1, {"a": 2}], '[1, {"a": 2}]', False, True),
    ([1, {"a": 2}], [1, {"a": 2.0}], True, True),
    ({"a": 1}, '{"a": 2}', False, False),
    ({}, "{", False, False),
    ([], "[]", False, True),
    ("x", "x", True, True),
]


@pytest.mark.parametrize(("left", "right", "exactly", "fuzzily"), SAME)
async def test_sameness(left: Json, right: Json, exactly: bool, fuzzily: bool) -> None:
    params = {"how": "key", "on": ["k"], "take": "left"}
    for fuzzy, same in ((False, exactly), (True, fuzzily)):
        for one, other in ((left, right), (right, left)):
            found = await merged(params | {"fuzzy": fuzzy}, [{"k": one}], [{"k": other}])
            assert len(found) == same


async def test_compared_fuzzily_null_belongs_to_what_is_missing_on_the_right() -> None:
    params = {"how": "key", "on": ["k"], "fuzzy": True}
    assert await merged(params, [{"k": None, "a": 1}], [{"b": 2}]) == [{"k": None, "a": 1, "b": 2}]
    assert await merged(params, [{"a": 1}], [{"k": None}]) == []


LEFT: Rows = [{"k": "x", "n": 10}, {"k": "y", "n": 20, "same": "L"}]
RIGHT: Rows = [{"k": "y", "m": 1, "same": "R"}, {"k": "y", "m": 2, "same": "R"}]

CLASHES: list[tuple[str, dict[str, Json], Rows]] = [
    ("right", {}, [{**LEFT[1], **RIGHT[0]}, {**LEFT[1], **RIGHT[1]}]),
    ("left", {"clash": "left"}, [{**RIGHT[0], **LEFT[1]}, {**RIGHT[1], **LEFT[1]}]),
    (
        "left when joined right",
        {"join": "right"},
        [{**RIGHT[0], **LEFT[1]}, {**RIGHT[1], **LEFT[1]}],
    ),
    ("first partner", {"multiple": "first"}, [{**LEFT[1], **RIGHT[0]}]),
    (
        "suffix",
        {"clash": "suffix", "multiple": "first"},
        [{"k_1": "y", "n_1": 20, "same_1": "L", "k_2": "y", "m_2": 1, "same_2": "R"}],
    ),
]


@pytest.mark.parametrize(("more", "rows"), [c[1:] for c in CLASHES], ids=[c[0] for c in CLASHES])
async def test_clashes(more: dict[str, Json], rows: Rows) -> None:
    assert await merged({"how": "key", "on": ["k"], **more}, LEFT, RIGHT) == rows


DEEP: list[tuple[str, dict[str, Json], Json, Json, Json]] = [
    ("mappings", {}, {"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
    ("lists", {}, [1, 2, 3], [9], [9, 2, 3]),
    ("longer lists", {}, [{"a": 1}], [{"b": 2}, 5], [{"a": 1, "b": 2}, 5]),
    ("unlike", {}, {"a": 1}, [1], [1]),
    ("null", {}, {"a": 1}, None, None),
    ("no null", {"skip_empty": True}, {"a": 1, "b": ""}, {"a": None, "b": ""}, {"a": 1, "b": ""}),
    ("shallow", {"deep": False}, {"a": 1, "b": 2}, {"b": 3}, {"b": 3}),
    ("shallow, no text", {"deep": False, "skip_empty": True}, 1, "", 1),
]


@pytest.mark.parametrize(
    ("more", "left", "right", "both"), [d[1:] for d in DEEP], ids=[d[0] for d in DEEP]
)
async def test_merges_deep(more: dict[str, Json], left: Json, right: Json, both: Json) -> None:
    given: tuple[Rows, Rows] = [{"v": left}], [{"v": right}]
    assert await merged({"how": "position", **more}, *given) == [{"v": both}]
    assert await merged({"how": "all", **more}, *given) == [{"v": both}]
    assert given == ([{"v": left}], [{"v": right}])


A: Rows = [{"a": 1, "x": 1}, {"a": 2, "x": 1}]
B: Rows = [{"b": 1, "x": 2}]
C: Rows = [{"c": 1, "x": 3}, {"c": 2, "x": 3}, {"c": 3, "x": 3}]

PLACES: list[tuple[str, dict[str, Json], Rows]] = [
    ("shortest", {}, [{"a": 1, "b": 1, "c": 1, "x": 3}]),
    ("first wins", {"clash": "left"}, [{"a": 1, "b": 1, "c": 1, "x": 1}]),
    ("named wins", {"clash": "two"}, [{"a": 1, "b": 1, "c": 1, "x": 2}]),
    (
        "suffix",
        {"clash": "suffix"},
        [{"a_1": 1, "x_1": 1, "b_2": 1, "x_2": 2, "c_3": 1, "x_3": 3}],
    ),
    (
        "unpaired",
        {"unpaired": True},
        [{"a": 1, "b": 1, "c": 1, "x": 3}, {"a": 2, "c": 2, "x": 3}, {"c": 3, "x": 3}],
    ),
    (
        "unpaired of the first",
        {"unpaired": "first"},
        [{"a": 1, "b": 1, "c": 1, "x": 3}, {"a": 2, "c": 2, "x": 3}],
    ),
]


@pytest.mark.parametrize(("more", "rows"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES])
async def test_by_position(more: dict[str, Json], rows: Rows) -> None:
    given = {"one": A, "two": B, "three": C}
    result = await run_node(Merge, {"how": "position", **more}, given)
    assert result.json == rows
    first = (PairedItem(0, "one"), PairedItem(0, "two"), PairedItem(0, "three"))
    assert set(result.items[0].links or ()) == set(first)


async def test_by_position_the_winner_is_an_input() -> None:
    with raises_node_error('there is no input "up"; there are "left", "right"'):
        await merged({"how": "position", "clash": "up"}, A, B)


async def test_all_combinations() -> None:
    result = await run_node(Merge, {"how": "all"}, {"left": A, "right": C})
    assert result.json == [{**a, **c} for a in A for c in C]
    assert result.items[4].links == (PairedItem(1, "left"), PairedItem(1, "right"))


CHOICES: list[tuple[str, dict[str, Json], Rows]] = [
    ("first", {}, A),
    ("named", {"take": "right"}, B),
    ("computed", {"take": "={{ 'ri' + 'ght' }}"}, B),
    ("none", {"take": "none"}, [{}]),
]


@pytest.mark.parametrize(("more", "rows"), [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES])
async def test_choose(more: dict[str, Json], rows: Rows) -> None:
    assert await merged({"how": "choose", **more}, A, B) == rows


async def test_choose_none_is_linked_to_everything() -> None:
    result = await run_node(Merge, {"how": "choose", "take": "none"}, {"left": A, "right": B})
    assert result.items[0].links == (
        PairedItem(0, "left"),
        PairedItem(1, "left"),
        PairedItem(0, "right"),
    )


async def test_choose_waits_for_what_it_requires() -> None:
    given: dict[str, Rows] = {"one": A, "two": [], "three": C}
    assert (await run_node(Merge, {"how": "choose"}, given)).json == []
    result = await run_node(Merge, {"how": "choose", "require": ["one", "three"]}, given)
    assert result.json == A


async def test_choose_takes_an_input() -> None:
    with raises_node_error('there is no input "up"; there are "left", "right"'):
        await merged({"how": "choose", "take": "up"}, A, B)


async def test_fields_must_exist_if_asked_for() -> None:
    params = {"how": "key", "on": ["id", "b"], "must_exist": True}
    with raises_node_error("Field 'b' is not present in any of items in 'Input 1'"):
        await merged(params, ONES, TWOS)


@pytest.mark.parametrize(
    ("params", "names", "required"),
    [
        ({}, "*", ()),
        ({"how": "key", "on": ["id"]}, ("left", "right"), ()),
        ({"how": "all"}, ("left", "right"), ()),
        ({"how": "choose", "require": ["a"]}, "*", ("a",)),
    ],
)
def test_inputs(params: dict[str, Json], names: Any, required: tuple[str, ...]) -> None:
    node_type = NodeType("merge", Merge)
    assert node_type.inputs_of(params) == names
    assert node_type.required_of(params) == required


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"how": "position"}, {"data": "R", "l": "L", "r": "R"}),
        ({"how": "position", "clash": "left"}, {"data": "L", "l": "L", "r": "R"}),
        (
            {"how": "position", "clash": "suffix"},
            {"data_1": "L", "l_1": "L", "data_2": "R", "r_2": "R"},
        ),
    ],
)
def test_files_are_merged_like_fields(params: dict[str, Json], names: dict[str, str]) -> None:
    sides = {"L": Binary(b"L"), "R": Binary(b"R")}
    left = Item({}, binary={"data": sides["L"], "l": sides["L"]})
    right = Item({}, binary={"data": sides["R"], "r": sides["R"]})
    form = Form[MergeParams](MergeParams)
    model, _ = form.select(params)
    assert model is not None
    read = form.read(model, params, Filling(1))
    inputs = Inputs({"left": Items.of([left]), "right": Items.of([right])})
    (item,) = Merge().run_batch(inputs, read, None)  # type: ignore[arg-type]  # Merge asks its context for nothing
    assert dict(item.binary) == {name: sides[side] for name, side in names.items()}


async def test_an_input_that_is_not_connected_has_no_items() -> None:
    rows: list[Json] = [{"id": 1}]
    assert (await run_node(Merge, {"how": "key", "on": ["id"]}, {"left": rows})).json == []
    assert (await run_node(Merge, {"how": "all"}, {"left": rows})).json == []
    position: dict[str, Json] = {"how": "position", "inputs": 2}
    assert (await run_node(Merge, position, {"a": rows})).json == []
    assert (await run_node(Merge, {**position, "unpaired": True}, {"a": rows})).json == rows
