"""Laws of the motor: order, links, retries."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nodekit import Context, Fixed, Item, ItemNode, Json, NodeError, Params, Send
from nodekit.testing import FakeClock, run_node


class WaitParams(Params):
    """How an item behaves."""

    copies: int = 1
    """How many items it becomes."""

    turns: int = 0
    """How often it lets others go first."""

    failures: int = 0
    """How often it fails before it is done."""


class Waiter(ItemNode[WaitParams]):
    """Let others go first, fail as often as told, then put out copies."""

    tried: dict[int, int]
    lane_running: dict[Json, int]

    def __init__(self) -> None:
        self.tried = {}

    async def run_item(self, item: Item, params: WaitParams, ctx: Context) -> Sequence[Item]:
        """Put out the copies."""
        for _ in range(params.turns):
            await ctx.sleep(0)
        at = ctx.item or 0
        self.tried[at] = self.tried.get(at, 0) + 1
        if self.tried[at] <= params.failures:
            raise NodeError(f"try {self.tried[at]}", retryable=True)
        return [item.with_json(copy=copy) for copy in range(params.copies)]


class PlainWaiter(ItemNode[WaitParams]):
    """The same as a plain function."""

    def __init__(self) -> None:
        self.tried: dict[int, int] = {}

    def run_item(self, item: Item, params: WaitParams, ctx: Context) -> Sequence[Item]:
        """Put out the copies."""
        at = ctx.item or 0
        self.tried[at] = self.tried.get(at, 0) + 1
        if self.tried[at] <= params.failures:
            raise NodeError(f"try {self.tried[at]}", retryable=True)
        return [item.with_json(copy=copy) for copy in range(params.copies)]


PARAMS = {name: f"={{{{ $json.{name} }}}}" for name in ("copies", "turns", "failures")}

rows = st.lists(
    st.fixed_dictionaries(
        {"copies": st.integers(0, 3), "turns": st.integers(0, 4), "failures": st.integers(0, 3)}
    ),
    max_size=12,
)


def numbered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"n": n, **row} for n, row in enumerate(items)]


@pytest.mark.parametrize("node", [Waiter, PlainWaiter])
@given(items=rows, concurrency=st.integers(1, 6))
@settings(deadline=None, max_examples=60)
async def test_output_order_is_input_order_and_links_lead_to_real_inputs(
    node: type[ItemNode[WaitParams]], items: list[dict[str, Any]], concurrency: int
) -> None:
    given_items = numbered(items)
    result = await run_node(
        node,
        PARAMS,
        given_items,
        clock=FakeClock(),
        concurrency=concurrency,
        on_error="error_output",
        retry={"tries": 3, "wait": 0},
    )
    done = [(row["n"], row["copy"]) for row in result.json]
    assert done == [
        (row["n"], copy)
        for row in given_items
        if row["failures"] < 3
        for copy in range(row["copies"])
    ]
    for item in result.items:
        assert item.links is not None
        assert [given_items[link.item]["n"] for link in item.links] == [item.json["n"]]


@pytest.mark.parametrize("node", [Waiter, PlainWaiter])
@given(items=rows, concurrency=st.integers(1, 6), tries=st.integers(1, 4))
@settings(deadline=None, max_examples=60)
async def test_an_item_is_routed_after_its_last_try_exactly_once(
    node: type[ItemNode[WaitParams]], items: list[dict[str, Any]], concurrency: int, tries: int
) -> None:
    given_items = numbered(items)
    result = await run_node(
        node,
        PARAMS,
        given_items,
        clock=FakeClock(),
        concurrency=concurrency,
        on_error="error_output",
        retry={"tries": tries, "wait": 0},
    )
    failed = [row for row in given_items if row["failures"] >= tries]
    errors = result.outputs["error"]
    assert [row["n"] for row in errors.json] == [row["n"] for row in failed]
    assert [row["error"] for row in errors.json] == [f"try {tries}"] * len(failed)
    assert [error.item for error in result.errors] == [row["n"] for row in failed]
    routed = {row["n"] for row in errors.json}
    assert routed.isdisjoint(row["n"] for row in result.json)


class LaneParams(Params):
    """Which lane an item is in."""

    lane: Json
    """The lane."""

    turns: int
    """How often it lets others go first."""


class Laned(ItemNode[LaneParams]):
    """Write down the order in which items of a lane begin and end."""

    seen: list[tuple[str, Json, int]] = []  # noqa: RUF012  # the test reads it

    def lane(self, item: Item, params: LaneParams) -> Json:
        """Return the lane."""
        return params.lane

    async def run_item(self, item: Item, params: LaneParams, ctx: Context) -> Item:
        """Begin, let others go first, end."""
        self.seen.append(("begin", params.lane, ctx.item or 0))
        for _ in range(params.turns):
            await ctx.sleep(0)
        self.seen.append(("end", params.lane, ctx.item or 0))
        return item


@given(
    items=st.lists(
        st.fixed_dictionaries(
            {"lane": st.sampled_from(["a", "b", "c"]), "turns": st.integers(0, 4)}
        ),
        max_size=12,
    ),
    concurrency=st.integers(1, 5),
)
@settings(deadline=None, max_examples=60)
async def test_items_of_one_lane_run_one_after_another_in_input_order(
    items: list[dict[str, Any]], concurrency: int
) -> None:
    Laned.seen = []
    params = {"lane": "={{ $json.lane }}", "turns": "={{ $json.turns }}"}
    result = await run_node(Laned, params, items, clock=FakeClock(), concurrency=concurrency)
    assert result.json == items
    for lane in "abc":
        events = [(what, at) for what, name, at in Laned.seen if name == lane]
        expected = [at for at, row in enumerate(items) if row["lane"] == lane]
        assert events == [(what, at) for at in expected for what in ("begin", "end")]


class SortParams(Params):
    """Which output takes an item."""

    to: Fixed[str] = "even"
    """Where odd items do not go."""


class Sorter(ItemNode[SortParams, None, str]):
    """Send even and odd numbers to different outputs."""

    @classmethod
    def outputs_of(cls, params: SortParams) -> tuple[str, ...]:
        """Return the outputs."""
        return ("even", "odd")

    def run_item(self, item: Item, params: SortParams, ctx: Context) -> Send[str]:
        """Send it."""
        return Send("odd" if item.json["n"] % 2 else "even", item)


@given(numbers=st.lists(st.integers(0, 9), max_size=20))
@settings(deadline=None, max_examples=60)
async def test_every_item_leaves_by_one_output_linked_to_itself(numbers: list[int]) -> None:
    result = await run_node(Sorter, {}, [{"n": n} for n in numbers])
    for name, parity in (("even", 0), ("odd", 1)):
        items = result.outputs.get(name, [])
        assert [item.json["n"] for item in items] == [n for n in numbers if n % 2 == parity]
        for item in items:
            assert [numbers[link.item] for link in item.links or ()] == [item.json["n"]]
