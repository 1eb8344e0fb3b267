"""JSON values as JavaScript sees them: as text, as a number, as true or false.

n8n's nodes are written in JavaScript; where a value is converted or compared, its rules show.
"""

import json
import re
from math import inf, isfinite, isnan, nan

from nodekit import Json

from .shapes import is_list, is_object

NUMBER = re.compile(r"[+-]?(?:Infinity|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)", re.A)
RADIX = r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)"
SAFE = 2**53
"""Whole numbers below this are exact in JavaScript."""

EXPONENT_FROM = 1e21
"""From here on JavaScript writes numbers with an exponent."""


def is_number(value: Json) -> bool:
    """Whether a value is a number: ``True`` and ``False`` are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_of(value: Json) -> str:
    """Return what ``String(value)`` gives."""
    if is_list(value):
        return ",".join("" if part is None else text_of(part) for part in value)
    if is_object(value):
        return "[object Object]"
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case _:
            return str(value)


def number_text(value: int | float) -> str:
    """Return a number as JavaScript writes it: ``5`` for 5.0, ``1e-7`` for 1e-07."""
    if isinstance(value, int):
        return str(value)
    if isnan(value):
        return "NaN"
    if not isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < EXPONENT_FROM:
        return str(int(value))
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits
    power = int(exponent)
    if -7 < power < 0:
        return f"{value:.{len(digits.replace('-', '').replace('.', '')) - 1 - power}f}"
    return f"{digits}e{'+' if power > 0 else '-'}{abs(power)}"


def number_of(value: Json) -> int | float:
    """Return what ``Number(value)`` gives; NaN where the value is no number."""
    match value:
        case bool():
            return int(value)
        case int() | float():
            return value
        case None:
            return 0
        case str():
            return number_in(value.strip())
        case list():
            return number_in(text_of(value).strip())
        case _:
            return nan


def number_in(text: str) -> int | float:
    """Return the number a text stands for; an empty one for 0."""
    if not text:
        return 0
    if text[0] == "0" and re.fullmatch(RADIX, text):
        return int(text, 0)
    if not NUMBER.fullmatch(text):
        return nan
    if text.endswith("Infinity"):
        return -inf if text.startswith("-") else inf
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < SAFE else number


def truth_of(value: Json) -> bool:
    """Return what ``Boolean(value)`` gives: empty lists and mappings are true."""
    if isinstance(value, list | dict):
        return True
    return bool(value) and value == value  # NaN is false, and the one value unlike itself


def json_of(value: Json) -> str:
    """Return what ``JSON.stringify(value)`` gives."""
    if is_object(value):
        fields = (f"{json_of(str(key))}:{json_of(part)}" for key, part in value.items())
        return "{" + ",".join(fields) + "}"
    if is_list(value):
        return "[" + ",".join(map(json_of, value)) + "]"
    match value:
        case bool() | None:
            return text_of(value)
        case int() | float():
            return number_text(value) if isfinite(value) else "null"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
