"""Workbooks of Excel: rows in, rows out. The library is loaded when it is first needed."""

import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from io import BytesIO
from typing import BinaryIO, TypeAlias

from nodekit import Json, NodeError

from .coerce import to_string
from .extras import needing
from .javascript import is_number

Cells: TypeAlias = Sequence[Json]

MOST_CELLS = 10_000_000
"""How many cells are read: more is a mistake, or an attack on memory."""


def check_size(file: BinaryIO, most: int) -> None:
    """Refuse a file, which is a zip archive inside, that would unpack to too much.

    Raises:
        NodeError: It would, or it is no such file.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise NodeError(f"is no workbook: {error}") from error
    if size > most:
        raise NodeError(
            f"unpacks to more than {most} bytes",
            hint="Raise `max_size` if the file is one you trust.",
        )
    file.seek(0)


def read_workbook(file: BinaryIO, sheet: str, area: str, most: int) -> Iterator[Cells]:
    """Yield the rows of a sheet, also empty ones.

    Args:
        file: The workbook.
        sheet: The name of the sheet; the first if it is empty.
        area: The range of cells, as in ``B2:D9``; all if it is empty.
        most: The number of bytes it may unpack to.

    Raises:
        NodeError: It cannot be read.
    """
    check_size(file, most)
    with needing("xlsx"):
        from openpyxl import load_workbook
    with readable(), closing(load_workbook(file, read_only=True, data_only=True)) as book:
        if sheet and sheet not in book.sheetnames:
            raise NodeError(f"has no sheet {sheet!r}; there is {listed(book.sheetnames)}")
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()
        yield from counted(page.iter_rows(values_only=True, **bounds_of(area)))


@contextmanager
def readable() -> Generator[None, None, None]:
    """Say that a workbook is damaged, whatever that leads the library to raise.

    Raises:
        NodeError: It is.
    """
    try:
        yield
    except NodeError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).partition("\n")[0].rstrip(".")
        raise NodeError(f"is no workbook: {reason}") from error


def bounds_of(area: str) -> dict[str, int]:
    """Return a range of cells as numbers.

    Raises:
        NodeError: It is none.
    """
    if not area:
        return {}
    from openpyxl.utils import range_boundaries

    try:
        bounds = range_boundaries(area)
    except ValueError:
        raise NodeError(f"{area!r} is no range of cells", hint="Write it as in B2:D9.") from None
    names = ("min_col", "min_row", "max_col", "max_row")
    return {n: int(at) for n, at in zip(names, bounds, strict=True) if at is not None}


def counted(rows: Iterator[Sequence[object]]) -> Iterator[Cells]:
    """Yield rows as JSON values, up to a number of cells.

    Raises:
        NodeError: There are more.
    """
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > MOST_CELLS:
            raise NodeError(f"has more than {MOST_CELLS} cells")
        yield [plain(value) for value in row]


def plain(value: object) -> Json:
    """Return the value of a cell as JSON: dates and times as ISO text."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def listed(names: Sequence[str]) -> str:
    """Return names as prose."""
    return ", ".join(map(repr, names))


def write_workbook(
    rows: Sequence[Mapping[str, Json]], columns: Sequence[str], header: bool, sheet: str
) -> bytes:
    """Return items as a workbook of one sheet. Text is never taken for a formula.

    Raises:
        NodeError: A value or the name of the sheet does not go into a workbook.
    """
    with needing("xlsx"):
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook(write_only=True)
    try:
        page = book.create_sheet(sheet)
    except ValueError as error:
        raise NodeError(f"{sheet!r} cannot be the name of a sheet") from error

    def cell(value: Json) -> object:
        if value is None or is_number(value) or isinstance(value, bool):
            return value
        made = WriteOnlyCell(page, to_string(value))
        made.data_type = "s"
        return made

    try:
        if header and columns:
            page.append([cell(name) for name in columns])
        for row in rows:
            page.append([cell(row.get(name)) for name in columns])
        content = BytesIO()
        book.save(content)
    except IllegalCharacterError as error:
        raise NodeError(f"a workbook cannot hold the text {str(error)[:60]!r}") from error
    return content.getvalue()
