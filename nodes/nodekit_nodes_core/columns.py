"""The values of one field over all items, and the links of an item made from several."""

from collections.abc import Iterable, Sequence

from nodekit import Fields, Items, Json, PairedItem

from .paths import MISSING, get, keys_of


def column(rows: Sequence[Fields], name: str, dots: bool = True) -> list[Json]:
    """Return the value of a field for every row, :data:`MISSING` where it is not there."""
    if not dots or keys_of(name) == (name,):
        return [json.get(name, MISSING) for json in rows]
    return [get(json, name, dots) for json in rows]


def present(value: Json) -> bool:
    """Whether a field is there and holds neither null nor an empty text (n8n: not empty)."""
    return value is not MISSING and value is not None and value != ""


def links_of(rows: Items, positions: Iterable[int] | None = None) -> tuple[PairedItem, ...]:
    """Return the links of several rows as those of one item, each link once.

    Args:
        rows: The items.
        positions: Which of them; all, if it is not given.
    """
    links = rows.links or ()
    chosen = links if positions is None else (links[i] for i in positions if links)
    return tuple(dict.fromkeys(link for row in chosen for link in row or ()))
