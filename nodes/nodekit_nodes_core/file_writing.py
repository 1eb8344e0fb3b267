"""From items to files: JSON lines, a JSON list, delimited cells, text."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import orjson

from nodekit import Fields, Json

from .javascript import json_of, text_of
from .shapes import is_list, is_object

FORMULA = re.compile(r"(?![+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z)[=+\-@\t\r]")
"""How a text begins that a spreadsheet takes for a formula; numbers are none."""


def json_bytes(value: Json, *, pretty: bool = False) -> bytes:
    """Return a value as JSON in UTF-8.

    What orjson refuses (integers beyond 64 bits, halves of surrogate pairs) is written by the
    standard library, in ASCII.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else None)
    except TypeError:
        separators = None if pretty else (",", ":")
        return json.dumps(value, indent=2 if pretty else None, separators=separators).encode()


def json_list(rows: Sequence[Fields]) -> bytes:
    """Return items as they stand in a JSON list with an entry on each line, without brackets."""
    try:
        return indented(orjson.dumps(list(rows), option=orjson.OPT_INDENT_2))
    except TypeError:
        return b",\n".join(indented(json_bytes([row], pretty=True)) for row in rows)


def indented(entries: bytes) -> bytes:
    """Return what stands between the brackets of a list."""
    return entries.removeprefix(b"[\n").removesuffix(b"\n]")


def json_lines(rows: Iterable[Fields]) -> bytes:
    """Return items as JSON, one on each line."""
    return b"".join(json_bytes(row) + b"\n" for row in rows)


class Unix:
    """Ends lines of CSV as Unix does.

    The writer is told to end lines with both marks only so that it puts cells that hold either of
    them in quotes.
    """

    def write(self, line: str) -> str:
        """Return one line."""
        return line.removesuffix("\r\n") + "\n"


def liner(delimiter: str) -> Callable[[Iterable[str]], str]:
    """Return what makes a line of cells (RFC 4180, with line ends as in Unix)."""
    # A csv writer returns what the file that it writes to does.
    return csv.writer(Unix(), delimiter=delimiter, lineterminator="\r\n").writerow


def flat(fields: Mapping[str, Json], start: str = "") -> dict[str, Json]:
    """Return nested objects as fields with dotted names, in order (n8n: flattened columns)."""
    found: dict[str, Json] = {}
    for name, value in fields.items():
        if is_object(value) and value:
            found.update(flat(value, f"{start}{name}."))
        else:
            found[start + name] = value
    return found


def flat_lists(value: Json, name: str = "") -> dict[str, Json]:
    """Return nested objects and lists as fields with dotted names, without empty ones (n8n)."""
    if is_list(value):
        value = {str(i): entry for i, entry in enumerate(value)}
    if not is_object(value):
        return {name: value}
    found: dict[str, Json] = {}
    for key, inner in value.items():
        found.update(flat_lists(inner, f"{name}.{key}" if name else key))
    return found


def columns_of(rows: Iterable[Mapping[str, Json]]) -> list[str]:
    """Return the names of all fields, in the order in which they are first seen."""
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: Json, guard: bool) -> str:
    """Return a value as a cell: null as nothing, lists as JSON, formulas made harmless."""
    if isinstance(value, str):
        return f"'{value}" if guard and FORMULA.match(value) else value
    if value is None:
        return ""
    return json_of(value) if isinstance(value, list | dict) else text_of(value)


def header_of(columns: Sequence[str], guard: bool) -> list[str]:
    """Return the cells that name the columns."""
    return [cell(name, guard) for name in columns]


def cells(
    rows: Iterable[Mapping[str, Json]],
    columns: Sequence[str],
    *,
    header: bool,
    delimiter: str,
    guard: bool,
) -> str:
    """Return items as delimited cells (RFC 4180, with line ends as in Unix)."""
    line = liner(delimiter)
    lines = [line(header_of(columns, guard))] if header else []
    lines += [line([cell(row.get(name), guard) for name in columns]) for row in rows]
    return "".join(lines)
