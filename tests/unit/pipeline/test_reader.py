"""The reader: YAML 1.2 as JSON values, each with its place; nothing a text holds can hurt it."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nodekit.pipeline.places import locate
from nodekit.pipeline.reader import read


def findings(text: str) -> list[str]:
    return [str(problem) for problem in read(text, "x").problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        (".", "."),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("! 12", "12"),
        ("={{ $json.a }}", "={{ $json.a }}"),
        ("={{ $json.a }} # a comment", "={{ $json.a }}"),
        ("[1, a, {b: null}]", [1, "a", {"b": None}]),
        ("!!seq [1]", [1]),
        ("|\n    a\n    b\n", "a\nb\n"),
        (">-\n    a\n    b\n", "a b"),
        ('"\\u00e9\\n"', "é\n"),
    ],
)
def test_values_are_those_of_the_core_schema(written: str, value: object) -> None:
    parsed = read(f"k: {written}", "x")
    assert (parsed.value, parsed.problems) == ({"k": value}, [])


def test_the_old_directive_changes_nothing() -> None:
    assert read("%YAML 1.1\n---\nk: yes\n", "x").value == {"k": "yes"}


def test_a_mark_at_the_beginning_is_no_character() -> None:
    parsed = read("\ufeffk: 1", "x")
    assert parsed.value == {"k": 1}
    assert parsed.place is not None
    assert locate(parsed.place, ("k",), at_key=True) == (1, 1)


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("a",), True, (1, 1)),
        (("a",), False, (1, 4)),
        (("a", "b"), False, (2, 6)),
        (("a", "c", 1), False, (3, 10)),
        (("a", "c", 1, "d"), True, (3, 11)),
        (("a", "c", 1, "d"), False, (3, 14)),
        (("a", "x"), False, (1, 1)),
        (("a", "c", 7), False, (3, 3)),
        (("e",), False, (4, 4)),
        (("e", "b"), False, (2, 6)),
        (("z",), True, (1, 1)),
    ],
)
def test_every_key_and_value_has_a_place(
    path: tuple[str | int, ...], at_key: bool, place: tuple[int, int]
) -> None:
    parsed = read("a: &a\n  b: 1\n  c: [x, {d: 2}]\ne: *a\n", "x")
    assert parsed.value == {
        "a": {"b": 1, "c": ["x", {"d": 2}]},
        "e": {"b": 1, "c": ["x", {"d": 2}]},
    }
    assert parsed.place is not None
    assert locate(parsed.place, path, at_key) == place


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: .inf", "x:1:4: error[bad-number] .inf is no JSON number"),
        ("a: 1e999", "x:1:4: error[bad-number] 1e999 is no JSON number"),
        ("a: " + "1" * 5000, "x:1:4: error[bad-number] a number of 5000 digits is too long"),
        ("a: !!int b", "x:1:4: error[bad-tag] 'b' is no !!int\n  Remove the tag."),
        (
            "a: !!binary b",
            "x:1:4: error[bad-tag] the YAML tag !!binary has no meaning here\n  Remove the tag.",
        ),
        (
            "a: !!map [b]",
            "x:1:4: error[bad-tag] the YAML tag !!map has no meaning here\n  Remove the tag.",
        ),
        ("? [b]\n: 1", "x:1:3: error[bad-key] a mapping or list cannot be a key"),
        ("{a: 1, {b: 2}: 3}", "x:1:1: error[bad-key] a mapping or list cannot be a key"),
        ("a: {[b]: 1}", "x:1:5: error[bad-key] a mapping or list cannot be a key"),
        (": 1", "x:1:1: error[bad-key] a key must be text, found nothing"),
        (
            "true: 1",
            'x:1:1: error[bad-key] a key must be text, found true\n  Put it in quotes: "true".',
        ),
        ('a: "\\ud800"', "x:1:4: error[bad-text] half a character in the text '\\ud800'"),
        (
            'a: 1\nb: "x\\U00110000"',
            "x:2:6: error[bad-yaml] the escape \\U00110000 is no character",
        ),
        ("a: @b", "x:1:4: error[bad-yaml] a value cannot begin with @\n  Put the value in quotes."),
        ("a: &b 1\nc: *d", 'x:2:4: error[bad-yaml] there is no anchor "&d" above'),
        (
            "a: >x\n",
            "x:1:5: error[bad-yaml] expected chomping or indentation indicators, but found 'x'",
        ),
        (
            "a: {{ $json.a }} and more",
            "x:1:4: error[unquoted-expression] an expression must stand in quotes\n"
            '  Write "={{ $json.a }} and more".',
        ),
        (
            "a: {{ $json.a['b'] + \"c\" }}",
            "x:1:4: error[unquoted-expression] an expression must stand in quotes\n"
            "  Write '={{ $json.a[''b''] + \"c\" }}'.",
        ),
        (
            "a: {b: {c: 1}",
            "x:1:14: error[bad-yaml] a comma or } is missing\n"
            "  Separate entries by commas, end with }.",
        ),
    ],
)
def test_findings(text: str, found: str) -> None:
    assert findings(text) == ([found] if found else [])


def test_depth_counts_through_aliases() -> None:
    nested = "[" * 60 + "]" * 60
    text = f"a: &a {nested}\nb: {'[' * 60}*a{']' * 60}\n"
    assert findings(text) == [
        "x:2:64: error[deep-nesting] mappings and lists are nested more than 100 deep"
    ]


def test_an_alias_may_be_a_key() -> None:
    assert read("a: &n name\n*n : 1\n", "x").value == {"a": "name", "name": 1}


YAMLISH = st.text(alphabet=st.sampled_from(list("ab:-?[]{},#&*!|>'\"%@`=\n\t $.0\\u\ud800\x01")))


@given(YAMLISH)
def test_whatever_a_text_holds_the_reader_answers(text: str) -> None:
    parsed = read(text, "x")
    assert (parsed.place is None) <= bool(parsed.problems)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
)


@given(JSON)
def test_json_is_yaml(value: Any) -> None:
    assert read(json.dumps(value), "x").value == value
