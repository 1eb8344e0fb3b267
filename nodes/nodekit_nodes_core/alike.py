"""Whether two values are the same: exactly, or because they say the same (n8n: fuzzy compare)."""

from collections.abc import Hashable
from math import isnan

from nodekit import Json

from .comparing import identity
from .javascript import is_number, number_of, text_of
from .literal import read_json
from .operators import kind_of

NOTHING = "nothing"


def fuzzy_key(value: Json) -> Hashable:
    """Return what all values share that may be :func:`alike`; others may share it, too."""
    if isinstance(value, str):
        return text_key(value)
    if isinstance(value, bool) or is_number(value):
        return int(value) or NOTHING if value in (0, 1) else identity(value)
    if value is None or value == []:
        return NOTHING
    return identity(value)


def text_key(text: str) -> Hashable:
    """Return the fuzzy key of a text: that of the number, mapping or list it stands for."""
    word = text.strip().lower()
    if word in ("", "false", "true"):
        return 1 if word == "true" else NOTHING
    number = number_of(word)
    if not isnan(number):
        return number or NOTHING
    parsed = parsed_json(text)
    return text if parsed is None else fuzzy_key(parsed)


def parsed_json(text: str) -> Json:
    """Return the list or mapping that a text is; ``None`` for any other text."""
    if text.strip()[:1] not in ("[", "{"):
        return None
    try:
        return read_json(text)
    except ValueError:
        return None


def alike(left: Json, right: Json) -> bool:
    """Whether two values say the same.

    These do: null, empty text and an empty list; a number and its text; true, 1, "1" and "true" in
    any case, and so with false; a list or mapping and JSON text of it. Values of one type only if
    they are equal.
    """
    if is_nothing(left) and is_nothing(right):
        return True
    if kind_of(left) == kind_of(right):
        return identity(left) == identity(right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return text_of(other).lower() in (("true", "1") if one else ("false", "0"))
        if isinstance(one, str) and is_number(other):
            return one == text_of(other)
        if isinstance(one, str) and isinstance(other, list | dict):
            return identity(parsed_json(one)) == identity(other)
    return False


def is_nothing(value: Json) -> bool:
    """Whether a value is null, empty text or an empty list."""
    return value is None or value in ("", [])
