"""What sort of JSON value a value is."""

from collections.abc import Callable
from types import MappingProxyType

import pytest

from nodekit import Json
from nodekit.json_values import is_dict, is_json, is_list, is_object


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ({}, "json object dict"),
        (MappingProxyType({}), "object"),
        ([], "json list"),
        ((), ""),
        ("a", "json"),
        (1.5, "json"),
        (None, "json"),
        (b"", ""),
    ],
    ids=repr,
)
def test_a_value_is_of_these_kinds(value: Json, kinds: str) -> None:
    asked: dict[str, Callable[[Json], bool]] = {
        "json": is_json,
        "object": is_object,
        "dict": is_dict,
        "list": is_list,
    }
    assert [name for name, ask in asked.items() if ask(value)] == kinds.split()
