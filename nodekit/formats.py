"""Files of items: JSON lines, a JSON array, CSV with a header line.

Reading is a stream of chunks, so that a long file need not be held whole (a JSON array is). A
fault in a file is named with file and line. Text is UTF-8; a byte order mark is skipped.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import BinaryIO, Literal, TypeAlias, TypeGuard, get_args

import orjson

from .errors import NodekitError, shortened
from .items import Fields, Json

Format: TypeAlias = Literal["jsonl", "json", "csv"]

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


class FormatError(NodekitError):
    """A file does not hold items in the form it should, or items do not fit into the form."""


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


def read_array(file: BinaryIO, name: str) -> Iterator[dict[str, Json]]:
    """Yield the items of a JSON array; a lone object is one item."""
    text = file.read().removeprefix(MARK)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FormatError(
            f"{name}:{error.lineno}: not JSON at column {error.colno}: {error.msg}",
            hint="A JSON file of items is one array of objects.",
        ) from error
    if is_list(value):
        for i, item in enumerate(value):
            yield checked(item, f"{name}: entry {i}")
    else:
        yield checked(value, name)


def checked(value: Json, place: str) -> dict[str, Json]:
    """Return a value that must be an object."""
    if is_object(value):
        return value
    raise FormatError(f"{place}: an item is an object, found {shortened(value)}")


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


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
    writers = {"jsonl": write_lines, "json": write_array, "csv": write_rows}
    writers[form](file, items)


def write_lines(file: BinaryIO, items: Iterable[Fields]) -> None:
    """Write one line for each item."""
    for i, item in enumerate(items):
        file.write(encoded(item, i) + b"\n")


def write_array(file: BinaryIO, items: Iterable[Fields]) -> None:
    """Write a JSON array with one item in a line."""
    opening = b"[\n"
    for i, item in enumerate(items):
        file.write(opening + encoded(item, i))
        opening = b",\n"
    file.write(b"[]\n" if opening == b"[\n" else b"\n]\n")


def write_rows(file: BinaryIO, items: Sequence[Fields]) -> None:
    """Write a header of all fields, in the order they are first met, and a row for each item.

    What is neither text nor number is written as JSON, nothing as nothing.
    """
    columns = list(dict.fromkeys(name for item in items for name in item))
    if not columns:
        return
    writer = csv.writer(Rows(file), lineterminator="\r\n")
    writer.writerow(columns)
    for i, item in enumerate(items):
        try:
            writer.writerow([cell(item.get(name), i) for name in columns])
        except UnicodeEncodeError as error:
            raise FormatError(f"item {i} holds half a character, not UTF-8") from error


class Rows:
    """Takes rows that end in CR LF and writes them with LF.

    A csv writer quotes a value for the characters of its own line ends only, and a lone CR inside
    a value must be quoted too, or no reader gets it back.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, row: str) -> None:
        """Write one row."""
        self.file.write(f"{row[:-2]}\n".encode())


def cell(value: Json, index: int) -> str | int | float:
    """Return a value as it stands in a CSV row."""
    if value is None:
        return ""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return encoded(value, index).decode()


def encoded(value: Json, index: int) -> bytes:
    """Return a value as JSON; what orjson refuses (long integers, lone surrogates) too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return encoded_plainly(value, index)


def encoded_plainly(value: Json, index: int) -> bytes:
    """Return a value as JSON in ASCII, by the standard library, which knows fewer limits."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise FormatError(f"item {index} cannot be written as JSON: {error}") from error
