"""The node ``read_file``."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Literal

import orjson
from pydantic import Field, field_validator

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
    Json,
    NodeError,
    Params,
    Send,
)

from .background import drained
from .collected import Collected
from .file_formats import Form, binary_of, delimiter_of, facts_of, form_of, known_encoding
from .file_reading import Bad, Row, Table, cells, json_document, json_lines

Output = Literal["main", "rejected"]


class ReadFileParams(Params):
    """Which files to read, and how."""

    path: Each[str] = Field(examples=["input/orders.jsonl", "logs/*.log"])
    """The file, below the pipeline's directory; or a pattern with `*`, `?`, `[…]` or `**`."""

    format: Literal["auto"] | Form = "auto"
    """What the file holds. `auto` goes by its suffix: .jsonl and .ndjson, .json, .csv and .tsv,
    text such as .txt, .log and .md; anything else is binary."""

    encoding: str = "utf-8"
    """The encoding of text. A byte order mark is passed over."""

    into: str = Field(default="data", min_length=1)
    """The field that gets a text, or the binary that gets any other file."""

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
        for i, path in enumerate(params.path):
            try:
                contents = [await content(ctx, name, params) for name in paths(ctx.files, path)]
            except NodeError as error:
                found.fail(i, error)
                continue
            for one in contents:
                rejected.add(i, one.rejected)
                if one.binary is None:
                    found.add(i, one.rows)
                else:
                    found.add_file(i, one.rows[0], {params.into: one.binary})
        if params.bad == "fail":
            return found.items()
        outputs: dict[Output, Items] = {"main": found.items(), "rejected": rejected.items()}
        return Send.to(outputs)


def paths(files: Files, path: str) -> list[str]:
    """Return the files a path means: itself if there is such a file, else those that match.

    Raises:
        NodeError: It leads outside the pipeline's directory.
    """
    if not any(sign in path for sign in "*?[") or files.resolve(path).exists():
        return [path]
    return files.glob(path)


async def content(ctx: Context, path: str, params: ReadFileParams) -> Content:
    """Read one file.

    Raises:
        NodeError: It cannot be read, or does not hold what it should.
    """
    form = form_of(path, params.format)
    if form == "binary":
        binary = await ctx.thread(whole_binary, ctx.files, path)
        return Content([facts_of(binary)], [], binary)
    if form == "text":
        text = await ctx.thread(whole_text, ctx.files, path, params.encoding)
        return Content([{params.into: text}], [])
    found = Content([], [])
    for row in await drained(ctx, file_rows(ctx.files, path, form, params)):
        keep(found, row, path, params)
    return found


def keep(found: Content, row: Row, path: str, params: ReadFileParams) -> None:
    """Take one row, with what is to be known of where it is from.

    Raises:
        NodeError: It does not fit, and that is to be an error.
    """
    if not isinstance(row, Bad):
        line, fields = row
        if params.line_field and line is not None:
            fields[params.line_field] = line
        if params.file_field:
            fields[params.file_field] = path
        found.rows.append(fields)
        return
    place = path if row.line is None else f"{path}:{row.line}"
    if params.bad == "fail":
        hint = "Mend the file, or set `bad: reject` to send such rows to the output `rejected`."
        raise NodeError(f"{place}: {row.reason}", hint=hint)
    json: dict[str, Json] = {"path": path, "line": row.line, "reason": row.reason, "text": row.text}
    found.rejected.append(json)


def file_rows(
    files: Files, path: str, form: Form, params: ReadFileParams
) -> Generator[Row, None, None]:
    """Yield the rows of a file.

    Raises:
        NodeError: It cannot be read, or is not what it should be as a whole.
    """
    with files.open(path) as file:
        try:
            yield from islice(rows_in(file, path, form, params), params.max_rows)
        except UnicodeError as error:
            raise NodeError(f"{path}: is not text in {params.encoding}: {error}") from error
        except orjson.JSONDecodeError as error:
            place = f"{path}:{error.lineno}"
            raise NodeError(f"{place}: is not JSON, column {error.colno}: {error.msg}") from error
        except ValueError as error:
            raise NodeError(f"{path}: {error}") from error


def rows_in(file: BinaryIO, path: str, form: Form, params: ReadFileParams) -> Iterator[Row]:
    """Return the rows of an open file."""
    if form == "jsonl":
        return json_lines(file, params.encoding)
    if form == "json":
        return json_document(file, params.encoding)
    delimiter = delimiter_of(path, params.delimiter)
    table = Table(delimiter, params.header, params.names, params.empty_cells)
    return cells(file, params.encoding, table, params.first_line)


def whole_binary(files: Files, path: str) -> Binary:
    """Return a file as a binary.

    Raises:
        NodeError: It cannot be read.
    """
    with files.open(path) as file:
        return binary_of(path, file.read())


def whole_text(files: Files, path: str, encoding: str) -> str:
    """Return a file as text.

    Raises:
        NodeError: It cannot be read, or is no text in this encoding.
    """
    with files.open(path) as file:
        try:
            return file.read().decode(encoding).removeprefix("\ufeff")
        except UnicodeError as error:
            raise NodeError(f"{path}: is not text in {encoding}: {error}") from error
