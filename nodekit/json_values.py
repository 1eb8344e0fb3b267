"""What sort of JSON value a value is, said to the type checkers too."""

from collections.abc import Mapping
from typing import TypeGuard

from .items import Json


def is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether a JSON value is an object."""
    return type(value) is dict or isinstance(value, Mapping)  # what it mostly is goes first


def is_dict(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object that may be changed in place."""
    return isinstance(value, dict)


def is_json(value: object) -> TypeGuard[Json]:
    """Whether a value of Python is a JSON value, as far as its outermost part shows."""
    return value is None or isinstance(value, str | int | float | list | dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)
