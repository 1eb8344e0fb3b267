"""Items that belong together by the values of some fields, and how two of them become one."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from nodekit import Binary, Fields, Items, Json, PairedItem

from .alike import alike, fuzzy_key
from .comparing import identity
from .paths import MISSING, get
from .shapes import is_list, is_object

Values: TypeAlias = Sequence[Json]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Matches:
    """Which rows of two lists belong together, by position.

    ``pairs`` are the pairs, in order of the left rows; ``left`` and ``right`` the rows that have no
    partner.
    """

    pairs: Sequence[tuple[int, int]]
    left: Sequence[int]
    right: Sequence[int]


def find_matches(
    left: Sequence[Fields],
    right: Sequence[Fields],
    names: Sequence[tuple[str, str]],
    *,
    every: bool = True,
    fuzzy: bool = False,
    dots: bool = True,
) -> Matches:
    """Find the rows with the same values in all of these fields, named for each side.

    A row that lacks one of them has no partner. ``every`` finds all partners of a left row, else
    the first.
    """
    places: dict[Hashable, list[tuple[int, Values]]] = {}
    for i, (key, values) in enumerate(keyed(right, names, 1, fuzzy=fuzzy, dots=dots)):
        if key is not None:
            places.setdefault(key, []).append((i, values))
    pairs: list[tuple[int, int]] = []
    alone: list[int] = []
    for i, (key, values) in enumerate(keyed(left, names, 0, fuzzy=fuzzy, dots=dots)):
        near = places.get(key, [])
        partners = [at for at, others in near if not fuzzy or all(map(alike, values, others))]
        pairs += [(i, at) for at in (partners if every else partners[:1])]
        if not partners:
            alone.append(i)
    matched = {at for _, at in pairs}
    return Matches(pairs, alone, [i for i in range(len(right)) if i not in matched])


def keyed(
    rows: Sequence[Fields],
    names: Sequence[tuple[str, str]],
    side: int,
    *,
    fuzzy: bool = False,
    dots: bool = True,
) -> Iterator[tuple[Hashable | None, Values]]:
    """Yield, for each row of a side, its values and what it shares with all rows that have them.

    That is ``None`` for a row that lacks a field: it has no partner. Compared fuzzily, a right row
    has null where it lacks one, and rows may share it that do not belong together.
    """
    key = fuzzy_key if fuzzy else identity
    own, missing = [pair[side] for pair in names], None if fuzzy and side else MISSING
    for row in rows:
        values = values_of(row, own, dots, missing)
        yield (None, ()) if values is None else (tuple(map(key, values)), values)


def values_of(row: Fields, names: Sequence[str], dots: bool, missing: Json) -> Values | None:
    """Return the values of some fields; ``None`` for a row that lacks one.

    ``missing`` is what a field has that is not there.
    """
    found = (get(row, name, dots) for name in names)
    values = [missing if value is MISSING else value for value in found]
    return None if MISSING in values else values


def has_value(value: Json) -> bool:
    """Whether a value is more than null or an empty text."""
    return value is not None and value != ""


def merged(first: Fields, second: Fields, *, deep: bool, skip_empty: bool) -> Fields:
    """Return the fields of both; where both have one, that of the second.

    ``deep`` merges mappings and, entry by entry, lists that both have. ``skip_empty`` lets null and
    empty text replace nothing.
    """
    out = {**first, **second}
    if deep or skip_empty:
        for name in first.keys() & second.keys():
            value = second[name]
            if deep and isinstance(value, dict | list):
                out[name] = merged_value(first[name], value, skip_empty)
            elif skip_empty and not has_value(value):
                out[name] = first[name]
    return out


def merged_value(first: Json, second: Json, skip_empty: bool) -> Json:
    """Return one value of two: both where they are mappings or lists, else the second."""
    if is_object(first) and is_object(second):
        return merged(first, second, deep=True, skip_empty=skip_empty)
    if is_list(first) and is_list(second):
        both = [merged_value(a, b, skip_empty) for a, b in zip(first, second, strict=False)]
        return both + first[len(both) :] + second[len(both) :]
    return first if skip_empty and not has_value(second) else second


def suffixed(fields: Mapping[str, T], number: int) -> dict[str, T]:
    """Return fields under their names with the number of their input behind."""
    return {f"{name}_{number}": value for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class Clash:
    """What becomes of fields that several items have which become one.

    ``winner`` is the place of the item whose fields win, the last if there is none of that place;
    ``None`` gives every field a suffix with the number of its item, counted from 1.
    """

    winner: int | None = -1
    deep: bool = True
    skip_empty: bool = False

    def join(self, sources: Sequence[tuple[int, Items]]) -> Items:
        """Make one item of the items at each position of lists as long as each other.

        Each list comes with its place. An item is linked to all it was made of.
        """
        last = [rows for at, rows in sources if at == self.winner]
        order = [rows for at, rows in sources if at != self.winner] + last
        if self.winner is None:
            order = [with_suffix(rows, at + 1) for at, rows in sources]
        json = order[0].json
        for rows in order[1:]:
            pairs = zip(json, rows.json, strict=True)
            json = [merged(a, b, deep=self.deep, skip_empty=self.skip_empty) for a, b in pairs]
        return Items(
            json, links=links_of_all([rows for _, rows in sources]), binary=files_of(order)
        )


def with_suffix(rows: Items, number: int) -> Items:
    """Return items whose fields and files have the number of their input behind their names."""
    files = {i: suffixed(row, number) for i, row in rows.binary.items()}
    return Items([suffixed(row, number) for row in rows.json], binary=files)


def files_of(lists: Sequence[Items]) -> dict[int, dict[str, Binary]]:
    """Return the files of the items at each position; the last list wins."""
    found: dict[int, dict[str, Binary]] = {}
    for rows in lists:
        for i, files in rows.binary.items():
            found.setdefault(i, {}).update(files)
    return found


def links_of_all(lists: Sequence[Items]) -> Sequence[tuple[PairedItem, ...]] | None:
    """Return the links of the items at each position, as those of one item."""
    columns = [rows.links for rows in lists if rows.links is not None]
    if not columns:
        return None
    return [
        tuple(link for links in row for link in links or ()) for row in zip(*columns, strict=True)
    ]
