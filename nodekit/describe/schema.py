"""The parameters of a node as JSON Schema (draft-07), for steps of pipeline files.

Against what pydantic says of the models: an expression may stand wherever it may stand in a file,
a number is taken for text and text for a number, and n8n's spelling of a name is known.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from nodekit.described import descriptions
from nodekit.forms import Form, default_of, literals
from nodekit.items import Json
from nodekit.params import Params, camel_of

from .declared import EACH, FIXED, REF, declaration, is_schema

Schema: TypeAlias = dict[str, Json]

EXPRESSION: Schema = {
    "type": "string",
    "pattern": "^=",
    "description": "An expression or a template: text that begins with =.",
}

NUMERIC: Schema = {
    "type": "string",
    "pattern": r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$",
    "description": "A number written as text.",
}

COMMON: dict[str, Schema] = {"expression": EXPRESSION, "numeric": NUMERIC}
"""The definitions every schema of a node refers to."""

NOTES = ("description", "default", "examples")
"""The keys of a schema that say something to people and allow or forbid nothing."""


class Opener:
    """Turns pydantic's schemas into ours, and collects the definitions they need.

    Args:
        prefix: Stands before the names of definitions, so that nodes do not clash.
        defs: The schemas that may be referred to.
    """

    def __init__(self, prefix: str, defs: Mapping[str, Json]) -> None:
        self.prefix = prefix
        self.defs = defs
        self.definitions: dict[str, Schema] = {}

    def opened(self, raw: Mapping[str, Json], fixed: bool = False) -> Schema:
        """Return the schema of a value, as a file may give it.

        Args:
            raw: pydantic's schema of it.
            fixed: Whether no expression may stand in it.
        """
        fixed = fixed or FIXED in raw
        notes = {key: raw[key] for key in NOTES if key in raw}
        core = self.core({k: v for k, v in raw.items() if k not in (*NOTES, "title")}, fixed)
        forms = list(alternatives(core))
        if not fixed and not any(accepts_all_text(form) for form in forms):
            forms.append({"$ref": f"{REF}expression"})
        return {**(forms[0] if len(forms) == 1 and "$ref" not in core else one_of(forms)), **notes}

    def core(self, raw: Mapping[str, Json], fixed: bool) -> Schema:
        """Return what a value must be, without notes, and without the expression in its place."""
        rest = {key: value for key, value in raw.items() if key not in (FIXED, EACH)}
        if "$ref" in rest:
            return {"$ref": REF + self.definition(rest["$ref"].removeprefix(REF), fixed)}
        for key in ("anyOf", "oneOf"):
            if key in rest:
                forms = [self.core(form, fixed or FIXED in form) for form in rest[key]]
                return one_of(inner for form in forms for inner in alternatives(form))
        rest = {key: value for key, value in rest.items() if key not in (*NOTES, "title")}
        match rest.get("type"):
            case "object":
                return self.mapping(rest, fixed)
            case "array":
                return self.sequence(rest, fixed)
            case "number" | "integer":
                return one_of([rest, {"$ref": f"{REF}numeric"}])
            case "string" if "format" not in rest and "enum" not in rest and "const" not in rest:
                made = {**rest, "type": ["string", "number"]}
                return {"pattern": "^(?!=)", **made} if fixed else made
            case _:
                return rest

    def definition(self, name: str, fixed: bool) -> str:
        """Return the name of our definition of a schema that is referred to; make it if need be."""
        own = f"{self.prefix}.{name}{'.fixed' if fixed else ''}"
        if own not in self.definitions:
            self.definitions[own] = {}  # known before it is made, for models that hold themselves
            made = self.core(self.defs[name], fixed)
            self.definitions[own] = {**made, **notes_of(self.defs[name])}
        return own

    def mapping(self, raw: Schema, fixed: bool) -> Schema:
        """Return the schema of a model or of a free mapping."""
        if "properties" in raw:
            return self.model(raw, fixed, ())
        values = raw.get("additionalProperties")
        if is_schema(values):
            return {**raw, "additionalProperties": self.opened(values, fixed)}
        return raw

    def sequence(self, raw: Schema, fixed: bool) -> Schema:
        """Return the schema of a list; draft-07 has no ``prefixItems``."""
        made = {key: value for key, value in raw.items() if key != "prefixItems"}
        if "prefixItems" in raw:
            made["items"] = [self.opened(one, fixed) for one in raw["prefixItems"]]
        elif isinstance(raw.get("items"), Mapping) and raw["items"]:
            made["items"] = self.opened(raw["items"], fixed)
        return made

    def model(self, raw: Schema, fixed: bool, selectors: Iterable[str]) -> Schema:
        """Return the schema of a model: each field under both spellings."""
        properties: dict[str, Schema] = {}
        for name, field in raw["properties"].items():
            opened = self.opened(field, fixed or name in selectors)
            properties[name] = opened
            if camel_of(name) != name:
                properties[camel_of(name)] = {**opened, "doNotSuggest": True}
        made: Schema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        needed = [needs(name) for name in raw.get("required", ())]
        return {**made, "allOf": needed} if needed else made


def alternatives(schema: Schema) -> list[Schema]:
    """Return the forms a schema allows; itself if it is one form."""
    return list(schema["anyOf"]) if set(schema) == {"anyOf"} else [schema]


def one_of(forms: Iterable[Schema]) -> Schema:
    """Return the schema that allows any of these forms.

    A reference stands in a list of its own: in draft-07 nothing beside it counts.
    """
    found: list[Schema] = []
    for form in forms:
        if form not in found:
            found.append(form)
    return {"anyOf": found}


def accepts_all_text(schema: Schema) -> bool:
    """Whether any text at all fits a schema, and so an expression does."""
    kinds = schema.get("type", "string")
    limits = set(schema) - {"type", "minLength"}
    return "string" in ([kinds] if isinstance(kinds, str) else kinds) and not limits


def notes_of(raw: Mapping[str, Json]) -> Schema:
    """Return the description of a schema, if it has one."""
    return {"description": raw["description"]} if "description" in raw else {}


def needs(name: str) -> Schema:
    """Return the schema that wants a field in one of its spellings."""
    spellings = dict.fromkeys((name, camel_of(name)))
    if len(spellings) == 1:
        return {"required": [name]}
    return {"anyOf": [{"required": [spelling]} for spelling in spellings]}


def params_schema(prefix: str, form: Form[Params]) -> tuple[Schema, dict[str, Schema]]:
    """Return the schema of a node's ``params``, and the definitions it needs beside :data:`COMMON`.

    Several operations are told apart by if and then.
    """
    definitions: dict[str, Schema] = {}
    made: list[Schema] = []
    for model in form.models:
        raw, defs = declaration(model)
        opener = Opener(prefix, defs)
        made.append({**opener.model(raw, False, form.selectors), **notes_of(raw)})
        definitions |= opener.definitions
    if len(made) == 1:
        return made[0], definitions
    branches = [
        {"if": condition(form, model), "then": schema}
        for model, schema in zip(form.models, made, strict=True)
    ]
    return {"type": "object", **choices(form), "allOf": branches}, definitions


def choices(form: Form[Params]) -> Schema:
    """Return the schema of the selecting parameters: every value that some operation has."""
    properties: dict[str, Schema] = {}
    for name in form.selectors:
        models = [model for model in form.models if name in literals(model)]
        values = dict.fromkeys(value for model in models for value in literals(model)[name])
        properties[name] = {"enum": list(values)}
        if text := descriptions(models[0]).get(name):
            properties[name]["description"] = text
    return {"properties": properties}


def condition(form: Form[Params], model: type[Params]) -> Schema:
    """Return when a model is the one that is meant: its selectors, given or by default.

    A selecting parameter that is missing takes the default of the first model that is left, so it
    must be there wherever that default is another.
    """
    left = list(form.models)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for name in form.selectors:
        values = literals(model).get(name)
        if values is None:
            continue
        properties[name] = {"enum": list(values)}
        if default_of(left, name) not in values:
            required.append(name)
        left = [m for m in left if name not in literals(m) or set(literals(m)[name]) & set(values)]
    return {"properties": properties, **({"required": required} if required else {})}
