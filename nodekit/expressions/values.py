"""JavaScript's operations on JSON values, where Python can do them with the same result.

Each takes exact JSON types (or ``UNDEFINED``) and returns a value, :data:`ASK` when only
JavaScript can say, or :data:`THROW` when JavaScript would throw (n8n: the chunk is undefined then).
Text is taken to be well-formed Unicode. Numbers: an integral result is an int, as JSON has it.
"""

import math
from collections.abc import Callable
from typing import Any

from nodekit.params import UNDEFINED

from .literals import SAFE
from .tokens import words


class Sentinel:
    """A value that stands for no value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ASK = Sentinel("ASK")
"""A guard failed: JavaScript must say."""

THROW = Sentinel("THROW")
"""JavaScript would throw a TypeError here."""

OBJECT = words(
    "constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf "
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__"
)
"""The names every object inherits."""

INHERITED = OBJECT | words(
    # numbers
    "toExponential toFixed toPrecision "
    # text
    "anchor at big blink bold charAt charCodeAt codePointAt concat endsWith fixed fontcolor "
    "fontsize includes indexOf isWellFormed italics lastIndexOf link localeCompare match matchAll "
    "normalize padEnd padStart repeat replace replaceAll search slice small split startsWith "
    "strike sub substr substring sup toLocaleLowerCase toLocaleUpperCase toLowerCase toUpperCase "
    "toWellFormed trim trimEnd trimLeft trimRight trimStart __quote "
    # lists
    "copyWithin entries every fill filter find findIndex findLast findLastIndex flat flatMap "
    "forEach join keys map pop push reduce reduceRight reverse shift some sort splice toReversed "
    "toSorted toSpliced unshift values with"
)
"""The names text, numbers, truth values and lists inherit."""

kind_of: Callable[[object], type[object]] = type
"""``type``, for type checkers."""

NUMBERS = (int, float)
OBJECTS = (dict, list)


def units(text: str) -> int:
    """Return the length of text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def member(value: Any, name: str) -> object:
    """Return ``value.name``."""
    kind = kind_of(value)
    if kind is dict:
        return value.get(name, ASK if name in OBJECT else UNDEFINED)
    if value is None or value is UNDEFINED:
        return THROW
    if kind is str or kind is list:
        return element(value, name)
    if kind is int or kind is float or kind is bool:
        return ASK if name in INHERITED else UNDEFINED
    return ASK


def element(value: str | list[object], name: str) -> object:
    """Return what text or a list has under a name: its length, or the element at an index."""
    if name == "length":
        return units(value) if isinstance(value, str) else len(value)
    if name.isdecimal() and name.isascii() and (name == "0" or name[0] != "0"):
        if isinstance(value, str) and not value.isascii():
            return ASK
        index = int(name) if len(name) < 17 else SAFE
        return value[index] if index < len(value) else UNDEFINED
    return ASK if name in INHERITED else UNDEFINED


def item(value: Any, key: Any) -> object:
    """Return ``value[key]`` for a key that is text or a safe integer."""
    if type(key) is int and 0 <= key <= SAFE:
        key = str(key)
    return member(value, key) if type(key) is str else ASK


def numeric(value: Any) -> Any:
    """Return a number for a number, truth value, null or undefined, else ``ASK``."""
    kind = kind_of(value)
    if kind is int:
        return value if -SAFE <= value <= SAFE else ASK
    if kind is float:
        return value if math.isfinite(value) else ASK
    if kind is bool:
        return int(value)
    if value is None:
        return 0
    return math.nan if value is UNDEFINED else ASK


def counted(value: Any) -> object:
    """Return a result as JSON has it, an int if it is integral; ``ASK`` if none or too large."""
    if not -SAFE <= value <= SAFE:
        return ASK
    return int(value) if type(value) is float and value.is_integer() else value


def add(left: Any, right: Any) -> object:
    """Return ``left + right``."""
    one = kind_of(left)
    two = kind_of(right)
    if one is str or two is str:
        left = left if one is str else text(left)
        right = right if two is str else text(right)
        return ASK if left is ASK or right is ASK else left + right
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK else counted(a + b)


def subtract(left: Any, right: Any) -> object:
    """Return ``left - right``."""
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK else counted(a - b)


def multiply(left: Any, right: Any) -> object:
    """Return ``left * right``."""
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK else counted(a * b)


def divide(left: Any, right: Any) -> object:
    """Return ``left / right``."""
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK or not b else counted(a / b)


def remainder(left: Any, right: Any) -> object:
    """Return ``left % right``; it has the sign of ``left``."""
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK or not b else counted(math.fmod(a, b))


def negative(value: Any) -> object:
    """Return ``-value``."""
    a = numeric(value)
    return ASK if a is ASK else counted(-a)


def positive(value: Any) -> object:
    """Return ``+value``."""
    a = numeric(value)
    return ASK if a is ASK else counted(a)


def less(left: Any, right: Any) -> object:
    """Return ``left < right``; text goes by UTF-16 code units."""
    if type(left) is str and type(right) is str:
        if left.isascii() and right.isascii():
            return left < right
        return encoded(left) < encoded(right)
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK else bool(a < b)


def at_most(left: Any, right: Any) -> object:
    """Return ``left <= right``; text goes by UTF-16 code units."""
    if type(left) is str and type(right) is str:
        return left == right or less(left, right)
    a, b = numeric(left), numeric(right)
    return ASK if a is ASK or b is ASK else bool(a <= b)


def greater(left: Any, right: Any) -> object:
    """Return ``left > right``."""
    return less(right, left)


def at_least(left: Any, right: Any) -> object:
    """Return ``left >= right``."""
    return at_most(right, left)


def encoded(value: str) -> bytes:
    """Return text as bytes that sort as JavaScript sorts it."""
    return value.encode("utf-16-be", "surrogatepass")


def sort_of(value: Any) -> str:
    """Return JavaScript's type of a value (null and undefined apart), ``""`` if unknown."""
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    kind = kind_of(value)
    if kind is str:
        return "string"
    if kind is bool:
        return "boolean"
    return "number" if kind in NUMBERS else "object" if kind in OBJECTS else ""


def same(left: Any, right: Any) -> object:
    """Return ``left === right``."""
    one, two = sort_of(left), sort_of(right)
    if not one or not two:
        return ASK
    if one != two:
        return False
    if one == "object":
        return ASK
    if one == "number" and (numeric(left) is ASK or numeric(right) is ASK):
        return ASK
    return bool(left == right)


def alike(left: Any, right: Any) -> object:
    """Return ``left == right``."""
    one, two = sort_of(left), sort_of(right)
    if one == two or not one or not two:
        return same(left, right)
    nothing = ("null", "undefined")
    if one in nothing or two in nothing:
        return one in nothing and two in nothing
    if "string" in (one, two) or "object" in (one, two):
        return ASK
    return same(int(left) if one == "boolean" else left, int(right) if two == "boolean" else right)


def different(left: Any, right: Any) -> object:
    """Return ``left !== right``."""
    found = same(left, right)
    return found if found is ASK else not found


def unlike(left: Any, right: Any) -> object:
    """Return ``left != right``."""
    found = alike(left, right)
    return found if found is ASK else not found


def type_name(value: Any) -> object:
    """Return ``typeof value``."""
    found = sort_of(value)
    return "object" if found == "null" else found or ASK


def text(value: Any) -> Any:
    """Return ``String(value)``; lists and objects are left to JavaScript."""
    kind = kind_of(value)
    if kind is str:
        return value
    if kind is int:
        return str(value) if -SAFE <= value <= SAFE else ASK
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    return decimal(value) if kind is float else ASK


def decimal(value: float) -> object:
    """Return a float as JavaScript writes it, where Python's digits are the same."""
    if value.is_integer():
        return str(int(value)) if -SAFE <= value <= SAFE else ASK
    return repr(value) if 1e-4 <= abs(value) < 1e15 else ASK


def shown(value: Any) -> Any:
    """Return what a value gives in a template; n8n: nothing for null, undefined and NaN."""
    if value is None or value is UNDEFINED or value is THROW:
        return ""
    return text(value)


def listing(*values: object) -> object:
    """Return ``[…]``; a list with undefined in it is left to JavaScript."""
    return ASK if any(value is UNDEFINED for value in values) else list(values)


def mapping(keys: tuple[str, ...], *values: object) -> object:
    """Return ``{…}``; an undefined member is as good as none."""
    return {k: v for k, v in zip(keys, values, strict=True) if v is not UNDEFINED}
