"""pydantic's findings in our words: what was wanted, what was found."""

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import shortened

WANTED = {
    "bool": "true or false",
    "date": "a date",
    "datetime": "a date and time",
    "decimal": "a number",
    "dict": "a mapping",
    "finite_number": "a finite number",
    "float": "a number",
    "frozen_set": "a list",
    "int": "a whole number",
    "list": "a list",
    "mapping": "a mapping",
    "model": "a mapping",
    "model_attributes": "a mapping",
    "none_required": "null",
    "number": "a number",
    "path": "a path",
    "sequence": "a list",
    "set": "a list",
    "string": "text",
    "time": "a time",
    "time_delta": "a length of time",
    "tuple": "a list",
    "url": "a URL",
}
"""What a pydantic error type that begins so wanted."""

ENDINGS = (
    "",
    "_type",
    "_parsing",
    "_from_float",
    "_from_date_parsing",
    "_from_datetime_inexact",
    "_from_datetime_parsing",
    "_class",
)


def kind_of(value: object) -> str:
    """Name a JSON value's kind the way a person would: ``text "x"``, ``number 5``, ``a list``."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"number {value}"
        case str():
            return f"text {shortened(value)}"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return shortened(value)


def wanted(error: Mapping[str, Any]) -> str:
    """Return what a pydantic error asked for, as a noun phrase or "to be …"."""
    kind, context = error["type"], error.get("ctx", {})
    limits = {
        "greater_than": "more than {gt}",
        "greater_than_equal": "{ge} or more",
        "less_than": "less than {lt}",
        "less_than_equal": "{le} or less",
        "literal_error": "{expected}",
        "multiple_of": "a multiple of {multiple_of}",
        "string_pattern_mismatch": "text that matches {pattern}",
        "string_too_long": "at most {max_length} characters",
        "string_too_short": "at least {min_length} characters",
        "too_long": "at most {max_length} entries",
        "too_short": "at least {min_length} entries",
    }
    if kind in limits:
        return limits[kind].format(**context)
    for ending in ENDINGS:
        if kind.endswith(ending) and kind.removesuffix(ending) in WANTED:
            return WANTED[kind.removesuffix(ending)]
    return ""


def sentence(error: Mapping[str, Any]) -> str:
    """Return what one pydantic error says, without the place: ``wants text, found number 5``."""
    if error["type"] == "missing":
        return "is required"
    if error["type"] == "string_too_short" and error["input"] == "":
        return "must not be empty"
    if want := wanted(error):
        return f"wants {want}, found {kind_of(error['input'])}"
    text = str(error["msg"])
    for opening in ("Value error, ", "Assertion failed, "):
        text = text.removeprefix(opening)
    return text[:1].lower() + text[1:]


def listed(names: Iterable[str], word: str = "or") -> str:
    """Return names as prose: ``"a", "b" or "c"``."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
