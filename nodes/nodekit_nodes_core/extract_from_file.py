"""The node ``extract_from_file``."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Literal, TypeAlias

import orjson
from pydantic import Field, field_validator

from nodekit import Binary, Context, Fields, Item, ItemNode, Json, NodeError, Params

from .file_formats import known_encoding
from .file_reading import kind_of
from .paths import put
from .shapes import is_list, is_object
from .table_reading import TableReading, read_table, table_form
from .units import Bytes
from .xml_reading import Reading, read_xml


class FileParams(Params):
    """What all kinds of files have."""

    binary: str = Field(default="data", min_length=1)
    """The name of the binary."""

    keep: Literal["none", "json", "binary", "both"] = "none"
    """Whether the fields of the item, and the binary, stay. Beside a value, other binaries always
    do."""

    missing: Literal["fail", "skip"] = "fail"
    """What to do with an item that has no such binary: fail, or leave it out."""

    encoding: str = "utf-8"
    """The encoding of a file that is text."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)


class TableFile(FileParams):
    """A file of rows, each of which gives an item."""

    format: Literal["csv", "xlsx", "ods", "html", "auto"] = "csv"
    """What the file holds; of HTML the first table is read. `auto` looks at the file."""

    header: bool = True
    """Whether the first row names the columns. Without names, an item is `{row: […]}`."""

    empty_cells: bool = False
    """Whether an empty cell gives a field with an empty text, or none."""

    types: Literal["file", "guess", "auto"] = "file"
    """Whether values are as the file has them, of CSV and HTML all text, or text in these that is a
    number, `TRUE` or `FALSE` becomes that. `auto` does so unless its media type says CSV."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between two cells of CSV."""

    keep_mark: bool = False
    """Whether a byte order mark becomes part of the first name, as in n8n; else it is passed
    over."""

    first_line: int = Field(default=1, ge=1)
    """The line, or row, to begin with."""

    max_rows: int | None = Field(default=None, ge=0)
    """The greatest number of rows to take."""

    bad: Literal["fail", "skip"] = "fail"
    """What to do about a row of CSV that does not fit: fail, or leave it out."""

    loose_quotes: bool = False
    """Whether quotes in CSV that do not fit are part of the cell; else such a row does not fit."""

    sheet: str = ""
    """The name of the sheet of a workbook; the first without it."""

    area: str = Field(default="", examples=["B2:D9"])
    """The range of cells of a workbook in XLSX."""

    max_size: Bytes = Field(default=100_000_000, ge=0)
    """The greatest number of bytes that a workbook may unpack to."""


class ValueFile(FileParams):
    """A file whose content goes into a field."""

    into: str = "data"
    """The field that gets it. If it is empty, an object is the item itself, and a list of objects
    gives an item for each."""

    keep_mark: bool = False
    """Whether a byte order mark is part of a text."""


class JsonFile(ValueFile):
    """A file of JSON."""

    format: Literal["json"]
    """What the file holds."""


class OtherFile(ValueFile):
    """A file of something else."""

    format: Literal["text", "base64", "xml"]
    """What the file holds; `base64` is any file, whose bytes are written in base64."""


Operation: TypeAlias = TableFile | JsonFile | OtherFile


class ExtractFromFile(ItemNode[Operation]):
    """Read a binary: an item for each row of CSV, XLSX, ODS or HTML; or one with its content."""

    async def run_item(self, item: Item, params: Operation, ctx: Context) -> list[Item]:
        if params.binary not in item.binary:
            if params.missing == "skip":
                return []
            raise NodeError(
                f"has no binary {params.binary!r} to read",
                hint="Name the binary as `binary`, or set `missing: skip`.",
            )
        file = item.binary[params.binary]
        try:
            found = await ctx.thread(contents, file, params)
        except NodeError as error:
            name = file.file_name or params.binary
            raise NodeError(f"{name}: {error.message}", hint=error.hint) from error
        return [made(item, fields, params) for fields in found]


def made(item: Item, fields: Fields, params: Operation) -> Item:
    """Return the item with what was read, and what stays of it."""
    json = {**item.json, **fields} if params.keep in ("json", "both") else fields
    if params.keep in ("binary", "both"):
        return item.derive(json, binary=item.binary)
    if isinstance(params, TableFile):
        return item.derive(json)
    others = {name: file for name, file in item.binary.items() if name != params.binary}
    return item.derive(json, binary=others)


def contents(file: Binary, params: Operation) -> list[Fields]:
    """Return what a file gives, as the fields of items.

    Raises:
        NodeError: It does not hold what it should.
    """
    if isinstance(params, TableFile):
        with file.open() as opened:
            return read_table(opened, reading_of(file, params))
    value = value_of(file, params)
    if params.into:
        fields: dict[str, Json] = {}
        put(fields, params.into, value)
        return [fields]
    entries: Sequence[Json] = value if is_list(value) else [value]
    for entry in entries:
        if not is_object(entry):
            raise NodeError(
                f"is {kind_of(entry)}, wanted an object",
                hint="Name a field that gets the content as `into`.",
            )
    return [entry for entry in entries if is_object(entry)]


def reading_of(file: Binary, params: TableFile) -> TableReading:
    """Return how a step reads a table."""
    form = table_form(file) if params.format == "auto" else params.format
    says_csv = file.media_type.partition(";")[0].strip() == "text/csv"
    guess = params.types == "guess" or (params.types == "auto" and not says_csv)
    return TableReading(
        format=form,
        header=params.header,
        empty_cells=params.empty_cells,
        guess=guess and form in ("csv", "html"),
        delimiter=params.delimiter,
        encoding=params.encoding,
        keep_mark=params.keep_mark,
        first_line=params.first_line,
        max_rows=params.max_rows,
        skip_bad=params.bad == "skip",
        strict=not params.loose_quotes,
        sheet=params.sheet,
        area=params.area,
        max_size=params.max_size,
    )


def value_of(file: Binary, params: JsonFile | OtherFile) -> Json:
    """Return the content of a file.

    Raises:
        NodeError: It is not what it should be.
    """
    content = file.bytes()
    match params.format:
        case "base64":
            return b64encode(content).decode()
        case "xml":
            return read_xml(content, Reading())
        case "text":
            return text_of(content, params.encoding, params.keep_mark)
        case "json":
            try:
                return orjson.loads(text_of(content, params.encoding))
            except orjson.JSONDecodeError as error:
                place = f"line {error.lineno}, column {error.colno}"
                raise NodeError(f"is not JSON: {place}: {error.msg}") from error


def text_of(content: bytes, encoding: str, keep_mark: bool = False) -> str:
    """Return bytes as text, usually without a byte order mark.

    Raises:
        NodeError: They are no text in this encoding.
    """
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise NodeError(f"is not text in {encoding}: {error}") from error
    return text if keep_mark else text.removeprefix("\ufeff")
