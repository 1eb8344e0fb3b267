"""Fields of a request by name: for its query, its headers, its body."""

import json
from collections.abc import Mapping
from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl

from pydantic import BeforeValidator

from nodekit import Json

from .paths import put
from .shapes import is_list, is_object


def by_name(given: object) -> object:
    """Return JSON text, or a list of ``{name, value}``, as a mapping; anything else as it is.

    The values of a name that stands several times are a list. An entry without a value, or without
    a name, is left out.

    Raises:
        ValueError: Text is not JSON.
    """
    if isinstance(given, str):
        return parsed(given)
    if not is_list(given) or not all(is_object(row) and "name" in row for row in given):
        return given
    found: dict[str, list[Json]] = {}
    for row in given:
        if "value" in row and row["name"] != "":
            found.setdefault(row["name"], []).append(row["value"])
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def parsed(text: str) -> object:
    """Return what JSON text says.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("is text that is not JSON") from None


def form_fields(given: object) -> object:
    """Return the fields in the text of a form; anything else as :func:`by_name` does."""
    if isinstance(given, str):
        return dict(parse_qsl(given, keep_blank_values=True))
    return by_name(given)


NamedFields: TypeAlias = Annotated[dict[str, Json], BeforeValidator(by_name)]
"""Values by name, JSON text of them, or a list of ``{name, value}`` for computed names."""

FormFields: TypeAlias = Annotated[dict[str, Json], BeforeValidator(form_fields)]
"""Values by name, a list of ``{name, value}``, or text such as ``a=1&b=2``."""


def nested(fields: Mapping[str, Json], dots: bool) -> dict[str, Json]:
    """Return fields as an object, in which a dot in a name leads into nested objects."""
    whole: dict[str, Json] = {}
    for name, value in fields.items():
        put(whole, name, value, dots)
    return whole
