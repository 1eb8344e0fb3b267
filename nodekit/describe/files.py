"""The JSON Schema (draft-07) of pipeline files, with every installed node, for editors."""

from collections.abc import Iterable
from typing import Any

from nodekit.errors import RegistryError
from nodekit.forms import Form
from nodekit.items import Json
from nodekit.json_values import is_list
from nodekit.pipeline.document import Document
from nodekit.registry import NodeType, Registry

from .declared import REF, Declaration, is_schema
from .schema import COMMON, Schema, params_schema

DRAFT = "http://json-schema.org/draft-07/schema#"

STEP = "StepEntry"


def file_schema(registry: Registry) -> tuple[Schema, list[RegistryError]]:
    """Return the schema of pipeline files, and why nodes are missing in it, if any are."""
    types: list[NodeType] = []
    broken: list[RegistryError] = []
    for name in registry.names():
        try:
            versions = registry.get(name).versions().values()
            for kind in versions:
                kind.build()
            types += versions
        except RegistryError as error:
            broken.append(error)
    return schema_of(types), broken


def schema_of(types: Iterable[NodeType]) -> Schema:
    """Return the schema of pipeline files that use these node types, versions beside each other."""
    raw = Document.model_json_schema(
        schema_generator=Declaration, ref_template=REF + "{model}", mode="validation"
    )
    definitions: dict[str, Schema] = {name: plain(part) for name, part in raw.pop("$defs").items()}
    definitions |= COMMON
    names: list[str] = []
    branches: list[Schema] = []
    newest: set[str] = set()
    for kind in types:
        said = [f"{kind.name}@{kind.version}"]
        if kind.name not in newest:
            newest.add(kind.name)
            said.insert(0, kind.name)
        names += said
        key = said[0]
        schema, needed = params_schema(key, kind.form)
        definitions |= {key: schema, **needed}
        branches.append(branch(kind, said, key))
    step = definitions[STEP]
    step["properties"]["type"] = {**step["properties"]["type"], "anyOf": spelled(names)}
    step["allOf"] = branches
    frame = plain(raw)
    frame["properties"]["credentials"] = named(frame["properties"]["credentials"])
    return {"$schema": DRAFT, "title": "nodekit pipeline", **frame, "definitions": definitions}


def named(raw: Schema) -> Schema:
    """Return the schema of ``credentials``, which may also be a list of names."""
    notes: Schema = {key: raw[key] for key in ("description", "default") if key in raw}
    core = {key: value for key, value in raw.items() if key not in notes}
    return {"anyOf": [core, {"type": "array", "items": {"type": "string"}}], **notes}


def spelled(names: Iterable[str]) -> list[Schema]:
    """Return the schema of a type's name; editors offer the names without a version."""
    found = list(names)
    short = [name for name in found if "@" not in name]
    return [{"enum": short}, {"enum": [name for name in found if "@" in name]}]


def branch(kind: NodeType, said: Iterable[str], key: str) -> Schema:
    """Return the rule that a step of this type has the parameters of this type."""
    then: Schema = {
        "properties": {"params": {"allOf": [{"$ref": REF + key}], "description": kind.description}}
    }
    if needs_params(kind.form):
        then["required"] = ["params"]
    return {
        "if": {"properties": {"type": {"enum": list(said)}}, "required": ["type"]},
        "then": then,
    }


def needs_params(form: Form[Any]) -> bool:
    """Whether a step must give parameters."""
    return bool(form.examine({}).findings)


def plain(raw: Schema) -> Schema:
    """Return a schema of pydantic's in draft-07: no titles, nothing beside a reference."""
    kept = {key: plainly(value) for key, value in raw.items() if not is_title(key, value)}
    if "$ref" in kept and len(kept) > 1:
        kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept


def plainly(raw: Json) -> Json:
    """Return a part of a schema in draft-07."""
    if is_list(raw):
        return [plainly(part) for part in raw]
    return plain(raw) if is_schema(raw) else raw


def is_title(key: str, value: Json) -> bool:
    """Whether a key of a schema is its title, and not a property of that name."""
    return key == "title" and isinstance(value, str)
