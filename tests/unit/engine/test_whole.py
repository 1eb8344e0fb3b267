"""A run in one piece: what it puts out, and what it forgets."""

from collections.abc import Sequence
from typing import Literal

import pytest

from nodekit import (
    BatchNode,
    Context,
    Inputs,
    Item,
    ItemNode,
    Json,
    NodeError,
    Params,
    Pipeline,
    RunFailed,
    Runtime,
)
from tests.support.flow import Nothing, flow


class Double(ItemNode[Nothing]):
    """Put out every item twice."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Sequence[Item]:
        """Double it."""
        return [item, item]


class Silent(BatchNode[Nothing]):
    """Give nothing at all."""

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> None:
        """Give nothing."""


class Fail(ItemNode[Nothing]):
    """Fail."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Fail."""
        raise NodeError("no")


NODES = {"double": Double, "silent": Silent, "fail": Fail}
CHAIN: list[dict[str, Json]] = [
    {"name": "A", "type": "double"},
    {"name": "B"},
    {"name": "C", "type": "double"},
]


async def counts(pipeline: Pipeline, retain: str = "output") -> dict[str, int]:
    """Run a pipeline and return how many items every step still holds."""
    async with Runtime() as runtime:
        run = await runtime.run(pipeline, [{"n": 1}], retain="all" if retain == "all" else "output")
    return {step.step: len((step.outputs or {})["main"]) for step in run.steps}


async def test_everything_is_kept_unless_only_the_output_is_asked_for() -> None:
    assert await counts(flow(CHAIN, NODES), "all") == {"A": 2, "B": 2, "C": 4}
    assert await counts(flow(CHAIN, NODES)) == {"A": 0, "B": 0, "C": 4}


async def test_counts_stay_when_items_are_dropped() -> None:
    async with Runtime() as runtime:
        run = await runtime.run(flow(CHAIN, NODES), [{"n": 1}], retain="output")
    assert [step.counts for step in run.steps] == [{"main": 2}, {"main": 2}, {"main": 4}]
    assert len(run.items) == 4


async def test_the_output_of_a_step_in_the_middle_is_kept() -> None:
    assert await counts(flow(CHAIN, NODES, output="B")) == {"A": 0, "B": 2, "C": 0}


async def test_the_last_run_is_kept_where_it_is_the_output() -> None:
    assert await counts(flow(CHAIN, NODES, output=".last")) == {"A": 0, "B": 0, "C": 4}


async def test_items_that_a_waiting_step_has_still_to_read_are_kept() -> None:
    class Join(BatchNode[Nothing]):
        """Put two inputs one after another."""

        inputs = ("left", "right")

        def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Sequence[Item]:
            """Join them."""
            return [*inputs["left"], *inputs["right"]]

    steps: list[dict[str, Json]] = [
        {"name": "A"},
        {"name": "B"},
        {"name": "C"},
        {"name": "J", "type": "join", "input": {"left": "A", "right": "C"}},
    ]
    assert await counts(flow(steps, {"join": Join})) == {"A": 0, "B": 0, "C": 0, "J": 2}


async def test_items_that_an_expression_asks_for_are_kept() -> None:
    steps: list[dict[str, Json]] = [
        *CHAIN[:2],
        {"name": "C", "type": "asks", "params": {"value": "={{ $('A').item }}"}},
    ]

    class Asking(Params):
        """Asks."""

        value: Json
        """Anything."""

    class Asks(ItemNode[Asking]):
        """Put out what was asked for."""

        def run_item(self, item: Item, params: Asking, ctx: Context) -> Item:
            """Put it out."""
            return item.with_json(asked=params.value)

    assert await counts(flow(steps, {**NODES, "asks": Asks})) == {"A": 2, "B": 2, "C": 2}


async def test_a_run_in_which_nothing_ran_puts_out_nothing() -> None:
    async with Runtime() as runtime:
        run = await runtime.run(flow([{"name": "A"}], output=".last"), [])
    assert (len(run.items), run.steps, run.last_step) == (0, [], None)


async def test_a_node_that_gives_nothing_at_all_has_not_run() -> None:
    steps = [{"name": "A", "type": "silent"}, {"name": "B"}]
    async with Runtime() as runtime:
        run = await runtime.run(flow(steps, NODES), [{}])
    assert run.steps == []


async def test_the_run_ends_at_the_step_that_fails() -> None:
    steps = [{"name": "A"}, {"name": "B", "type": "fail"}, {"name": "C"}]
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(flow(steps, NODES), [{}])
    run = failed.value.run
    assert [(step.step, step.status) for step in run.steps] == [("A", "success"), ("B", "error")]
    assert (run.status, run.failed_step) == ("error", "B")
    assert run.error is not None
    assert run.error.message == "no"


ENDLESS: list[dict[str, Json]] = [{"name": "A", "input": ".start", "back": "B"}, {"name": "B"}]


@pytest.mark.parametrize("retain", ["all", "output"])
async def test_a_loop_ends_when_a_step_has_run_as_often_as_it_may(
    retain: Literal["all", "output"],
) -> None:
    pipeline = flow(ENDLESS, settings={"max_runs": 50})
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(pipeline, [{}], retain=retain)
    assert str(failed.value) == 'step "A": ran 50 times, as often as a step may'
    run = failed.value.run
    assert run.error is not None
    assert run.error.hint == "Look for a loop that does not end, or set settings.max_runs to more."
    assert (run.status, len(run.steps), run.failed_step) == ("error", 100, "A")


async def test_a_loop_ends_in_slices_too() -> None:
    pipeline = flow(ENDLESS, settings={"max_runs": 50})
    async with Runtime() as runtime:
        with pytest.raises(RunFailed, match='step "A": ran 50 times, as often as a step may'):
            await runtime.run_batches(pipeline, [[{}]])


async def test_a_loop_may_run_as_often_as_it_may() -> None:
    class Count(ItemNode[Nothing]):
        """Pass an item on until it has come so often."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item | None:
            """Count it."""
            return item.with_json(n=item.json["n"] + 1) if item.json["n"] < 49 else None

    steps: list[dict[str, Json]] = [
        {"name": "A", "type": "count", "input": ".start", "back": "A"},
        {"name": "B"},
    ]
    async with Runtime() as runtime:
        pipeline = flow(steps, {"count": Count}, settings={"max_runs": 50})
        run = await runtime.run(pipeline, [{"n": 0}], retain="output")
    assert len([step for step in run.steps if step.step == "A"]) == 50
