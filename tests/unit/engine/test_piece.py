"""The gate: so many at once, earlier slices first, nobody lost."""

import asyncio
from collections.abc import Sequence

import anyio
import anyio.lowlevel
from hypothesis import given, settings, strategies as st

from nodekit.engine.piece import WHOLE, Gate

SETTLE = 20


async def settle() -> None:
    """Let other tasks run until they wait for something."""
    for _ in range(SETTLE):
        await anyio.lowlevel.checkpoint()


class Visit:
    """A task that wants to enter a gate."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scope = anyio.CancelScope()
        self.leave = anyio.Event()
        self.task: asyncio.Task[None] | None = None

    async def go(self, gate: Gate, order: int, inside: list[str]) -> None:
        self.task = asyncio.current_task()
        with self.scope:
            async with gate.entered(order):
                inside.append(self.name)
                await self.leave.wait()


async def test_those_of_earlier_slices_enter_first_and_equals_as_they_came() -> None:
    gate, inside = Gate(1), list[str]()
    visits = [Visit(name) for name in "abcde"]
    async with anyio.create_task_group() as group:
        for visit, order in zip(visits, [5, 3, 2, 3, 1], strict=True):
            group.start_soon(visit.go, gate, order, inside)
            await settle()
        for name in "aecbd":
            next(visit for visit in visits if visit.name == name).leave.set()
            await settle()
    assert inside == ["a", "e", "c", "b", "d"]


async def test_who_gives_up_leaves_the_queue() -> None:
    gate, inside = Gate(1), list[str]()
    first, second, third = visits = [Visit(name) for name in "abc"]
    async with anyio.create_task_group() as group:
        for visit in visits:
            group.start_soon(visit.go, gate, 0, inside)
        await settle()
        second.scope.cancel()
        await settle()
        first.leave.set()
        await settle()
        third.leave.set()
    assert inside == ["a", "c"]


async def test_a_place_given_to_somebody_who_gives_up_is_handed_on() -> None:
    gate, inside = Gate(1), list[str]()
    first, second, third = visits = [Visit(name) for name in "abc"]
    async with anyio.create_task_group() as group:
        for visit in visits:
            group.start_soon(visit.go, gate, 0, inside)
        await settle()
        first.leave.set()
        await anyio.lowlevel.checkpoint()
        assert second.task is not None
        second.task.cancel()
        await settle()
        third.leave.set()
    assert inside == ["a", "c"]


@given(
    places=st.integers(1, 3),
    orders=st.lists(st.integers(0, 3), max_size=8),
    canceled=st.sets(st.integers(0, 7)),
)
@settings(deadline=None, max_examples=40)
async def test_never_more_than_its_places_and_everybody_in_the_end(
    places: int, orders: Sequence[int], canceled: set[int]
) -> None:
    gate, inside = Gate(places), list[str]()
    visits = [Visit(str(at)) for at in range(len(orders))]
    async with anyio.create_task_group() as group:
        for visit, order in zip(visits, orders, strict=True):
            group.start_soon(visit.go, gate, order, inside)
        await settle()
        assert len(inside) == min(places, len(orders))
        waiting = [v for v in visits if v.name not in inside]
        given_up = [v for v in waiting if int(v.name) in canceled]
        for visit in given_up:
            visit.scope.cancel()
        await settle()
        for visit in visits:
            visit.leave.set()
    expected = {v.name for v in visits} - {v.name for v in given_up}
    assert set(inside) == expected
    later = [orders[int(name)] for name in inside[min(places, len(orders)) :]]
    assert later == sorted(later)


def test_the_whole_input_begins_at_its_beginning() -> None:
    assert (WHOLE.offset, WHOLE.number, WHOLE.gate, WHOLE.journal) == (0, 0, None, None)
