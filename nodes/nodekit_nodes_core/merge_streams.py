"""The ways of the node ``merge`` to put items together, over inputs too long to hold."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from itertools import islice, product

from nodekit import Items, Sources, Stream

from .joins import Clash
from .merge_params import All, Choose, Position
from .merge_whole import (
    choice,
    clash_by_position,
    clash_of,
    complete,
    empty_item,
    flat,
    joined,
    spans,
)

PART = 1000
"""How many items are put out at once."""

HELD = 10_000
"""How many right items are held while the left ones go by."""


class NoItems:
    """The stream of an input that is not connected."""

    def __len__(self) -> int:
        return 0

    def __aiter__(self) -> AsyncIterator[Items]:
        return stream_all({})


def sides(inputs: Mapping[str, Stream]) -> tuple[Stream, Stream]:
    """Return the left and the right items; none where nothing is connected."""
    return inputs.get("left", NoItems()), inputs.get("right", NoItems())


async def stream_all(inputs: Mapping[str, Stream]) -> AsyncGenerator[Items, None]:
    """Put out the items of all inputs one after another."""
    for stream in inputs.values():
        async for rows in stream:
            yield rows


async def stream_by_position(
    inputs: Mapping[str, Stream], params: Position
) -> AsyncGenerator[Items, None]:
    """Make one item of the items at each position."""
    clash = clash_by_position(list(inputs), params)
    readers = list(map(Reader, inputs.values()))
    for places, there in spans(list(map(len, inputs.values())), params):
        for start in places[::PART]:
            count = min(PART, places.stop - start)
            yield clash.join([(at, await readers[at].take(count)) for at in there])


class Reader:
    """Goes through a stream by as many items as are asked for."""

    def __init__(self, stream: Stream) -> None:
        self._parts = aiter(stream)
        self._rows = Items()
        self._at = 0

    async def take(self, count: int) -> Items:
        """Return the next items; there must be so many."""
        pieces: list[Items] = []
        while count:
            if self._at == len(self._rows):
                self._rows, self._at = await anext(self._parts), 0
            pieces.append(self._rows[self._at : self._at + count])
            self._at += len(pieces[-1])
            count -= len(pieces[-1])
        return Items.join(pieces)


async def stream_pairs(left: Stream, right: Stream, params: All) -> AsyncGenerator[Items, None]:
    """Make an item of every left item with every right one.

    Right items that are too many to hold are read again for each left one, which takes no longer
    than to put out what comes of them.
    """
    clash = clash_of(params)
    if len(right) <= HELD:
        held = flat(Items.join([rows async for rows in right]))
        async for part in left:
            for made in pairs_of(part, held, clash):
                yield made
        return
    async for part in left:
        for at in range(len(part)):
            async for rows in right:
                for made in pairs_of(part[at : at + 1], rows, clash):
                    yield made


def pairs_of(left: Items, right: Items, clash: Clash) -> Iterator[Items]:
    """Yield the items made of every one of these left items with every one of the right ones."""
    pairs = product(range(len(left)), range(len(right)))
    while part := list(islice(pairs, PART)):
        yield joined(part, left, right, clash)


async def stream_chosen(
    inputs: Mapping[str, Stream], params: Choose
) -> AsyncGenerator[Items, None]:
    """Put out the items of one input, or one empty item, once all that must have come have."""
    if not complete(inputs, params):
        return
    if (stream := choice(inputs, params)) is not None:
        async for rows in stream:
            yield rows
        return
    sources = Sources()
    for stream in inputs.values():
        async for rows in stream:
            sources.add(rows.links, range(len(rows)))
    yield empty_item(sources)
