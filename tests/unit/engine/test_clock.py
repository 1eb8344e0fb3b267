"""The system's clock."""

import time

import anyio
import pytest

from nodekit.engine.clock import Clock


def test_it_begins_with_the_systems_time() -> None:
    assert Clock().now() == pytest.approx(time.time(), abs=60)


def test_it_goes_on_evenly_when_somebody_sets_the_systems_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: before + 1e6)
    assert before <= clock.now() < before + 60


async def test_a_sleep_can_be_canceled() -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Clock().sleep(1e6)
    assert scope.cancelled_caught


async def test_a_scope_ends_when_its_time_is_over() -> None:
    with Clock().scope(0) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_scope_without_a_time_never_ends() -> None:
    assert Clock().scope(None).deadline == float("inf")
    assert Clock().scope(5).deadline == pytest.approx(anyio.current_time() + 5, abs=1)
