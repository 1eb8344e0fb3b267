"""Queries, forms and JSON as text."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, strategies as st

from nodekit import Json, NodeError, Request
from nodekit.http.message import encoded, json_bytes, pairs, with_query
from nodekit.http.options import Arrays
from nodekit.params import UNDEFINED

LISTS: list[tuple[Arrays, str]] = [
    ("repeat", "a=1&a=x%20y"),
    ("brackets", "a[]=1&a[]=x%20y"),
    ("indices", "a[0]=1&a[1]=x%20y"),
    ("comma", "a=1%2Cx%20y"),
]


@pytest.mark.parametrize(("arrays", "text"), LISTS)
def test_lists(arrays: Arrays, text: str) -> None:
    url = with_query("http://a.test/", {"a": [1, "x y"]}, arrays)
    assert url == f"http://a.test/?{text}"


VALUES: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    "text": ("x", [("a", "x")]),
    "empty text": ("", [("a", "")]),
    "whole number": (5.0, [("a", "5")]),
    "number": (1.5, [("a", "1.5")]),
    "huge number": (1e300, [("a", "1e+300")]),
    "truth": (True, [("a", "true")]),
    "falsehood": (False, [("a", "false")]),
    "null": (None, []),
    "undefined": (UNDEFINED, []),
    "mapping": ({"b": 1, "c": {"d": 2}}, [("a[b]", "1"), ("a[c][d]", "2")]),
    "mapping in a list": ([{"b": 1}], [("a[b]", "1")]),
    "empty list": ([], []),
}


@pytest.mark.parametrize(("value", "found"), VALUES.values(), ids=VALUES)
def test_values(value: Json, found: list[tuple[str, str]]) -> None:
    assert list(pairs({"a": value}, "repeat")) == found


def test_a_mapping_in_a_list_with_commas_is_json() -> None:
    assert list(pairs({"a": [{"b": 1}, 2]}, "comma")) == [("a", '{"b":1},2')]


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("http://a.test", "http://a.test?x=1"),
        ("http://a.test/?", "http://a.test/?x=1"),
        ("http://a.test/?y=2", "http://a.test/?y=2&x=1"),
        ("http://a.test/?y=2&", "http://a.test/?y=2&x=1"),
        ("http://a.test/#part", "http://a.test/?x=1"),
    ],
)
def test_a_query_is_added_to_what_is_there(url: str, whole: str) -> None:
    assert with_query(url, {"x": 1}, "repeat") == whole


def test_a_query_of_nothing_leaves_the_url() -> None:
    assert with_query("http://a.test/", {"x": None}, "repeat") == "http://a.test/"


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_query_is_read_as_it_was_meant(query: dict[str, str]) -> None:
    url = with_query("http://a.test/", query, "repeat")
    read = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    assert read == list(query.items())


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_form_is_read_as_it_was_meant(form: dict[str, str]) -> None:
    body = encoded(Request("POST", "http://a.test/", form=form)).body
    assert isinstance(body, bytes)
    assert parse_qsl(body.decode(), keep_blank_values=True) == list(form.items())


def test_a_given_media_type_stays() -> None:
    request = Request("POST", "http://a.test/", json={}, headers={"content-type": "a/json"})
    assert encoded(request).headers == {"content-type": "a/json"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"a": [1, "\u00fc", True]}, '{"a":[1,"ü",true]}', id="plain"),
        pytest.param({"a": None}, '{"a":null}', id="null"),
        pytest.param({"a": 2**70}, '{"a":1180591620717411303424}', id="a large number"),
        pytest.param({1: "a"}, '{"1":"a"}', id="a name that is no text"),
    ],
)
def test_a_body_of_json(value: Json, text: str) -> None:
    assert json_bytes(value) == text.encode()


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": object()}])
def test_what_is_not_json_is_refused(value: Json) -> None:
    with pytest.raises(NodeError, match="the body is not JSON: "):
        json_bytes(value)
