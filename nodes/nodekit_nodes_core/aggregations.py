"""What can be worked out from the values of one field (n8n: Summarize)."""

from collections.abc import Callable, Sequence
from math import isfinite
from re import sub

from nodekit import Json

from .columns import present
from .comparing import identity, less
from .javascript import is_number, json_of, text_of
from .paths import MISSING

Values = Sequence[Json]

PREFIXES = {
    "append": "appended",
    "average": "average",
    "concatenate": "concatenated",
    "count": "count",
    "count_unique": "unique_count",
    "max": "max",
    "min": "min",
    "sum": "sum",
}


def default_name(do: str, field: str) -> str:
    """Return n8n's name for a result: a prefix, and the field without brackets, quotes, dots."""
    plain = sub(r'[\[\]"]', "", field)
    return f"{PREFIXES[do]}_{sub('[ .]', '_', plain)}"


def numbers(values: Values) -> list[float]:
    """Return the numbers among the values; text that looks like one is none, as in n8n."""
    return [value for value in values if is_number(value)]


def finite(value: float) -> Json:
    """Return a number as JSON can hold it: what is none, or too large, becomes null."""
    return value if isinstance(value, int) or isfinite(value) else None


def append(values: Values) -> Json:
    """Return the values as a list."""
    return [None if value is MISSING else value for value in values]


def average(values: Values) -> Json:
    """Return the mean of the numbers; null if there are none."""
    found = numbers(values)
    return finite(sum(found) / len(found)) if found else None


def joined(values: Values, separator: str) -> Json:
    """Return the values as one text."""
    return separator.join(map(word, values))


def word(value: Json) -> str:
    """Return a value as part of a text: objects and lists as JSON, null and missing as nothing."""
    if value is MISSING or value is None:
        return ""
    return json_of(value) if isinstance(value, list | dict) else text_of(value)


def unique(values: Values) -> Json:
    """Return how many different values there are."""
    return len(set(map(identity, values)))


def largest(values: Values) -> Json:
    """Return the greatest value; null if there are none."""
    if values and all(map(is_number, values)):
        return max(values)
    best = values[0] if values else None
    for value in values:
        best = value if less(best, value) else best
    return best


def smallest(values: Values) -> Json:
    """Return the smallest value; null if there are none."""
    if values and all(map(is_number, values)):
        return min(values)
    best = values[0] if values else None
    for value in values:
        best = value if less(value, best) else best
    return best


def total(values: Values) -> Json:
    """Return the sum of the numbers; 0 if there are none."""
    return finite(sum(numbers(values)))


WORK: dict[str, Callable[[Values], Json]] = {
    "append": append,
    "average": average,
    "count": len,
    "count_unique": unique,
    "max": largest,
    "min": smallest,
    "sum": total,
}
"""What each word of ``do`` works out from the values that count, ``concatenate`` apart."""

WITH_EMPTY = ("append", "concatenate", "count", "count_unique")
"""What can be asked to see empty values too."""


def worked_out(do: str, values: Values, include_empty: bool, separator: str) -> Json:
    """Return what one aggregation gives for the values of a group."""
    found = values if include_empty and do in WITH_EMPTY else list(filter(present, values))
    return joined(found, separator) if do == "concatenate" else WORK[do](found)
