"""What a run counts of its steps, the same in one piece, in slices, and over several processes."""

from typing import Any

import anyio
import pytest

from nodekit import (
    BatchNode,
    Context,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    NodeError,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    load,
)
from nodekit.engine.surviving import Checkpoints
from nodekit.http import Limit
from nodekit.http.limits import Limiter
from nodekit.store import MemoryStore
from nodekit.testing import FakeClock
from tests.support.answers import answers

URL = "https://a.example/"


class NoParams(Params):
    """None."""


class Odd(ItemNode[NoParams]):
    """Fail for odd numbers, and say for which item."""

    def run_item(self, item: Item, params: NoParams, ctx: Context) -> Item:
        if item.json["n"] % 2:
            raise NodeError(f"item {ctx.item} is odd")
        return item


class Ask(ItemNode[NoParams]):
    """Ask the world, and fail in the first tries: as many as the item says."""

    shut = True

    async def run_item(self, item: Item, params: NoParams, ctx: Context) -> Item:
        n = item.json["n"]
        await ctx.http.json("GET", URL)
        counted = ctx.memory.setdefault("_tries", {})
        counted[n] = counted.get(n, 0) + 1
        if counted[n] <= item.json.get("bad", 0):
            raise NodeError("not yet", retryable="yes")
        if self.shut and item.json.get("end"):
            raise NodeError("the end")
        return item


class Twice(BatchNode[NoParams]):
    """Fail at the first call for all items."""

    def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
        ctx.memory["tries"] = ctx.memory.get("tries", 0) + 1
        if ctx.memory["tries"] < 3:
            raise NodeError("not yet", retryable="yes")
        return inputs["main"]


def flow(*steps: dict[str, Json]) -> Pipeline:
    registry = Registry()
    for name, node in (("odd", Odd), ("ask", Ask), ("twice", Twice)):
        registry.add(name, node)
    return load({"name": "p", "steps": list(steps)}, registry=registry)


def step(type: str, **more: Json) -> dict[str, Json]:
    return {"name": type.title(), "type": type, **more}


class Nowhere:
    """A sink that counts."""

    count = 0

    async def write(self, items: Items) -> None:
        self.count += len(items)

    async def flush(self) -> Json:
        return self.count

    async def restore(self, place: Json) -> None:
        self.count = place or 0

    async def finish(self) -> None:
        """Take note of the end."""


async def went(
    pipeline: Pipeline, rows: list[dict[str, Any]], how: str, store: MemoryStore | None = None
) -> Run:
    """Run a pipeline and return the run, also one that has failed."""
    kept = store or MemoryStore()
    checkpoints = Checkpoints(kept, "r", resume=bool(await kept.runs()))
    lasting = checkpoints if how == "kept" else None
    limits = {"*": Limit(requests=1)}
    async with Runtime(store=kept, clock=FakeClock(), limits=limits) as runtime:
        try:
            if how == "whole":
                return await runtime.run(pipeline, rows)
            return await runtime.run_batches(
                pipeline, [rows], Nowhere(), size=2, checkpoints=lasting
            )
        except RunFailed as failed:
            return failed.run


WAYS = pytest.mark.parametrize("how", ["whole", "slices", "kept"])


@WAYS
async def test_errors_are_counted_by_message_however_many(how: str) -> None:
    rows = [{"n": n} for n in range(5, 2505)]
    run = await went(flow(step("odd", on_error="error_output")), rows, how)
    (odd,) = run.summary()["steps"]
    assert (odd["in"], odd["counts"]) == (2500, {"main": 1250, "error": 1250})
    assert odd["errors"] == {"item 0 is odd": {"first": 0, "count": 1250}}
    assert odd["failed"] == 1250
    if how != "whole":
        assert len(run.errors) == 1000


@WAYS
async def test_tries_and_waiting_are_counted(how: str) -> None:
    rows = [{"n": 0}, {"n": 1, "bad": 2}, {"n": 2}, {"n": 3, "bad": 1}, {"n": 4}]
    ask = step("ask", concurrency=1, retry={"tries": 3, "wait": 0})
    with answers() as told:
        told.get(URL, payload=1, repeat=True)
        run = await went(flow(ask), rows, how)
    (found,) = run.summary()["steps"]
    assert (found["in"], found["tries"], found["retries"]) == (5, 3, 3)
    assert found["waited"] == pytest.approx(7.0, abs=0.2)  # eight calls, a second apart
    assert found["errors"] == {}


@pytest.mark.parametrize("how", ["whole", "kept"])
async def test_tries_of_a_whole_step_are_counted(how: str) -> None:
    rows = [{"n": n} for n in range(5)]
    run = await went(flow(step("twice", retry={"tries": 4, "wait": 0, "of": "step"})), rows, how)
    (found,) = run.summary()["steps"]
    assert (found["status"], found["in"], found["retries"]) == ("success", 5, 2)


async def test_counts_go_on_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"n": n, "bad": n % 2} for n in range(6)]
    ask = step("ask", concurrency=1, retry={"tries": 3, "wait": 0})
    twice = step("twice", retry={"tries": 4, "wait": 0, "of": "step"})
    pipeline, store = flow(twice, ask, step("odd", on_error="error_output")), MemoryStore()
    with answers() as told:
        told.get(URL, payload=1, repeat=True)
        first = await went(pipeline, [*rows, {"n": 6, "end": True}], "kept", store)
        assert first.status == "error"
        before = {found["step"]: found for found in first.summary()["steps"]}
        assert before["Ask"]["retries"] == 3
        monkeypatch.setattr(Ask, "shut", False)
        run = await went(pipeline, [*rows, {"n": 6, "end": True}], "kept", store)
    found = {step["step"]: step for step in run.summary()["steps"]}
    assert (found["Twice"]["in"], found["Twice"]["retries"]) == (7, 2)
    assert found["Ask"]["retries"] == 3
    assert found["Ask"]["waited"] >= before["Ask"]["waited"] - 3
    assert found["Odd"]["errors"] == {"item 1 is odd": {"first": 1, "count": 3}}


class Counting(FakeClock):
    """A clock that takes note of waiting for limits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def waited(self, seconds: float) -> None:
        self.waits.append(seconds)


async def test_waiting_for_a_place_is_waiting_for_a_limit() -> None:
    clock, limiter = Counting(), Limiter()
    limiter.tighten(Limit(at_once=1))
    slots = await limiter.acquire(clock)
    assert slots is not None
    async with anyio.create_task_group() as group:
        group.start_soon(limiter.acquire, clock)
        await anyio.wait_all_tasks_blocked()
        await clock.advance(4)
        slots.release()
    assert clock.waits == [0.0, 4.0]
