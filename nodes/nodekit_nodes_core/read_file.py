"""The node ``read_file``."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO, Literal

import orjson
from pydantic import Field, field_validator, model_validator

from nodekit import (
    BatchNode,
    Binary,
    Context,
    Each,
    Fields,
    Files,
    Fixed,
    Inputs,
    Items,
    NodeError,
    Params,
    Send,
    always,
)

from .background import drained
from .collected import Collected
from .file_formats import Form, binary_of, delimiter_of, facts_of, form_of, known_encoding
from .file_reading import Bad, Row, Table, cells, json_document, json_lines

Output = Literal["main", "rejected"]


class ReadFileParams(Params):
    """Which files to read, and how."""

    path: Each[str] = Field(default=always(""), examples=["input/orders.jsonl", "logs/*.log"])
    """The file, below the pipeline's directory; or a pattern with `*`, `?`, `[…]` or `**`."""

    binary: str = ""
    """Or the binary of each item that is read like a file (n8n: Extract from File)."""

    format: Literal["auto"] | Form = "auto"
    """What the file holds. `auto` goes by its suffix: .jsonl and .ndjson, .json, .csv and .tsv,
    text such as .txt, .log and .md; for a binary also by its media type; all else is binary."""

    encoding: str = "utf-8"
    """The encoding of text. A byte order mark is passed over."""

    into: str = Field(default="data", min_length=1)
    """The field that gets a text, or the binary that gets any other file."""

    keep: Literal["none", "all"] = "none"
    """Whether the item that named the file keeps its fields and binaries beside a binary."""

    facts: bool = True
    """Whether the item of a binary says its name, media type and size."""

    file_name: str = ""
    """What a binary is called; without it, as the file."""

    media_type: str = ""
    """The media type of a binary; without it, that which the name says."""

    missing: Literal["fail", "skip"] = "fail"
    """What to do about a path without a file: fail, or pass it over."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What stands between two cells of CSV; a comma, in a .tsv file a tab."""

    header: bool = True
    """Whether the first row of CSV names the columns. Without names, an item is `{row: […]}`."""

    names: list[str] = Field(default=[])
    """The names of the columns of CSV, instead of those in the file."""

    empty_cells: bool = True
    """Whether an empty cell of CSV gives a field with an empty text, or none."""

    first_line: int = Field(default=1, ge=1)
    """The line of CSV to begin with."""

    max_rows: int | None = Field(default=None, ge=0)
    """The greatest number of rows to take from a file of JSON lines, JSON or CSV."""

    line_field: str = ""
    """The field that gets the number of the line a row begins at, if it is to be known."""

    file_field: str = ""
    """The field that gets the path of the file a row is from, if it is to be known."""

    bad: Fixed[Literal["fail", "reject"]] = "fail"
    """What to do about a row that does not fit: fail, or send `{path, line, reason, text}` to the
    output `rejected`."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)

    @model_validator(mode="after")
    def one_source(self) -> "ReadFileParams":
        """Refuse two sources, and none."""
        if ("path" in self.model_fields_set) == bool(self.binary):
            raise ValueError('give either "path" or "binary"')
        return self


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read: what messages call it, its media type if it has one, how it is opened."""

    name: str
    media_type: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Content:
    """What a file gave: rows, or its one item with binaries; and the rows that do not fit."""

    rows: list[Fields]
    rejected: list[Fields]
    binary: Binary | None = None


class ReadFile(BatchNode[ReadFileParams, None, Output]):
    """Read files: an item for each row of JSON lines, JSON or CSV; one for a text or other file.

    Rows come in the order of the file, files in the order of the items that name them; those that
    match a pattern in alphabetical order. A pattern that nothing matches gives no items. Items are
    linked to the one that named the file. Cells of CSV are text.
    """

    slices = "any"

    @classmethod
    def outputs_of(cls, params: ReadFileParams) -> tuple[str, ...]:
        return ("main", "rejected") if params.bad == "reject" else ("main",)

    async def run_batch(
        self, inputs: Inputs, params: ReadFileParams, ctx: Context
    ) -> Items | Send[Output]:
        rows = inputs.main
        found, rejected = Collected(rows), Collected(rows)
        for i in range(len(rows)):
            try:
                sources = sources_of(rows, i, params, ctx.files)
                contents = [await content(ctx, source, params) for source in sources]
            except NodeError as error:
                found.fail(i, error)
                continue
            for one in contents:
                rejected.add(i, one.rejected)
                if one.binary is None:
                    found.add(i, one.rows)
                else:
                    kept = params.keep == "all"
                    fields = {**rows.json[i], **one.rows[0]} if kept else one.rows[0]
                    others: Mapping[str, Binary] = rows.binary.get(i, {}) if kept else {}
                    found.add_file(i, fields, {**others, params.into: one.binary})
        if params.bad == "fail":
            return found.items()
        outputs: dict[Output, Items] = {"main": found.items(), "rejected": rejected.items()}
        return Send.to(outputs)


def sources_of(rows: Items, index: int, params: ReadFileParams, files: Files) -> list[Source]:
    """Return what is to be read for one item.

    Raises:
        NodeError: The path leads outside the pipeline's directory, or there is no such binary.
    """
    if not params.binary:
        names = paths(files, params.path[index], params.missing == "skip")
        return [Source(name, "", partial(files.open, name)) for name in names]
    binary = rows.binary.get(index, {}).get(params.binary)
    if binary is None:
        raise NodeError(f"has no binary {params.binary!r} to read")
    return [Source(binary.file_name or params.binary, binary.media_type, binary.open)]


def paths(files: Files, path: str, lenient: bool = False) -> list[str]:
    """Return the files a path means: itself if there is such a file, else those that match.

    ``lenient`` is whether a path without a file means none, instead of one that cannot be read.

    Raises:
        NodeError: It leads outside the pipeline's directory.
    """
    if files.resolve(path).exists():
        return [path]
    if not any(sign in path for sign in "*?["):
        return [] if lenient else [path]
    return files.glob(path)


async def content(ctx: Context, source: Source, params: ReadFileParams) -> Content:
    """Read one file.

    Raises:
        NodeError: It cannot be read, or does not hold what it should.
    """
    form = form_of(source.name, params.format, source.media_type)
    if form == "binary":
        binary = await ctx.thread(whole_binary, source, params)
        return Content([facts_of(binary) if params.facts else {}], [], binary)
    if form == "text":
        text = await ctx.thread(whole_text, source, params.encoding)
        return Content([{params.into: text}], [])
    found = Content([], [])
    for row in await drained(ctx, file_rows(source, form, params)):
        keep(found, row, source.name, params)
    return found


def keep(found: Content, row: Row, name: str, params: ReadFileParams) -> None:
    """Take one row, with what is to be known of where it is from."""
    if isinstance(row, Bad):
        rejected = {"path": name, "line": row.line, "reason": row.reason, "text": row.text}
        found.rejected.append(rejected)
        return
    line, fields = row
    if params.line_field and line is not None:
        fields[params.line_field] = line
    if params.file_field:
        fields[params.file_field] = name
    found.rows.append(fields)


def file_rows(source: Source, form: Form, params: ReadFileParams) -> Generator[Row, None, None]:
    """Yield the rows of a file.

    Raises:
        NodeError: It cannot be read, is not what it should be as a whole, or has a row that does
            not fit where that is an error.
    """
    name = source.name
    with source.open() as file:
        try:
            for row in islice(rows_in(file, name, form, params), params.max_rows):
                if isinstance(row, Bad) and params.bad == "fail":
                    raise misfit(row, name)
                yield row
        except UnicodeError as error:
            raise NodeError(f"{name}: is not text in {params.encoding}: {error}") from error
        except orjson.JSONDecodeError as error:
            place = f"{name}:{error.lineno}"
            raise NodeError(f"{place}: is not JSON, column {error.colno}: {error.msg}") from error
        except ValueError as error:
            raise NodeError(f"{name}: {error}") from error


def misfit(row: Bad, name: str) -> NodeError:
    """Return the error that a row does not fit."""
    place = name if row.line is None else f"{name}:{row.line}"
    hint = "Mend the file, or set `bad: reject` to send such rows to the output `rejected`."
    return NodeError(f"{place}: {row.reason}", hint=hint)


def rows_in(file: BinaryIO, name: str, form: Form, params: ReadFileParams) -> Iterator[Row]:
    """Return the rows of an open file."""
    if form == "jsonl":
        return json_lines(file, params.encoding)
    if form == "json":
        return json_document(file, params.encoding)
    delimiter = delimiter_of(name, params.delimiter)
    table = Table(delimiter, params.header, params.names, params.empty_cells)
    return cells(file, params.encoding, table, params.first_line)


def whole_binary(source: Source, params: ReadFileParams) -> Binary:
    """Return a file as a binary.

    Raises:
        NodeError: It cannot be read.
    """
    with source.open() as file:
        name, kind = params.file_name or source.name, params.media_type or source.media_type
        return binary_of(name, file.read(), kind)


def whole_text(source: Source, encoding: str) -> str:
    """Return a file as text.

    Raises:
        NodeError: It cannot be read, or is no text in this encoding.
    """
    with source.open() as file:
        try:
            return file.read().decode(encoding).removeprefix("\ufeff")
        except UnicodeError as error:
            raise NodeError(f"{source.name}: is not text in {encoding}: {error}") from error
