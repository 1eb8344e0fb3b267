"""Where items came from, kept by column so that passing items on costs nothing per item.

A link says "made from item 3 of input main". A column of links has one entry for each item: a
tuple of :class:`PairedItem`, or ``None`` where nothing is known. Most columns are
:class:`Straight`: every item has one link, all to the same arrival, at positions that a ``range``
or a list of ints can name.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import eq, lt
from typing import NamedTuple, TypeAlias, overload


class PairedItem(NamedTuple):
    """One link: "made from item ``item`` of input ``input``" (n8n: paired item).

    ``step``, ``output`` and ``run`` name the list that fed the input. They stay ``None`` for the
    input at hand; a loop, whose items come from an earlier arrival, has them filled in.
    """

    item: int
    input: str = "main"
    step: str | None = None
    output: str | None = None
    run: int | None = None


class Arrival(NamedTuple):
    """One list of items that reached an input: the input, and the output of a run that sent it.

    ``step`` is ``None`` where a link is meant to the input at hand, whatever fed it.
    """

    input: str = "main"
    step: str | None = None
    output: str | None = None
    run: int | None = None

    def link(self, item: int) -> PairedItem:
        """Return the link to one item of this arrival."""
        return PairedItem(item, self.input, self.step, self.output, self.run)


class Many(Sequence[PairedItem]):
    """The links of one item to many of one arrival, kept as numbers; it equals a tuple of them."""

    __slots__ = ("arrival", "positions")

    def __init__(self, arrival: Arrival, positions: Sequence[int]) -> None:
        self.arrival = arrival
        self.positions = positions

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, index: int) -> PairedItem: ...
    @overload
    def __getitem__(self, index: slice) -> "Many": ...
    def __getitem__(self, index: int | slice) -> "PairedItem | Many":
        if isinstance(index, slice):
            return Many(self.arrival, self.positions[index])
        return self.arrival.link(self.positions[index])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Many):
            same = self.arrival == other.arrival and len(self) == len(other)
            return same and all(map(eq, self.positions, other.positions))
        return isinstance(other, tuple) and tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Many({self.arrival!r}, {len(self)} positions)"


Link: TypeAlias = tuple[PairedItem, ...] | Many | None
"""The links of one item; ``None`` where they are unknown."""


class Sources:
    """Where an item comes from that is made of many, gathered a part of them at a time.

    As long as all of them have one link to one input, it costs eight bytes for each.
    """

    __slots__ = ("_arrival", "_others", "_positions")

    def __init__(self) -> None:
        self._arrival: Arrival | None = None
        self._positions = array("q")
        self._others: dict[PairedItem, None] | None = None

    def add(self, links: Sequence[Link] | None, positions: Iterable[int]) -> None:
        """Add the links at these positions of a column, ``items.links``."""
        if links is None:
            return
        if self._others is None and isinstance(links, Straight):
            self._arrival = self._arrival or links.arrival
            if self._arrival == links.arrival:
                self._positions.extend(map(links.positions.__getitem__, positions))
                return
        if self._others is None:
            self._others = dict.fromkeys(self.link() or ())
        self._others.update((one, None) for i in positions for one in links[i] or ())

    def link(self) -> Link:
        """Return the links of the item, each once."""
        if self._others is not None:
            return tuple(self._others)
        rising = all(map(lt, self._positions, islice(self._positions, 1, None)))
        positions = self._positions if rising else array("q", dict.fromkeys(self._positions))
        return Many(self._arrival or Arrival(), positions)


class Straight(Sequence[Link]):
    """A column in which every item has exactly one link, all of them to one arrival."""

    __slots__ = ("arrival", "positions")

    def __init__(self, arrival: Arrival, positions: Sequence[int]) -> None:
        self.arrival = arrival
        self.positions = positions

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, index: int) -> Link: ...
    @overload
    def __getitem__(self, index: slice) -> "Straight": ...
    def __getitem__(self, index: int | slice) -> "Link | Straight":
        if isinstance(index, slice):
            return Straight(self.arrival, self.positions[index])
        return (self.arrival.link(self.positions[index]),)

    def take(self, indexes: Sequence[int]) -> "Straight":
        """Return the column of the items at these positions."""
        at = self.positions
        if isinstance(at, range) and at.start == 0 and at.step == 1:
            return Straight(self.arrival, indexes)
        return Straight(self.arrival, [at[i] for i in indexes])


class Joined(Sequence[Link]):
    """Columns one after another, each kept as it is."""

    __slots__ = ("parts", "starts")

    def __init__(self, parts: Sequence[Sequence[Link]]) -> None:
        self.parts: tuple[Sequence[Link], ...] = tuple(
            chain.from_iterable(p.parts if isinstance(p, Joined) else (p,) for p in parts)
        )
        self.starts = [0]
        for part in self.parts:
            self.starts.append(self.starts[-1] + len(part))

    def __len__(self) -> int:
        return self.starts[-1]

    @overload
    def __getitem__(self, index: int) -> Link: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Link]: ...
    def __getitem__(self, index: int | slice) -> Link | Sequence[Link]:
        if isinstance(index, slice):
            return take(self, range(*index.indices(len(self))))
        at = index + len(self) if index < 0 else index
        part = bisect_right(self.starts, at) - 1
        return self.parts[part][at - self.starts[part]]

    def __iter__(self) -> Iterator[Link]:
        return chain.from_iterable(self.parts)

    def cut(self, start: int, stop: int) -> Sequence[Link]:
        """Return the links from one position to another."""
        parts: list[Sequence[Link]] = []
        for at, part in zip(self.starts, self.parts, strict=False):  # the last is where they end
            if at < stop and start < at + len(part):
                parts.append(part[max(0, start - at) : stop - at])
        return parts[0] if len(parts) == 1 else Joined(parts)


def take(links: Sequence[Link], indexes: Sequence[int]) -> Sequence[Link]:
    """Return the links of the items at these positions."""
    if isinstance(links, Straight):
        return links.take(indexes)
    if isinstance(links, Joined):
        if isinstance(indexes, range) and indexes.step == 1:
            return links.cut(indexes.start, indexes.stop)
        links = list(links)
    return [links[i] for i in indexes]


def unknown(count: int) -> Sequence[Link]:
    """Return a column of ``count`` items that are linked to nothing."""
    return [None] * count


def moved(links: Sequence[Link], by: int) -> Sequence[Link]:
    """Return links to a part of the inputs at hand as links to all of them.

    Args:
        links: A column of links.
        by: The position of the part's first item among all.
    """
    if not by:
        return links
    if isinstance(links, Straight):
        return Straight(links.arrival, further(links.positions, by)) if near(links) else links
    if isinstance(links, Joined):
        return Joined([moved(part, by) for part in links.parts])
    return [None if link is None else moved_link(link, by) for link in links]


def moved_link(link: tuple[PairedItem, ...] | Many, by: int) -> Link:
    """Return the links of one item to a part of the inputs as links to all of them."""
    if isinstance(link, Many):
        return Many(link.arrival, further(link.positions, by)) if near(link) else link
    return tuple(one._replace(item=one.item + by) if one.step is None else one for one in link)


def near(links: Straight | Many) -> bool:
    """Whether links lead to an input at hand."""
    return links.arrival.step is None


def further(positions: Sequence[int], by: int) -> Sequence[int]:
    """Return positions that lie further behind."""
    if isinstance(positions, range):
        return range(positions.start + by, positions.stop + by, positions.step)
    return [position + by for position in positions]
