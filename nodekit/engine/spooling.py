"""What is between two stretches of a run that does not outlive its process."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from nodekit.items import Items, Json

from .packing import dumps, loads, pack_ancestor, unpack_ancestor
from .run import Carried
from .slices import cut, joined
from .spill import SpillFile, pack_items, unpack_items

HELD = 10_000
"""How many items of a spool are held in memory; when there are more, they go to its file."""

PART = 1000
"""How many items make a piece of the file at most."""

Part = tuple[Items, Carried]


class FleetingSpool:
    """A spool that lasts as long as the run: in memory as long as it is short, else in a file."""

    def __init__(self) -> None:
        self.count = 0
        self._file = SpillFile()
        self._places: list[tuple[int, int]] = []
        self._held: list[Part] = []
        self._holds = 0

    def clear(self) -> None:
        """Forget all items."""
        self.count = self._holds = 0
        self._places, self._held = [], []
        self._file.close()

    async def add(self, rows: Items, carried: Carried) -> None:
        """Put items behind the others."""
        self._held.append((rows, carried))
        self.count += len(rows)
        self._holds += len(rows)
        if self._holds > HELD:
            self._spill()

    def _spill(self) -> None:
        """Write what is held to the file."""
        rows, carried = together(self._held)
        for start in range(0, len(rows), PART):
            part, along = cut(rows, carried, start, start + PART)
            self._places.append(self._file.add(dumps(pack(part, along))))
        self._held, self._holds = [], 0

    async def load(self) -> Part:
        """Return all items."""
        return together(list(self._parts()))

    async def parts(self, size: int, skip: int) -> AsyncIterator[Part]:
        """Yield the items behind the first ``skip``, in pieces of any length."""
        for rows, carried in self._parts():
            if skip < len(rows):
                yield cut(rows, carried, skip, len(rows)) if skip else (rows, carried)
            skip = max(0, skip - len(rows))

    def _parts(self) -> Iterator[Part]:
        for place in self._places:
            yield unpack(loads(self._file.read(place)))
        if self._held:
            yield together(self._held)


def together(parts: Sequence[Part]) -> Part:
    """Put items one after another, with what they take along."""
    return Items.join(rows for rows, _ in parts), joined([carried for _, carried in parts])


def pack(rows: Items, carried: Carried) -> dict[str, Json]:
    """Return items, and what they take along, as JSON."""
    ancestors = {name: list(map(pack_ancestor, of)) for name, of in carried.ancestors.items()}
    return {"items": pack_items(rows), "origins": list(carried.origins), "ancestors": ancestors}


def unpack(packed: Mapping[str, Any]) -> Part:
    """Return the items that were packed, with what they take along."""
    ancestors = {name: list(map(unpack_ancestor, of)) for name, of in packed["ancestors"].items()}
    return unpack_items(packed["items"]), Carried(packed["origins"], ancestors)
