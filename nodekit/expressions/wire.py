"""JSON between Python and JavaScript: fast where it can be, right everywhere."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

import orjson


def dumps(value: Any) -> bytes:
    """Return a value as JSON.

    Integers beyond 64 bits and halves of surrogate pairs are JSON as well, which the fast writer
    does not know.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(finite(value)).encode()


def finite(value: Any) -> Any:
    """Return a value as the fast writer reads it: with null for what is not a finite number."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in cast(list[Any], value)]
    return value


def loads(text: bytes) -> Any:
    """Read JSON, halves of surrogate pairs included."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
