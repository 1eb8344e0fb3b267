"""Items as the bytes of one file, a part at a time, in each of the forms that it may have."""

from codecs import getincrementalencoder
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from nodekit import Items, Json, NodeError

from .file_appending import Held, matched
from .file_formats import Form, delimiter_of
from .file_writing import cell, flat, header_of, json_lines, json_list, liner
from .javascript import json_of
from .paths import MISSING, get
from .rows import place_of
from .write_file_params import WriteFileParams

WHOLE = frozenset({"punycode", "utf-7"})
"""The encodings in which the bytes of two texts are not those of one after those of the other."""


class Writer(Protocol):
    """Turns items into bytes; how many items a part has makes no difference."""

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the bytes of some items, behind those of the others.

        Raises:
            NodeError: An item has nothing to write, or cannot be written so.
        """
        ...

    def end(self) -> Iterator[bytes]:
        """Yield what follows the last item, of which there has been one.

        Raises:
            NodeError: An item has nothing to write, or cannot be written so.
        """
        ...


def writer_of(
    form: Form, path: str, params: WriteFileParams, columns: Sequence[str], held: Held
) -> Writer:
    """Return what makes the bytes of a file.

    Args:
        form: The form of the file.
        path: The file.
        params: How to write it.
        columns: The columns of CSV, where ``params`` does not say.
        held: What the file holds already.

    Raises:
        NodeError: The file lacks a column.
    """
    match form:
        case "jsonl":
            return LineWriter()
        case "json":
            return ListWriter()
        case "csv":
            return RowWriter(path, params, columns, held)
        case "text":
            return TextWriter(path, params, held)
        case "binary":
            return BinaryWriter(params) if params.mode == "append" else OneWriter(path, params)


class LineWriter:
    """Writes JSON, one item on each line."""

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the lines of some items."""
        yield json_lines(rows.json)

    def end(self) -> Iterator[bytes]:
        """Yield nothing."""
        yield from ()


class ListWriter:
    """Writes one JSON list of all items."""

    def __init__(self) -> None:
        self._opening = b"[\n"

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the entries of some items, each behind a bracket or a comma."""
        if len(rows):
            yield self._opening + json_list(rows.json)
            self._opening = b",\n"

    def end(self) -> Iterator[bytes]:
        """Yield the closing bracket."""
        yield b"\n]\n"


class Encoder:
    """Turns the text of a file into bytes, a piece at a time.

    A byte order mark begins new files only.
    """

    def __init__(self, path: str, params: WriteFileParams, held: Held) -> None:
        self._path, self._params = path, params
        self._encode = encoding(known(params, held))

    def __call__(self, text: str, *, final: bool = False) -> bytes:
        """Return a piece of the text as bytes; ``final`` is whether nothing follows.

        Raises:
            NodeError: The encoding cannot hold it.
        """
        try:
            return self._encode(text, final)
        except UnicodeEncodeError as error:
            found = error.object[error.start : error.end]
            raise NodeError(
                f"{self._path}: {found!r} cannot be written in {self._params.encoding}"
            ) from error


def known(params: WriteFileParams, held: Held) -> str:
    """Return the name of the encoding that a file goes on in."""
    if not held.empty and params.encoding == "utf-8-sig":
        return "utf-8"
    return params.encoding


def encoding(name: str) -> Callable[[str, bool], bytes]:
    """Return what encodes a text piece by piece.

    Raises:
        LookupError: It is a codec for something else than text.
    """
    "".encode(name)
    try:
        encoder = getincrementalencoder(name)()
    except LookupError:  # the codec has none
        return WholeText(name)
    return WholeText(name) if name in WHOLE else encoder.encode


class WholeText:
    """Holds a text until its end, for an encoding that needs all of it at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pieces: list[str] = []

    def __call__(self, text: str, final: bool) -> bytes:
        """Take a piece; return the bytes of all with the last one."""
        self._pieces.append(text)
        return "".join(self._pieces).encode(self._name) if final else b""


class RowWriter:
    """Writes CSV, with the columns that the file has already.

    Raises:
        NodeError: The file lacks a column.
    """

    def __init__(
        self, path: str, params: WriteFileParams, columns: Sequence[str], held: Held
    ) -> None:
        self._params = params
        self._columns = params.columns or columns
        if held.header is not None:
            self._columns = matched(held.header, self._columns, path, params)
        self._encoded = Encoder(path, params, held)
        self._line = liner(delimiter_of(path, params.delimiter))
        named = params.header and held.header is None and self._columns
        self._opening = self._line(header_of(self._columns, params.guard_formulas)) if named else ""

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the rows of some items, the first time below a header."""
        guard, columns = self._params.guard_formulas, self._columns
        for json in rows.json:
            row = chosen(json, self._params.columns) if self._params.columns else flat(json)
            line = self._line([cell(row.get(name), guard) for name in columns])
            yield self._encoded(self._opening + line)
            self._opening = ""

    def end(self) -> Iterator[bytes]:
        """Yield what ends the text."""
        yield self._encoded(self._opening, final=True)


def chosen(json: Mapping[str, Json], columns: Iterable[str]) -> dict[str, Json]:
    """Return the fields that columns name; a dot leads into nested objects."""
    found = ((name, get(json, name)) for name in columns)
    return {name: value for name, value in found if value is not MISSING}


class TextWriter:
    """Writes the text that a field of each item holds."""

    def __init__(self, path: str, params: WriteFileParams, held: Held) -> None:
        self._params = params
        self._encoded = Encoder(path, params, held)

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the texts of some items."""
        for i in range(len(rows)):
            yield self._encoded(text_in(rows, i, self._params) + self._params.ending)

    def end(self) -> Iterator[bytes]:
        """Yield what ends the text."""
        yield self._encoded("", final=True)


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


class BinaryWriter:
    """Writes the binaries of items, one after another."""

    def __init__(self, params: WriteFileParams) -> None:
        self._params = params

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield the binaries of some items."""
        for i in range(len(rows)):
            yield binary_in(rows, i, self._params)

    def end(self) -> Iterator[bytes]:
        """Yield nothing."""
        yield from ()


class OneWriter:
    """Writes the binary of the only item, or of the last one."""

    def __init__(self, path: str, params: WriteFileParams) -> None:
        self._path, self._params = path, params
        self._last = Items()

    def part(self, rows: Items) -> Iterator[bytes]:
        """Yield nothing yet: another item may follow."""
        seen = Items.join([self._last, rows])
        if len(seen) > 1 and self._params.same == "fail":
            places = f"items {place_of(seen, 0)} and {place_of(seen, 1)}"
            hint = "Let `path` differ from item to item, or set `mode: append`."
            raise NodeError(f"{self._path}: {places} would both be this file", hint=hint)
        self._last = seen[len(seen) - 1 :]
        yield from ()

    def end(self) -> Iterator[bytes]:
        """Yield the binary."""
        yield binary_in(self._last, 0, self._params)


def binary_in(rows: Items, index: int, params: WriteFileParams) -> bytes:
    """Return the binary of one item.

    Raises:
        NodeError: The item has none of this name, or it cannot be read.
    """
    binary = rows.binary.get(index, {}).get(params.field)
    if binary is None:
        raise NodeError(
            f"item {place_of(rows, index)} has no binary {params.field!r} to write",
            hint="Name the binary as `field`, or the form of the file as `format`.",
        )
    try:
        return binary.bytes()
    except OSError as error:
        place, reason = place_of(rows, index), (error.strerror or str(error)).lower()
        raise NodeError(
            f"item {place} has a binary {params.field!r} that cannot be read: {reason}"
        ) from error
