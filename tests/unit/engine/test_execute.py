"""Tries of a whole step, and what ends one early."""

from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from nodekit import (
    ApiError,
    BatchNode,
    Context,
    Each,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    NodeError,
    PairedItem,
    Params,
    RunFailed,
    Runtime,
    State,
)
from nodekit.engine import Event, StepRetried
from nodekit.testing import FakeClock, raises_node_error, run_node
from tests.support.flow import Nothing, flow

STEP = {"tries": 3, "wait": 1, "of": "step", "on": "any"}


class Tries(State):
    """How often the node was called."""

    calls: int = 0


class FailsFor(Params):
    """When it fails."""

    below: int = 0
    """It fails in calls before this one."""


class Flaky(ItemNode[FailsFor, Tries]):
    """Fail in the first calls."""

    def run_item(self, item: Item, params: FailsFor, ctx: Context[Tries]) -> Item:
        """Fail or pass on."""
        ctx.state.calls += 1
        if ctx.state.calls < params.below:
            raise NodeError(f"call {ctx.state.calls}")
        return item.with_json(call=ctx.state.calls)


ROWS: list[dict[str, Json]] = [{"n": 1}, {"n": 2}]


async def test_a_step_that_failed_is_repeated_with_all_its_items() -> None:
    clock, seen = FakeClock(), list[Event]()
    result = await run_node(
        Flaky, {"below": 2}, ROWS, retry=STEP, clock=clock, on_event=seen.append
    )
    assert [row["call"] for row in result.json] == [2, 3]
    assert (clock.slept, result.run.steps[0].tries) == ([1], 2)
    retried = [event for event in seen if isinstance(event, StepRetried)]
    assert [(event.error.message, event.tries, event.wait) for event in retried] == [
        ("call 1", 1, 1.0)
    ]


async def test_a_step_whose_first_item_failed_softly_is_repeated() -> None:
    result = await run_node(
        Flaky, {"below": 2}, ROWS, retry=STEP, clock=FakeClock(), on_error="continue"
    )
    assert [row["call"] for row in result.json] == [3, 4]
    assert result.errors == []


async def test_the_last_try_counts_whatever_it_gives() -> None:
    result = await run_node(
        Flaky, {"below": 99}, ROWS, retry=STEP, clock=FakeClock(), on_error="continue"
    )
    assert [row["error"] for row in result.json] == ["call 5", "call 6"]
    with raises_node_error("item 0: call 3"):
        await run_node(Flaky, {"below": 99}, ROWS, retry=STEP, clock=FakeClock())


async def test_what_may_not_be_repeated_ends_the_step_at_once() -> None:
    clock = FakeClock()
    with raises_node_error("item 0: call 1"):
        await run_node(Flaky, {"below": 99}, ROWS, retry={**STEP, "on": "retryable"}, clock=clock)
    assert clock.slept == []


class Says(Params):
    """What is put out."""

    error: Json = None
    """What stands for an error in the first call."""


class Speaks(BatchNode[Says]):
    """Put out an item with something under `error` in the first call."""

    def run_batch(self, inputs: Inputs, params: Says, ctx: Context) -> Sequence[Item]:
        """Put it out."""
        ctx.memory["calls"] = ctx.memory.get("calls", 0) + 1
        if params.error == "drop":
            return []
        first = ctx.memory["calls"] == 1
        return [Item({"error": params.error} if first else {"calls": ctx.memory["calls"]})]


@pytest.mark.parametrize(
    ("error", "calls"),
    [("text", 2), ({"code": 1}, 2), ("", 2), (None, 1), (False, 1), ("drop", 1)],
    ids=repr,
)
async def test_an_item_that_stands_for_an_error_is_one(error: Json, calls: int) -> None:
    result = await run_node(Speaks, {"error": error}, [{}], retry=STEP, clock=FakeClock())
    assert result.run.steps[0].tries == calls


class Background(BatchNode[Nothing]):
    """Start something that breaks."""

    async def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Start it, and wait for ever."""

        async def breaks() -> None:
            raise ApiError("gone", status=503)

        ctx.start_soon(breaks)
        await anyio.sleep_forever()
        return inputs.main


async def test_background_work_of_a_batch_that_breaks_ends_the_step() -> None:
    with raises_node_error("gone"):
        await run_node(Background, {}, [{}])


@pytest.mark.parametrize("kind", ["plain", "waits", "batch"])
async def test_a_run_that_is_asked_to_stop_makes_no_further_try(kind: str) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        runtime.stop()
        raise NodeError("again", retryable=True)

    class Plain(ItemNode[Nothing]):
        """Ask to stop, and fail."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> None:
            """Fail."""
            fail()

    class Waits(ItemNode[Nothing]):
        """Ask to stop, and fail."""

        async def run_item(self, item: Item, params: Nothing, ctx: Context) -> None:
            """Fail."""
            fail()

    class Batch(BatchNode[Nothing]):
        """Ask to stop, and fail."""

        def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> None:
            """Fail."""
            fail()

    pipeline = flow(
        [{"name": "A", "type": kind, "retry": {"tries": 5, "wait": 0}}],
        {"plain": Plain, "waits": Waits, "batch": Batch},
    )
    async with Runtime(clock=FakeClock()) as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(pipeline, [{}, {}])
    assert (str(failed.value), failed.value.run.status) == ("the run: stopped", "canceled")
    assert len(calls) == 1


async def test_a_lane_that_cannot_be_told_fails_its_item() -> None:
    class Laned(ItemNode[Nothing]):
        """Has lanes."""

        def lane(self, item: Item, params: Nothing) -> Json:
            """Return the lane."""
            return item.json["lane"]

        async def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Pass it on."""
            return item

    result = await run_node(Laned, {}, [{"lane": 1}, {}], on_error="error_output")
    assert result.json == [{"lane": 1}]
    assert [(error.item, error.message) for error in result.errors] == [(1, "KeyError: 'lane'")]


async def test_a_pin_that_says_where_it_came_from_keeps_its_links() -> None:
    pipeline = flow([{"name": "A", "pin": [{}]}])
    pin = Items([{"p": 1}], links=[(PairedItem(1),)])
    pipeline = replace(pipeline, steps=(replace(pipeline.step("A"), pin=pin),))
    async with Runtime() as runtime:
        run = await runtime.run(pipeline, [{}, {}])
    assert list(run.items) == [Item({"p": 1}, links=(PairedItem(1),))]


class Values(Params):
    """A value for every item."""

    value: Each[int]
    """A number."""


class Numbers(BatchNode[Values]):
    """Pass on what has a number."""

    def run_batch(self, inputs: Inputs, params: Values, ctx: Context) -> Items:
        """Pass it on."""
        return inputs.main


async def test_an_item_without_a_value_ends_a_batch_that_stops_at_errors() -> None:
    with raises_node_error("item 1: parameter \"value\" wants a whole number, found text 'x'"):
        rows: list[dict[str, Json]] = [{"n": 1}, {"n": "x"}]
        await run_node(Numbers, {"value": "={{ $json.n }}"}, rows)


async def test_a_batch_that_is_asked_to_stop_within_is_stopped() -> None:
    class Outer(BatchNode[Nothing]):
        """Run a pipeline, and ask to stop meanwhile."""

        async def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
            """Run it."""
            runtime.stop()
            return await ctx.run_pipeline("inner", inputs.main)

    pipeline = flow([{"name": "A", "type": "outer"}], {"outer": Outer})
    inner = flow([{"name": "B"}], id="inner")
    async with Runtime(load=lambda *_: inner) as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(pipeline)
    assert failed.value.run.status == "canceled"
