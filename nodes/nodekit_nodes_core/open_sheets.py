"""Spreadsheets of the OpenDocument format: rows in, rows out."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from nodekit import Json, NodeError

from .coerce import to_string
from .javascript import is_number, number_in
from .shapes import is_list, is_object
from .sheets import MOST_CELLS, Cells, check_size, listed
from .xml_reading import Reading, read_xml
from .xml_writing import Writing, write_xml

TYPE = "application/vnd.oasis.opendocument.spreadsheet"
HOW = Reading(lists=True)
NAMESPACES = {
    f"xmlns:{name}": f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
    for name in ("office", "table", "text", "manifest")
}


def read_open_sheet(file: BinaryIO, sheet: str, most: int) -> Iterator[Cells]:
    """Yield the rows of a sheet.

    Args:
        file: The spreadsheet.
        sheet: The name of the sheet; the first if it is empty.
        most: The number of bytes it may unpack to.

    Raises:
        NodeError: It cannot be read.
    """
    check_size(file, most)
    try:
        with zipfile.ZipFile(file) as archive:
            content = archive.read("content.xml")
    except (KeyError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise NodeError(f"is no spreadsheet: {error}") from error
    document = read_xml(content, HOW).get("office:document-content")
    tables = children(first(first(document, "office:body"), "office:spreadsheet"), "table:table")
    names = [str(first(table, "table:name")) for table in tables]
    if sheet and sheet not in names:
        raise NodeError(f"has no sheet {sheet!r}; there is {listed(names)}")
    if tables:
        yield from rows_of(tables[names.index(sheet) if sheet else 0])


def first(element: Json, name: str) -> Json:
    """Return the first child, or the attribute, of this name; ``None`` if there is none."""
    found = children(element, name)
    return found[0] if found else None


def children(element: Json, name: str) -> list[Json]:
    """Return all children of this name."""
    found = element.get(name) if is_object(element) else None
    return found if is_list(found) else []


def rows_of(table: Json) -> Iterator[Cells]:
    """Yield the rows of a table: those that repeat, as often as they do, but not at the end.

    Raises:
        NodeError: There are too many cells.
    """
    cells, empty = 0, 0
    heads = first(table, "table:table-header-rows")
    for row in (*children(heads, "table:table-row"), *children(table, "table:table-row")):
        values = values_of(row)
        times = repeated(row, "table:number-rows-repeated")
        if not values:
            empty += times
            continue
        cells += len(values) * times + empty
        if cells > MOST_CELLS:
            raise NodeError(f"has more than {MOST_CELLS} cells")
        yield from ([] for _ in range(empty))
        yield from (values for _ in range(times))
        empty = 0


def values_of(row: Json) -> list[Json]:
    """Return the values of a row, without the empty cells at its end.

    Raises:
        NodeError: There are too many.
    """
    values: list[Json] = []
    empty = 0
    for cell in children(row, "table:table-cell"):
        value, times = value_of(cell), repeated(cell, "table:number-columns-repeated")
        if value is None:
            empty += times
            continue
        if len(values) + empty + times > MOST_CELLS:
            raise NodeError(f"has more than {MOST_CELLS} cells")
        values += [None] * empty + [value] * times
        empty = 0
    return values


def repeated(element: Json, name: str) -> int:
    """Return how often something stands there."""
    said = str(first(element, name) or 1)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 1


def value_of(cell: Json) -> Json:
    """Return the value of a cell, ``None`` for an empty one."""
    kind = first(cell, "office:value-type")
    if kind in ("float", "percentage", "currency"):
        return number_in(str(first(cell, "office:value")))
    if kind == "boolean":
        return first(cell, "office:boolean-value") == "true"
    if kind == "date":
        return first(cell, "office:date-value")
    lines = [text_in(line) for line in children(cell, "text:p")]
    return "\n".join(lines) if lines else None


def text_in(line: Json) -> str:
    """Return the text of a paragraph, with that of the spans in it."""
    if isinstance(line, str):
        return line
    inner = [text_in(span) for name in ("text:span", "text:a") for span in children(line, name)]
    return str(line.get("_", "")) + "".join(inner) if is_object(line) else ""


def write_open_sheet(
    rows: Sequence[Mapping[str, Json]], columns: Sequence[str], header: bool, sheet: str
) -> bytes:
    """Return items as a spreadsheet of one sheet.

    Raises:
        NodeError: A value has a character that XML does not allow.
    """
    lines: list[Json] = [{"table:table-cell": [cell(name) for name in columns]}] if header else []
    lines += [{"table:table-cell": [cell(row.get(name)) for name in columns]} for row in rows]
    table = {"$": {"table:name": sheet}, "table:table-row": lines}
    document = {
        "office:document-content": {
            "$": {**NAMESPACES, "office:version": "1.3"},
            "office:body": {"office:spreadsheet": {"table:table": table}},
        }
    }
    entry = {"$": {"manifest:full-path": "/", "manifest:media-type": TYPE}}
    part = {"$": {"manifest:full-path": "content.xml", "manifest:media-type": "text/xml"}}
    manifest = {
        "manifest:manifest": {
            "$": {**NAMESPACES, "manifest:version": "1.3"},
            "manifest:file-entry": [entry, part],
        }
    }
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", TYPE, zipfile.ZIP_STORED)
        archive.writestr("content.xml", write_xml(document, Writing(pretty=False)))
        archive.writestr("META-INF/manifest.xml", write_xml(manifest, Writing()))
    return content.getvalue()


def cell(value: Json) -> Json:
    """Return a cell as XML."""
    if value is None:
        return ""
    if isinstance(value, bool):
        text = "true" if value else "false"
        said = {"office:value-type": "boolean", "office:boolean-value": text}
    elif is_number(value):
        text = to_string(value)
        said = {"office:value-type": "float", "office:value": text}
    else:
        text, said = to_string(value), {"office:value-type": "string"}
    return {"$": said, "text:p": text.split("\n")}
