"""What pydantic says of a params model, with the marks of our own kinds of parameter."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from nodekit.items import Json
from nodekit.params import Params, ReadEach, Same, refuse_holes

FIXED = "x-fixed"
"""Marks the schema of a parameter that cannot be an expression."""

EACH = "x-each"
"""Marks the schema of a parameter with a value for every item."""

REF = "#/definitions/"


class Declaration(GenerateJsonSchema):
    """Writes the JSON Schema of a params model, and marks what is Fixed and what is Each."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012  # as declared there

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        found = super().function_before_schema(schema)
        return {**found, FIXED: True} if schema["function"]["function"] is refuse_holes else found

    def function_wrap_schema(
        self, schema: core_schema.WrapValidatorFunctionSchema
    ) -> JsonSchemaValue:
        found = super().function_wrap_schema(schema)
        each = isinstance(schema["function"]["function"], ReadEach)
        return {**found, EACH: True} if each else found

    def encode_default(self, dft: Any) -> Any:
        return super().encode_default(value_of(dft))


def is_same(default: Any) -> TypeGuard[Same[Any]]:
    """Whether a default is one for every item."""
    return isinstance(default, Same)


def is_schema(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a value in a schema is a schema itself."""
    return isinstance(value, dict)


def value_of(default: Any) -> Any:
    """Return a default; of one for every item, the one value."""
    return default.value if is_same(default) else default


def declaration(model: type[Params]) -> tuple[dict[str, Json], Mapping[str, Json]]:
    """Return the marked schema of a model, and the schemas it refers to by name."""
    schema = model.model_json_schema(schema_generator=Declaration, ref_template=REF + "{model}")
    return schema, schema.pop("$defs", {})


def resolved(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a schema with its own reference, if it is one, replaced; marks beside it stay."""
    if "$ref" not in schema:
        return schema
    target = resolved(defs[schema["$ref"].removeprefix(REF)], defs)
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
