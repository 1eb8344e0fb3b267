"""Convert to File: tables, JSON, text and base64 as files."""

import mimetypes
from collections.abc import Callable, Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .files import OTHER_BYTES, TABLES, UNREADABLE, encoding_of, table_format


def translate(node: N8nNode) -> StepDraft:
    """Return a step that makes files.

    Raises:
        Unsupported: There is no such operation, or the format cannot be written.
    """
    operation = node.fixed("operation", "csv")
    if operation in (*TABLES, *UNREADABLE):
        return table(node, operation, "File")
    if operation not in WRITE:
        raise Unsupported(f'the operation "{operation}" is not supported')
    params: dict[str, Json] = {
        "into": node.get("binaryPropertyName", "data"),
        **WRITE[operation](node),
    }
    if node.get("options.fileName"):
        params["file_name"] = node.get("options.fileName")
    return StepDraft("convert_to_file", params)


def table(node: N8nNode, form: str, name: str) -> StepDraft:
    """Return a step that makes one table of all items, called ``name`` if nothing else.

    Raises:
        Unsupported: The format cannot be written.
    """
    table_format(form)
    params: dict[str, Json] = {
        "format": form,
        "into": node.get("binaryPropertyName", "data"),
        "file_name": node.get("options.fileName") or f"{name}.{form}",
        "guard_formulas": False,
        "lists": "columns",
    }
    if node.has("options.headerRow"):
        params["header"] = node.get("options.headerRow")
    if form == "csv":
        params["dialect"] = "sheet"
        if node.get("options.delimiter"):
            params["delimiter"] = node.get("options.delimiter")
        return StepDraft("convert_to_file", params)
    if form != "html":
        params["sheet"] = node.get("options.sheetName") or "Sheet"
    return StepDraft("convert_to_file", params, differences=OTHER_BYTES)


def to_json(node: N8nNode) -> dict[str, Json]:
    """Return what makes files of JSON."""
    params: dict[str, Json] = {"format": "json", **encoding_of(node)}
    if node.text("mode", "once") == "each":
        params["each"] = True
    if node.has("options.format"):
        params["pretty"] = node.get("options.format")
    if node.has("options.addBOM"):
        params["mark"] = node.get("options.addBOM")
    return params


def to_text(node: N8nNode) -> dict[str, Json]:
    """Return what makes files of text.

    Raises:
        Unsupported: It has no field.
    """
    params: dict[str, Json] = {"format": "text", "field": field_of(node), **encoding_of(node)}
    if node.has("options.addBOM"):
        params["mark"] = node.get("options.addBOM")
    return params


def to_binary(node: N8nNode) -> dict[str, Json]:
    """Return what makes files of base64; the first version may take text."""
    plain = node.version < 1.1 and node.get("options.dataIsBase64", True) is False
    params: dict[str, Json] = {"format": "text" if plain else "base64", "field": field_of(node)}
    kind = node.get("options.mimeType")
    if kind:
        params["media_type"] = kind
        suffix = None if is_expression(kind) else mimetypes.guess_extension(str(kind))
        params["file_name"] = f"file{suffix}" if suffix else "file"
    return params | (encoding_of(node) if plain else {})


def field_of(node: N8nNode) -> Json:
    """Return the field that is written.

    Raises:
        Unsupported: None is named.
    """
    field = node.get("sourceProperty", "")
    if field == "":
        raise Unsupported("the field to write is not named")
    return field


WRITE: Mapping[str, Callable[[N8nNode], dict[str, Json]]] = {
    "toJson": to_json,
    "toText": to_text,
    "toBinary": to_binary,
}
"""What makes files of single items, by operation."""
