"""What came of items one by one, put together as columns."""

from collections.abc import Mapping, Sequence

from nodekit import Binary, Fields, ItemError, Items, NodeError

from .rows import place_of


class Collected:
    """What came of the rows of an input, in input order; each is linked to its row."""

    def __init__(self, rows: Items) -> None:
        self.rows = rows
        self.json: list[Fields] = []
        self.positions: list[int] = []
        self.binary: dict[int, Mapping[str, Binary]] = {}
        self.errors: dict[int, ItemError] = {}

    def add(self, position: int, json: Sequence[Fields]) -> None:
        """Take the json of what was made from the row at a position."""
        self.json += json
        self.positions += [position] * len(json)

    def add_file(self, position: int, json: Fields, binary: Mapping[str, Binary]) -> None:
        """Take an item with binaries that was made from the row at a position."""
        if binary:
            self.binary[len(self.json)] = binary
        self.add(position, [json])

    def fail(self, position: int, error: NodeError) -> None:
        """Take note that the row at a position failed."""
        self.errors[len(self.json)] = ItemError(
            error.message,
            type=type(error).__name__,
            hint=error.hint,
            item=place_of(self.rows, position),
            cause=error,
        )
        self.add_file(position, self.rows.json[position], self.rows.binary.get(position, {}))

    def items(self) -> Items:
        """Return everything as items."""
        links = self.rows.take(self.positions).links
        return Items(self.json, links=links, binary=self.binary, errors=self.errors)
