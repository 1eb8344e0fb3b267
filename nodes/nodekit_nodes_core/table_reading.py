"""From tables in files to rows of fields: CSV, workbooks, OpenDocument, HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Literal, TypeAlias

from nodekit import Binary, Fields, Json, NodeError

from .file_reading import BOM, Bad, Table, cells, column_names
from .html_reading import parsed, readable_text, select
from .javascript import number_of, text_of
from .open_sheets import read_open_sheet
from .sheets import Cells, read_workbook

MARK = "\ufeff"

Form: TypeAlias = Literal["csv", "xlsx", "ods", "html"]

ODS = b"application/vnd.oasis.opendocument.spreadsheet"
"""The first file of an OpenDocument archive, which is not compressed."""
ODS_AT = 38
"""Where its content stands, behind its name."""


@dataclass(frozen=True, slots=True)
class TableReading:
    """How the rows of a file are read."""

    format: Form
    header: bool = True
    empty_cells: bool = False
    guess: bool = False
    """Whether text that is a number, TRUE or FALSE becomes that."""
    delimiter: str = ","
    encoding: str = "utf-8"
    keep_mark: bool = False
    first_line: int = 1
    max_rows: int | None = None
    skip_bad: bool = False
    strict: bool = True
    sheet: str = ""
    area: str = ""
    max_size: int = 100_000_000


def read_table(file: BinaryIO, how: TableReading) -> list[Fields]:
    """Return the rows of a file.

    Raises:
        NodeError: It is not what it should be, or a row does not fit.
    """
    csv = how.format == "csv"
    found = csv_rows(file, how) if csv else named_rows(iter_cells(file, how), how)
    rows = list(islice(found, how.max_rows))
    return [{n: guessed(v) for n, v in row.items()} for row in rows] if how.guess else rows


def table_form(file: Binary) -> Form:
    """Return the format of a table, as its first bytes say; CSV is what nothing else is."""
    with file.open() as opened:
        start = opened.read(ODS_AT + len(ODS))
    if start.startswith(b"PK"):
        return "ods" if start[ODS_AT:] == ODS else "xlsx"
    return "html" if start.removeprefix(BOM).lstrip().startswith(b"<") else "csv"


def csv_rows(file: BinaryIO, how: TableReading) -> Iterator[Fields]:
    """Yield the rows of CSV.

    Raises:
        NodeError: The file is not text in this encoding, or a row does not fit.
    """
    marked = how.keep_mark and how.header and file.read(3) == BOM
    file.seek(0)
    table = Table(how.delimiter, how.header, (), how.empty_cells, how.strict)
    try:
        for row in cells(file, how.encoding, table, how.first_line):
            if not isinstance(row, Bad):
                yield with_mark(row[1]) if marked else row[1]
            elif not how.skip_bad:
                raise NodeError(
                    f"line {row.line}: {row.reason}",
                    hint="Mend the file, or set `bad: skip` to leave such rows out.",
                )
    except UnicodeError as error:
        raise NodeError(f"is not text in {how.encoding}: {error}") from error
    except ValueError as error:
        raise NodeError(str(error)) from error


def with_mark(row: Fields) -> Fields:
    """Return a row whose first field's name begins with the byte order mark (n8n)."""
    return {name if i else MARK + name: value for i, (name, value) in enumerate(row.items())}


def iter_cells(file: BinaryIO, how: TableReading) -> Iterator[Cells]:
    """Yield the cells of a file that is no CSV, row by row."""
    if how.format == "xlsx":
        return read_workbook(file, how.sheet, how.area, how.max_size)
    if how.format == "ods":
        return read_open_sheet(file, how.sheet, how.max_size)
    return html_cells(file.read().decode(how.encoding, "replace"))


def html_cells(html: str) -> Iterator[Cells]:
    """Yield the rows of the first table of a page; of tables in it only the text.

    Raises:
        NodeError: It has none.
    """
    tables = select(parsed(html), "table")
    if not tables:
        raise NodeError("has no table in it")
    for row in select(tables[0], "tr"):
        yield [readable_text(c) for c in row.iter() if c.tag in ("td", "th")]


def named_rows(rows: Iterator[Cells], how: TableReading) -> Iterator[Fields]:
    """Yield rows by the names of their columns; rows without any value are passed over."""
    for _ in range(how.first_line - 1):
        next(rows, None)
    filled = (row for row in rows if any(value is not None and value != "" for value in row))
    if not how.header:
        yield from ({"row": list(row)} for row in filled)
        return
    names = column_names([header_text(value) for value in next(filled, ())])
    for row in filled:
        yield fields_of(row, names, how)


def header_text(value: Json) -> str:
    """Return what a column is called."""
    return "" if value is None else text_of(value)


def fields_of(row: Cells, names: Sequence[str], how: TableReading) -> Fields:
    """Return one row by the names of its columns; what is beyond them has a number."""
    known = [*names, *(f"column_{i + 1}" for i in range(len(names), len(row)))]
    padded = [*row, *[None] * (len(known) - len(row))]
    pairs = zip(known, padded, strict=True)
    if how.empty_cells:
        return {name: "" if value is None else value for name, value in pairs}
    return {name: value for name, value in pairs if value is not None and value != ""}


def guessed(value: Json) -> Json:
    """Return what a text stands for, if it is a number, TRUE or FALSE."""
    if not isinstance(value, str) or not value.strip():
        return value
    if value in ("TRUE", "FALSE"):
        return value == "TRUE"
    number = number_of(value)
    return number if number == number and abs(number) != float("inf") else value
