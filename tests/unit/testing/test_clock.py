"""The clock that tests move."""

from collections.abc import Sequence

import anyio
import pytest
from hypothesis import given, settings, strategies as st

from nodekit.testing import FakeClock


async def test_a_sleep_moves_the_clock_by_itself() -> None:
    clock = FakeClock(100.0)
    await clock.sleep(5)
    await clock.sleep(2.5)
    assert (clock.now(), clock.slept) == (107.5, [5, 2.5])


async def test_a_scope_is_canceled_when_the_clock_has_moved_so_far() -> None:
    clock = FakeClock()
    with clock.scope(5) as scope:
        await clock.sleep(4)
        assert not scope.cancel_called
        await clock.sleep(1)
    assert scope.cancelled_caught


async def test_a_scope_without_a_time_is_never_canceled() -> None:
    clock = FakeClock()
    with clock.scope(None) as scope:
        await clock.sleep(1e9)
    assert not scope.cancel_called


async def test_a_sleeper_that_was_canceled_leaves_the_others_alone() -> None:
    clock, woken = FakeClock(auto=False), list[str]()

    async def sleeper(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await clock.sleep(5)
            woken.append(name)

    scopes = [anyio.CancelScope() for _ in "ab"]
    async with anyio.create_task_group() as group:
        for name, scope in zip("ab", scopes, strict=True):
            group.start_soon(sleeper, name, scope)
        await clock.settle()
        scopes[0].cancel()
        await clock.advance(5)
    assert woken == ["b"]


@given(
    sleeps=st.lists(st.integers(0, 9), max_size=6),
    steps=st.lists(st.integers(0, 4), max_size=6),
)
@settings(deadline=None, max_examples=40)
async def test_sleepers_wake_exactly_when_their_time_has_come(
    sleeps: Sequence[int], steps: Sequence[int]
) -> None:
    clock, woken = FakeClock(0.0, auto=False), set[int]()

    async def sleeper(at: int) -> None:
        await clock.sleep(sleeps[at])
        woken.add(at)

    async with anyio.create_task_group() as group:
        for at in range(len(sleeps)):
            group.start_soon(sleeper, at)
        await clock.settle()
        for step in steps:
            await clock.advance(step)
            assert woken == {at for at, until in enumerate(sleeps) if until <= clock.now()}
        assert clock.now() == sum(steps)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("auto", [True, False])
async def test_time_never_goes_back(auto: bool) -> None:
    clock = FakeClock(10.0, auto=auto)
    await clock.advance(-3)
    assert clock.now() == 10.0
