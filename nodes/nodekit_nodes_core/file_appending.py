"""What a file holds before something is written behind its end."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from nodekit import Files, NodeError

from .file_formats import Form, delimiter_of
from .file_reading import decoded
from .file_writing import header_of
from .write_file_params import WriteFileParams


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds before something is appended."""

    empty: bool = True
    """Whether it holds nothing, or is not there."""

    open_line: bool = False
    """Whether its last line has no end yet, though lines are to follow."""

    header: Sequence[str] | None = None
    """The cells that name its columns."""

    @classmethod
    def of(cls, files: Files, path: str, form: Form, params: WriteFileParams) -> "Held":
        """Look at a file.

        Raises:
            NodeError: It cannot be read.
        """
        real = files.resolve(path)
        if not real.exists() or not real.stat().st_size:
            return cls()
        lines = form in ("jsonl", "csv") or (form == "text" and params.ending.endswith("\n"))
        with files.open(path) as file:
            file.seek(-1, io.SEEK_END)
            open_line = lines and file.read(1) != b"\n"
            file.seek(0)
            named = form == "csv" and params.header
            header = first_row(file, path, params) if named else None
        return cls(False, open_line, header)


def first_row(file: BinaryIO, path: str, params: WriteFileParams) -> Sequence[str] | None:
    """Return the first row of a table."""
    encoding = "utf-8-sig" if params.encoding == "utf-8" else params.encoding
    delimiter = delimiter_of(path, params.delimiter)
    return next(csv.reader(decoded(file, encoding), delimiter=delimiter), None)


def matched(
    header: Sequence[str], columns: Sequence[str], path: str, params: WriteFileParams
) -> list[str]:
    """Return the columns in the order in which a file has them.

    Raises:
        NodeError: It lacks one.
    """
    cells_of = dict(zip(header_of(columns, params.guard_formulas), columns, strict=True))
    lacking = [name for cell, name in cells_of.items() if cell not in header]
    if lacking:
        raise NodeError(
            f"{path}: has no column {lacking[0]!r}",
            hint="Append to another file, or give the columns to write as `columns`.",
        )
    return [cells_of.get(cell, cell) for cell in header]
