"""Order for more items than can be held: runs that are in order stand on disk and are merged."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from nodekit import Context, Item, Items, Json, Scratch

RUN = 10_000
"""How many items are put in order at once."""

PIECE = 100
"""How many items of a run are held while it is merged."""

FAN = 100
"""How many runs are merged at once."""

PART = 1000
"""How many items are put out at once."""

Keys = Callable[[Items, Sequence[Json]], Sequence[Any]]
"""Returns, for items and their notes, what they are put in order by."""

Row = tuple[Any, Item, Json]


def as_run(ctx: Context, rows: Items, notes: Sequence[Json] | None = None) -> Scratch:
    """Return items that are in order as a run on disk."""
    run = ctx.scratch()
    for start in range(0, len(rows), PIECE):
        stop = start + PIECE
        run.add(rows[start:stop], None if notes is None else notes[start:stop])
    return run


async def merged(ctx: Context, runs: Sequence[Scratch], keys: Keys) -> AsyncGenerator[Items, None]:
    """Yield the items of runs, each of which is in order, in order.

    Of items that are equal, those of the earlier run come first.
    """
    while len(runs) > FAN:
        runs = [await one_run(ctx, runs[i : i + FAN], keys) for i in range(0, len(runs), FAN)]
    rows = rows_of(runs, keys)
    while part := list(islice(rows, PART)):
        yield Items.of([item for _, item, _ in part])


async def one_run(ctx: Context, runs: Sequence[Scratch], keys: Keys) -> Scratch:
    """Merge some runs to one."""
    longer, rows = ctx.scratch(), rows_of(runs, keys)
    while piece := list(islice(rows, PIECE)):
        longer.add(Items.of([item for _, item, _ in piece]), [note for _, _, note in piece])
        await ctx.sleep(0)
    return longer


def rows_of(runs: Sequence[Scratch], keys: Keys) -> Iterator[Row]:
    """Return the items of runs in order, each with its key and its note."""
    return merge(*(keyed(run, keys) for run in runs), key=itemgetter(0))


def keyed(run: Scratch, keys: Keys) -> Iterator[Row]:
    """Yield the items of a run with their keys and notes."""
    for items, notes in run:
        yield from zip(keys(items, notes), items, notes, strict=True)
