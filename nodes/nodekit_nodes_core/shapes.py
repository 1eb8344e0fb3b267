"""What shape a JSON value has, told in a way that type checkers follow."""

from typing import TypeGuard

from nodekit import Json


def is_object(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Json]]:
    """Whether a value is a list."""
    return isinstance(value, list)
