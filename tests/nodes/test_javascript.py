"""JSON values as JavaScript sees them, its patterns, and text that is nearly JSON."""

import json
from math import inf, isnan, nan

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.javascript import json_of, number_of, text_of, truth_of
from nodekit_nodes_core.literal import read_json, read_literal
from nodekit_nodes_core.patterns import pattern_of

from nodekit import Json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("s", "s"),
        (None, "null"),
        (True, "true"),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (123456789012345680000.0, "123456789012345683968"),
        (1e-7, "1e-7"),
        (1.5e-5, "0.000015"),
        (-1e-6, "-0.000001"),
        (nan, "NaN"),
        (inf, "Infinity"),
        (-inf, "-Infinity"),
        ([1, None, [2, "a"]], "1,,2,a"),
        ({"a": 1}, "[object Object]"),
    ],
)
def test_text(value: Json, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        (" -1.5e2 ", -150),
        (".5", 0.5),
        ("5.", 5),
        ("0x1F", 31),
        ("", 0),
        ("-Infinity", -inf),
        ("Infinity", inf),
        (True, 1),
        (None, 0),
        ([], 0),
        ([7], 7),
        (3.5, 3.5),
    ],
)
def test_number(value: Json, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["a", "1_000", "inf", "nan", "1e", "١", [1, 2], {}, {"a": 1}])
def test_no_number(value: Json) -> None:
    assert isnan(number_of(value))


@pytest.mark.parametrize(
    ("value", "truth"),
    [([], True), ({}, True), ("0", True), ("", False), (0, False), (nan, False), (None, False)],
)
def test_truth(value: Json, truth: bool) -> None:
    assert truth_of(value) is truth


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_json_can_be_read_back(value: Json) -> None:
    assert json.loads(json_of(value)) == value
    assert read_literal(json_of(value)) == value


def test_json_of_what_json_does_not_have() -> None:
    assert json_of([inf, 1.0]) == "[null,1]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b': `c`, $d: .5}", {"a": 1, "b": "c", "$d": 0.5}),
        ("[1,,2,]", [1, 2]),
        ('{"a": 1 "b": [true false]}', {"a": 1, "b": [True, False]}),
        ('{"q": "say "hi" now"}', {"q": 'say "hi" now'}),
        ("/* c */ {a: 0x10, // d\n b: undefined, 1: null}", {"a": 16, "b": None, "1": None}),
        (r"'a\n\x41\u0042\q\'c'", "a\nABq'c"),
        ("-5", -5),
        ('{"n": }', {"n": None}),
    ],
)
def test_reads_what_is_nearly_json(text: str, value: Json) -> None:
    assert read_literal(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no value at character 1"),
        ("{a 1}", "no colon at character 4"),
        ("{", "no '}' at character 2"),
        ("[1", "no ']' at character 3"),
        ("{+: 1}", "no name at character 2"),
        ("'abc", "text without an end at character 5"),
        ("'\\u12'", "no character of this number at character 4"),
        ("1 2", "unexpected text at character 3"),
        ("NaN", "no value at character 1"),
        ("[" * 300, "too deep at character 202"),
    ],
)
def test_refuses_what_is_not(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message.replace('[', '.')}$"):
        read_literal(text)


def test_json_has_no_constants() -> None:
    with pytest.raises(ValueError, match=r"^NaN is not JSON$"):
        read_json("[NaN]")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("/^b$/m", "a\nb", True),
        ("/a.b/s", "a\nb", True),
        ("/É/i", "é", True),
        (r"^\d+$", "١", False),
        (r"^[\d-]+$", "1-2", True),
        (r"^[\w.]+$", "é", False),
        (r"^\w+$", "é", False),
        (r"^(?<q>['\"])x\k<q>$", "'x'", True),
        ("(?<=a)b", "ab", True),
        ("[]", "a", False),
        ("^[^]$", "\n", True),
        (r"^[[&\]|]+$", "[&]|", True),
        ("a/b", "a/b", True),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, text: str, found: bool) -> None:
    assert (pattern_of(pattern).search(text) is not None) is found
