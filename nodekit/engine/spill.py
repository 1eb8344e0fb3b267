"""Items that wait on disk, in a file that is gone when nobody needs it any more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from nodekit.errors import NodeError
from nodekit.items import Binaries, ItemError, Items, Json
from nodekit.json_values import is_object
from nodekit.links import Arrival, Link, Straight

from .packing import (
    dumps,
    links_of,
    loads,
    pack_binary,
    pack_error,
    pack_links,
    unpack_binary,
)


class SpillFile:
    """A file for pieces of bytes. It is made with the first one, and readable by its owner only."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def add(self, piece: bytes) -> tuple[int, int]:
        """Write a piece behind the others; return where it stands.

        Raises:
            NodeError: The disk is full, or cannot be written.
        """
        try:
            if self._file is None:
                self._file = TemporaryFile(prefix="nodekit-")  # noqa: SIM115  # until close()
            start = self._file.seek(0, 2)
            self._file.write(piece)
            self._file.flush()
        except OSError as error:
            raise NodeError(
                f"items that must wait on disk cannot be written: {error.strerror}",
                hint="Make room, or name another directory in the environment variable TMPDIR.",
            ) from error
        return start, len(piece)

    def read(self, place: tuple[int, int]) -> bytes:
        """Return the piece at a place."""
        assert self._file is not None
        self._file.seek(place[0])
        return self._file.read(place[1])

    def close(self) -> None:
        """Let go of all pieces."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(eq=False, repr=False)
class DiskScratch:
    """Items of a node that wait on disk (the ``Scratch`` that a node gets).

    Args:
        file: Where they stand, possibly beside others.
    """

    file: SpillFile
    places: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    count: int = 0

    def __len__(self) -> int:
        return self.count

    def add(self, items: Items, notes: Sequence[Json] | None = None) -> None:
        """Put some items behind the others."""
        if notes is not None and len(notes) != len(items):
            raise ValueError(f"{len(items)} items cannot have {len(notes)} notes")
        if not len(items):
            return
        packed = {**pack_items(items), "notes": None if notes is None else list(notes)}
        self.places.append(self.file.add(dumps(packed)))
        self.count += len(items)

    def __iter__(self) -> Iterator[tuple[Items, Sequence[Json]]]:
        for place in self.places:
            packed = loads(self.file.read(place))
            items = unpack_items(packed)
            yield items, packed["notes"] or [None] * len(items)


def pack_items(items: Items) -> dict[str, Json]:
    """Return items as JSON, by column, with their links."""
    return {
        "json": list(items.json),
        "binary": {str(at): pack_binaries(found) for at, found in items.binary.items()},
        "errors": {str(at): pack_error(error) for at, error in items.errors.items()},
        "links": None if items.links is None else pack_column(items.links),
    }


def unpack_items(packed: Mapping[str, Any]) -> Items:
    """Return the items that were packed."""
    return Items(
        packed["json"],
        binary={int(at): unpack_binaries(found) for at, found in packed["binary"].items()},
        errors={int(at): ItemError(**error) for at, error in packed["errors"].items()},
        links=None if packed["links"] is None else unpack_column(packed["links"]),
    )


def pack_binaries(found: Binaries) -> dict[str, Json]:
    """Return the binaries of an item as JSON."""
    return {name: pack_binary(binary) for name, binary in found.items()}


def unpack_binaries(packed: Mapping[str, Any]) -> Binaries:
    """Return the binaries of an item that were packed."""
    return {name: unpack_binary(binary) for name, binary in packed.items()}


def pack_column(links: Sequence[Link]) -> Json:
    """Return a column of links as JSON; a straight one is little more than its positions."""
    if isinstance(links, Straight):
        to = links.arrival
        return {"to": [to.input, to.step, to.output, to.run], "at": list(links.positions)}
    return [None if link is None else pack_links(link) for link in links]


def unpack_column(packed: Any) -> Sequence[Link]:
    """Return a column of links that was packed."""
    if is_object(packed):
        return Straight(Arrival(*packed["to"]), packed["at"])
    return list(map(links_of, packed))
