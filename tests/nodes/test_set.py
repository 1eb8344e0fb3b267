"""Set: fields, types, what stays, errors."""

from typing import Any

import pytest
from nodekit_nodes_core.set import Set, SetParams

from nodekit import Binary, Inputs, Item, Items, Json, PairedItem
from nodekit.forms import Form
from nodekit.params import Filling
from nodekit.testing import check_node_contract, raises_node_error, run_node

PERSON = {"id": 7, "name": "Ann", "addr": {"city": "Rome", "zip": "00100"}, "a.b": "flat"}


async def test_keeps_the_contract() -> None:
    await check_node_contract(Set, {"fields": {"a.b": 1}, "keep": "all"})


async def test_fields_see_the_item_as_it_came_in() -> None:
    result = await run_node(
        Set,
        {"fields": {"n": "={{ $json.n + 1 }}", "m": "={{ $json.n }}", "o": "o"}},
        [{"n": 1}, {"n": 2}],
    )
    assert result.json == [{"n": 2, "m": 1, "o": "o"}, {"n": 3, "m": 2, "o": "o"}]
    assert result.items[1].links == (PairedItem(1),)


async def test_paths_make_mappings_and_lists_without_touching_the_input() -> None:
    given = {"a": {"keep": 1}}
    params = {
        "keep": "all",
        "fields": {"a.b": "x", "a.c.d": "y", "list[1]": "second", "list[0]": "first"},
    }
    result = await run_node(Set, params, [given])
    assert result.json == [
        {"a": {"keep": 1, "b": "x", "c": {"d": "y"}}, "list": ["first", "second"]}
    ]
    assert given == {"a": {"keep": 1}}


async def test_without_dots_names_are_names() -> None:
    params = {"fields": {"a.b": 1}, "keep": ["x.y"], "drop": ["a"], "dots": False}
    result = await run_node(Set, params, [{"a": 1, "x.y": 2, "x": {"y": 3}}])
    assert result.json == [{"x.y": 2, "a.b": 1}]


KEPT: list[tuple[str, dict[str, Json], dict[str, Json]]] = [
    ("nothing", {}, {}),
    ("all", {"keep": "all"}, PERSON),
    ("names", {"keep": ["id", "missing"]}, {"id": 7}),
    ("last name of a path", {"keep": ["addr.city"]}, {"city": "Rome"}),
    ("name with a dot", {"keep": ["a.b"]}, {"a.b": "flat"}),
    ("all but", {"drop": ["id", "addr.zip", "a.b"]}, {"name": "Ann", "addr": {"city": "Rome"}}),
    (
        "names but",
        {"keep": ["id", "addr"], "drop": ["addr.zip"]},
        {"id": 7, "addr": {"city": "Rome"}},
    ),
    ("computed", {"keep": "={{ ['id'] }}"}, {"id": 7}),
]


@pytest.mark.parametrize(("params", "left"), [row[1:] for row in KEPT], ids=[r[0] for r in KEPT])
async def test_keeps(params: dict[str, Json], left: Json) -> None:
    result = await run_node(Set, params, [PERSON])
    assert result.json == [left]


async def test_what_stays_may_differ_from_item_to_item() -> None:
    params = {"keep": "={{ $json.keep }}", "drop": ["x"]}
    result = await run_node(Set, params, [{"keep": "all", "x": 1}, {"keep": ["y"], "y": 2}])
    assert result.json == [{"keep": "all"}, {"y": 2}]


CONVERTED: list[tuple[str, Json, Json]] = [
    ("string", 5, "5"),
    ("string", True, "true"),
    ("string", {"a": 1}, '{"a":1}'),
    ("string", [1, "a"], '[1,"a"]'),
    ("string", 0.5, "0.5"),
    ("string", None, None),
    ("number", "12", 12),
    ("number", " 1.5 ", 1.5),
    ("number", "", 0),
    ("number", True, 1),
    ("number", [], 0),
    ("number", None, None),
    ("boolean", "TRUE", True),
    ("boolean", "0", False),
    ("boolean", 1, True),
    ("boolean", False, False),
    ("array", "[1,2]", [1, 2]),
    ("array", "['a']", ["a"]),
    ("array", [1], [1]),
    ("object", '{"k":1}', {"k": 1}),
    ("object", "{k: 'v', l: [1,],}", {"k": "v", "l": [1]}),
    ("object", {"k": 1}, {"k": 1}),
    ("numeric", "7", 7),
    ("numeric", "abc", "abc"),
    ("numeric", True, True),
    ("truth", "", False),
    ("truth", None, False),
    ("truth", [], True),
    ("truth", "no", True),
]


@pytest.mark.parametrize(("wanted", "value", "became"), CONVERTED)
async def test_converts(wanted: str, value: Json, became: Json) -> None:
    params = {"fields": {"x": "={{ $json.v }}"}, "types": {"x": wanted}}
    (row,) = (await run_node(Set, params, [{"v": value}])).json
    assert row == {"x": became}
    assert type(row["x"]) is type(became)


REFUSED: list[tuple[str, Json, str]] = [
    ("number", "abc", "'x' expects a number but we got 'abc' [item 0]"),
    ("number", {"a": 1}, "'x' expects a number but we got object [item 0]"),
    ("number", [1, 2], "'x' expects a number but we got array [item 0]"),
    ("boolean", "yes", "'x' expects a boolean but we got 'yes' [item 0]"),
    ("boolean", " ", "'x' expects a boolean but we got ' ' [item 0]"),
    ("boolean", 2, "'x' expects a boolean but we got '2' [item 0]"),
    ("array", '{"a":1}', "'x' expects a array but we got '{\"a\":1}' [item 0]"),
    ("array", 5, "'x' expects a array but we got '5' [item 0]"),
    ("object", "[1]", "'x' expects a object but we got '[1]' [item 0]"),
    ("object", "nonsense", "'x' expects a object but we got 'nonsense' [item 0]"),
    ("object", True, "'x' expects a object but we got 'true' [item 0]"),
]


@pytest.mark.parametrize(("wanted", "value", "message"), REFUSED)
async def test_refuses(wanted: str, value: Json, message: str) -> None:
    params: dict[str, Json] = {"fields": {"x": "={{ $json.v }}"}, "types": {"x": wanted}}
    with raises_node_error(f"item 0: {message}"):
        await run_node(Set, params, [{"v": value}])
    params |= {"ignore_conversion_errors": True}
    assert (await run_node(Set, params, [{"v": value}])).json == [{"x": value}]


TYPED = {"fields": {"x": "={{ $json.v }}"}, "types": {"x": "number"}}
ROWS: list[dict[str, Json]] = [{"v": 1}, {"v": "a"}, {"v": 3}]
MESSAGE = "'x' expects a number but we got 'a' [item 1]"


async def test_a_failing_item_goes_on_with_its_error() -> None:
    result = await run_node(Set, TYPED, ROWS, on_error="continue")
    assert result.json == [{"x": 1}, {"error": MESSAGE}, {"x": 3}]
    assert [error.message for error in result.errors] == [MESSAGE]
    assert result.items[1].links == (PairedItem(1),)


async def test_a_failing_item_leaves_by_the_error_output_as_it_came_in() -> None:
    result = await run_node(Set, TYPED | {"duplicates": 1}, ROWS, on_error="error_output")
    assert result.json == [{"x": 1}, {"x": 1}, {"x": 3}, {"x": 3}]
    assert result.outputs["error"].json == [{"v": "a", "error": MESSAGE}]


async def test_errors_name_the_place_in_the_input_when_others_failed_before() -> None:
    params: dict[str, Any] = {
        "computed": [{"name": "={{ $json.name }}", "value": "={{ $json.v }}", "type": "number"}]
    }
    rows: list[dict[str, Json]] = [
        {"name": 5, "v": 1},
        {"name": [], "v": 1},
        {"name": "n", "v": "z"},
    ]
    result = await run_node(Set, params, rows, on_error="continue")
    assert result.json == [
        {"5": 1},
        {"error": 'parameter "computed.0.name" wants text, found a list'},
        {"error": "'n' expects a number but we got 'z' [item 2]"},
    ]


async def test_names_may_be_computed() -> None:
    params = {
        "fields": {"a": 1},
        "computed": [
            {"name": "={{ $json.k }}", "value": "={{ $json.v }}", "type": "string"},
            {"name": "last"},
        ],
    }
    result = await run_node(Set, params, [{"k": "b.c", "v": 1}, {"k": "a", "v": 2}])
    assert result.json == [{"a": 1, "b": {"c": "1"}, "last": None}, {"a": "2", "last": None}]


JSON: list[tuple[str, Json, Json]] = [
    ("mapping", {"m": "={{ $json.n + 1 }}", "l": [1, "={{ $json.n }}"]}, {"m": 3, "l": [1, 2]}),
    ("computed", "={{ ({a: $json.n}) }}", {"a": 2}),
    ("text", '={ "n2": {{ $json.n * 2 }}, "fixed": [1, null] }', {"n2": 4, "fixed": [1, None]}),
    ("faulty text", '={"s": "say "{{ $json.n }}"", }', {"s": 'say "2"'}),
    ("path", {"a.b": 1}, {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("given", "made"), [row[1:] for row in JSON], ids=[r[0] for r in JSON])
async def test_json_gives_all_fields_at_once(given: Json, made: Json) -> None:
    assert (await run_node(Set, {"json": given}, [{"n": 2}])).json == [made]


async def test_json_is_set_before_fields_and_over_what_stays() -> None:
    params = {"json": {"n": "over", "o": 1}, "keep": "all", "fields": {"o": 2}}
    assert (await run_node(Set, params, [{"n": 2, "k": "v"}])).json == [
        {"n": "over", "k": "v", "o": 2}
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("[1]", "the 'JSON Output' in item 0 does not contain a valid JSON object but array"),
        (None, "the 'JSON Output' in item 0 does not contain a valid JSON object but null"),
        (
            '{"n": 1 + }',
            "the 'JSON Output' in item 0 contains invalid JSON: no name at character 9",
        ),
    ],
    ids=["list", "null", "no JSON"],
)
async def test_json_must_be_an_object(given: Json, message: str) -> None:
    with raises_node_error(f"item 0: {message}"):
        await run_node(Set, {"json": given}, [{}])


@pytest.mark.parametrize(
    ("params", "stays"),
    [
        ({}, False),
        ({"keep": "all"}, True),
        ({"keep": ["a"]}, True),
        ({"drop": ["a"]}, True),
        ({"binary": "keep"}, True),
        ({"keep": "all", "binary": "drop"}, False),
    ],
)
def test_files_stay_with_other_fields(params: dict[str, Json], stays: bool) -> None:
    file = Binary(b"hello")
    outcome = direct(params, [Item({}), Item({"a": 1}, binary={"data": file})])
    assert [dict(item.binary) for item in outcome] == [{}, {"data": file} if stays else {}]


def direct(params: dict[str, Json], items: list[Item]) -> list[Item]:
    """Call the node as the motor does, with files on the items."""
    read: SetParams = Form[SetParams](SetParams).read(SetParams, params, Filling(len(items)))
    return list(Set().run_batch(Inputs({"main": Items.of(items)}), read, None))  # type: ignore[arg-type]  # Set asks its context for nothing


async def test_duplicates_follow_their_item() -> None:
    result = await run_node(
        Set, {"fields": {"n": "={{ $json.n }}"}, "duplicates": 2}, [{"n": 1}, {"n": 2}]
    )
    assert result.json == [{"n": 1}] * 3 + [{"n": 2}] * 3
    assert result.items[5].links == (PairedItem(1),)


async def test_types_name_fields_that_are_set() -> None:
    with pytest.raises(Exception, match='parameter "fields" has no "b", which "types" names'):
        await run_node(Set, {"fields": {"a": "={{ 1 }}"}, "types": {"b": "number"}}, [{}])


async def test_a_computed_field_without_a_value_is_null_or_no_field() -> None:
    computed: list[Json] = [
        {"name": "a", "value": "={{ $json.nope }}"},
        {"name": "b", "value": "={{ $json.nope }}", "type": "truth"},
    ]
    assert (await run_node(Set, {"computed": computed}, [{}])).json == [{"a": None, "b": False}]
    skipping = await run_node(Set, {"computed": computed, "missing": "skip"}, [{}])
    assert skipping.json == [{"b": False}]


async def test_text_is_a_string_that_is_not_null() -> None:
    params: dict[str, Json] = {"fields": {"a": "={{ $json.v }}"}, "types": {"a": "text"}}
    assert (await run_node(Set, params, [{"v": {"b": 1}}])).json == [{"a": '{"b":1}'}]
    with raises_node_error("item 0: 'a' expects a text but we got null [item 0]"):
        await run_node(Set, params, [{"v": None}])


async def test_a_missing_value_in_text_is_null() -> None:
    assert (await run_node(Set, {"json": '={"a": {{ $json.x }}, "b": }'}, [{}])).json == [
        {"a": None, "b": None}
    ]
