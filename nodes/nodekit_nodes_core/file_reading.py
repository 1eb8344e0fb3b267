"""From files to rows: JSON lines, a JSON document, delimited cells; what does not fit is named."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import orjson

from nodekit import Json

from .shapes import is_list, is_object

BOM = b"\xef\xbb\xbf"
UNDECODED = re.compile("[\udc80-\udcff]")
"""What stands for bytes that are not text in the file's encoding."""

CELL_LIMIT = 16 << 20
"""The greatest number of characters in a cell: more is a quote that was never closed."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that does not fit: where it begins, what is wrong, and its text."""

    line: int | None
    reason: str
    text: str


Row: TypeAlias = tuple[int | None, dict[str, Json]] | Bad
"""The number of the line a row begins at, and its fields; or why there are none."""


@dataclass(frozen=True, slots=True)
class Table:
    """How delimited cells are read.

    ``names`` are the columns' names where the file does not give them, or gives worse ones.
    """

    delimiter: str = ","
    header: bool = True
    names: Sequence[str] = ()
    empty_cells: bool = True
    strict: bool = True
    """Whether quotes that do not fit make a row bad; else they are part of the cell."""


def json_lines(file: BinaryIO, encoding: str) -> Iterator[Row]:
    """Yield the objects of a file that has one on each line; empty lines are passed over."""
    lines: Iterator[bytes | str] = iter(file)
    if encoding not in ("utf-8", "utf-8-sig"):
        lines = decoded(file, encoding)
    for number, line in enumerate(lines, 1):
        text = (line.removeprefix(BOM) if isinstance(line, bytes) else line).rstrip()
        if not text:
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            reason = f"is not JSON, column {error.colno}: {error.msg}"
            yield Bad(number, reason, shown(text))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            yield Bad(number, f"is {kind_of(value)}, wanted an object", shown(text))


def json_document(file: BinaryIO, encoding: str) -> Iterator[Row]:
    """Yield the object of a file, or the objects of the list it holds.

    Raises:
        ValueError: It is not JSON, or neither an object nor a list.
    """
    content = file.read().removeprefix(BOM)
    plain = encoding in ("utf-8", "utf-8-sig")
    value: Json = orjson.loads(content if plain else content.decode(encoding))
    if is_object(value):
        yield None, value
    elif is_list(value):
        for i, entry in enumerate(value):
            if is_object(entry):
                yield None, entry
            else:
                reason = f"entry {i} is {kind_of(entry)}, wanted an object"
                yield Bad(None, reason, orjson.dumps(entry).decode())
    else:
        raise ValueError(f"is {kind_of(value)}, wanted an object or a list of objects")


class Lines(Iterator[str]):
    """The lines of a file, counted; it remembers those that the row at hand is made of."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.source = decoded(file, "utf-8-sig" if encoding == "utf-8" else encoding)
        self.number = 0
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = next(self.source)
        self.number += 1
        self.taken.append(line)
        return line

    def skip(self, count: int) -> None:
        """Pass over lines."""
        for _ in range(count):
            next(self, "")


def cells(file: BinaryIO, encoding: str, table: Table, first_line: int = 1) -> Iterator[Row]:
    """Yield the rows of delimited cells as fields, all of them text (RFC 4180).

    A cell in quotes may hold delimiters and line ends; empty lines are passed over.

    Raises:
        ValueError: The first row, which names the columns, cannot be read.
    """
    lines = Lines(file, encoding)
    lines.skip(first_line - 1)
    rows = cell_rows(lines, table.delimiter, table.strict)
    names = list(table.names)
    if table.header:
        first = next(rows, None)
        if isinstance(first, Bad):
            raise ValueError(f"line {first.line}: {first.reason}")
        names = names or column_names(first[1] if first else [])
    for row in rows:
        yield row if isinstance(row, Bad) else as_fields(row, names, table, lines)


def cell_rows(
    lines: Lines, delimiter: str, strict: bool = True
) -> Iterator[tuple[int, list[str]] | Bad]:
    """Yield rows of cells and the line each begins at."""
    csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
    reader = csv.reader(lines, delimiter=delimiter, strict=strict)
    while True:
        lines.taken.clear()
        start = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Bad(start, f"is not CSV: {error}", taken_text(lines))
            continue
        if any(not line.isascii() and UNDECODED.search(line) for line in lines.taken):
            yield Bad(start, "is not text in the file's encoding", taken_text(lines))
        elif row:
            yield start, row


def as_fields(row: tuple[int, list[str]], names: list[str], table: Table, lines: Lines) -> Row:
    """Return one row of cells by the names of its columns."""
    start, values = row
    if not names:
        return start, {"row": values}
    if len(values) != len(names):
        reason = f"has {counted(len(values), 'cell')}, wanted {len(names)}"
        return Bad(start, reason, taken_text(lines))
    fields = dict(zip(names, values, strict=True))
    if not table.empty_cells:
        fields = {name: value for name, value in fields.items() if value}
    return start, fields


def column_names(header: Sequence[str]) -> list[str]:
    """Return the names of columns, each once: ``a``, ``a_2``; one without a name gets a number."""
    names: dict[str, None] = {}
    for i, cell in enumerate(header, 1):
        name = cell or f"column_{i}"
        count = 2
        while name in names:
            name = f"{cell or f'column_{i}'}_{count}"
            count += 1
        names[name] = None
    return list(names)


def decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield a file's lines as text, their ends as they are; undecodable bytes as lone surrogates.

    The file stays open.
    """
    text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
    try:
        yield from text
    finally:
        if not file.closed:
            text.detach()


def taken_text(lines: Lines) -> str:
    """Return the text of the row at hand."""
    return shown("".join(lines.taken))


def shown(text: bytes | str) -> str:
    """Return the text of a row as JSON can hold it, without its line end."""
    line = (
        text.decode(errors="replace") if isinstance(text, bytes) else UNDECODED.sub("\ufffd", text)
    )
    return line.rstrip("\r\n")


def kind_of(value: Json) -> str:
    """Name a JSON value that is no object."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"number {value}"
        case str():
            return "text"
        case _:
            return "a list"


def counted(count: int, word: str) -> str:
    """Return a number of things: ``1 cell``, ``2 cells``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
