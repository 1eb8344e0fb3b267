"""What can be worked out from the values of one field (n8n: Summarize)."""

from collections.abc import Callable, Hashable, Sequence
from functools import reduce
from math import isfinite
from operator import add
from re import sub
from typing import Protocol

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


def word(value: Json) -> str:
    """Return a value as part of a text: objects and lists as JSON, null and missing as nothing."""
    if value is MISSING or value is None:
        return ""
    return json_of(value) if isinstance(value, list | dict) else text_of(value)


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


class Tally(Protocol):
    """Works out one thing from values that come a part at a time."""

    def add(self, values: Values) -> None:
        """Take some more values."""
        ...

    def result(self) -> Json:
        """Return what all values so far give."""
        ...


class Appended:
    """The values as a list."""

    def __init__(self) -> None:
        self.values: list[Json] = []

    def add(self, values: Values) -> None:
        self.values += [None if value is MISSING else value for value in values]

    def result(self) -> Json:
        return self.values


class Concatenated:
    """The values as one text."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.words: list[str] = []

    def add(self, values: Values) -> None:
        self.words += map(word, values)

    def result(self) -> Json:
        return self.separator.join(self.words)


class Count:
    """How many values there are."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, values: Values) -> None:
        self.count += len(values)

    def result(self) -> Json:
        return self.count


class CountUnique:
    """How many different values there are."""

    def __init__(self) -> None:
        self.seen: set[Hashable] = set()

    def add(self, values: Values) -> None:
        self.seen.update(map(identity, values))

    def result(self) -> Json:
        return len(self.seen)


class Extreme:
    """The greatest value, or the smallest; null if there are none."""

    def __init__(self, best_of: Callable[[Values], Json]) -> None:
        self.best_of = best_of
        self.best: list[Json] = []

    def add(self, values: Values) -> None:
        if values:
            self.best = [self.best_of([*self.best, *values])]

    def result(self) -> Json:
        return self.best[0] if self.best else None


class Sum:
    """The sum of the numbers; 0 if there are none."""

    def __init__(self) -> None:
        self.sum: float = 0
        self.count = 0

    def add(self, values: Values) -> None:
        found = numbers(values)
        # Not sum(): from Python 3.12 on, it would round a part as a whole, unlike JavaScript.
        self.sum = reduce(add, found, self.sum)
        self.count += len(found)

    def result(self) -> Json:
        return finite(self.sum)


class Average(Sum):
    """The mean of the numbers; null if there are none."""

    def result(self) -> Json:
        return finite(self.sum / self.count) if self.count else None


TALLIES: dict[str, Callable[[], Tally]] = {
    "append": Appended,
    "average": Average,
    "count": Count,
    "count_unique": CountUnique,
    "max": lambda: Extreme(largest),
    "min": lambda: Extreme(smallest),
    "sum": Sum,
}
"""What each word of ``do`` works out from the values that count, ``concatenate`` apart."""

WITH_EMPTY = ("append", "concatenate", "count", "count_unique")
"""What can be asked to see empty values too."""


def tally(do: str, separator: str) -> Tally:
    """Return what works out one aggregation."""
    return Concatenated(separator) if do == "concatenate" else TALLIES[do]()


def counted(do: str, values: Values, include_empty: bool) -> Values:
    """Return the values that count."""
    return values if include_empty and do in WITH_EMPTY else list(filter(present, values))
