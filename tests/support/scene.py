"""A run as expressions see it, without a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nodekit.errors import ExpressionError
from nodekit.items import Item, Items, Json

NOON = 1717243200.0
"""The time of every scene: 2024-06-01, 12:00 in UTC."""

FACTS: Mapping[str, Json] = {
    "step": "Here",
    "runIndex": 0,
    "workflow": {"id": "w1", "name": "flow", "active": False},
    "execution": {"id": "e1", "mode": "test"},
    "prevNode": {"name": "Before", "outputIndex": 0, "runIndex": 2},
    "vars": {"region": "eu"},
    "env": {"HOME_TOWN": "Ulm"},
    "timezone": "UTC",
    "parameter": {"mode": "manual"},
    "context": {},
}


@dataclass
class Other:
    """Another step: what it put out, by run and output, and where items came from."""

    put: Sequence[Sequence[Sequence[Json]]] = ()
    pairs: Mapping[int, Item | ExpressionError] = field(default_factory=dict[int, Any])
    params: Json = None
    context: Json = None
    connected: bool = True
    default_output: int = 0
    asked: list[Any] = field(default_factory=list[Any])

    @property
    def executed(self) -> bool:
        return bool(self.put)

    @property
    def runs(self) -> int:
        return len(self.put)

    def outputs(self, run: int) -> Sequence[Items]:
        self.asked.append(run)
        return [Items(rows) for rows in self.put[run]]

    def paired(self, indexes: Sequence[int]) -> Sequence[Item | ExpressionError]:
        self.asked.append(list(indexes))
        return [self.pairs[i] for i in indexes]


@dataclass
class Scene:
    """A view of some items and other steps."""

    rows: Items
    steps: Mapping[str, Other] = field(default_factory=dict[str, Other])
    more: Mapping[str, Json] = field(default_factory=dict[str, Any])
    time: float = NOON

    @property
    def facts(self) -> Mapping[str, Json]:
        return {**FACTS, **self.more}

    def everything(self) -> Items:
        return self.rows

    def now(self) -> float:
        return self.time

    def step(self, name: str) -> Other | None:
        return self.steps.get(name)


def scene(*rows: Json, steps: Mapping[str, Other] | None = None, **more: Json) -> Scene:
    """Return a view of items with this json."""
    return Scene(Items(list(rows)), steps or {}, more)
