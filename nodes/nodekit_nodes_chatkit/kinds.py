"""What sort of JSON value a value is, said to the type checkers too."""

from collections.abc import Mapping
from typing import TypeGuard

from nodekit import Json


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, Mapping)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list | tuple)


def is_number(value: Json) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def field_of(value: Json, name: str) -> Json:
    """Return a field of an object; ``None`` if there is none, or the value is no object."""
    return value.get(name) if is_object(value) else None


def text_in(value: Json, name: str) -> str:
    """Return a field of an object as text; empty if it is none."""
    found = field_of(value, name)
    return found if isinstance(found, str) else ""


def objects_in(value: Json) -> list[dict[str, Json]]:
    """Return the objects of a list; none if the value is no list."""
    return [row for row in value if is_object(row)] if is_list(value) else []
