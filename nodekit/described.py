"""Models whose fields are described by the string under each; read when somebody asks.

pydantic can read these strings itself, but does so when it makes a model, and every start of a run
would wait for that.
"""

import ast
from collections.abc import Iterator
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model that knows what its fields mean, and says so in its JSON Schema."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in descriptions(cls).items():
            for key in properties.keys() & keys_of(cls, name):
                properties[key].setdefault("description", text)
        return schema


def keys_of(model: type[BaseModel], name: str) -> set[str]:
    """Return the names a field may have in a schema: its own, or its alias."""
    info = model.model_fields[name]
    aliases = (info.alias, info.validation_alias, info.serialization_alias)
    return {name, *(alias for alias in aliases if isinstance(alias, str))}


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of every field that has one: given to it, or the string under it."""
    below = {
        name: text
        for kind in reversed(model.__mro__)
        if issubclass(kind, Described) and kind is not Described
        for name, text in strings_in(kind)
    }
    given = {name: info.description for name, info in model.model_fields.items()}
    found = {name: text or below.get(name) for name, text in given.items()}
    return {name: text for name, text in found.items() if text}


def strings_in(kind: type) -> Iterator[tuple[str, str]]:
    """Yield the fields that a class declares with a string under them; none without its source."""
    try:
        source = getsource(kind)
    except (OSError, TypeError):
        return
    if source[:1].isspace():
        source = f"if True:\n{source}"
    declared = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
    for field, below in pairwise(declared.body):
        text = ast.get_docstring(ast.Module([below], []), clean=False)
        if text and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, cleandoc(text)
