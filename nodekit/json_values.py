"""What sort of JSON value a value is, said to the type checkers too."""

from collections.abc import Mapping
from typing import TypeGuard

from nodekit.items import Json


def is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, Mapping)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)
