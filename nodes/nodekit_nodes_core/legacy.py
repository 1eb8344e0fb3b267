"""How n8n's first If, Filter and Switch compared values: as they are, without reading them first.

Nothing is checked. ``equals`` is JavaScript's ``===``; elsewhere null, nothing, false and zero
count as 0 or as an empty text.
"""

from collections.abc import Callable, Mapping
from math import isnan
from operator import ge, gt, le, lt
from typing import Any

from nodekit import Json

from .dates import date_of
from .javascript import is_number, number_of, text_of, truth_of
from .operators import Test, kind_of, matches, negated
from .paths import MISSING


def identical(left: Json, right: Json) -> bool:
    """Whether two values are the same in type and value; lists and mappings never are."""
    if isinstance(left, list | dict):
        return False
    return kind_of(left) == kind_of(right) and bool(left == right)


def ordered(test: Callable[[Any, Any], bool]) -> Test:
    """Compare two texts as text and everything else as numbers."""

    def compare(left: Json, right: Json) -> bool:
        left, right = left or 0, right or 0
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
        return test(number_of(left), number_of(right))

    return compare


def texts(test: Callable[[str, str], bool]) -> Test:
    """Compare the texts of two values."""
    return lambda left, right: test(plain(left), plain(right))


def plain(value: Json) -> str:
    """Return a value as text; an empty one for what JavaScript does not take for true."""
    return text_of(value) if value is not MISSING and truth_of(value) else ""


def moments(test: Callable[[float, float], bool]) -> Test:
    """Compare the moments of two dates; 0 where there is none.

    Raises:
        ValueError: A value is no date.
    """
    return lambda left, right: test(seconds(left), seconds(right))


def seconds(value: Json) -> float:
    """Return the moment of a date in seconds since the epoch."""
    return date_of(value).timestamp() if value else 0.0


def is_empty(left: Json, _: Json) -> bool:
    """Whether there is nothing, null, an empty text, list or mapping, or NaN."""
    if is_number(left):
        return isnan(left)
    return left is not False and not left


KINDS = ("string", "number", "boolean", "dateTime")

LEGACY: Mapping[str, Test] = {
    **{f"{kind}.equals": identical for kind in ("string", "number", "boolean")},
    **{f"{kind}.notEquals": negated(identical) for kind in ("string", "number", "boolean")},
    **{f"{kind}.empty": is_empty for kind in ("string", "number", "boolean", "dateTime")},
    **{
        f"{kind}.notEmpty": negated(is_empty)
        for kind in ("string", "number", "boolean", "dateTime")
    },
    "number.gt": ordered(gt),
    "number.lt": ordered(lt),
    "number.gte": ordered(ge),
    "number.lte": ordered(le),
    "string.contains": texts(lambda left, right: right in left),
    "string.notContains": texts(lambda left, right: right not in left),
    "string.startsWith": texts(str.startswith),
    "string.notStartsWith": negated(texts(str.startswith)),
    "string.endsWith": texts(str.endswith),
    "string.notEndsWith": negated(texts(str.endswith)),
    "string.regex": texts(matches),
    "string.notRegex": negated(texts(matches)),
    "dateTime.after": moments(gt),
    "dateTime.before": moments(lt),
}
"""What these operators ask, by their names of today; n8n's ``larger`` is ``gt`` and so on."""
