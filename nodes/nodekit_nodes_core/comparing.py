"""Comparing JSON values: as JavaScript orders them, and by what they hold."""

from collections.abc import Hashable
from math import isnan
from typing import Literal

from nodekit import Json

from .javascript import is_number, number_of, text_of
from .shapes import is_list, is_object


def identity(value: Json) -> Hashable:
    """Return something hashable that is equal for values that hold the same (deep equality).

    1 and 1.0 are the same; 1, true and ``"1"`` are not. The order of keys does not count.
    """
    if isinstance(value, bool):
        return ("bool", value)
    if is_list(value):
        return ("list", *map(identity, value))
    if is_object(value):
        return ("dict", frozenset((key, identity(part)) for key, part in value.items()))
    if isinstance(value, float) and isnan(value):
        return ("nan",)
    return value  # type: ignore[no-any-return]  # text, number, null, missing: all hashable


def less(a: Json, b: Json) -> bool:
    """Whether ``a < b`` in JavaScript, also for values of different types."""
    left, right = primitive(a), primitive(b)
    if isinstance(left, str) and isinstance(right, str):
        return units(left) < units(right)
    return number_of(left) < number_of(right)


def primitive(value: Json) -> Json:
    """Return what JavaScript compares in place of a value: lists and objects become text."""
    return text_of(value) if isinstance(value, list | dict) else value


def units(text: str) -> bytes:
    """Return a text in a form that orders as JavaScript does: by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def kind(value: Json) -> Literal["string", "number", "boolean", "object"]:
    """Return what JavaScript's ``typeof`` calls a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if is_number(value) else "object"
