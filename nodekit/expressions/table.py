"""The columns of an evaluation while they are filled: by generated Python, and by JavaScript."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from nodekit.columns import Found, kinds_in
from nodekit.items import Fields, Items

from .expression import Expression
from .native import ASK, generate

Column: TypeAlias = list[object]

Places: TypeAlias = tuple[int, ...] | range
"""Positions in a column, in order; a range, with nothing between them left out."""

SLICE = 1000
"""How many rows generated Python is given at once: as many as a processor keeps at hand."""


class Part(NamedTuple):
    """A chunk for JavaScript: which columns and where in them, which expressions and items."""

    which: Sequence[int]
    places: Places
    expressions: Sequence[Expression]
    indexes: Sequence[int]


class Table:
    """A column of values for each expression.

    Args:
        rows: The items that expressions see.
        expressions: One for each column.
        indexes: Which of the items.
    """

    def __init__(
        self, rows: Items, expressions: Sequence[Expression], indexes: Sequence[int]
    ) -> None:
        self.rows = rows
        self.expressions = expressions
        self.indexes = indexes
        self._there = max(indexes, default=-1) < len(rows.json)
        self._columns: list[Column] = [[e.fault or ASK] * len(indexes) for e in expressions]

    def is_able(self, expression: Expression) -> bool:
        """Whether generated Python may try: it does not know of items that are not there."""
        return expression.native is not None and (self._there or not expression.reading.names)

    def fill_in_python(self) -> None:
        """Put in what generated Python can say.

        An expression that it passes on for all of the first rows is JavaScript's for the others.
        """
        able = [i for i, e in enumerate(self.expressions) if self.is_able(e)]
        rows = self._rows() if able else []
        for start in range(0, len(rows), SLICE):
            part = rows[start : start + SLICE]
            made = generate([self.expressions[i] for i in able])(part)
            for which, values in zip(able, made, strict=True):
                self._columns[which][start : start + SLICE] = values
            if start == 0:
                found = zip(able, made, strict=True)
                able = [i for i, values in found if len(asking(values)) < len(part)]

    def _rows(self) -> list[Fields]:
        count = len(self.indexes)
        return rows_at(self.rows.json, self.indexes) if self._there else [{}] * count

    def left(self, chunk: int) -> list[Part]:
        """Return what is JavaScript's, in parts of so many items."""
        groups: dict[Places, list[int]] = {}
        for which, column in enumerate(self._columns):
            found = Found(column)
            if places := asking(found):
                groups.setdefault(places, []).append(which)
            else:
                self._columns[which] = found
        return [
            self._part(which, places[start : start + chunk])
            for places, which in groups.items()
            for start in range(0, len(places), chunk)
        ]

    def _part(self, which: Sequence[int], places: Places) -> Part:
        expressions = [self.expressions[i] for i in which]
        if isinstance(places, range):
            return Part(which, places, expressions, self.indexes[places.start : places.stop])
        return Part(which, places, expressions, [self.indexes[i] for i in places])

    def put(self, part: Part, made: Sequence[Column]) -> None:
        """Put the values of a part where they belong."""
        for which, values in zip(part.which, made, strict=True):
            column = self._columns[which]
            if isinstance(part.places, range):
                column[part.places.start : part.places.stop] = values
            else:
                for i, value in zip(part.places, values, strict=True):
                    column[i] = value

    def columns(self) -> list[Column]:
        """Return the columns, which are full."""
        return [column if isinstance(column, Found) else Found(column) for column in self._columns]


def asking(column: Column) -> Places:
    """Return where a column has no value that Python can say."""
    kinds = kinds_in(column)
    if type(ASK) not in kinds:
        return ()
    if len(kinds) == 1:
        return range(len(column))
    return tuple(i for i, value in enumerate(column) if value is ASK)


def rows_at(column: Sequence[Fields], indexes: Sequence[int]) -> list[Fields]:
    """Return the json of the rows at these positions, all of which there are."""
    if isinstance(indexes, range) and indexes.step == 1:
        return list(column[indexes.start : indexes.stop])
    return [column[i] for i in indexes]
