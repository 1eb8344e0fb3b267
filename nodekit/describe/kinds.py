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


def plain(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a schema that may be null without the null; its other keys stay."""
    forms = [form for form in schema.get("anyOf", ()) if form.get("type") != "null"]
    if len(forms) != 1:
        return schema
    outer = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**resolved(forms[0], defs), **outer}


def kind_of(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Kind:
    """Return the kind of a schema whose reference is resolved and that is not null."""
    if "enum" in schema or "const" in schema:
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
    schema = resolved(raw, defs)
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        return joined(words_of(form, defs) for form in forms if form.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return joined(literal(value) for value in schema.get("enum", [schema.get("const")]))
    kind = kind_of(schema, defs)
    match kind:
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
    """Return alternatives, each once: ``a, b or c``."""
    found = list(dict.fromkeys(words))
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} or {found[-1]}"
