"""Long work of a node, done in a thread a stretch at a time."""

from collections.abc import Callable, Generator
from typing import TypeVar, cast

import anyio
import anyio.lowlevel
import pytest
from nodekit_nodes_core import background
from nodekit_nodes_core.background import drained

from nodekit import Context

T = TypeVar("T")


class Inline:
    """A context whose threads are none, and that counts them."""

    def __init__(self, after: Callable[[], None] = lambda: None) -> None:
        self.after = after
        self.stretches = 0

    async def thread(self, call: Callable[[], T]) -> T:
        """Run a stretch, then what comes after it."""
        self.stretches += 1
        result = call()
        self.after()
        await anyio.lowlevel.checkpoint()
        return result


def counting(closed: list[bool]) -> Generator[int, None, None]:
    """Yield some numbers, and note when it is over."""
    try:
        yield from range(3)
    finally:
        closed.append(True)


async def test_all_values_come_in_order() -> None:
    ctx = Inline()
    assert await drained(cast("Context[object]", ctx), counting([])) == [0, 1, 2]
    assert ctx.stretches == 1


async def test_long_work_is_done_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "STRETCH", 0)
    ctx = Inline()
    assert await drained(cast("Context[object]", ctx), counting([])) == [0, 1, 2]
    assert ctx.stretches == 4


async def test_a_cancellation_ends_it_between_two_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "STRETCH", 0)
    closed: list[bool] = []
    found: list[int] = []
    with anyio.CancelScope() as scope:
        ctx = Inline(scope.cancel)
        found = await drained(cast("Context[object]", ctx), counting(closed))
    assert (ctx.stretches, found, closed) == (1, [], [True])
