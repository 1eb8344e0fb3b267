"""The node ``write_file``."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from pydantic import Field, field_validator, model_validator

from nodekit import BatchNode, Context, Each, Files, Inputs, Items, Json, NodeError, Params

from .file_formats import Form, delimiter_of, form_of, known_encoding
from .file_reading import decoded
from .file_writing import cells, columns_of, flat, header_of, json_bytes, json_lines
from .javascript import json_of
from .paths import MISSING, get
from .rows import place_of


class WriteFileParams(Params):
    """Where to write the items, and how."""

    path: Each[str] = Field(examples=["output/orders.jsonl"])
    """The file, below the pipeline's directory; folders are made. Items with the same path go to
    one file, in order."""

    format: Literal["auto"] | Form = "auto"
    """What the file is to hold. `auto` goes by its suffix: .jsonl and .ndjson, .json, .csv and
    .tsv, text such as .txt, .log and .md; anything else is binary."""

    mode: Literal["replace", "append"] = "replace"
    """Write the file anew, whole or not at all, or behind what it holds."""

    field: str = Field(default="data", min_length=1)
    """The field with the text to write, or the name of the binary."""

    same: Literal["fail", "last"] = "fail"
    """What to do if several items would each be the whole of one binary file: fail, or let the last
    one be it."""

    file_field: str = ""
    """The field that gets the path of the file, if it is to be known."""

    ending: str = "\n"
    """What follows each item's text."""

    columns: list[str] = Field(default=[])
    """The columns of CSV; without them, all fields in the order in which they are first seen, those
    of nested objects by dotted names."""

    header: bool = True
    """Whether the first row of CSV names the columns."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What stands between two cells of CSV; a comma, in a .tsv file a tab."""

    guard_formulas: bool = True
    """Put `'` before text in CSV that a spreadsheet would take for a formula."""

    encoding: str = "utf-8"
    """The encoding of CSV and text; `utf-8-sig` begins a new file with a byte order mark. JSON is
    always UTF-8."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)

    @model_validator(mode="after")
    def can_be_appended(self) -> "WriteFileParams":
        """Refuse to write behind the end of what is one whole."""
        if self.mode == "append" and self.format == "json":
            raise ValueError(NO_APPEND)
        if self.mode == "append" and "\n".encode(self.encoding.removesuffix("-sig")) != b"\n":
            raise ValueError(f"a file in {self.encoding} cannot be appended to; one in utf-8 can")
        return self


NO_APPEND = "a JSON file cannot be appended to; JSON lines can"


class WriteFile(BatchNode[WriteFileParams]):
    """Write items to files, and put them out unchanged.

    JSON holds a list of all items of a file. Text and other files hold one field or binary of each
    item, one after another.
    """

    async def run_batch(self, inputs: Inputs, params: WriteFileParams, ctx: Context) -> Items:
        rows = inputs.main
        groups: dict[str, list[int]] = {}
        for i, path in enumerate(params.path):
            groups.setdefault(path, []).append(i)
        for path, members in groups.items():
            await ctx.thread(write, ctx.files, path, rows.take(members), params)
        for text in told(groups):
            ctx.hint(text)
        return named(rows, params) if params.file_field else rows


def named(rows: Items, params: WriteFileParams) -> Items:
    """Return the items with the paths of the files they went to."""
    pairs = zip(rows.json, params.path, strict=True)
    return rows.with_json([{**json, params.file_field: path} for json, path in pairs])


FILES = 5
"""How many files are named where it is said what was written."""


def told(groups: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Yield what was written where, as words."""
    for path, members in list(groups.items())[:FILES]:
        yield f"wrote {len(members):,} item{'' if len(members) == 1 else 's'} to {path}"
    if len(groups) > FILES:
        more = len(groups) - FILES
        yield f"wrote {more:,} more file{'' if more == 1 else 's'}"


def write(files: Files, path: str, rows: Items, params: WriteFileParams) -> None:
    """Write one file.

    Raises:
        NodeError: An item cannot be written, or the system refuses the file.
    """
    form = form_of(path, params.format)
    if params.mode == "replace":
        content = content_of(path, form, rows, params, None)
        with files.replace(path) as file:
            file.write(content)
        return
    if form == "json":
        raise NodeError(f"{path}: {NO_APPEND}")
    held = Held.of(files, path, form, params)
    content = content_of(path, form, rows, params, held)
    with files.append(path) as file:
        if content and held.open_line:
            file.write(b"\n")
        file.write(content)


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds before something is appended."""

    empty: bool = True
    """Whether it holds nothing, or is not there."""

    open_line: bool = False
    """Whether its last line has no end yet, though lines are to follow."""

    header: Sequence[str] | None = None
    """The cells that name its columns."""

    @classmethod
    def of(cls, files: Files, path: str, form: Form, params: WriteFileParams) -> "Held":
        """Look at a file.

        Raises:
            NodeError: It cannot be read.
        """
        real = files.resolve(path)
        if not real.exists() or not real.stat().st_size:
            return cls()
        lines = form in ("jsonl", "csv") or (form == "text" and params.ending.endswith("\n"))
        with files.open(path) as file:
            file.seek(-1, io.SEEK_END)
            open_line = lines and file.read(1) != b"\n"
            file.seek(0)
            named = form == "csv" and params.header
            header = first_row(file, path, params) if named else None
        return cls(False, open_line, header)


def first_row(file: BinaryIO, path: str, params: WriteFileParams) -> Sequence[str] | None:
    """Return the first row of a table."""
    encoding = "utf-8-sig" if params.encoding == "utf-8" else params.encoding
    delimiter = delimiter_of(path, params.delimiter)
    return next(csv.reader(decoded(file, encoding), delimiter=delimiter), None)


def content_of(
    path: str, form: Form, rows: Items, params: WriteFileParams, held: Held | None
) -> bytes:
    """Return what is to be written for these items.

    Raises:
        NodeError: An item has nothing to write, or cannot be written so.
    """
    match form:
        case "jsonl":
            return json_lines(rows.json)
        case "json":
            return json_bytes(list(rows.json), pretty=True) + b"\n"
        case "csv":
            return encoded(table(path, rows, params, held), path, params, held)
        case "text":
            text = "".join(text_in(rows, i, params) + params.ending for i in range(len(rows)))
            return encoded(text, path, params, held)
        case "binary":
            return binaries(path, rows, params)


def table(path: str, rows: Items, params: WriteFileParams, held: Held | None) -> str:
    """Return items as CSV, with the columns that the file has already.

    Raises:
        NodeError: The file lacks a column.
    """
    records = [flat(json) for json in rows.json]
    columns = params.columns or columns_of(records)
    named = held.header if held is not None else None
    if named is not None:
        columns = matched(named, columns, path, params)
    if params.columns:
        records = [chosen(json, params.columns) for json in rows.json]
    return cells(
        records,
        columns,
        header=params.header and named is None and bool(columns),
        delimiter=delimiter_of(path, params.delimiter),
        guard=params.guard_formulas,
    )


def chosen(json: Mapping[str, Json], columns: Iterable[str]) -> dict[str, Json]:
    """Return the fields that columns name; a dot leads into nested objects."""
    found = ((name, get(json, name)) for name in columns)
    return {name: value for name, value in found if value is not MISSING}


def matched(
    header: Sequence[str], columns: list[str], path: str, params: WriteFileParams
) -> list[str]:
    """Return the columns in the order in which a file has them.

    Raises:
        NodeError: It lacks one.
    """
    cells_of = dict(zip(header_of(columns, params.guard_formulas), columns, strict=True))
    lacking = [name for cell, name in cells_of.items() if cell not in header]
    if lacking:
        raise NodeError(
            f"{path}: has no column {lacking[0]!r}",
            hint="Append to another file, or give the columns to write as `columns`.",
        )
    return [cells_of.get(cell, cell) for cell in header]


def text_in(rows: Items, index: int, params: WriteFileParams) -> str:
    """Return the text of one item; what is no text is written as JSON.

    Raises:
        NodeError: The item has no such field.
    """
    value = get(rows.json[index], params.field)
    if value is MISSING:
        raise NodeError(
            f"item {place_of(rows, index)} has no field {params.field!r} to write",
            hint="Name the field that holds the text as `field`.",
        )
    return value if isinstance(value, str) else json_of(value)


def binaries(path: str, rows: Items, params: WriteFileParams) -> bytes:
    """Return the binaries of items, one after another.

    Raises:
        NodeError: An item has none of this name, or a file is to be two.
    """
    if len(rows) > 1 and params.mode == "replace" and params.same == "last":
        rows = rows.take([len(rows) - 1])
    elif len(rows) > 1 and params.mode == "replace":
        places = f"items {place_of(rows, 0)} and {place_of(rows, 1)}"
        hint = "Let `path` differ from item to item, or set `mode: append`."
        raise NodeError(f"{path}: {places} would both be this file", hint=hint)
    parts: list[bytes] = []
    for i in range(len(rows)):
        binary = rows.binary.get(i, {}).get(params.field)
        if binary is None:
            raise NodeError(
                f"item {place_of(rows, i)} has no binary {params.field!r} to write",
                hint="Name the binary as `field`, or the form of the file as `format`.",
            )
        parts.append(binary.bytes())
    return b"".join(parts)


def encoded(text: str, path: str, params: WriteFileParams, held: Held | None) -> bytes:
    """Return a text in the file's encoding; a byte order mark begins new files only.

    Raises:
        NodeError: The encoding cannot hold it.
    """
    encoding = params.encoding
    if held is not None and not held.empty and encoding == "utf-8-sig":
        encoding = "utf-8"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise NodeError(f"{path}: {found!r} cannot be written in {params.encoding}") from error
