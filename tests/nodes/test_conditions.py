"""Conditions: every operator, strict and loose, and n8n's words for wrong types."""

from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.filter import Filter
from nodekit_nodes_core.operators import OPERATORS, OperatorName

from nodekit import Json, PipelineError
from nodekit.testing import raises_node_error, run_node

MISSING: dict[str, Json] = {}
"""An item without the field `v`."""


def items(*values: Json) -> list[dict[str, Json]]:
    return [{"v": value} for value in values]


async def kept(
    rows: list[dict[str, Json]], operator: str, right: Json = None, **block: Any
) -> list[dict[str, Json]]:
    """Return the items for which one comparison of their field `v` holds."""
    comparison = {"left": "={{ $json.v }}", "is": operator, "right": right}
    return (await run_node(Filter, {"all": [comparison], **block}, rows)).json


def test_every_operator_has_a_test() -> None:
    assert set(get_args(OperatorName)) == set(OPERATORS)


WORDS = [*items("apple", "Apple pie", "", "banana", None), MISSING]
NUMBERS = items(1, 2, 3, 0, -1.5)
DATES = items("2024-01-15T10:00:00Z", "2024-03-01", "2023-12-31T23:59:59.999Z")
TRUTHS = [*items(True, False, None), MISSING]
LISTS = items(["a", "b"], [], ["c"], [1, 2, 3])
OBJECTS = [*items({}, {"a": 1}, None), MISSING]
NOON = "2024-01-15T10:00:00Z"

HOLDS: list[tuple[str, list[dict[str, Json]], Json, list[int]]] = [
    ("any.exists", [*items(0, None, ""), MISSING], None, [0, 2]),
    ("any.notExists", [*items(0, None, ""), MISSING], None, [1, 3]),
    ("string.exists", WORDS, None, [0, 1, 2, 3]),
    ("string.notExists", WORDS, None, [4, 5]),
    ("string.empty", WORDS, None, [2, 4, 5]),
    ("string.notEmpty", WORDS, None, [0, 1, 3]),
    ("string.equals", WORDS, "apple", [0]),
    ("string.equals", WORDS, None, [2, 4, 5]),
    ("string.notEquals", WORDS, "apple", [1, 2, 3, 4, 5]),
    ("string.contains", WORDS, "an", [3]),
    ("string.notContains", WORDS, "an", [0, 1, 2, 4, 5]),
    ("string.startsWith", WORDS, "App", [1]),
    ("string.notStartsWith", WORDS, "App", [0, 2, 3, 4, 5]),
    ("string.endsWith", WORDS, "a", [3]),
    ("string.notEndsWith", WORDS, "a", [0, 1, 2, 4, 5]),
    ("string.regex", WORDS, "^a.*e$", [0]),
    ("string.regex", WORDS, "/^A.*E$/i", [0, 1]),
    ("string.notRegex", WORDS, "^a.*e$", [1, 2, 3, 4, 5]),
    ("number.exists", NUMBERS, None, [0, 1, 2, 3, 4]),
    ("number.notExists", NUMBERS, None, []),
    ("number.empty", [*items(0, None), MISSING], None, [1, 2]),
    ("number.notEmpty", [*items(0, None), MISSING], None, [0]),
    ("number.equals", NUMBERS, 2, [1]),
    ("number.equals", items(2.0, 2), 2, [0, 1]),
    ("number.notEquals", [*NUMBERS, MISSING], 2, [0, 2, 3, 4, 5]),
    ("number.gt", NUMBERS, 1, [1, 2]),
    ("number.lt", NUMBERS, 1, [3, 4]),
    ("number.gte", NUMBERS, 1, [0, 1, 2]),
    ("number.lte", NUMBERS, 1, [0, 3, 4]),
    ("number.lt", [*items(None), MISSING], 5, [0]),
    ("number.gt", [*items(None), MISSING], -1, [0]),
    ("dateTime.exists", [*DATES, MISSING], None, [0, 1, 2]),
    ("dateTime.notExists", [*DATES, MISSING], None, [3]),
    ("dateTime.empty", [*DATES, MISSING], None, [3]),
    ("dateTime.notEmpty", [*DATES, MISSING], None, [0, 1, 2]),
    ("dateTime.equals", DATES, NOON, [0]),
    ("dateTime.equals", DATES, "2024-01-15T12:00:00+02:00", [0]),
    ("dateTime.notEquals", [*DATES, MISSING], NOON, [1, 2]),
    ("dateTime.after", DATES, "2024-01-01", [0, 1]),
    ("dateTime.before", [*DATES, MISSING], "2024-01-01", [2]),
    ("dateTime.afterOrEquals", DATES, "2024-03-01", [1]),
    ("dateTime.beforeOrEquals", DATES, "2024-01-15T10:00:00.000Z", [0, 2]),
    ("boolean.exists", TRUTHS, None, [0, 1]),
    ("boolean.notExists", TRUTHS, None, [2, 3]),
    ("boolean.empty", TRUTHS, None, [2, 3]),
    ("boolean.notEmpty", TRUTHS, None, [0, 1]),
    ("boolean.true", TRUTHS, None, [0]),
    ("boolean.false", TRUTHS, None, [1, 2, 3]),
    ("boolean.equals", TRUTHS, True, [0]),
    ("boolean.notEquals", TRUTHS, True, [1, 2, 3]),
    ("array.exists", [*LISTS, MISSING], None, [0, 1, 2, 3]),
    ("array.notExists", [*LISTS, MISSING], None, [4]),
    ("array.empty", [*LISTS, MISSING], None, [1, 4]),
    ("array.notEmpty", LISTS, None, [0, 2, 3]),
    ("array.contains", LISTS, "a", [0]),
    ("array.contains", LISTS, 2, [3]),
    ("array.contains", items([True], [1], ["1"]), 1, [1]),
    ("array.contains", items([[1]], [{}]), [1], []),
    ("array.notContains", LISTS, "a", [1, 2, 3]),
    ("array.lengthEquals", LISTS, 1, [2]),
    ("array.lengthNotEquals", LISTS, 1, [0, 1, 3]),
    ("array.lengthGt", LISTS, 1, [0, 3]),
    ("array.lengthLt", LISTS, 1, [1]),
    ("array.lengthGte", LISTS, 2, [0, 3]),
    ("array.lengthLte", LISTS, 2, [0, 1, 2]),
    ("object.exists", OBJECTS, None, [0, 1]),
    ("object.notExists", OBJECTS, None, [2, 3]),
    ("object.empty", OBJECTS, None, [0, 2, 3]),
    ("object.notEmpty", OBJECTS, None, [1]),
]


@pytest.mark.parametrize(
    ("operator", "rows", "right", "places"),
    HOLDS,
    ids=[f"{row[0]} {row[2]}" for row in HOLDS],
)
async def test_holds_for(
    operator: str, rows: list[dict[str, Json]], right: Json, places: list[int]
) -> None:
    assert await kept(rows, operator, right) == [rows[i] for i in places]


@pytest.mark.parametrize(
    ("operator", "right", "places"),
    [
        ("string.equals", "hello", [0]),
        ("string.contains", "LLO W", [1]),
        ("string.startsWith", "hEL", [0, 1]),
        ("string.endsWith", "YE", [2]),
        ("string.regex", "^hello$", [0]),
        ("string.regex", "^Hello$", []),
        ("string.notEquals", "BYE", [0, 1]),
    ],
)
async def test_case_may_be_ignored(operator: str, right: str, places: list[int]) -> None:
    rows = items("Hello", "HELLO world", "bye")
    assert await kept(rows, operator, right, case=False) == [rows[i] for i in places]


async def test_case_may_be_ignored_in_lists() -> None:
    rows = items(["A", 1], ["b"])
    assert await kept(rows, "array.contains", "a", case=False) == rows[:1]


MIXED = [*items("5", 6, "abc", True, None, "", [1]), MISSING]

LOOSE: list[tuple[str, Json, int, list[dict[str, Json]], list[int]]] = [
    ("number.gt", 4, 2, [*MIXED[:2], *MIXED[3:]], [0, 1]),
    ("number.equals", "5", 2, [*MIXED[:2], *MIXED[3:]], [0]),
    ("number.exists", None, 2, [*MIXED[:2], *MIXED[3:]], [0, 1, 2, 4, 5]),
    ("number.exists", None, 3, items("", " ", [], "0", 0), [3, 4]),
    ("number.equals", 0, 2, items("", " ", [], "0", 0), [0, 1, 2, 3, 4]),
    ("boolean.true", None, 2, items("false", "no", 1, "0", {}), [1, 2, 4]),
    ("boolean.true", None, 1, items("false", "no", 1, "0", ""), [0, 1, 2, 3]),
    ("string.equals", "5", 3, items(5, "5", 5.0, [5]), [0, 1, 2]),
    ("string.contains", '"a":1', 3, items({"a": 1}, "a"), [0]),
    ("array.lengthEquals", "1", 3, items("[7]", [1], "['x']"), [0, 1, 2]),
    ("object.notEmpty", None, 3, items('{"a": 1}', "{a: 1}", "{}"), [0, 1]),
    ("dateTime.after", "2020", 3, items("2021-02", "2019-060", "Jan 2, 2021"), [0, 2]),
]


@pytest.mark.parametrize(("operator", "right", "rules", "rows", "places"), LOOSE)
async def test_loose_comparisons_convert(
    operator: str, right: Json, rules: int, rows: list[dict[str, Json]], places: list[int]
) -> None:
    found = await kept(rows, operator, right, loose=True, rules=rules)
    assert found == [rows[i] for i in places]


WRONG: list[tuple[str, Json, Json, dict[str, Json], str]] = [
    ("number.gt", "5", 4, {}, "Wrong type: '5' is a string but was expecting a number"),
    ("number.gt", 4, "5", {}, "Wrong type: '5' is a string but was expecting a number"),
    ("number.gt", "5", "6", {}, "Comparison type expects a number but both fields are a string"),
    ("number.gt", "5", True, {}, "Wrong type: '5' is a string but was expecting a number"),
    ("string.equals", 5, "", {}, "Wrong type: '5' is a number but was expecting a string"),
    ("boolean.true", "t", None, {}, "Wrong type: 't' is a string but was expecting a boolean"),
    ("array.empty", {}, 0, {}, "Wrong type: '{}' is an object but was expecting an array"),
    ("object.empty", [1], 0, {}, "Wrong type: '[1]' is an array but was expecting an object"),
    ("array.lengthGt", [1], "1", {}, "Wrong type: '1' is a string but was expecting a number"),
    ("dateTime.after", "x", NOON, {}, "Wrong type: 'x' is a string but was expecting a dateTime"),
    (
        "number.gt",
        "x",
        4,
        {"loose": True},
        "Conversion error: the string 'x' can't be converted to a number",
    ),
    ("string.regex", "x", "(", {}, "invalid regular expression '(': missing ), unterminated "
     "subpattern at position 0"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "left", "right", "block", "message"), WRONG)
async def test_wrong_types_are_errors(
    operator: str, left: Json, right: Json, block: dict[str, Json], message: str
) -> None:
    with raises_node_error(f"item 0: {message} [condition 0, item 0]"):
        await kept(items(left), operator, right, **block)


async def test_null_and_missing_are_never_a_wrong_type() -> None:
    rows = [*items(None), MISSING]
    for operator in get_args(OperatorName):
        left, missing = rows
        found = await kept([left], operator, None) + await kept([missing], operator, None)
        assert all(row in rows for row in found)


BLOCKS: list[tuple[str, dict[str, Json], list[int]]] = [
    ("condition", {"condition": "={{ $json.a >= 5 }}"}, [1, 2]),
    ("null condition", {"condition": "={{ $json.none }}"}, []),
    ("constant", {"condition": True}, [0, 1, 2, 3]),
    ("all of none", {"all": []}, [0, 1, 2, 3]),
    ("any of none", {"any": []}, []),
]

BOTH = [
    {"left": "={{ $json.a }}", "is": "number.gte", "right": 5},
    {"left": "={{ $json.s }}", "is": "string.equals", "right": "x"},
]
BLOCKS += [("all", {"all": BOTH}, [1]), ("any", {"any": BOTH}, [0, 1, 2])]


@pytest.mark.parametrize(("block", "places"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
async def test_blocks(block: dict[str, Json], places: list[int]) -> None:
    rows: list[dict[str, Json]] = [
        {"a": 1, "s": "x"},
        {"a": 5, "s": "x"},
        {"a": 5, "s": "y"},
        {"a": 0, "s": "z"},
    ]
    assert (await run_node(Filter, block, rows)).json == [rows[i] for i in places]


async def test_comparisons_end_with_the_one_that_decides() -> None:
    late = {"left": "text", "is": "number.gt", "right": 1}
    early = {"left": "={{ $json.v }}", "is": "number.gt", "right": 1}
    rows = items(0, 2)
    found = await run_node(Filter, {"all": [early, late]}, rows, on_error="continue")
    assert [error.item for error in found.errors] == [1]
    found = await run_node(Filter, {"any": [early, late]}, rows, on_error="continue")
    assert [error.message for error in found.errors] == [
        "Wrong type: 'text' is a string but was expecting a number [condition 1, item 0]"
    ]


LEGACY: list[tuple[str, list[dict[str, Json]], Json, list[int]]] = [
    ("number.equals", items(1, "1", 1.0), 1, [0, 2]),
    ("number.notEquals", items(1, "1"), 1, [1]),
    ("number.gt", [*items("6", 5, None, 7), MISSING], 5, [0, 3]),
    ("number.gte", [*items(0, None, -1, False), MISSING], 0, [0, 1, 3, 4]),
    ("number.lt", items("b", "d"), "c", [0]),
    ("number.lte", items(1, 2, 3), 2, [0, 1]),
    ("number.empty", items(0, None, ""), None, [1, 2]),
    ("string.equals", items("a", "A", None), "a", [0]),
    ("string.contains", [*items("x1", 10, None), MISSING], 1, [0, 1]),
    ("string.notContains", items("x1", None), "1", [1]),
    ("string.startsWith", items("north", "south", ""), "n", [0]),
    ("string.notStartsWith", items("north", "south", ""), "n", [1, 2]),
    ("string.endsWith", items("ab", "ba"), "b", [0]),
    ("string.notEndsWith", items("ab", "ba"), "b", [1]),
    ("string.regex", items("x1", "y", 5), r"\d", [0, 2]),
    ("string.notRegex", items("x1", "y"), r"/\d/", [1]),
    ("string.empty", [*items("", None, "a", {}, []), MISSING], None, [0, 1, 3, 4, 5]),
    ("string.notEmpty", items("", "a", False), None, [1, 2]),
    ("boolean.equals", [*items(False, None, 0), MISSING], False, [0]),
    ("dateTime.after", items("2024-01-02", "2024-01-01", None), "2024-01-01", [0]),
    ("dateTime.before", items("2023-01-02", None), "2024-01-01", [0, 1]),
    ("array.contains", items(["a"], '["a"]', ["b"]), "a", [0, 1]),
]


@pytest.mark.parametrize(("operator", "rows", "right", "places"), LEGACY)
async def test_the_first_rules_compare_values_as_they_are(
    operator: str, rows: list[dict[str, Json]], right: Json, places: list[int]
) -> None:
    found = await kept(rows, operator, right, rules=0, loose=True)
    assert found == [rows[i] for i in places]


async def test_the_first_rules_know_no_other_dates() -> None:
    with raises_node_error("item 0: 'soon' is no date [condition 0, item 0]"):
        await kept(items("soon"), "dateTime.after", "2024-01-01", rules=0)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({}, 'wants one of "condition", "all" and "any", found none'),
        (
            {"condition": "={{ 1 }}", "all": []},
            'wants one of "condition", "all" and "any", found "condition" and "all"',
        ),
        (
            {"condition": True, "all": [], "any": []},
            'wants one of "condition", "all" and "any", found "condition", "all" and "any"',
        ),
        (
            {"all": [{"left": 1, "is": "={{ 1 }}"}]},
            "parameter \"all.0.is\" cannot be an expression, found '={{ 1 }}'",
        ),
        ({"all": [{"left": 1}]}, 'needs the parameter "all.0.is"'),
    ],
)
async def test_says_what_is_wrong_with_a_block(block: dict[str, Json], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        await run_node(Filter, block, [{}])
    assert [problem.message for problem in caught.value.problems] == [message]


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3), st.floats(-3, 3)), max_size=6))
def test_a_number_is_on_exactly_one_side(values: list[float | None]) -> None:
    for value in values:
        sides = [OPERATORS[f"number.{name}"].test(value, 1) for name in ("lt", "gte")]
        assert sum(sides) == 1
