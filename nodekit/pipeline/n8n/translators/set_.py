"""Edit Fields (Set): versions 1 and 2 with values by type, from 3 on with a list of fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nodekit.errors import ExpressionError
from nodekit.expressions.template import Code, cut
from nodekit.items import Json
from nodekit.pipeline.n8n.draft import ParameterIssue, StepDraft
from nodekit.pipeline.n8n.literals import is_object_text
from nodekit.pipeline.n8n.node import N8nNode, is_expression, names_in

TYPES: Mapping[str, str] = {
    "stringValue": "string",
    "numberValue": "number",
    "booleanValue": "boolean",
    "arrayValue": "array",
    "objectValue": "object",
}
"""The types of fields by their old names."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field to set."""

    name: str
    value: Json
    type: str | None


def translate(node: N8nNode) -> StepDraft:
    """Return a step that sets fields."""
    if node.version < 3:
        return StepDraft("set", early(node))
    params = raw(node) if node.fixed("mode", "manual") == "raw" else manual(node)
    params |= kept(node)
    if not node.get("options.dotNotation", True):
        params["dots"] = False
    if node.flag("options.ignoreConversionErrors"):
        params["ignore_conversion_errors"] = True
    params |= binary(node)
    if node.flag("duplicateItem"):
        params["duplicates"] = node.get("duplicateCount", 0)
    return StepDraft("set", params)


def early(node: N8nNode) -> dict[str, Json]:
    """Return the params of versions 1 and 2: fields by type, truth first, then numbers, texts."""
    number = "numeric" if node.version >= 2 else None
    kinds = (("boolean", "truth"), ("number", number), ("string", None))
    defaults: Mapping[str, Json] = {"boolean": False, "number": 0, "string": ""}
    fields = [
        Field(str(row.get("name", "propertyName")), row.get("value", defaults[kind]), wanted)
        for kind, wanted in kinds
        for row in node.rows(f"values.{kind}")
    ]
    params = written(fields, always=any(is_expression(field.value) for field in fields))
    if "computed" in params:
        params["missing"] = "skip"
    if not node.flag("keepOnlySet"):
        params["keep"] = "all"
    if not node.get("options.dotNotation", True):
        params["dots"] = False
    return params


def manual(node: N8nNode) -> dict[str, Json]:
    """Return the fields of the manual mode."""
    if node.version < 3.3:
        fields = [old_field(row) for row in node.rows("fields.values")]
        if node.version < 3.2:
            fields = [replace(f, type="text") if f.type == "string" else f for f in fields]
        return written(fields)
    rows = node.rows("assignments.assignments")
    return written(
        Field(str(row.get("name", "")), row.get("value"), str(row.get("type", "string")))
        for row in rows
    )


def old_field(row: Mapping[str, Json]) -> Field:
    """Read a field of versions 3 to 3.2, whose value stands under its type."""
    kind = str(row.get("type", "stringValue"))
    return Field(str(row.get("name", "")), row.get(kind), TYPES.get(kind, "string"))


def written(fields: Iterable[Field], *, always: bool = False) -> dict[str, Json]:
    """Return fields as params: by name, or as a list where a name is computed or stands twice.

    ``always`` is whether they are to be written as a list, in which a value may be undefined.
    """
    listed = [field for field in fields if field.name]
    names = [field.name for field in listed]
    if always or len(set(names)) < len(names) or any(map(is_expression, names)):
        rows = [{"name": f.name, "value": f.value, **typed(f)} for f in listed]
        return {"computed": rows} if rows else {}
    params: dict[str, Json] = {"fields": {field.name: field.value for field in listed}}
    types = {field.name: field.type for field in listed if field.type}
    return params | ({"types": types} if types else {})


def typed(field: Field) -> dict[str, Json]:
    """Return the type of a field, if it has one."""
    return {"type": field.type} if field.type else {}


def raw(node: N8nNode) -> dict[str, Json]:
    """Return the params of the raw mode.

    Raises:
        ParameterIssue: The text holds no expression and is no JSON object.
    """
    text = node.get("jsonOutput", "{}")
    if isinstance(text, str) and not is_expression(text) and not is_object_text(text):
        raise ParameterIssue(f"'jsonOutput' expects an object but we got '{text}'")
    return {"json": spliced(text) if is_expression(text) else text}


def spliced(text: str) -> str:
    """Return an expression in which every chunk gives the text that stands for its value in JSON.

    A single chunk without text around it gives its value itself.
    """
    try:
        parts = [part for part in cut(text) if part != ""]
    except ExpressionError:
        return text  # it fails when it is come to, as in n8n
    if len(parts) < 2:
        return text
    written = (part if isinstance(part, str) else AS_JSON % code_of(part) for part in parts)
    return f"={''.join(written)}"


AS_JSON = "{{ (v => typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v))(%s\n) }}"
"""The code that gives a value as n8n writes it into the text of the raw mode."""


def code_of(part: Code) -> str:
    """Return the code of a chunk as an argument of a call, with closing braces escaped."""
    return part.text.strip().rstrip(";").replace("}}", "\\}}")


def kept(node: N8nNode) -> dict[str, Json]:
    """Return which of the item's other fields stay."""
    include = node.text("include", "all")
    if node.version >= 3.3 and not node.flag("includeOtherFields"):
        include = "none"
    if include == "selected":
        return {"keep": listed_names(node.get("includeFields", ""))}
    if include == "except":
        return {"drop": listed_names(node.get("excludeFields", ""))}
    return {"keep": "all"} if include == "all" else {}


def listed_names(value: Json) -> Json:
    """Return the names of a comma list; an expression splits its own."""
    if is_expression(value):
        inner = str(value)[1:].strip()
        code = inner.removeprefix("{{").removesuffix("}}").strip()
        return f"={{{{ String({code}).split(',').map(name => name.trim()) }}}}"
    return list(names_in(value))


def binary(node: N8nNode) -> dict[str, Json]:
    """Return whether files stay with their items."""
    if node.version < 3.4:
        return {"binary": "keep" if node.flag("options.includeBinary") else "drop"}
    return {"binary": "drop"} if node.flag("options.stripBinary") else {}
