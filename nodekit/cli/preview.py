"""The first items as a table, for a person at a terminal."""

import os
import sys
from collections.abc import Sequence

import orjson

from nodekit.items import Fields, Json

from .outputs import ROWS

COLUMNS = 8
WIDTH = 40


def preview(items: Sequence[Fields], total: int | None = None) -> None:
    """Print the first items as a table, and how many there are: ``total`` if that is more."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    first, count = items[:ROWS], len(items) if total is None else total
    names = list(dict.fromkeys(name for item in first for name in item))
    shown = names[:COLUMNS]
    table = Table(box=None, pad_edge=False)
    for name in shown:
        table.add_column(Text(name), overflow="ellipsis", no_wrap=True, max_width=WIDTH)
    for item in first:
        table.add_row(*(Text(cell(item[name]) if name in item else "") for name in shown))
    console = Console(file=sys.stdout, no_color=bool(os.environ.get("NO_COLOR")))
    if shown:
        console.print(table)
    console.print(Text(rest(count, len(first), len(names) - len(shown))))


def cell(value: Json) -> str:
    """Return a value as one line: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return " ".join(value.split())
    return orjson.dumps(value, default=repr).decode()


def rest(count: int, rows: int, columns: int) -> str:
    """Return how many items and fields there are beside the shown ones."""
    items = f"{count:,} item{'' if count == 1 else 's'}"
    parts = [f"the first {rows} of {items}" if rows < count else items]
    if columns:
        parts.append(f"{columns} more field{'' if columns == 1 else 's'}")
    return ", ".join(parts)
