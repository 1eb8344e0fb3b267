"""Slices of a long input, what comes of them, and what their items take along."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

from nodekit.items import ItemError, Items, Json
from nodekit.links import moved

from .run import Carried, NotKept, StepRun

Place = tuple[str, str]
"""A step and one of its outputs."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some items of the input of a stretch.

    ``carried`` is what they take along, where they are not the run's own input; ``offset`` the
    position of the first.
    """

    index: int
    offset: int
    rows: Items
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of one slice.

    ``left`` is what left the stretch, ``taken`` how many items each step took, and ``offsets`` the
    position of the first in the step's whole input. ``states`` and ``memories`` are what the steps
    that go in order remember behind it. ``failed`` are the errors of items, with the position in
    the run's input each goes back to.
    """

    slice: Slice
    left: dict[Place, tuple[Items, Carried]] = field(
        default_factory=dict[Place, tuple[Items, Carried]]
    )
    results: dict[str, StepRun] = field(default_factory=dict[str, StepRun])
    taken: dict[str, int] = field(default_factory=dict[str, int])
    offsets: dict[str, int] = field(default_factory=dict[str, int])
    states: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    memories: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    failed: list[tuple[int | None, ItemError]] = field(
        default_factory=list[tuple[int | None, ItemError]]
    )


class SliceFailed(Exception):
    """A step stopped at an error: the run of it that did, and those of the steps before it."""

    def __init__(self, result: StepRun, before: Sequence[StepRun]) -> None:
        super().__init__(result.step)
        self.result = result
        self.before = before


class OneRun(Sequence[StepRun]):
    """The runs of a step of which only the one at hand is known."""

    def __init__(self, place: int, run: StepRun) -> None:
        self.place = place
        self.run = run

    def __len__(self) -> int:
        return self.place + 1

    @overload
    def __getitem__(self, index: int) -> StepRun: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[StepRun]: ...
    def __getitem__(self, index: int | slice) -> StepRun | Sequence[StepRun]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index not in (self.place, -1):
            raise NotKept(f"run {index} of {self.run.step!r} is not kept")
        return self.run


def in_whole(items: Items, first: int) -> Items:
    """Return what came of a slice with links to the step's whole input.

    ``first`` is the position in it of the first item of the slice.
    """
    return items if items.links is None else items.linked(moved(items.links, first))


def joined(parts: Sequence[Carried]) -> Carried:
    """Put what items take along one after another, as the items are."""
    names = dict.fromkeys(name for part in parts for name in part.ancestors)
    ancestors = {name: [item for p in parts for item in p.ancestors[name]] for name in names}
    return Carried([at for part in parts for at in part.origins], ancestors)


@overload
def cut(rows: Items, carried: Carried, start: int, stop: int) -> tuple[Items, Carried]: ...
@overload
def cut(
    rows: Items, carried: Carried | None, start: int, stop: int
) -> tuple[Items, Carried | None]: ...
def cut(
    rows: Items, carried: Carried | None, start: int, stop: int
) -> tuple[Items, Carried | None]:
    """Return some of the items, with what they take along."""
    if carried is None:
        return rows[start:stop], None
    kept = {name: found[start:stop] for name, found in carried.ancestors.items()}
    return rows[start:stop], Carried(carried.origins[start:stop], kept)
