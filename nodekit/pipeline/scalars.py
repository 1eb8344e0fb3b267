"""What a plain word of YAML means: the core schema of YAML 1.2, as JSON values.

Dates, ``yes``, ``no``, ``on`` and ``off`` are text, as YAML 1.2 has it.
"""

import re
from math import isfinite

from nodekit.items import Json

WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
ENDLESS = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"

LONGEST = 4000
"""The longest number that is read, in digits."""


def plain(text: str) -> Json:
    """Return the value of a plain scalar.

    Raises:
        ValueError: It is a number that JSON does not have.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if re.fullmatch(INTEGER, text):
        return integer(text)
    if re.fullmatch(FLOAT, text):
        return finite(text)
    if re.fullmatch(ENDLESS, text):
        raise ValueError(f"{text} is no JSON number")
    return text


def integer(text: str) -> int:
    """Return a whole number in decimal, octal or hexadecimal.

    Raises:
        ValueError: It has more digits than anybody needs.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a number of {len(text)} digits is too long")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text.removeprefix("0o").removeprefix("0x"), base)


def finite(text: str) -> float:
    """Return a number with a fraction or an exponent.

    Raises:
        ValueError: It is too large to be one.
    """
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:60]} is no JSON number")
    return value
