"""What waits between two stretches is the same in memory and in a file."""

import pytest
from hypothesis import given, settings, strategies as st

from nodekit import ExpressionError, Item, Items
from nodekit.engine import spooling
from nodekit.engine.run import Ancestor, Carried
from nodekit.engine.spooling import FleetingSpool


def part(first: int, count: int) -> tuple[Items, Carried]:
    """Return items, and what they take along."""
    numbers = range(first, first + count)
    found = [
        Ancestor(Item({"was": n}), ("main", 1, n)) if n % 3 else ExpressionError("none", kind="k")
        for n in numbers
    ]
    return Items([{"n": n} for n in numbers]), Carried(list(numbers), {"A": found})


def shown(rows: Items, carried: Carried) -> list[tuple[object, object, object]]:
    """Return items with what they take along, in a form that can be compared."""
    ancestors = [
        str(found) if isinstance(found, ExpressionError) else (found.item.json, found.place)
        for found in carried.ancestors.get("A", ())
    ]
    return list(zip(rows.json, carried.origins, ancestors, strict=True))


@given(
    counts=st.lists(st.integers(1, 5), max_size=8),
    skip=st.integers(0, 20),
    held=st.sampled_from([0, 1, 4, 100]),
)
@settings(deadline=None)
async def test_a_spool_gives_back_what_it_took(counts: list[int], skip: int, held: int) -> None:
    spool = FleetingSpool()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spooling, "HELD", held)
        patch.setattr(spooling, "PART", 3)
        for i, count in enumerate(counts):
            await spool.add(*part(sum(counts[:i]), count))
        everything = shown(*part(0, sum(counts))) if counts else []
        assert spool.count == sum(counts)
        assert shown(*await spool.load()) == everything
        behind = [row async for rows in spool.parts(2, skip) for row in shown(*rows)]
    assert behind == everything[skip:]
    spool.clear()
    assert (spool.count, shown(*await spool.load())) == (0, [])
