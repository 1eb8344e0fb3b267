"""Parameters with a unit: lengths of time and numbers of bytes."""

import re
from typing import Annotated

from pydantic import BeforeValidator

TIME = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
TIME_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
TIMES = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|kib|mib|gib)?", re.IGNORECASE)
SIZES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}


def read_time(value: object) -> object:
    """Return seconds for text such as ``1m30s``; anything else as it is."""
    if not isinstance(value, str) or not TIME.fullmatch(value.strip()):
        return value
    return sum(float(number) * TIMES[unit] for number, unit in TIME_PART.findall(value))


def read_size(value: object) -> object:
    """Return bytes for text such as ``100MB``; anything else as it is."""
    found = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    return int(float(found[1]) * SIZES[(found[2] or "b").lower()])


Seconds = Annotated[float, BeforeValidator(read_time)]
"""A length of time: a number of seconds, or text such as ``500ms``, ``5s``, ``1m30s``."""

Bytes = Annotated[int, BeforeValidator(read_size)]
"""A number of bytes, or text such as ``500kB``, ``100MB``, ``1GiB``."""
