"""Which items of a list are the same (n8n: Remove Duplicates)."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nodekit import Fields, Json, NodeError

from .columns import column
from .comparing import identity, kind
from .paths import MISSING, get, put
from .shapes import is_list, is_object


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, and what of the mixed is refused.

    ``strict`` refuses fields that some items lack and values of different types; ``null_is_type``
    counts null among the types.
    """

    names: Sequence[str]
    dots: bool
    strict: bool
    null_is_type: bool


def compared_names(
    rows: Sequence[Fields],
    chosen: Sequence[str] | None,
    left_out: Sequence[str],
    *,
    deep: bool,
    dots: bool,
) -> list[str]:
    """Return the names of the fields to compare: those chosen, else all but some, of any item.

    With ``dots`` the fields in nested objects and the entries of lists count by themselves. With
    ``deep``, leaving out a name leaves out all that is below it.
    """
    if chosen is not None:
        return list(chosen)
    found: dict[str, None] = {}
    for json in rows:
        found.update(dict.fromkeys(leaves(json) if dots else json))
    below = tuple(f"{name}." for name in left_out) if deep else ()
    return [n for n in found if n not in left_out and not (below and n.startswith(below))]


def leaves(value: Json, start: str = "") -> Iterator[str]:
    """Yield the dotted names of all values that hold no others; an empty object has none."""
    pairs = enumerate(value) if is_list(value) else value.items()
    for key, part in pairs:
        if is_object(part) or is_list(part):
            yield from leaves(part, f"{start}{key}.")
        else:
            yield f"{start}{key}"


def distinct(rows: Sequence[Fields], comparison: Comparison, *, last: bool) -> list[int]:
    """Return the positions of the first, or last, of all rows that are the same, in order.

    Raises:
        NodeError: Rows cannot be compared.
    """
    columns: list[list[Hashable]] = []
    for name in comparison.names:
        values = column(rows, name, comparison.dots)
        if comparison.strict:
            refuse_mixed(name, values, comparison)
        columns.append([identity(value) for value in values])
    if not columns:
        columns = [[None] * len(rows)]
    keys = list(zip(*columns, strict=True))
    if last:
        return sorted({key: i for i, key in enumerate(keys)}.values())
    found: dict[tuple[Hashable, ...], int] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, i)
    return list(found.values())


def refuse_mixed(
    name: str,
    values: Iterable[Json],
    comparison: Comparison,
    first: Sequence[Any] | None = None,
    start: int = 0,
) -> Sequence[Any] | None:
    """Check that all rows have a field, and of one type.

    Args:
        name: The field.
        values: Its values.
        comparison: What is refused.
        first: The position of the first value that has a type, and that type, if there was one.
        start: The position of the first of the values.

    Return the position and the type of the first value that has one.

    Raises:
        NodeError: They have not.
    """
    for i, value in enumerate(values, start):
        if value is MISSING:
            raise NodeError(
                f"field {name!r} is missing from some input items",
                hint=f"Item {i} lacks it. Compare other fields, or set `mixed: differ`.",
            )
        if value is None and not comparison.null_is_type:
            continue
        if first is None:
            first = i, kind(value)
        elif kind(value) != first[1]:
            raise NodeError(
                f"field {name!r} is not always of the same type: "
                f"{first[1]} in item {first[0]}, {kind(value)} in item {i}",
                hint="Convert it first, compare other fields, or set `mixed: differ`.",
            )
    return first


def fields_only(json: Fields, comparison: Comparison) -> dict[str, Json]:
    """Return only the fields of an item that were compared."""
    kept: dict[str, Json] = {}
    for name in comparison.names:
        value = get(json, name, comparison.dots)
        if value is not MISSING:
            put(kept, name, value, comparison.dots)
    return kept
