"""The methods of text and lists that Python can call with JavaScript's result.

They return what :mod:`.values` returns.
"""

from typing import Any, cast

from .tokens import WHITE
from .values import ASK, THROW, sort_of


def upper(value: Any) -> object:
    """Return ``value.toUpperCase()``."""
    if type(value) is not str:
        return no_method(value)
    return value.upper() if value.isascii() else ASK


def lower(value: Any) -> object:
    """Return ``value.toLowerCase()``."""
    if type(value) is not str:
        return no_method(value)
    return value.lower() if value.isascii() else ASK


def trim(value: Any) -> object:
    """Return ``value.trim()``."""
    return value.strip(WHITE) if type(value) is str else no_method(value)


def includes(value: Any, wanted: Any) -> object:
    """Return ``value.includes(wanted)``."""
    if isinstance(value, list):
        return listed(cast(list[object], value), wanted)
    if type(value) is not str:
        return no_method(value)
    return wanted in value if type(wanted) is str else ASK


def listed(values: list[object], wanted: Any) -> object:
    """Tell whether a list has an element; only where that is text, a truth value or null."""
    if sort_of(wanted) in ("string", "boolean", "null"):
        return any(type(value) is type(wanted) and value == wanted for value in values)
    return ASK


def starts_with(value: Any, wanted: Any) -> object:
    """Return ``value.startsWith(wanted)``."""
    if type(value) is not str:
        return no_method(value)
    return value.startswith(wanted) if type(wanted) is str else ASK


def ends_with(value: Any, wanted: Any) -> object:
    """Return ``value.endsWith(wanted)``."""
    if type(value) is not str:
        return no_method(value)
    return value.endswith(wanted) if type(wanted) is str else ASK


def no_method(value: Any) -> object:
    """Return what calling a method gives that only text has: JSON values have no functions."""
    return THROW if sort_of(value) else ASK
