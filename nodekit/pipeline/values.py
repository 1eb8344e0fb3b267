"""The kinds of JSON value that hold others, as questions a type checker understands."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from nodekit.items import Json


def is_mapping(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is a mapping."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


def is_any_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    """Whether a value of Python is a mapping, with keys of whatever kind."""
    return isinstance(value, Mapping)


def is_row(value: object) -> TypeGuard[Sequence[object]]:
    """Whether a value of Python is a list or tuple."""
    return isinstance(value, list | tuple)
