"""Items as the bytes of a file, a part at a time: JSON lines, a JSON array, CSV.

A writer can say where it is, so that another one goes on from there.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Literal, Protocol, TypeAlias

import orjson

from .errors import NodekitError
from .items import Fields, Json

Format: TypeAlias = Literal["jsonl", "json", "csv"]

FORMULA = r"(?![+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z)[=+\-@\t\r]"
"""How a text begins that a spreadsheet takes for a formula; numbers are none."""


class FormatError(NodekitError):
    """A file does not hold items in the form it should, or items do not fit into the form."""


class ItemWriter(Protocol):
    """Turns items into bytes, a part at a time."""

    count: int
    """How many items there were."""

    def part(self, items: Sequence[Fields]) -> bytes:
        """Return the bytes for some items, behind the others.

        Raises:
            FormatError: An item holds what the format cannot say; the message says which.
        """
        ...

    def end(self) -> bytes:
        """Return what follows the last item."""
        ...

    def place(self) -> dict[str, Json]:
        """Return what another writer needs to go on behind the items so far."""
        ...

    def restore(self, place: Mapping[str, Any]) -> None:
        """Go on behind a place."""
        ...

    def mended(self, file: BinaryIO) -> Iterator[bytes] | None:
        """Return the whole content anew, from the file of all parts; ``None`` if it is right."""
        ...


def writer_of(form: Format, *, final: bool = False) -> ItemWriter:
    """Return a writer.

    Args:
        form: The format.
        final: Whether what is written can never be mended: it goes to a stream.
    """
    if form == "csv":
        return RowWriter(final=final)
    return LineWriter() if form == "jsonl" else ArrayWriter()


class LineWriter:
    """Writes one line for each item."""

    def __init__(self) -> None:
        self.count = 0

    def part(self, items: Sequence[Fields]) -> bytes:
        """Return a line for each item."""
        lines = encoded_all(items, self.count)
        self.count += len(items)
        return b"".join(line + b"\n" for line in lines)

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def place(self) -> dict[str, Json]:
        """Return how many items there were."""
        return {"count": self.count}

    def restore(self, place: Mapping[str, Any]) -> None:
        """Go on behind so many items."""
        self.count = place["count"]

    def mended(self, file: BinaryIO) -> None:
        """Return ``None``: it is right."""


class ArrayWriter(LineWriter):
    """Writes a JSON array with one item in a line."""

    def part(self, items: Sequence[Fields]) -> bytes:
        """Return the items, each behind a bracket or a comma."""
        if not items:
            return b""
        opening = b",\n" if self.count else b"[\n"
        lines = encoded_all(items, self.count)
        self.count += len(items)
        return opening + b",\n".join(lines)

    def end(self) -> bytes:
        """Return the closing bracket."""
        return b"\n]\n" if self.count else b"[]\n"


class RowWriter:
    """Writes a header of all fields, in the order they are first met, and a row for each item.

    What is neither text nor number is written as JSON, nothing as nothing; text that a spreadsheet
    would take for a formula gets a ``'`` before it. Where a field is met
    only after the header has been written, rows become wider, and the file is mended at the end.

    Args:
        final: Refuse that: the header cannot be mended.
        columns: The fields, where they are known.
    """

    def __init__(self, *, final: bool = False, columns: Sequence[str] = ()) -> None:
        self.final = final
        self.columns = list(columns)
        self.count = 0
        self.widths: list[tuple[int, int]] = []
        """How many cells rows have, from which item on; the header belongs to the first."""

    def part(self, items: Sequence[Fields]) -> bytes:
        """Return a row for each item, the first time below a header."""
        self._widen(dict.fromkeys(name for item in items for name in item))
        first, rows = self.count, Rows()
        self.count += len(items)
        if not self.columns:
            return b""
        writer = csv.writer(rows, lineterminator="\r\n")
        if not self.widths:
            writer.writerow(map(harmless, self.columns))
            for _ in range(first):
                writer.writerow([""] * len(self.columns))
            self.widths.append((0, len(self.columns)))
        elif self.widths[-1][1] < len(self.columns):
            self.widths.append((first, len(self.columns)))
        for i, item in enumerate(items, first):
            try:
                writer.writerow([cell(item.get(name), i) for name in self.columns])
            except UnicodeEncodeError as error:
                raise FormatError(f"item {i} holds half a character, not UTF-8") from error
        return b"".join(rows.parts)

    def _widen(self, names: Mapping[str, None]) -> None:
        more = [name for name in names if name not in self.columns]
        if more and self.final and self.widths:
            raise FormatError(
                f"the field {more[0]!r} is not in the header, which is written already",
                hint="Write the CSV to a file with -o, or give all items the same fields.",
            )
        self.columns += more

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def place(self) -> dict[str, Json]:
        """Return the columns so far, and how many items there were."""
        widths: list[Json] = [list[Json](pair) for pair in self.widths]
        return {"count": self.count, "columns": list[Json](self.columns), "widths": widths}

    def restore(self, place: Mapping[str, Any]) -> None:
        """Go on with these columns, behind so many items."""
        self.count, self.columns = place["count"], list(place["columns"])
        self.widths = [(first, width) for first, width in place["widths"]]

    def mended(self, file: BinaryIO) -> Iterator[bytes] | None:
        """Return all rows with a cell for each column, if some have less."""
        return self._mended(file) if len(self.widths) > 1 else None

    def _mended(self, file: BinaryIO) -> Iterator[bytes]:
        header = Rows()
        csv.writer(header, lineterminator="\r\n").writerow(map(harmless, self.columns))
        yield b"".join(header.parts)
        changes = iter(self.widths[1:])
        first, width = next(changes)
        narrow = self.widths[0][1]
        rows = rows_in(file)
        next(rows)
        for i, row in enumerate(rows):
            while i >= first:
                narrow, (first, width) = width, next(changes, (self.count, width))
            lacking = len(self.columns) - narrow
            # A lone empty cell stands in quotes, which it does not beside others.
            shown = b"\n" if lacking and row == b'""\n' else row
            yield shown[:-1] + b"," * lacking + b"\n"


def rows_in(file: BinaryIO) -> Iterator[bytes]:
    """Yield the rows of a CSV file as they stand there; a value may hold line ends."""
    row = b""
    for line in file:
        row += line
        if row.count(b'"') % 2 == 0:
            yield row
            row = b""


class Rows:
    """Takes rows that end in CR LF and keeps them with LF.

    A csv writer quotes a value for the characters of its own line ends only, and a lone CR inside
    a value must be quoted too, or no reader gets it back.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, row: str) -> None:
        """Take one row."""
        self.parts.append(f"{row[:-2]}\n".encode())


def cell(value: Json, index: int) -> str | int | float:
    """Return a value as it stands in a CSV row."""
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return encoded(value, index).decode()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if re.match(FORMULA, text) else text


def encoded_all(items: Sequence[Fields], first: int) -> list[bytes]:
    """Return items as JSON; the first is the item ``first`` of all."""
    try:
        return [orjson.dumps(item) for item in items]
    except TypeError:
        return [encoded(item, i) for i, item in enumerate(items, first)]


def encoded(value: Any, index: int) -> bytes:
    """Return a value as JSON; what orjson refuses (long integers, lone surrogates) too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return encoded_plainly(value, index)


def encoded_plainly(value: Any, index: int) -> bytes:
    """Return a value as JSON in ASCII, by the standard library, which knows fewer limits."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise FormatError(f"item {index} cannot be written as JSON: {error}") from error
