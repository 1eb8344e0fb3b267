"""Which output feeds which input: the graph of a pipeline, without what flows through it."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

START = ".start"
"""The source of what a run was given; no step can have this name."""

MAIN = "main"


class Wire(NamedTuple):
    """One connection, from an output of a step (or the start) to an input of a step."""

    source: str
    output: str
    target: str
    input: str


class Wiring:
    """The wires of a pipeline.

    Args:
        inputs: The steps in file order, and the names of the inputs of each that the file
            mentions, in order. An input with nothing connected counts (n8n: null connections).
        wires: The connections in the order in which they were made.
        outputs: The outputs of each step, in declared order, ``error`` last.
    """

    def __init__(
        self,
        inputs: Mapping[str, Sequence[str]],
        wires: Iterable[Wire],
        outputs: Mapping[str, Sequence[str]],
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.wires = tuple(wires)
        self.order = {step: place for place, step in enumerate(inputs)}
        self._from: dict[tuple[str, str], list[Wire]] = {}
        self._into: dict[str, list[Wire]] = {}
        for wire in self.wires:
            self._from.setdefault((wire.source, wire.output), []).append(wire)
            self._into.setdefault(wire.target, []).append(wire)

    def leaving(self, step: str, output: str) -> Sequence[Wire]:
        """Return the wires that leave an output."""
        return self._from.get((step, output), ())

    def entering(self, step: str) -> Sequence[Wire]:
        """Return the wires that enter a step."""
        return self._into.get(step, ())

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        return {step: self._walk_up(step) for step in self.inputs}

    def _walk_up(self, step: str) -> frozenset[str]:
        found: set[str] = set()
        todo = deque([step])
        while todo:
            for wire in self.entering(todo.popleft()):
                if wire.source not in found:
                    found.add(wire.source)
                    todo.append(wire.source)
        return frozenset(found - {START})

    def ancestors(self, step: str) -> frozenset[str]:
        """Return every step from which data can reach this one; itself, if it is in a circle."""
        return self._ancestors[step]

    def way(self, source: str, target: str) -> int:
        """Return the position of the output of ``source`` that leads to ``target``, shortest way.

        It is 0 where none does (n8n: the default branch of ``$('Step').all()``).
        """
        seen = {target}
        todo = deque([target])
        while todo:
            for wire in self.entering(todo.popleft()):
                if wire.source == source:
                    return list(self.outputs[source]).index(wire.output)
                if wire.source not in seen:
                    seen.add(wire.source)
                    todo.append(wire.source)
        return 0
