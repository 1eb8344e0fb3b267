"""$jmespath: the grammar and the functions of JMESPath."""

import json

import pytest

from tests.unit.expressions.conftest import Value

DATA = {
    "people": [
        {"n": "a", "age": 20, "tags": ["x", "y"], "s": {"t": 1}},
        {"n": "b", "age": 30, "tags": [], "s": None},
        {"n": "c", "age": 25},
    ],
    "o": {"a": {"v": 1}, "b": {"v": 2}, "c": 3},
    "l": [3, 1, 2],
    "s": "text",
    "nested": [[1, [2]], [3]],
    "e": [],
    "z": 0,
    "t": True,
    "nul": None,
    "foo-bar": 5,
    "str": ["b", "a"],
}

CASES: list[tuple[str, object]] = [
    ("people[0].n", "a"),
    ("people[-1].n", "c"),
    ("people[9]", None),
    ("people[*].n", ["a", "b", "c"]),
    ("people[*].s.t", [1]),
    ("people[].tags[]", ["x", "y"]),
    ("people[*].tags[0]", ["x"]),
    ("people[?age > `20`].n", ["b", "c"]),
    ("people[?age >= `25` && n != 'c'].n", ["b"]),
    ("people[?n == 'a' || age == `25`] | [1].n", "c"),
    ("people[?!tags].n", ["b", "c"]),
    ("people[?contains(tags || `[]`, 'x')].n", ["a"]),
    ("people[*].{name: n, years: age} | [0]", {"name": "a", "years": 20}),
    ("people[0].[n, age]", ["a", 20]),
    ("{a: s, b: l[0]}", {"a": "text", "b": 3}),
    ("o.*.v", [1, 2]),
    ("o.* | [2]", 3),
    ("l[0:2]", [3, 1]),
    ("l[::-1]", [2, 1, 3]),
    ("l[-2:]", [1, 2]),
    ("l[:1].x", []),
    ("nested[]", [1, [2], 3]),
    ("nested[][]", [1, 2, 3]),
    ("nested[*][0]", [1, 3]),
    ('"foo-bar"', 5),
    ("`[1, 2]`", [1, 2]),
    ("`abc`", "abc"),
    ("'it\\'s'", "it's"),
    ("missing.a || s", "text"),
    ("t && s", "text"),
    ("!e", True),
    ("(people[0]).n", "a"),
    ("[s][0]", "text"),
    ("@.s", "text"),
    ("abs(`-5`)", 5),
    ("avg(l)", 2),
    ("avg(e)", None),
    ("ceil(`1.2`)", 2),
    ("floor(`1.8`)", 1),
    ("contains(s, 'ex')", True),
    ("ends_with(s, 'xt') && starts_with(s, 'te')", True),
    ("join('-', str)", "b-a"),
    ("keys(o)", ["a", "b", "c"]),
    ("values(o)[2]", 3),
    ("length(s)", 4),
    ("length(o)", 3),
    ("map(&age, people)", [20, 30, 25]),
    ("max(l)", 3),
    ("min(str)", "a"),
    ("max(e)", None),
    ("max_by(people, &age).n", "b"),
    ("min_by(people, &age).n", "a"),
    ("merge(o, {c: `4`}).c", 4),
    ("not_null(nul, missing, s)", "text"),
    ("reverse(l)", [2, 1, 3]),
    ("reverse(s)", "txet"),
    ("sort(str)", ["a", "b"]),
    ("sort_by(people, &age)[*].n", ["a", "c", "b"]),
    ("sum(l)", 6),
    ("to_array(s)", ["text"]),
    ("to_string(l)", "[3,1,2]"),
    ("to_number('12')", 12),
    ("to_number('x')", None),
    (
        "[type(s), type(nul), type(l), type(o), type(t), type(z)]",
        ["string", "null", "array", "object", "boolean", "number"],
    ),
]


@pytest.mark.parametrize(("query", "wanted"), CASES)
def test_a_query(value: Value, query: str, wanted: object) -> None:
    assert value("={{ $jmespath($json, $json.query) }}", {**DATA, "query": query}) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "foo(",
        "people[",
        "a b",
        ".a",
        "l[a]",
        "foo(l)",
        "length(z)",
        "abs(s)",
        "length(l, l)",
        "l[::0]",
        "'open",
        "#",
        "sort_by(people, &tags)",
        "join('', l)",
        '"f"(l)',
        "{a}",
        "length(l,)",
        "people[?",
    ],
)
def test_a_query_that_cannot_be_answered_comes_to_nothing(value: Value, query: str) -> None:
    assert value("={{ $jmespath($json, $json.query) }}", {**DATA, "query": query}) == "undefined"


def test_unsafe_names_are_refused(value: Value) -> None:
    query = json.dumps("constructor")
    assert (
        value(f"={{{{ $jmespath($json, {query}) }}}}", {"a": 1})
        == "! a property that is named in the query is not safe"
    )
