"""The columns of an evaluation while they are filled: by generated Python, and by JavaScript."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from nodekit.columns import Found, kinds_in
from nodekit.items import Fields, Items

from .expression import Expression
from .native import ASK, generate

Column: TypeAlias = list[object]

AT_ONCE = 1000
"""How many rows generated Python is given at once: as many as a processor keeps at hand."""


class Part(NamedTuple):
    """A chunk for JavaScript: which expressions, for which items, and where these stand."""

    which: Sequence[int]
    places: Sequence[int]
    indexes: Sequence[int]


class Table:
    """A column of values for each expression.

    Args:
        rows: The items that expressions see.
        expressions: One for each column.
        indexes: Which of the items.
        chunk: How many items a part has at most.
    """

    def __init__(
        self, rows: Items, expressions: Sequence[Expression], indexes: Sequence[int], chunk: int
    ) -> None:
        self.rows = rows
        self.expressions = expressions
        self.indexes = indexes
        self.chunk = chunk
        self.columns = [Found([e.fault] * len(indexes)) for e in expressions]
        self._there = max(indexes, default=-1) < len(rows.json)
        self._able = [i for i, e in enumerate(expressions) if self._is_able(e)]
        self._done = 0
        if self._able:
            self._take(self._rows_of(indexes[:AT_ONCE]))
            # What is passed on for so many will be so for the others.
            self._able = [i for i in self._able if not is_passed_on(self.columns[i][: self._done])]

    def _is_able(self, expression: Expression) -> bool:
        """Whether generated Python may try: it does not know of items that are not there."""
        return expression.native is not None and (self._there or not expression.reading.names)

    def in_javascript(self) -> list[Part]:
        """Return what is JavaScript's from the first."""
        which = [i for i, e in enumerate(self.expressions) if e.fault is None]
        return self._parts([i for i in which if i not in self._able], range(len(self.indexes)))

    def in_python(self) -> Iterator[None]:
        """Fill the columns that generated Python can, some rows at each step."""
        rows = self._rows_of(self.indexes[self._done :]) if self._able else []
        for start in range(0, len(rows), AT_ONCE):
            self._take(rows[start : start + AT_ONCE])
            yield

    def _rows_of(self, indexes: Sequence[int]) -> list[Fields]:
        """Return what generated Python sees of these items."""
        return rows_at(self.rows.json, indexes) if self._there else [{}] * len(indexes)

    def _take(self, rows: list[Fields]) -> None:
        """Let generated Python have the next rows."""
        start, self._done = self._done, self._done + len(rows)
        made = generate([self.expressions[i] for i in self._able])(rows)
        for which, values in zip(self._able, made, strict=True):
            self.columns[which][start : self._done] = values
            self.columns[which].changed()

    def left(self) -> list[Part]:
        """Return what generated Python has passed on."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for which in self._able:
            if asked := asking(self.columns[which]):
                groups.setdefault(asked, []).append(which)
        found: list[Part] = []
        for asked, group in groups.items():
            everywhere = len(asked) == len(self.indexes)
            found += self._parts(group, range(len(asked)) if everywhere else asked)
        return found

    def _parts(self, which: Sequence[int], places: Sequence[int]) -> list[Part]:
        if not which:
            return []
        starts = range(0, len(places), self.chunk)
        return [self._part(which, places[start : start + self.chunk]) for start in starts]

    def _part(self, which: Sequence[int], places: Sequence[int]) -> Part:
        if isinstance(places, range):
            return Part(which, places, self.indexes[places.start : places.stop])
        return Part(which, places, [self.indexes[i] for i in places])

    def put(self, part: Part, made: Sequence[Column]) -> None:
        """Put the values of a part where they belong."""
        for which, values in zip(part.which, made, strict=True):
            column = self.columns[which]
            if isinstance(part.places, range):
                column[part.places.start : part.places.stop] = values
            else:
                for i, value in zip(part.places, values, strict=True):
                    column[i] = value
            column.changed()


def is_passed_on(column: Column) -> bool:
    """Whether generated Python leaves all of a column to JavaScript."""
    return all(value is ASK for value in column)


def asking(column: Column) -> tuple[int, ...]:
    """Return where a column of generated Python leaves it to JavaScript."""
    if type(ASK) not in kinds_in(column):
        return ()
    return tuple(i for i, value in enumerate(column) if value is ASK)


def rows_at(column: Sequence[Fields], indexes: Sequence[int]) -> list[Fields]:
    """Return the json of the rows at these positions, all of which there are."""
    if isinstance(indexes, range) and indexes.step == 1:
        return list(column[indexes.start : indexes.stop])
    return [column[i] for i in indexes]
