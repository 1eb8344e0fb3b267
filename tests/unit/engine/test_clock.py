"""The system's clock."""

import time

import anyio
import pytest

from nodekit.engine.clock import Clock


def test_it_tells_the_systems_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 42.5)
    assert Clock().now() == 42.5


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
