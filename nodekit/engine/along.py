"""What the items of a stream take along of where they came from, by their position in it."""

from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate

from nodekit.errors import ExpressionError
from nodekit.items import Items, Json
from nodekit.links import Link, Straight

from .linking import Ways, no_link
from .packing import dumps, loads, pack_ancestor, unpack_ancestor
from .run import Ancestor, Carried
from .schedule import Source
from .spill import SpillFile

UNKNOWN = -1
"""Stands for a position in the run's input that is not known, or is not one."""


class Along:
    """What the items of one input take along: eight bytes for each, and on disk what is asked for.

    Args:
        source: What the items are of.
        asked: The steps above to whose items some step below follows links back.
        file: Where their items wait.
    """

    def __init__(self, source: Source | None, asked: Sequence[str], file: SpillFile) -> None:
        self.source = source
        self.asked = asked
        self.file = file
        self.count = 0
        self._origins = array("q")
        self._places = array("q")
        self._lengths = array("q")

    def add(self, rows: Items, carried: Carried | None) -> None:
        """Take note of what the next items take along; nothing, if they are the run's own."""
        known = range(self.count, self.count + len(rows)) if carried is None else carried.origins
        self._origins.extend(UNKNOWN if origin is None else origin for origin in known)
        if self.asked:
            self._keep(self._ancestors(rows, carried))
        self.count += len(rows)

    def _ancestors(self, rows: Items, carried: Carried | None) -> list[dict[str, Json]]:
        """Return the ancestors of items by step, those that are asked for, as JSON."""
        if carried is None or self.source is None:
            return [{}] * len(rows)
        known = {n: list(map(pack_ancestor, carried.ancestors[n])) for n in carried.ancestors}
        if self.source.step in self.asked:
            output, run = self.source.output, self.source.run
            own = (Ancestor(row, (output, run, self.count + i)) for i, row in enumerate(rows))
            known[self.source.step] = list(map(pack_ancestor, own))
        names = [name for name in self.asked if name in known]
        return [{name: known[name][i] for name in names} for i in range(len(rows))]

    def _keep(self, found: Sequence[dict[str, Json]]) -> None:
        """Write what is found for items to the file, and where it stands."""
        pieces = list(map(dumps, found))
        start, _ = self.file.add(b"".join(pieces))
        self._places.extend(accumulate(map(len, pieces[:-1]), initial=start))
        self._lengths.extend(map(len, pieces))

    def origin(self, position: int) -> int | None:
        """Return the position in the run's input that an item came from, if it is one."""
        found = self._origins[position]
        return None if found == UNKNOWN else found

    def ancestor(self, position: int, name: str) -> Ancestor | ExpressionError | None:
        """Return the item of a step that an item came from; ``None`` if no way leads there."""
        if not self.asked:
            return None
        found = loads(self.file.read((self._places[position], self._lengths[position])))
        return unpack_ancestor(found[name]) if name in found else None


def carried_by(
    inputs: Mapping[str, Along], step: str, items: Items, asked: Sequence[str]
) -> Carried:
    """Return what the items that a step puts out take along.

    Args:
        inputs: What those of its inputs do.
        step: The step.
        items: Its items, linked to its inputs.
        asked: The steps above it to whose items some step below follows links back.
    """
    links = items.links or [None] * len(items)
    found = {name: [ancestor_by(inputs, step, name, link) for link in links] for name in asked}
    return Carried(origins_by(inputs, links), found)


def origins_by(inputs: Mapping[str, Along], links: Sequence[Link]) -> list[int | None]:
    """Return the positions in the run's input that items come from, each where it is one."""
    if isinstance(links, Straight):
        return list(map(inputs[links.arrival.input].origin, links.positions))
    return [origin_by(inputs, link) for link in links]


def origin_by(inputs: Mapping[str, Along], link: Link) -> int | None:
    """Return the one position in the run's input that the links of an item lead to, if so."""
    found: set[int | None] = set()
    for one in link or ():
        found.add(inputs[one.input].origin(one.item))
        if len(found) > 1:
            return None
    return found.pop() if found else None


def ancestor_by(
    inputs: Mapping[str, Along], step: str, name: str, link: Link
) -> Ancestor | ExpressionError:
    """Return the one item of a step that the links of an item lead to."""
    ways = Ways()
    if link is None:
        ways.add(no_link(step))
    for one in link or ():
        ancestor = inputs[one.input].ancestor(one.item, name)
        if ancestor is not None:
            ways.add(ancestor)
        if ways.parted:
            break
    return ways.end()
