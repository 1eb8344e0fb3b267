"""What two values can be compared by: the operators of conditions (n8n: filter operators).

A test gets two values that have been read as what its operator compares. ``None`` is null and
:data:`~nodekit_nodes_core.paths.MISSING` is what is not there; both may come to any test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal, TypeAlias

from nodekit import Json

from .javascript import truth_of
from .paths import MISSING
from .patterns import pattern_of

Kind: TypeAlias = Literal["any", "string", "number", "boolean", "dateTime", "array", "object"]
"""What a side of a comparison is read as."""

Test: TypeAlias = Callable[[Any, Any], bool]

OperatorName: TypeAlias = Literal[
    "any.exists",
    "any.notExists",
    "string.exists",
    "string.notExists",
    "string.empty",
    "string.notEmpty",
    "string.equals",
    "string.notEquals",
    "string.contains",
    "string.notContains",
    "string.startsWith",
    "string.notStartsWith",
    "string.endsWith",
    "string.notEndsWith",
    "string.regex",
    "string.notRegex",
    "number.exists",
    "number.notExists",
    "number.empty",
    "number.notEmpty",
    "number.equals",
    "number.notEquals",
    "number.gt",
    "number.lt",
    "number.gte",
    "number.lte",
    "dateTime.exists",
    "dateTime.notExists",
    "dateTime.empty",
    "dateTime.notEmpty",
    "dateTime.equals",
    "dateTime.notEquals",
    "dateTime.after",
    "dateTime.before",
    "dateTime.afterOrEquals",
    "dateTime.beforeOrEquals",
    "boolean.exists",
    "boolean.notExists",
    "boolean.empty",
    "boolean.notEmpty",
    "boolean.true",
    "boolean.false",
    "boolean.equals",
    "boolean.notEquals",
    "array.exists",
    "array.notExists",
    "array.empty",
    "array.notEmpty",
    "array.contains",
    "array.notContains",
    "array.lengthEquals",
    "array.lengthNotEquals",
    "array.lengthGt",
    "array.lengthLt",
    "array.lengthGte",
    "array.lengthLte",
    "object.exists",
    "object.notExists",
    "object.empty",
    "object.notEmpty",
]
"""The operators, by the type of what stands on the left."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare two values.

    ``right`` is ``None`` where there is nothing on the right; ``folds_right`` whether case is
    ignored on the right side, too, where it is ignored.
    """

    kind: Kind
    right: Kind | None
    test: Test
    folds_right: bool = True


def exists(left: Json, _: Json) -> bool:
    return left is not None and left is not MISSING and left == left  # NaN does not exist


def negated(test: Test) -> Test:
    return lambda left, right: not test(left, right)


def texts(test: Callable[[str, str], bool]) -> Test:
    """Let null and what is missing count as empty text."""
    return lambda left, right: test(left or "", right or "")


def lists(test: Callable[[list[Json], Any], bool]) -> Test:
    """Let null and what is missing count as an empty list."""
    return lambda left, right: test(left or [], right)


def numbers(test: Callable[[float, float], bool]) -> Test:
    """Compare as JavaScript does: null counts as 0, what is missing fits nothing."""
    return lambda left, right: test(counted(left), counted(right))


def counted(value: Json) -> float:
    """Return the number that a comparison sees in a value."""
    if value is None:
        return 0
    if value is MISSING:
        return nan
    number: float = value
    return number


def dates(test: Test) -> Test:
    """Let nothing hold of a date that is not there."""
    return lambda left, right: exists(left, None) and exists(right, None) and test(left, right)


def matches(left: str, right: str) -> bool:
    """Whether a pattern is found in a text.

    Raises:
        ValueError: The pattern is none.
    """
    return pattern_of(right).search(left) is not None


def contains(left: list[Json], right: Json) -> bool:
    """Whether a list has a value; lists and mappings are never the same as others."""
    if isinstance(right, list | dict):
        return False
    return any(kind_of(part) == kind_of(right) and part == right for part in left)


def kind_of(value: Json) -> str:
    """Name the type of a value as JavaScript does, and lists for themselves."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case None | dict():
            return "object"
        case _:
            return "undefined"


def sized(test: Test) -> Test:
    """Compare the length of a list with a number."""
    return lambda left, right: test(len(left or []), right)


def has_nothing(left: Json, _: Json) -> bool:
    """Whether a text, list or mapping is empty, null or not there."""
    return not left


UNARY = ("exists", "notExists", "empty", "notEmpty", "true", "false")
"""The operators that have nothing on the right."""

TESTS: Mapping[Kind, Mapping[str, Test]] = {
    "any": {},
    "string": {
        "empty": has_nothing,
        "notEmpty": negated(has_nothing),
        "equals": texts(eq),
        "notEquals": negated(texts(eq)),
        "contains": texts(lambda left, right: right in left),
        "notContains": texts(lambda left, right: right not in left),
        "startsWith": texts(str.startswith),
        "notStartsWith": negated(texts(str.startswith)),
        "endsWith": texts(str.endswith),
        "notEndsWith": negated(texts(str.endswith)),
        "regex": texts(matches),
        "notRegex": negated(texts(matches)),
    },
    "number": {
        "empty": negated(exists),
        "notEmpty": exists,
        "equals": eq,
        "notEquals": ne,
        "gt": numbers(gt),
        "lt": numbers(lt),
        "gte": numbers(ge),
        "lte": numbers(le),
    },
    "dateTime": {
        "empty": negated(exists),
        "notEmpty": exists,
        "equals": dates(eq),
        "notEquals": dates(ne),
        "after": dates(gt),
        "before": dates(lt),
        "afterOrEquals": dates(ge),
        "beforeOrEquals": dates(le),
    },
    "boolean": {
        "empty": negated(exists),
        "notEmpty": exists,
        "true": lambda left, _: truth_of(left),
        "false": lambda left, _: not truth_of(left),
        "equals": eq,
        "notEquals": ne,
    },
    "array": {
        "empty": has_nothing,
        "notEmpty": negated(has_nothing),
        "contains": lists(contains),
        "notContains": negated(lists(contains)),
        "lengthEquals": sized(eq),
        "lengthNotEquals": sized(ne),
        "lengthGt": sized(numbers(gt)),
        "lengthLt": sized(numbers(lt)),
        "lengthGte": sized(numbers(ge)),
        "lengthLte": sized(numbers(le)),
    },
    "object": {"empty": has_nothing, "notEmpty": negated(has_nothing)},
}
"""What each operator asks, by the type on the left."""


def right_kind(kind: Kind, name: str) -> Kind | None:
    """Return what the right side of an operator is read as."""
    if name in UNARY:
        return None
    if kind == "array":
        return "number" if name.startswith("length") else "any"
    return kind


OPERATORS: Mapping[str, Operator] = {
    f"{kind}.{name}": Operator(
        kind, right_kind(kind, name), test, folds_right=name not in ("regex", "notRegex")
    )
    for kind, tests in TESTS.items()
    for name, test in {"exists": exists, "notExists": negated(exists), **tests}.items()
}
"""The operators, by name."""
