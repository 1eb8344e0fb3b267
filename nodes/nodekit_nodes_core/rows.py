"""Small things that several nodes do with columns of items."""

from collections.abc import Mapping, Sequence

from nodekit import ItemError, Items, NodeError


def place_of(rows: Items, index: int) -> int:
    """Return the position that a row had in the input of its step, before failing ones left."""
    links = None if rows.links is None else rows.links[index]
    return links[0].item if links else index


def failing(rows: Items, errors: Mapping[int, ItemError]) -> Items:
    """Return rows with an error on some, by position."""
    return Items(rows.json, links=rows.links, binary=rows.binary, errors=errors)


def item_error(message: str, item: int, *, hint: str | None = None) -> ItemError:
    """Return why one item failed, where a node finds out while it handles many."""
    cause = NodeError(message, hint=hint)
    return ItemError(message, hint=hint, item=item, cause=cause)


def taken(rows: Items, indexes: Sequence[int], errors: Mapping[int, ItemError]) -> Items:
    """Return the rows at these positions, in input order, and those that fail among them."""
    if not errors:
        return rows if len(indexes) == len(rows) else rows.take(indexes)
    order = sorted({*indexes, *errors})
    found = {new: errors[old] for new, old in enumerate(order) if old in errors}
    return failing(rows.take(order), found)
