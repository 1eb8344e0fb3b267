"""The node ``convert_to_file``."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from nodekit import (
    BatchNode,
    Binary,
    Context,
    Each,
    Fields,
    Inputs,
    Items,
    Json,
    NodeError,
    Params,
    always,
)

from .collected import Collected
from .columns import links_of
from .file_formats import known_encoding
from .file_writing import cell, cells, columns_of, flat, flat_lists, json_bytes
from .html import Table, table
from .javascript import json_of
from .open_sheets import TYPE, write_open_sheet
from .paths import MISSING, drop, get
from .sheets import write_workbook

MEDIA_TYPES = {
    "csv": "text/csv",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": TYPE,
    "json": "application/json",
    "text": "text/plain",
    "base64": "application/octet-stream",
}
SUFFIXES = {"text": "txt", "base64": "bin"}
MARK = "\ufeff"


class FileParams(Params):
    """What all kinds of files have."""

    into: str = Field(default="data", min_length=1)
    """The binary that gets the file."""

    file_name: Each[str] = Field(default=always(""), examples=["report.csv"])
    """What the file is called; `file.csv` and so on."""

    media_type: str = ""
    """Its media type; without it, that of the format."""


class TableFile(FileParams):
    """One file with a row for each item."""

    format: Literal["csv", "html", "xlsx", "ods"] = "csv"
    """What the file is to hold."""

    columns: list[str] = Field(default=[])
    """The fields that are the columns; without them all, in the order in which they are first seen,
    those of nested objects by dotted names."""

    header: bool = True
    """Whether the first row names the columns."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between two cells of CSV."""

    guard_formulas: bool = True
    """Put `'` before text in CSV that a spreadsheet would take for a formula."""

    encoding: str = "utf-8"
    """The encoding of CSV; `utf-8-sig` begins it with a byte order mark."""

    dialect: Literal["plain", "sheet"] = "plain"
    """How CSV is written: `sheet` as spreadsheets do it, with a byte order mark, `TRUE` and
    `FALSE`, and no end after the last line (n8n)."""

    lists: Literal["cell", "columns"] = "cell"
    """Whether a list is one cell, as JSON, or every entry of it has a column of its own (n8n)."""

    sheet: str = Field(default="Sheet", min_length=1)
    """The name of the sheet."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)


class PerItem(FileParams):
    """What files of single items have."""

    keep: Literal["none", "all", "others"] = "none"
    """Whether the item keeps its fields and its other binaries; `others` are those fields that were
    not written, and its other binaries."""

    missing: Literal["fail", "skip"] = "fail"
    """What to do with an item that lacks the field to write: fail, or leave it out."""


class JsonFile(PerItem):
    """The items as JSON."""

    format: Literal["json"] = "json"
    """What the file is to hold."""

    each: bool = False
    """Whether every item is a file of its own; else one file holds a list of all."""

    field: str = ""
    """With `each`: the field whose value is written, instead of the whole item."""

    pretty: bool = False
    """Whether it is indented, for people."""

    encoding: str = "utf-8"
    """The encoding of the file; readers of JSON expect UTF-8."""

    mark: bool = False
    """Whether it begins with a byte order mark."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)


class TextFile(PerItem):
    """The text of a field."""

    format: Literal["text"] = "text"
    """What the file is to hold."""

    field: str = Field(min_length=1)
    """The field with the text; what is no text is written as JSON."""

    encoding: str = "utf-8"
    """The encoding of the file."""

    mark: bool = False
    """Whether it begins with a byte order mark."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)


class Base64File(PerItem):
    """The bytes that a field holds in base64."""

    format: Literal["base64"] = "base64"
    """What the field holds."""

    field: str = Field(min_length=1)
    """The field with the base64."""


Operation: TypeAlias = TableFile | JsonFile | TextFile | Base64File


class ConvertToFile(BatchNode[Operation]):
    """Make files of items: one of all (CSV, HTML, XLSX, ODS, JSON), or one of each (JSON, text).

    A file of all is linked to all.
    """

    async def run_batch(self, inputs: Inputs, params: Operation, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        if isinstance(params, TableFile) or (isinstance(params, JsonFile) and not params.each):
            content = await ctx.thread(whole, rows.json, params)
            file = named(content, params, 0)
            return Items([{}], links=[links_of(rows)], binary={0: {params.into: file}})
        return await ctx.thread(one_by_one, rows, params)


def named(content: bytes, params: Operation, index: int) -> Binary:
    """Return a file with its name and media type."""
    kind = params.format
    return Binary(
        content,
        media_type=params.media_type or MEDIA_TYPES[kind],
        file_name=params.file_name[index] or f"file.{SUFFIXES.get(kind, kind)}",
    )


def whole(rows: Sequence[Fields], params: TableFile | JsonFile) -> bytes:
    """Return one file of all items.

    Raises:
        NodeError: An item does not go into it.
    """
    if isinstance(params, JsonFile):
        return json_file(list(rows), params)
    flatten = flat_lists if params.lists == "columns" else flat
    records = [flatten(json) for json in rows]
    columns = params.columns or columns_of(records)
    if params.columns:
        found = [{name: get(json, name) for name in columns} for json in rows]
        records = [{n: v for n, v in row.items() if v is not MISSING} for row in found]
    match params.format:
        case "csv":
            return encoded(csv_of(records, columns, params), params.encoding)
        case "html":
            page = table(records, Table(make="table", columns=columns))
            return f"<!DOCTYPE html>\n<html><body>{page}</body></html>\n".encode()
        case "xlsx":
            return write_workbook(records, columns, params.header, params.sheet)
        case "ods":
            return write_open_sheet(records, columns, params.header, params.sheet)


def csv_of(records: Sequence[Fields], columns: Sequence[str], params: TableFile) -> str:
    """Return items as CSV."""
    sheet = params.dialect == "sheet"
    rows = [{n: upper(v) for n, v in row.items()} for row in records] if sheet else records
    text = cells(
        rows,
        columns,
        header=params.header and bool(columns),
        delimiter=params.delimiter,
        guard=params.guard_formulas,
    )
    return f"{MARK}{text.removesuffix(chr(10))}" if sheet else text


def upper(value: Json) -> Json:
    """Return true and false as spreadsheets write them."""
    return cell(value, False).upper() if isinstance(value, bool) else value


def json_file(value: Json, params: JsonFile) -> bytes:
    """Return a value as a file of JSON.

    Raises:
        NodeError: The encoding cannot hold it.
    """
    text = json_bytes(value, pretty=params.pretty).decode()
    return encoded(MARK + text if params.mark else text, params.encoding)


def encoded(text: str, encoding: str) -> bytes:
    """Return a text in an encoding.

    Raises:
        NodeError: It cannot hold the text.
    """
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise NodeError(f"{found!r} cannot be written in {encoding}") from error


def one_by_one(rows: Items, params: JsonFile | TextFile | Base64File) -> Items:
    """Return a file for each item; one that has nothing to write fails alone."""
    collected = Collected(rows)
    for i, json in enumerate(rows.json):
        if params.missing == "skip" and params.field and get(json, params.field) is MISSING:
            continue
        try:
            content = content_of(json, params)
        except NodeError as error:
            collected.fail(i, error)
            continue
        others: Mapping[str, Binary] = rows.binary.get(i, {}) if params.keep != "none" else {}
        file = named(content, params, i)
        collected.add_file(i, kept_of(json, params), {**others, params.into: file})
    return collected.items()


def kept_of(json: Fields, params: JsonFile | TextFile | Base64File) -> Fields:
    """Return the fields that an item keeps beside its file."""
    if params.keep == "all":
        return json
    if params.keep == "none" or not params.field:
        return {}
    others = dict(json)
    drop(others, params.field)
    return others


def content_of(json: Fields, params: JsonFile | TextFile | Base64File) -> bytes:
    """Return the content of the file of one item.

    Raises:
        NodeError: It has no such field, or it does not hold what it should.
    """
    value: Json = json if not params.field else get(json, params.field)
    if value is MISSING:
        raise NodeError(f"has no field {params.field!r} to write")
    match params:
        case JsonFile():
            return json_file(value, params)
        case TextFile():
            text = value if isinstance(value, str) else json_of(value)
            return encoded(MARK + text if params.mark else text, params.encoding)
        case Base64File():
            try:
                return b64decode(str(value).partition("base64,")[2] or str(value), validate=False)
            except (BadBase64, ValueError) as error:
                raise NodeError(f"field {params.field!r} is no base64: {error}") from error
