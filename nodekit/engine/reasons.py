"""Why items failed: counted by message, with the first of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nodekit.items import ItemError, Json

MOST = 1000
"""How many messages are told apart; a message may quote the item, so there may be any number."""

PLACE = r"\bitem (\d+)\b"


@dataclass(slots=True, eq=False)
class Reason:
    """One message: the position of the first item it was said of, and of how many it was."""

    message: str
    first: int | None
    count: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Reasons:
    """Reasons by their message, in the order in which they came up.

    Messages that differ by nothing but the position of their item are one; the first is shown.
    """

    _rows: dict[str, Reason] = field(default_factory=dict[str, Reason])

    def __iter__(self) -> Iterator[Reason]:
        return iter(self._rows.values())

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, errors: Iterable[ItemError]) -> None:
        """Count errors. Beyond the thousandth message, new ones are not told any more."""
        for error in errors:
            key = placeless(error)
            row = self._rows.get(key)
            if row is None:
                if len(self._rows) == MOST:
                    continue
                row = self._rows[key] = Reason(error.message, error.item)
            row.count += 1

    def join(self, other: "Reasons", before: int | None) -> None:
        """Take in the reasons of items further behind, by so many; ``None`` if nobody knows."""
        for key, reason in other._rows.items():
            row = self._rows.get(key)
            if row is None:
                if len(self._rows) == MOST:
                    continue
                row = self._rows[key] = Reason(reason.message, further(reason.first, before))
            row.count += reason.count

    def record(self) -> dict[str, dict[str, Json]]:
        """Return the reasons as JSON, by message."""
        found: dict[str, dict[str, Json]] = {}
        for row in self:
            told = found.setdefault(row.message, {"first": row.first, "count": 0})
            told["count"] += row.count
        return found

    def pack(self) -> list[Json]:
        """Return the reasons as JSON that :meth:`unpack` takes."""
        return [[key, row.message, row.first, row.count] for key, row in self._rows.items()]

    @classmethod
    def unpack(cls, packed: Sequence[Sequence[Json]]) -> "Reasons":
        """Return the reasons that were packed."""
        return cls({key: Reason(*row) for key, *row in packed})

    def shown(self, words: Callable[[str], str]) -> "Reasons":
        """Return the reasons with other words for their messages."""
        return Reasons(
            {
                words(key): Reason(words(row.message), row.first, row.count)
                for key, row in self._rows.items()
            }
        )


def further(position: int | None, before: int | None) -> int | None:
    """Return a position so much further behind; ``None`` if one of them is not known."""
    return None if position is None or before is None else position + before


def placeless(error: ItemError) -> str:
    """Return the message of an error without the position of its item."""
    if error.item is None:
        return error.message
    place = str(error.item)
    return re.sub(PLACE, lambda found: "item" if found[1] == place else found[0], error.message)
