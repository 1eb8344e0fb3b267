"""What a parameter's schema means: one of a few kinds, and its type in words."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from nodekit.items import Json

from .declared import is_schema, resolved

Kind: TypeAlias = Literal[
    "text", "number", "integer", "boolean", "choice", "time", "object", "objects", "list",
    "mapping", "any",
]  # fmt: skip
"""``object`` is a nested model, ``objects`` a list of them."""

PLAIN: dict[str, tuple[Kind, str]] = {
    "string": ("text", "text"),
    "number": ("number", "number"),
    "integer": ("integer", "whole number"),
    "boolean": ("boolean", "true or false"),
}


MANY = 16
"""More alternatives than this are not all named in words."""


def plain(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a schema that may be null without the null; its other keys stay.

    Several lists of choices become one.
    """
    forms = [resolved(form, defs) for form in schema.get("anyOf", ()) if not is_null(form)]
    outer = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(forms) == 1:
        return {**forms[0], **outer}
    if forms and all(choices_of(form) for form in forms):
        return {"enum": [value for form in forms for value in choices_of(form)], **outer}
    return schema


def is_null(schema: Mapping[str, Json]) -> bool:
    """Whether a schema allows null alone."""
    return schema.get("type") == "null"


def choices_of(schema: Mapping[str, Json]) -> tuple[Json, ...]:
    """Return the values that a schema allows, if it lists them."""
    return (schema["const"],) if "const" in schema else tuple(schema.get("enum", ()))


def kind_of(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Kind:
    """Return the kind of a schema whose reference is resolved and that is not null."""
    if choices_of(schema):
        return "choice"
    kind = schema.get("type")
    if kind == "string" and schema.get("format") in ("date", "date-time", "time"):
        return "time"
    if kind in PLAIN:
        return PLAIN[kind][0]
    if kind == "array":
        items = resolved(schema.get("items", {}), defs)
        return "objects" if "properties" in items else "list"
    if kind == "object":
        return "object" if "properties" in schema else "mapping"
    return "any"


def words_of(raw: Mapping[str, Json], defs: Mapping[str, Json]) -> str:
    """Return the type of a parameter in words: ``list of text``, ``"a" or "b"``."""
    return joined(alternatives(raw, defs))


def alternatives(raw: Mapping[str, Json], defs: Mapping[str, Json]) -> list[str]:
    """Return the forms a parameter may have, each in words."""
    schema = resolved(raw, defs)
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        return [words for form in forms if not is_null(form) for words in alternatives(form, defs)]
    return [literal(value) for value in choices_of(schema)] or [noun_of(schema, defs)]


def noun_of(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> str:
    """Return the type of one form in words."""
    match kind_of(schema, defs):
        case "list":
            inner = words_of(schema["items"], defs) if schema.get("items") else ""
            return f"list of {inner}" if inner and inner != "any value" else "list"
        case "objects":
            return "list of objects"
        case "mapping":
            values = schema.get("additionalProperties")
            found = words_of(values, defs) if is_schema(values) else "any value"
            return "mapping" if found == "any value" else f"mapping to {found}"
        case "time":
            return {"date": "date", "time": "time of day"}.get(schema["format"], "date and time")
        case "object":
            return "object"
        case "any":
            return "any value"
        case _:
            return PLAIN[schema["type"]][1]


def literal(value: Json) -> str:
    """Return a value that may be chosen, as it stands in a file."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def joined(words: Iterable[str]) -> str:
    """Return alternatives, each once: ``a, b or c``; of very many, the first and how many."""
    found = list(dict.fromkeys(words))
    if len(found) > MANY:
        return f"{', '.join(found[:3])} … ({len(found)} choices)"
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} or {found[-1]}"
