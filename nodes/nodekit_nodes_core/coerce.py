"""Values of the type that is asked for (n8n: field types and their validation)."""

from collections.abc import Callable, Mapping
from math import isnan
from typing import Literal, TypeAlias

from nodekit import Json

from .javascript import is_number, json_of, number_of, text_of, truth_of
from .shapes import is_list, is_object

FieldType: TypeAlias = Literal[
    "string", "number", "boolean", "array", "object", "numeric", "truth", "text"
]
"""What a value may be converted to; see :data:`CONVERT`."""


class Misfit(ValueError):
    """A value cannot be converted to a type."""


def to_string(value: Json) -> str:
    """Return any value as text: lists and mappings as JSON, all else as JavaScript writes it."""
    return json_of(value) if isinstance(value, dict | list) else text_of(value)


def to_number(value: Json) -> int | float:
    """Return a value as a number: text that is one, true as 1, empty text and lists as 0.

    Raises:
        Misfit: It stands for no number.
    """
    number = number_of(value)
    if isnan(number) and not is_number(value):
        raise Misfit
    return number


def to_boolean(value: Json) -> bool:
    """Return a value as true or false: these words in any case, 1 and 0, text of these numbers.

    Raises:
        Misfit: It is something else.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.lower()
        if word in ("true", "false"):
            return word == "true"
        if not value.strip():
            raise Misfit
    number = number_of(value)
    if number not in (0, 1):
        raise Misfit
    return number == 1


def to_array(value: Json) -> list[Json]:
    """Return a value as a list: a list, or JSON text of one, with quotes of either kind.

    Raises:
        Misfit: It is neither.
    """
    if is_list(value):
        return value
    if isinstance(value, str):
        from .literal import read_json  # few texts are to be lists

        for text in (value, value.replace("'", '"')):
            try:
                found = read_json(text)
            except ValueError:
                continue
            if is_list(found):
                return found
    raise Misfit


def to_object(value: Json) -> dict[str, Json]:
    """Return a value as a mapping: a mapping, or text of one, as JSON or as JavaScript has it.

    Raises:
        Misfit: It is neither.
    """
    if is_object(value):
        return value
    if isinstance(value, str):
        from .literal import read_literal  # few texts are to be mappings

        try:
            found = read_literal(value)
        except ValueError:
            raise Misfit from None
        if is_object(found):
            return found
    raise Misfit


def to_text(value: Json) -> str:
    """Return any value but null as text (n8n: Set 3 and 3.1).

    Raises:
        Misfit: It is null.
    """
    if value is None:
        raise Misfit
    return to_string(value)


def to_numeric(value: Json) -> Json:
    """Return text that is a number as that number, and everything else as it is (n8n: Set 2)."""
    if not isinstance(value, str):
        return value
    number = number_of(value)
    return value if isnan(number) else number


CONVERT: Mapping[FieldType, Callable[[Json], Json]] = {
    "string": to_string,
    "number": to_number,
    "boolean": to_boolean,
    "array": to_array,
    "object": to_object,
    "numeric": to_numeric,
    "truth": truth_of,
    "text": to_text,
}


READY: Mapping[FieldType, frozenset[type]] = {
    "string": frozenset((type(None), str)),
    "number": frozenset((type(None), int, float)),
    "boolean": frozenset((type(None), bool)),
    "array": frozenset((type(None), list)),
    "object": frozenset((type(None), dict)),
    "numeric": frozenset((type(None), int, float, bool, list, dict)),
    "truth": frozenset((bool,)),
    "text": frozenset((str,)),
}
"""The types of values that stay as they are: null and what is of the type already."""


def described(value: Json) -> str:
    """Name a value that does not fit, as n8n does."""
    match value:
        case None:
            return "null"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return f"'{text_of(value)}'"


def misfit(name: str, wanted: str, value: Json) -> str:
    """Say that a field wants a type and did not get it."""
    return f"'{name}' expects a {wanted} but we got {described(value)}"
