"""Paths into items: reading, setting, dropping; nothing is changed in place."""

from copy import deepcopy

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.paths import MISSING, drop, get, keys_of, put

from nodekit import Json

FIELDS: dict[str, Json] = {"a": {"b": [{"c": 1}, 2]}, "x.y": 3, "n": None, "s": "text"}


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a.b[0].c", ("a", "b", "0", "c")),
        ('a["x.y"]', ("a", "x.y")),
        ("['x.y'].z", ("x.y", "z")),
        (r'a["q\"q"]', ("a", 'q"q')),
        ("[]", ("",)),
        ("]", ("]",)),
    ],
)
def test_keys(path: str, keys: tuple[str, ...]) -> None:
    assert keys_of(path) == keys


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b[0].c", 1),
        ("a.b.1", 2),
        ("a.b[2]", MISSING),
        ("a.b.length", MISSING),
        ("x.y", 3),
        ('["x.y"]', 3),
        ("x", MISSING),
        ("n", None),
        ("n.m", MISSING),
        ("s.0", MISSING),
    ],
)
def test_get(path: str, value: Json) -> None:
    assert get(FIELDS, path) is value or get(FIELDS, path) == value


def test_missing_is_nothing() -> None:
    assert not MISSING
    assert repr(MISSING) == "missing"


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("s", {"s": 0}),
        ("a.b[0].c", {"a": {"b": [{"c": 0}, 2]}}),
        ("a.b[3]", {"a": {"b": [{"c": 1}, 2, None, 0]}}),
        ("a.b.name", {}),
        ("a.b.name.deep", {}),
        ("x.y", {"x.y": 0}),
        ("n.m", {"n": {"m": 0}}),
        ("s.m", {"s": {"m": 0}}),
        ("new[1].k", {"new": [None, {"k": 0}]}),
        ("a.0", {"a": {"b": [{"c": 1}, 2], "0": 0}}),
    ],
)
def test_put(path: str, after: dict[str, Json]) -> None:
    before = deepcopy(FIELDS)
    own = dict(FIELDS)
    put(own, path, 0)
    assert own == {**FIELDS, **after}
    assert before == FIELDS


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("s", {"a": FIELDS["a"], "x.y": 3, "n": None}),
        ("a.b[0].c", {**FIELDS, "a": {"b": [{}, 2]}}),
        ("a.b[1]", {**FIELDS, "a": {"b": [{"c": 1}, None]}}),
        ("a.b[7]", FIELDS),
        ("n.m", FIELDS),
        ("s.m.l", FIELDS),
        ("none", FIELDS),
    ],
)
def test_drop(path: str, after: dict[str, Json]) -> None:
    before = deepcopy(FIELDS)
    own = dict(FIELDS)
    drop(own, path)
    assert own == after
    assert before == FIELDS


NAMES = st.text("abc", min_size=1, max_size=2)


@given(st.dictionaries(NAMES, st.integers()), st.lists(NAMES, min_size=1, max_size=3))
def test_what_is_put_is_found_and_can_be_dropped(fields: dict[str, int], names: list[str]) -> None:
    path = ".".join(names)
    own: dict[str, Json] = dict(fields)
    put(own, path, "value")
    assert get(own, path) == "value"
    drop(own, path)
    assert get(own, path) is MISSING
