"""Slices that leave a stretch as they come: where that may be, and what their items are known by.

A step that need not wait for earlier slices does not know how many items those have brought it.
Until the gap closes, its items are known by their slice and their place in it.
"""

from dataclasses import dataclass

from nodekit.expressions.reading import INDEX
from nodekit.items import Items
from nodekit.links import Link, PairedItem
from nodekit.pipeline.steps import Step
from nodekit.pipeline.wiring import MAIN, START

from .piece import Answer, Journal
from .plan import Plan, remembers
from .run import Carried
from .spans import further

ROOM = 32
"""How many bits of a position in a journal are for the place within a slice."""


def may_scatter(plan: Plan, root: str) -> bool:
    """Whether slices may leave a stretch as they come.

    It must put out what the pipeline does and nothing that a later step reads, and no step of it
    may remember earlier items: what that has seen could not be seen again after a kill.
    """
    names, wanted = plan.stretches[root], plan.pipeline.output
    if wanted is None or wanted[0] not in names:
        return False
    if any(list(plan.boundary(name)) for name in names):
        return False
    return not any(remembers(plan.pipeline.step(name)) for name in names)


def loose_steps(plan: Plan, root: str) -> frozenset[str]:
    """Return the steps of a stretch that need not know where in their input a slice begins."""
    steps = [plan.pipeline.step(name) for name in plan.stretches[root]]
    return frozenset(
        step.name for step in steps if step.name not in plan.in_order and not asks_place(step)
    )


def asks_place(step: Step) -> bool:
    """Whether code of a step, or an expression that its node evaluates, may ask for positions."""
    source = repr(dict(step.template.source))
    return any(name in source for name in INDEX)


def by_origin(items: Items, carried: Carried, adrift: frozenset[str]) -> Items:
    """Return what a slice puts out with links to the run's own input.

    Errors of the steps that do not know their positions say none.
    """
    links: list[Link] = [
        None if at is None else (PairedItem(at, MAIN, START, MAIN, 0),) for at in carried.origins
    ]
    errors = {
        at: further(error, None) if error.step in adrift else error
        for at, error in items.errors.items()
    }
    return Items(items.json, links=links, binary=items.binary, errors=errors)


def first_place(index: int) -> int:
    """Return the position in a journal of the first item of a slice."""
    return index << ROOM


@dataclass(frozen=True, slots=True)
class SliceJournal:
    """A journal as one slice sees it whose position in the step's input nobody knows.

    Args:
        journal: The journal.
        by: How much further behind the items of the slice stand in it.
    """

    journal: Journal
    by: int

    def known(self, position: int) -> Answer | None:
        """Return what was put out for the item at a position, if it was."""
        return self.journal.known(position + self.by)

    async def begin(self, position: int) -> None:
        """Write down that a call begins which must not be repeated blindly."""
        await self.journal.begin(position + self.by)

    async def done(self, position: int, answer: Answer, own: Link) -> None:
        """Write down what was put out; see :class:`Journal`."""
        await self.journal.done(position + self.by, answer, own)
