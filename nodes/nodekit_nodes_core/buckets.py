"""Merging by key more items than can be held: those that may belong together, bucket by bucket."""

from collections.abc import AsyncGenerator, Sequence
from math import ceil, isqrt

from nodekit import Context, Items, Json, Scratch, Stream

from .joins import keyed
from .merge_params import Key
from .merge_whole import (
    check_fields,
    clash_of,
    fields_of,
    flat,
    is_marked,
    joined,
    lacking,
    names_of,
    single,
    wanted,
)
from .sorted_runs import PIECE, as_run, merged

BUCKET = 10_000
"""How many items of both sides a bucket holds, about; those with the same values stay together."""


async def stream_by_key(
    left: Stream, right: Stream, params: Key, ctx: Context
) -> AsyncGenerator[Items, None]:
    """Put out what belongs together by its fields, or what does not.

    Both sides go to buckets on disk, so that items that belong together are in the same one. What
    comes of each bucket is a run that is in order by where the items stood in the inputs.
    """
    count = bucket_count(len(left) + len(right))
    lefts = await in_buckets(left, 0, count, params, ctx)
    rights = await in_buckets(right, 1, count, params, ctx)
    marked = is_marked(len(left), len(right), params)
    made = [
        await runs_of(one, other, params, marked, ctx)
        for one, other in zip(lefts, rights, strict=True)
    ]
    for runs in zip(*made, strict=True):
        async for rows in merged(ctx, runs, positions):
            yield rows


def bucket_count(items: int) -> int:
    """Return how many buckets so many items go to.

    More of them take more pieces of a sensible length on the way to disk, which are held, too: for
    very many items there are fewer and larger ones.
    """
    return max(1, min(ceil(items / BUCKET), isqrt(items // PIECE)))


async def in_buckets(
    stream: Stream, side: int, count: int, params: Key, ctx: Context
) -> list[Scratch]:
    """Return the items of one side in buckets, with their positions as notes.

    Raises:
        NodeError: None of them has a field that must exist.
    """
    buckets = [ctx.scratch() for _ in range(count)]
    lacked = fields_of(params, side) if params.must_exist else []
    held: list[Items] = []
    start = 0
    async for rows in stream:
        lacked = lacking(rows, lacked, params)
        held.append(rows)
        if sum(map(len, held)) >= count * PIECE:
            start = spread(held, start, side, params, buckets)
            held = []
    spread(held, start, side, params, buckets)
    check_fields(lacked, side)
    return buckets


def spread(
    parts: Sequence[Items], start: int, side: int, params: Key, buckets: Sequence[Scratch]
) -> int:
    """Put the items behind a position into the buckets; return the position behind them.

    Those that lack a field belong to no other, so any bucket will do.
    """
    rows = parts[0] if len(parts) == 1 else flat(Items.join(parts))
    chosen: list[list[int]] = [[] for _ in buckets]
    keys = keyed(rows.json, names_of(params), side, fuzzy=params.fuzzy, dots=params.dots)
    for at, (key, _) in enumerate(keys):
        chosen[(at if key is None else hash(key)) % len(buckets)].append(at)
    for bucket, places in zip(buckets, chosen, strict=True):
        bucket.add(rows.take(places), [start + at for at in places])
    return start + len(rows)


async def runs_of(
    left: Scratch, right: Scratch, params: Key, marked: bool, ctx: Context
) -> tuple[Scratch, Scratch, Scratch]:
    """Return what comes of a bucket: merged items, left ones, and right ones, each in order."""
    (lefts, firsts), (rights, seconds) = held_in(left), held_in(right)
    found, clash, pairs = wanted(lefts, rights, params), clash_of(params), ctx.scratch()
    for start in range(0, len(found.pairs), PIECE):
        part = found.pairs[start : start + PIECE]
        notes = [[firsts[i], seconds[j]] for i, j in part]
        pairs.add(joined(part, lefts, rights, clash), notes)
        await ctx.sleep(0)
    return (
        pairs,
        as_run(ctx, single(lefts.take(found.left), 0, marked), [firsts[i] for i in found.left]),
        as_run(ctx, single(rights.take(found.right), 1, marked), [seconds[i] for i in found.right]),
    )


def held_in(bucket: Scratch) -> tuple[Items, Sequence[int]]:
    """Return the items of a bucket, and where they stand in their input."""
    parts = list(bucket)
    rows = flat(Items.join(items for items, _ in parts))
    return rows, [at for _, notes in parts for at in notes]


def positions(_: Items, notes: Sequence[Json]) -> Sequence[Json]:
    """Return what items are in order by: the positions of what they are made of."""
    return notes
