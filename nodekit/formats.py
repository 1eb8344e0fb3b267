"""Files of items: JSON lines, a JSON array, CSV with a header line.

Reading is a stream of chunks, so that a long file need not be held whole. A fault in a
file is named with file and line. Text is UTF-8; a byte order mark is skipped.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import BinaryIO, get_args

import orjson

from .errors import shortened
from .item_writers import Format as Format, FormatError as FormatError, RowWriter, writer_of
from .items import Fields, Json
from .json_values import is_dict

FORMATS: tuple[Format, ...] = get_args(Format)

SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
}

CHUNK = 1000
"""Items in a chunk."""

MARK = b"\xef\xbb\xbf"


def format_of(name: str) -> Format | None:
    """Return the format that a file's suffix says, in any case; ``None`` if it says none."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def read_items(
    file: BinaryIO, form: Format, name: str, *, chunk: int = CHUNK
) -> Iterator[list[dict[str, Json]]]:
    """Yield the items of a file, in chunks.

    Args:
        file: The bytes.
        form: How they are to be read.
        name: What messages call the file.
        chunk: How many items a chunk has; the last one may have fewer.

    Raises:
        FormatError: The content is not what it should be; the message names file and line.
    """
    readers = {"jsonl": read_lines, "json": read_array, "csv": read_rows}
    found: list[dict[str, Json]] = []
    for item in readers[form](file, name):
        found.append(item)
        if len(found) == chunk:
            yield found
            found = []
    if found:
        yield found


def read_lines(file: Iterable[bytes], name: str) -> Iterator[dict[str, Json]]:
    """Yield one item for each line that is not blank."""
    for number, line in enumerate(file, 1):
        text = (line.removeprefix(MARK) if number == 1 else line).strip()
        if not text:
            continue
        place = f"{name}:{number}"
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise FormatError(
                f"{place}: not JSON at column {error.colno}: {error.msg}",
                hint="In JSON lines every line is one JSON object.",
            ) from error
        yield checked(value, place)


TOKEN = rb'(?s)"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]'
"""What tells where an entry of an array ends; a lone quote begins text that ends further on."""

BLOCK = 1 << 16
"""Bytes that are read at once."""


def read_array(file: BinaryIO, name: str) -> Iterator[dict[str, Json]]:
    """Yield the items of a JSON array as they come; a lone object is one item."""
    text = file.read(BLOCK).removeprefix(MARK)
    if not text.lstrip().startswith(b"["):
        yield checked(parsed(text + file.read(), name, 1, 0), name)
        return
    for i, value in enumerate(entries(file, text, name)):
        yield checked(value, f"{name}: entry {i}")


def entries(file: BinaryIO, text: bytes, name: str) -> Iterator[Json]:
    """Yield the entries of an array whose first bytes have been read."""
    start = at = text.index(b"[") + 1
    depth, count, line, column = 1, 0, 1 + text.count(b"\n", 0, start), column_at(text, start)
    tokens = re.compile(TOKEN)
    while True:
        found = tokens.search(text, at)
        if found is None or found[0] == b'"':
            more = file.read(BLOCK)
            if not more:
                # What is wrong with the rest, the parser says best.
                parsed(text[start:] or b"[", name, line, column)
                raise FormatError(f"{name}:{line}: not JSON: the array has no end")
            # Backward over the last bytes: they may be the beginning of a token.
            at = at if found is None else found.start()
            text, at, start = text[start:] + more, at - start, 0
            continue
        at, token = found.end(), found[0]
        if token in b"[{":
            depth += 1
        elif token in b"]}":
            depth -= 1
        if depth == 0 or (depth == 1 and token == b","):
            entry = text[start : at - 1]
            if depth or count or entry.strip():
                yield parsed(entry, name, line, column)
                count += 1
            passed = text[start:at]
            column = column_at(passed, at - start) + (0 if b"\n" in passed else column)
            line, start = line + passed.count(b"\n"), at
        if depth == 0:
            break
    rest = (text[start:] + file.read()).strip()
    if rest:
        raise FormatError(f"{name}:{line}: not JSON: something follows the end of the array")


def column_at(text: bytes, at: int) -> int:
    """Return how many bytes of its line stand before a place in a text."""
    return at - (text.rfind(b"\n", 0, at) + 1)


def parsed(text: bytes, name: str, line: int, column: int) -> Json:
    """Return what JSON text says, which begins behind so many bytes of a line of a file.

    Raises:
        FormatError: It is none; the message says where.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = error.colno + (column if error.lineno == 1 else 0)
        raise FormatError(
            f"{name}:{line + error.lineno - 1}: not JSON at column {place}: {error.msg}",
            hint="A JSON file of items is one array of objects.",
        ) from error


def checked(value: Json, place: str) -> dict[str, Json]:
    """Return a value that must be an object."""
    if is_dict(value):
        return value
    raise FormatError(f"{place}: an item is an object, found {shortened(value)}")


def read_rows(file: Iterable[bytes], name: str) -> Iterator[dict[str, Json]]:
    """Yield one item for each row under the header line; every value is text."""
    reader = csv.reader(decoded(file, name), strict=True)
    try:
        header = next(reader, None)
        if header is None:
            return
        check_header(header, f"{name}:1")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                found = f"a row of {len(row)} values under a header of {len(header)}"
                raise FormatError(f"{name}:{reader.line_num}: {found}")
            yield dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise FormatError(f"{name}:{reader.line_num}: not CSV: {error}") from error


def check_header(header: Sequence[str], place: str) -> None:
    """Refuse a header in which a column has no name, or the name of another."""
    for i, column in enumerate(header):
        if not column:
            raise FormatError(f"{place}: column {i + 1} has no name")
        if column in header[:i]:
            raise FormatError(f"{place}: two columns are named {column!r}")


def decoded(file: Iterable[bytes], name: str) -> Iterator[str]:
    """Yield the lines of a file as text."""
    for number, line in enumerate(file, 1):
        try:
            yield (line.removeprefix(MARK) if number == 1 else line).decode()
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{name}:{number}: not UTF-8 at byte {error.start}", hint="Save the file as UTF-8."
            ) from error


def write_items(file: BinaryIO, items: Sequence[Fields], form: Format) -> None:
    """Write items to a file.

    Raises:
        FormatError: An item holds what the format cannot say; the message says which.
    """
    writer = writer_of(form)
    if form == "csv":
        writer = RowWriter(columns=list(dict.fromkeys(name for item in items for name in item)))
    for start in range(0, len(items), CHUNK):
        file.write(writer.part(items[start : start + CHUNK]))
    file.write(writer.end())
