"""A run that is cancelled at any moment leaves nothing behind, and loses no secret."""

import asyncio
from dataclasses import replace
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from nodekit_nodes_chatkit import ChatKit

from nodekit import Pipeline, Registry, Runtime, load
from nodekit.state import MemoryKeeper
from tests.support.chatkit import HOSTED_SEND, Bench


def pipeline(bench: Bench) -> Pipeline:
    registry = Registry()
    registry.add("chatkit", ChatKit)
    step = {"name": "Say", "type": "chatkit", "params": HOSTED_SEND, "concurrency": 3}
    flow = load({"nodekit": 1, "name": "say", "steps": [step]}, registry=registry)
    account = bench.running.account
    return replace(flow, steps=tuple(replace(s, credential=account) for s in flow.steps))


def ours() -> set[asyncio.Task[Any]]:
    """Return the tasks that go on, but for the emulator's connections."""
    return {task for task in asyncio.all_tasks() if "RequestHandler" not in repr(task.get_coro())}


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233])
async def test_a_run_cancelled_at_any_moment_leaves_nothing(bench: Bench, turns: int) -> None:
    keeper, flow = MemoryKeeper(), pipeline(bench)
    items = [{"text": f"text {n}"} for n in range(5)]
    before = ours()

    async def run() -> list[Any]:
        async with Runtime(store=keeper, clock=bench.clock) as runtime:
            return list((await runtime.run(flow, items)).items.json)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert ours() == before
    answers = await run()
    assert len(answers) == len(items)
    assert ours() == before
