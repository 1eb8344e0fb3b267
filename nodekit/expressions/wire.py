"""JSON between Python and JavaScript: fast where it can be, right everywhere."""

import json
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Return a value as JSON.

    Integers beyond 64 bits and halves of surrogate pairs are JSON as well, which the fast writer
    does not know.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, default=list, allow_nan=True).encode()


def loads(text: bytes) -> Any:
    """Read JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
