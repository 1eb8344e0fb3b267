"""One run of one step: errors, retries, deadlines, settings, links."""

from collections.abc import Awaitable, Callable, Sequence

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
    Params,
    RunFailed,
    Send,
    State,
)
from nodekit.engine import Event, ItemFailed, StepFinished, StepRetried, StepStarted
from nodekit.testing import FakeClock, raises_node_error, run_node


class ValueParams(Params):
    """One value."""

    value: int = 0
    """A number."""


class Check(ItemNode[ValueParams]):
    """Pass numbers on, refuse those below zero."""

    def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
        """Pass it on."""
        if params.value < 0:
            raise NodeError(f"{params.value} is below zero", hint="Give more.")
        return item.with_json(ok=True)


VALUE = {"value": "={{ $json.n }}"}
MIXED = [{"n": 1}, {"n": -2}, {"n": 3}]


async def test_stop_ends_the_run_at_the_first_failing_item() -> None:
    with pytest.raises(RunFailed) as failed:
        await run_node(Check, VALUE, [{"n": 1}, {"n": -2}, {"n": -3}])
    assert str(failed.value) == 'step "Check", item 1: -2 is below zero'
    assert failed.value.hint == "Give more."
    assert failed.value.run.status == "error"
    assert failed.value.run.steps[0].outputs is None


async def test_continue_sends_the_error_on_in_the_place_of_the_item() -> None:
    result = await run_node(Check, VALUE, MIXED, on_error="continue")
    assert result.json == [
        {"n": 1, "ok": True},
        {"error": "-2 is below zero"},
        {"n": 3, "ok": True},
    ]
    assert [link.item for item in result.items for link in item.links or ()] == [0, 1, 2]
    assert [error.message for error in result.errors] == ["-2 is below zero"]
    assert result.run.status == "success"


async def test_pass_on_lets_the_whole_input_go_on_if_an_item_fails() -> None:
    result = await run_node(Check, VALUE, MIXED, on_error="pass_on")
    assert result.json == MIXED
    assert result.run.steps[0].status == "error"
    assert [error.message for error in result.errors] == ["-2 is below zero"]


async def test_error_output_takes_failing_items_with_their_own_json() -> None:
    result = await run_node(Check, VALUE, MIXED, on_error="error_output")
    assert result.json == [{"n": 1, "ok": True}, {"n": 3, "ok": True}]
    errors = result.outputs["error"]
    assert errors.json == [{"n": -2, "error": "-2 is below zero"}]
    assert [link.item for link in errors[0].links or ()] == [1]
    assert errors[0].error is not None
    assert errors[0].error.item == 1


async def test_a_value_that_does_not_fit_fails_its_item_only() -> None:
    result = await run_node(Check, VALUE, [{"n": "x"}, {"n": 2}], on_error="error_output")
    assert result.json == [{"n": 2, "ok": True}]
    message = "parameter \"value\" wants a whole number, found text 'x'"
    assert result.outputs["error"].json == [{"n": "x", "error": message}]


async def test_a_constant_that_fits_is_read_once() -> None:
    result = await run_node(Check, {"value": 5}, [{"n": 1}, {"n": 2}])
    assert result.json == [{"n": 1, "ok": True}, {"n": 2, "ok": True}]


class Whole(BatchNode[ValueParams]):
    """Fail as a whole."""

    def run_batch(self, inputs: Inputs, params: ValueParams, ctx: Context) -> Items:
        """Fail."""
        raise NodeError("all of it", json={"error": "all of it", "code": 7})


async def test_a_step_that_fails_as_a_whole_stops_the_run() -> None:
    with raises_node_error("all of it"):
        await run_node(Whole, {}, MIXED)


async def test_a_step_that_fails_as_a_whole_passes_its_input_on_under_continue() -> None:
    result = await run_node(Whole, {}, MIXED, on_error="continue")
    assert result.json == MIXED
    assert result.run.steps[0].status == "error"
    assert result.run.status == "success"


async def test_a_step_that_fails_as_a_whole_sends_its_input_to_the_error_output() -> None:
    result = await run_node(Whole, {}, [{"n": 1}], on_error="error_output")
    assert result.json == []
    assert result.outputs["error"].json == [{"n": 1, "error": "all of it", "code": 7}]


async def test_an_exception_of_another_kind_is_reported_as_a_bug() -> None:
    class Buggy(ItemNode[ValueParams]):
        """Break."""

        def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Break."""
            raise KeyError("gone")

    with pytest.raises(RunFailed) as failed:
        await run_node(Buggy, {}, [{}])
    assert str(failed.value) == "step \"Buggy\", item 0: KeyError: 'gone'"
    assert (
        failed.value.hint == "This is a bug in the node; its traceback is the cause of this error."
    )
    assert isinstance(failed.value.cause, KeyError)


class Flaky(ItemNode[ValueParams]):
    """Fail twice, then answer."""

    def __init__(self) -> None:
        self.left = 2

    async def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
        """Fail or answer."""
        if self.left:
            self.left -= 1
            raise ApiError("busy", status=503, retry_after=5 if self.left else None, retryable=True)
        return item.with_json(done=True)


async def test_a_retry_waits_as_long_as_the_service_asks() -> None:
    clock = FakeClock()
    seen: list[Event] = []
    retry = {"tries": 3, "wait": 2, "backoff": 2}
    result = await run_node(Flaky, {}, [{}], clock=clock, retry=retry, on_event=seen.append)
    assert result.json == [{"done": True}]
    assert clock.slept == [5, 4]
    assert result.run.steps[0].tries == 3
    assert [event.wait for event in seen if isinstance(event, StepRetried)] == [5, 4]


async def test_without_retry_the_first_failure_counts() -> None:
    with raises_node_error("item 0: busy"):
        await run_node(Flaky, {}, [{}], clock=FakeClock())


async def test_a_retry_of_other_statuses_leaves_this_one_alone() -> None:
    with raises_node_error("item 0: busy"):
        await run_node(Flaky, {}, [{}], clock=FakeClock(), retry={"tries": 3, "on": [429]})


async def test_an_error_of_unknown_outcome_is_never_repeated() -> None:
    class Sent(ItemNode[ValueParams]):
        """Send something, and lose the answer."""

        async def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Send."""
            raise NodeError("no answer", retryable="unknown")

    clock = FakeClock()
    result = await run_node(
        Sent, {}, [{}], clock=clock, retry={"tries": 9, "on": "any"}, on_error="continue"
    )
    assert clock.slept == []
    assert result.errors[0].outcome == "unknown"


class Batch(BatchNode[ValueParams]):
    """Fail twice, then pass on."""

    tries = 0

    async def run_batch(self, inputs: Inputs, params: ValueParams, ctx: Context) -> Items:
        """Fail or pass on."""
        ctx.memory["tries"] = ctx.memory.get("tries", 0) + 1
        if ctx.memory["tries"] < 3:
            raise NodeError("not yet", retryable=True)
        return inputs.main


async def test_the_call_of_a_batch_node_is_repeated() -> None:
    clock = FakeClock()
    result = await run_node(Batch, {}, MIXED, clock=clock, retry={"tries": 3, "wait": 1})
    assert result.json == MIXED
    assert clock.slept == [1, 1]
    assert result.run.steps[0].tries == 3


@pytest.mark.parametrize("batch", [False, True], ids=["item", "batch"])
async def test_a_call_that_takes_too_long_is_an_error_like_others(batch: bool) -> None:
    class Slow(ItemNode[ValueParams]):
        """Take long."""

        async def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Wait for ever."""
            assert ctx.deadline == ctx.now() + 3
            clock.move_soon(3)
            await anyio.sleep_forever()
            return item

    class SlowBatch(BatchNode[ValueParams]):
        """Take long."""

        async def run_batch(self, inputs: Inputs, params: ValueParams, ctx: Context) -> Items:
            """Wait for ever."""
            clock.move_soon(3)
            await anyio.sleep_forever()
            return inputs.main

    clock = MovingClock()
    place = "" if batch else "item 0: "
    with raises_node_error(f"{place}timed out after 3 s"):
        await run_node(SlowBatch if batch else Slow, {}, [{}], clock=clock, timeout=3)


class MovingClock(FakeClock):
    """A clock that moves when it is told to, at the next opportunity."""

    def move_soon(self, seconds: float) -> None:
        """Move the clock now: who waits for it finds its time over at the next wait."""
        self._move(self.now() + seconds)


async def test_once_shows_the_node_the_first_item_only() -> None:
    result = await run_node(Check, {"value": "={{ $input.all().length }}"}, MIXED, once=True)
    assert result.json == [{"n": 1, "ok": True}]


async def test_a_disabled_step_passes_its_first_input_on() -> None:
    result = await run_node(Check, VALUE, MIXED, disabled=True)
    assert result.json == MIXED


async def test_a_pinned_step_puts_out_its_pin() -> None:
    result = await run_node(Check, VALUE, MIXED, pin=[{"p": 1}, {"p": 2}])
    assert result.json == [{"p": 1}, {"p": 2}]
    assert [[link.item for link in item.links or ()] for item in result.items] == [[0], [0]]


class Drop(ItemNode[ValueParams]):
    """Drop everything."""

    def run_item(self, item: Item, params: ValueParams, ctx: Context) -> None:
        """Drop it."""


async def test_always_output_gives_one_empty_item_linked_to_all() -> None:
    result = await run_node(Drop, {}, MIXED, always_output=True)
    assert result.json == [{}]
    assert [link.item for link in result.items[0].links or ()] == [0, 1, 2]


class Fold(BatchNode[ValueParams]):
    """Make one item of all."""

    def run_batch(self, inputs: Inputs, params: ValueParams, ctx: Context) -> Sequence[Item]:
        """Count them."""
        return [Item({"count": len(inputs.main)})]


async def test_an_item_made_of_several_is_linked_to_nothing_by_itself() -> None:
    result = await run_node(Fold, {}, MIXED)
    assert [item.links for item in result.items] == [None]


async def test_an_item_made_of_the_only_one_is_linked_to_it() -> None:
    result = await run_node(Fold, {}, [{}])
    assert [[link.item for link in item.links or ()] for item in result.items] == [[0]]


class EachParams(Params):
    """A value for every item."""

    value: Each[int]
    """A number."""


class Keep(BatchNode[EachParams]):
    """Keep the items with a value above zero."""

    def run_batch(self, inputs: Inputs, params: EachParams, ctx: Context) -> Items:
        """Keep them."""
        assert len(params.value) == len(inputs.main)
        return inputs.main.take([i for i, value in enumerate(params.value) if value > 0])


async def test_an_item_without_a_value_never_reaches_a_batch_node() -> None:
    items = [{"n": 1}, {"n": "x"}, {"n": 0}, {"n": 4}]
    result = await run_node(Keep, VALUE, items, on_error="error_output")
    assert result.json == [{"n": 1}, {"n": 4}]
    assert [link.item for item in result.items for link in item.links or ()] == [0, 3]
    assert [error.item for error in result.errors] == [1]
    assert [row["n"] for row in result.outputs["error"].json] == ["x"]


WRONG: list[tuple[Callable[[Item], Json], str]] = [
    (lambda item: len(item.json), "returned int, which is not an item"),
    (lambda item: [item, "x"], "returned a list with str in it, which is not an item"),
    (
        lambda item: Send("nowhere", item),
        'sent items to the output "nowhere", which it does not have',
    ),
]


@pytest.mark.parametrize(("answer", "message"), WRONG, ids=["number", "list", "output"])
async def test_what_is_no_item_is_an_error_of_the_node(
    answer: Callable[[Item], Json], message: str
) -> None:
    class Odd(ItemNode[ValueParams]):
        """Return something else."""

        def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Return it."""
            wrong: Item = answer(item)
            return wrong

    with raises_node_error(f"item 0: {message}"):
        await run_node(Odd, {}, [{}])


async def test_a_plain_function_may_return_something_to_await() -> None:
    class Later(ItemNode[ValueParams]):
        """Answer later."""

        def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Awaitable[Item]:
            """Answer."""
            return self.later(item)

        async def later(self, item: Item) -> Item:
            """Answer later."""
            return item.with_json(later=True)

    assert (await run_node(Later, {}, [{}])).json == [{"later": True}]


class CountState(State):
    """How often."""

    count: int = 0


class Counter(ItemNode[ValueParams, CountState]):
    """Count the items of all runs."""

    async def run_item(self, item: Item, params: ValueParams, ctx: Context[CountState]) -> Item:
        """Count it."""
        async with ctx.lock:
            ctx.state.count += 1
            return item.with_json(count=ctx.state.count)


async def test_state_lives_from_run_to_run() -> None:
    first = await run_node(Counter, {}, [{}, {}])
    assert isinstance(first.state, CountState)
    assert first.state.count == 2
    second = await run_node(Counter, {}, [{}], state=first.state)
    assert second.json == [{"count": 3}]


async def test_background_work_that_fails_fails_the_step() -> None:
    class Background(ItemNode[ValueParams]):
        """Start something that breaks."""

        async def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Start it, and wait for ever."""

            async def work() -> None:
                raise NodeError("the background broke")

            ctx.start_soon(work)
            await anyio.sleep_forever()
            return item

    with raises_node_error("the background broke"):
        await run_node(Background, {}, [{}])


async def test_background_work_ends_with_the_step() -> None:
    ended: list[str] = []

    class Background(BatchNode[ValueParams]):
        """Start something that lasts."""

        async def run_batch(self, inputs: Inputs, params: ValueParams, ctx: Context) -> Items:
            """Start it."""

            async def work() -> None:
                try:
                    await anyio.sleep_forever()
                finally:
                    ended.append("yes")

            ctx.start_soon(work)
            await anyio.lowlevel.checkpoint()
            return inputs.main

    result = await run_node(Background, {}, [{}])
    assert result.json == [{}]
    assert ended == ["yes"]


async def test_events_tell_what_happens() -> None:
    seen: list[Event] = []
    await run_node(Check, VALUE, MIXED, on_error="continue", on_event=seen.append)
    told = [event for event in seen if isinstance(event, StepStarted | ItemFailed | StepFinished)]
    assert isinstance(told[0], StepStarted)
    assert told[0].items == 3
    assert isinstance(told[1], ItemFailed)
    assert told[1].error.message == "-2 is below zero"
    assert isinstance(told[2], StepFinished)
    assert told[2].outputs == {"main": 3}


async def test_a_secret_is_shown_nowhere() -> None:
    class Leaky(ItemNode[ValueParams]):
        """Tell a secret."""

        def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Tell it."""
            ctx.secret("hunter22")
            if item.json["n"]:
                raise NodeError("the password is hunter22")
            return item.with_json(password="hunter22")

    result = await run_node(Leaky, {}, [{"n": 0}, {"n": 1}], on_error="continue")
    assert result.json == [{"n": 0, "password": "***"}, {"error": "the password is ***"}]
    assert "hunter22" not in str(result.run.record())


async def test_hints_stand_in_the_record() -> None:
    class Hinting(ItemNode[ValueParams]):
        """Say something."""

        def run_item(self, item: Item, params: ValueParams, ctx: Context) -> Item:
            """Say it."""
            ctx.hint("use less")
            return item

    result = await run_node(Hinting, {}, [{}])
    assert result.hints == ["use less"]
    assert result.run.record()["steps"][0]["hints"] == ["use less"]
