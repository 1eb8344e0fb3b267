"""What one run of a step takes in: the lists that reached its inputs, stamped with their place."""

from collections.abc import Mapping
from typing import NamedTuple

from nodekit.items import Items
from nodekit.links import Arrival
from nodekit.pipeline.wiring import MAIN, START

from .linking import arrival_of
from .schedule import Source, Sources
from .view import History


class Intake(NamedTuple):
    """The items of every input, each linked to its own place in what arrived.

    ``active`` is the input whose items ``$json`` reads: the first that has some.
    """

    inputs: Mapping[str, Items]
    sources: Sources
    active: str

    @property
    def first(self) -> str:
        """The name of the first input."""
        return next(iter(self.inputs), MAIN)

    @property
    def rows(self) -> Items:
        """The items of the active input."""
        return self.inputs.get(self.active, Items())

    @property
    def main(self) -> Items:
        """The items of the first input."""
        return self.inputs.get(self.first, Items())

    @property
    def arrival(self) -> Arrival:
        """How the items of the first input are linked."""
        return arrival_of(self.first, self.sources)

    def once(self) -> Mapping[str, Items]:
        """Return the inputs with their first items only (n8n: executeOnce)."""
        return {name: items.take(range(min(len(items), 1))) for name, items in self.inputs.items()}


def take_in(sources: Sources, history: History, start: Items, order: str) -> Intake:
    """Return what a turn takes in.

    n8n, order v1: the active input is the first that has items; v0: the first input, whatever it
    has. A step that is to run although nothing feeds it gets one empty item.
    """
    inputs: dict[str, Items] = {}
    for name, source in sources.items():
        items = Items() if source is None else read(source, history, start)
        inputs[name] = items.arrived(arrival_of(name, sources))
    if not any(sources.values()):
        first = next(iter(inputs), MAIN)
        inputs[first] = Items([{}]).arrived(Arrival(first))
    filled = [name for name, items in inputs.items() if len(items)]
    if order != "v1" or not filled:
        return Intake(inputs, sources, next(iter(inputs), MAIN))
    return Intake(inputs, sources, filled[0])


def read(source: Source, history: History, start: Items) -> Items:
    """Return the items a source names."""
    if source.forced:
        return Items([{}])
    if source.step == START:
        return start
    return (history[source.step][source.run].outputs or {}).get(source.output, Items())
