"""The data that moves between steps: items, singly and by column.

An :class:`Item` is what an author of a node meets. Between steps move :class:`Items`: immutable
columns of json, links, binaries and errors, so that a step that passes items on pays nothing for
each. Both are frozen; what is derived from an item stays linked to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeVar, overload

from .links import Arrival, Joined, Link, Straight, take, unknown

T = TypeVar("T")

Json: TypeAlias = Any
"""A JSON value: ``None``, bool, int, float, str, list or dict of such."""

Fields: TypeAlias = Mapping[str, Json]
"""The json of an item. A plain dict at run time, read-only to whoever is given one."""


class Binary:
    """A file that travels with an item: its media type, name, size, and where its bytes are.

    Args:
        content: The bytes, or the path of a file that holds them and outlives the run.
        media_type: For example ``"text/csv"`` (n8n: ``mimeType``).
        file_name: The name it was found under, without folders.
    """

    __slots__ = ("_content", "file_name", "media_type")

    def __init__(
        self,
        content: bytes | Path,
        *,
        media_type: str = "application/octet-stream",
        file_name: str | None = None,
    ) -> None:
        self._content = content
        self.media_type = media_type
        self.file_name = file_name

    @property
    def size(self) -> int:
        """The number of bytes."""
        if isinstance(self._content, bytes):
            return len(self._content)
        return self._content.stat().st_size

    def bytes(self) -> bytes:
        """Return the whole content."""
        return self._content if isinstance(self._content, bytes) else self._content.read_bytes()

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        if isinstance(self._content, bytes):
            return BytesIO(self._content)
        return self._content.open("rb")

    def sha256(self) -> str:
        """Return the SHA-256 of the content, in hexadecimal."""
        digest = sha256()
        with self.open() as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"Binary({self.media_type!r}, file_name={self.file_name!r}, size={self.size})"


class ItemError:
    """Why an item failed: what its step raised, as data.

    ``type`` is the name of the exception's class, ``step`` and ``item`` say where it was raised,
    ``status`` and ``details`` are a service's answer. ``cause`` is the exception itself, while the
    process lives.
    """

    __slots__ = ("cause", "details", "hint", "item", "message", "outcome", "status", "step", "type")

    def __init__(
        self,
        message: str,
        *,
        type: str = "NodeError",
        hint: str | None = None,
        step: str | None = None,
        item: int | None = None,
        status: int | None = None,
        details: Json = None,
        outcome: str | None = None,
        cause: Exception | None = None,
    ) -> None:
        self.message = message
        self.type = type
        self.hint = hint
        self.step = step
        self.item = item
        self.status = status
        self.details = details
        self.outcome = outcome
        self.cause = cause

    def __repr__(self) -> str:
        return f"ItemError({self.message!r}, type={self.type!r}, item={self.item!r})"


Binaries: TypeAlias = Mapping[str, Binary]

NO_BINARIES: Binaries = {}


class Item:
    """One record: its json, its binaries, what it was made from, perhaps an error.

    Args:
        json: The fields. Read-only: derive an item to change them.
        binary: Files that travel along, by name.
        links: What the item was made from; ``None`` lets the engine find out (n8n: paired items).
        error: Set on an item that failed and goes on all the same.
    """

    __slots__ = ("binary", "error", "json", "links")

    def __init__(
        self,
        json: Fields,
        *,
        binary: Binaries = NO_BINARIES,
        links: Link = None,
        error: ItemError | None = None,
    ) -> None:
        self.json = json
        self.binary = binary
        self.links = links
        self.error = error

    @classmethod
    def join(
        cls, json: Fields, sources: Iterable["Item"], *, binary: Binaries = NO_BINARIES
    ) -> "Item":
        """Make an item from several: it is linked to all of them, each link once."""
        links = dict.fromkeys(link for source in sources for link in source.links or ())
        return cls(json, binary=binary, links=tuple(links))

    def with_json(self, **fields: Json) -> "Item":
        """Return the item with these fields set; other fields and the binaries stay."""
        return Item({**self.json, **fields}, binary=self.binary, links=self.links)

    def with_binary(self, **binaries: Binary) -> "Item":
        """Return the item with these binaries set; the json and other binaries stay."""
        return Item(self.json, binary={**self.binary, **binaries}, links=self.links)

    def derive(self, json: Fields, *, binary: Binaries = NO_BINARIES) -> "Item":
        """Return a new item that keeps nothing of this one but the link to it."""
        return Item(json, binary=binary, links=self.links)

    def failed(self, error: ItemError, json: Fields | None = None) -> "Item":
        """Return the item with an error, and with other json where some is given."""
        kept = self.json if json is None else json
        return Item(kept, binary=self.binary, links=self.links, error=error)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Item):
            return NotImplemented
        return (self.json, self.binary, self.links, self.error) == (
            other.json,
            other.binary,
            other.links,
            other.error,
        )

    __hash__ = None  # type: ignore[assignment]  # json is not hashable, so an item is not either

    def __repr__(self) -> str:
        more = "".join(
            f", {name}={value!r}"
            for name, value in (
                ("binary", self.binary),
                ("links", self.links),
                ("error", self.error),
            )
            if value
        )
        return f"Item({self.json!r}{more})"


class Items(Sequence[Item]):
    """An immutable sequence of items, kept by column.

    ``json`` is the column of json, ``links`` where each item came from, ``binary`` and ``errors``
    are sparse: they hold a value only at the positions that have one. ``rows[i]`` gives an
    :class:`Item`; :meth:`take`, :meth:`with_json` and ``a + b`` make new ones without touching
    single items, and the links follow by themselves.
    """

    __slots__ = ("binary", "errors", "json", "links")

    def __init__(
        self,
        json: Sequence[Fields] = (),
        *,
        links: Sequence[Link] | None = None,
        binary: Mapping[int, Binaries] | None = None,
        errors: Mapping[int, ItemError] | None = None,
    ) -> None:
        if links is not None and len(links) != len(json):
            raise ValueError(f"{len(json)} items cannot have {len(links)} links")
        self.json = json
        self.links = links
        self.binary: Mapping[int, Binaries] = binary or {}
        self.errors: Mapping[int, ItemError] = errors or {}

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Items":
        """Turn a sequence of items into columns."""
        if isinstance(items, Items):
            return items
        rows = list(items)
        links = [row.links for row in rows]
        return cls(
            [row.json for row in rows],
            links=None if all(link is None for link in links) else links,
            binary={i: row.binary for i, row in enumerate(rows) if row.binary},
            errors={i: row.error for i, row in enumerate(rows) if row.error is not None},
        )

    def __len__(self) -> int:
        return len(self.json)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "Items": ...
    def __getitem__(self, index: int | slice) -> "Item | Items":
        if isinstance(index, slice):
            return self.take(range(*index.indices(len(self))))
        at = index + len(self) if index < 0 else index
        if at < 0:
            raise IndexError(index)
        return Item(
            self.json[at],
            binary=self.binary.get(at, NO_BINARIES),
            links=None if self.links is None else self.links[at],
            error=self.errors.get(at),
        )

    def __iter__(self) -> Iterator[Item]:
        if self.links is None and not self.binary and not self.errors:
            return map(Item, self.json)
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Items):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # json is not hashable, so items are not either

    def __add__(self, other: "Items") -> "Items":
        return Items.join((self, other))

    @classmethod
    def join(cls, parts: Iterable["Items"]) -> "Items":
        """Put sequences one after another; every item keeps its links."""
        kept = [part for part in parts if len(part)]
        if len(kept) <= 1:
            return kept[0] if kept else cls()
        json: list[Fields] = []
        binary: dict[int, Binaries] = {}
        errors: dict[int, ItemError] = {}
        for part in kept:
            start = len(json)
            json.extend(part.json)
            binary.update({start + i: value for i, value in part.binary.items()})
            errors.update({start + i: value for i, value in part.errors.items()})
        links = None
        if any(part.links is not None for part in kept):
            links = Joined([unknown(len(p)) if p.links is None else p.links for p in kept])
        return cls(json, links=links, binary=binary, errors=errors)

    def take(self, indexes: Sequence[int]) -> "Items":
        """Return the items at these positions, in this order."""
        json = self.json
        return Items(
            json[indexes.start : indexes.stop]
            if isinstance(indexes, range) and indexes.step == 1
            else [json[i] for i in indexes],
            links=None if self.links is None else take(self.links, indexes),
            binary=sparse_take(self.binary, indexes),
            errors=sparse_take(self.errors, indexes),
        )

    def with_json(self, json: Sequence[Fields]) -> "Items":
        """Return as many items with other json; links and binaries stay, errors do not.

        Raises:
            ValueError: The number of items differs.
        """
        if len(json) != len(self):
            raise ValueError(f"{len(self)} items cannot take the json of {len(json)}")
        return Items(json, links=self.links, binary=self.binary)

    def arrived(self, arrival: Arrival) -> "Items":
        """Return the items as an input sees them: each linked to its own place in the arrival."""
        return Items(self.json, links=Straight(arrival, range(len(self.json))), binary=self.binary)

    def linked(self, links: Sequence[Link] | None) -> "Items":
        """Return the items with other links."""
        return Items(self.json, links=links, binary=self.binary, errors=self.errors)

    def __repr__(self) -> str:
        return f"Items({len(self)} items)"


def sparse_take(column: Mapping[int, T], indexes: Sequence[int]) -> dict[int, T]:
    """Return the values of a sparse column at these positions, by their new positions."""
    if not column:
        return {}
    return {new: column[old] for new, old in enumerate(indexes) if old in column}
