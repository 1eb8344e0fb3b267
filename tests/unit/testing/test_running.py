"""Running one node through the real motor."""

from pathlib import Path

import pytest

from nodekit import (
    BatchNode,
    Context,
    Credential,
    Inputs,
    Item,
    ItemNode,
    Json,
    NodeError,
    Params,
    PipelineError,
    RunFailed,
    Send,
    State,
)
from nodekit.engine import Event, StepFinished
from nodekit.testing import FakeClock, raises_node_error, run_node


class Given(Params):
    """One value."""

    value: Json = None
    """Anything."""


class Seen(State):
    """How many."""

    count: int = 0


class Key(Credential):
    """A key."""


class Count(ItemNode[Given, Seen]):
    """Count the items."""

    def run_item(self, item: Item, params: Given, ctx: Context[Seen]) -> Item:
        """Count it."""
        ctx.state.count += 1
        if params.value == "fail":
            raise NodeError("told to fail", hint="Tell it otherwise.")
        ctx.hint("counted")
        return item.with_json(value=params.value, count=ctx.state.count)


class Join(BatchNode[Given, None, str]):
    """Put the items of two inputs one after another; the rest is empty."""

    inputs = ("left", "right")

    @classmethod
    def outputs_of(cls, params: Given) -> tuple[str, ...]:
        """Return the outputs."""
        return ("joined", "rest")

    def run_batch(self, inputs: Inputs, params: Given, ctx: Context) -> Send[str]:
        """Join them."""
        if params.value == "fail":
            raise NodeError("all of it")
        return Send("joined", *inputs["left"], *inputs["right"])


async def test_a_node_gets_items_and_gives_json() -> None:
    result = await run_node(Count, {"value": "={{ $json.n }}"}, [Item({"n": 1}), Item({"n": 2})])
    assert result.json == [{"n": 1, "value": 1, "count": 1}, {"n": 2, "value": 2, "count": 2}]
    assert result.items.json == result.json
    assert (result.errors, result.hints) == ([], ["counted", "counted"])
    assert result.run.status == "success"


async def test_without_items_it_gets_one_empty_one() -> None:
    assert (await run_node(Count, {})).json == [{"value": None, "count": 1}]
    assert (await run_node(Count, {}, [])).json == []


async def test_state_goes_in_and_comes_out() -> None:
    result = await run_node(Count, {}, [{}], state=Seen(count=4))
    assert result.state == Seen(count=5)
    assert (await run_node(Count, {}, [])).state == Seen()
    assert (await run_node(Join, {}, {"left": []})).state is None


async def test_several_inputs_are_given_by_name() -> None:
    result = await run_node(Join, {}, {"left": [{"n": 1}], "right": [Item({"n": 2})]})
    assert {name: list(items.json) for name, items in result.outputs.items()} == {
        "joined": [{"n": 1}, {"n": 2}],
        "rest": [],
    }
    assert [(link.input, link.item) for item in result.items for link in item.links or ()] == [
        ("left", 0),
        ("right", 0),
    ]


async def test_an_input_may_get_nothing() -> None:
    result = await run_node(Join, {}, {"left": [], "right": [{"n": 2}]})
    assert result.json == [{"n": 2}]


async def test_settings_credential_vars_and_events_are_handed_on(tmp_path: Path) -> None:
    class Looks(ItemNode[Given]):
        """Look around."""

        credentials = (Key,)

        def run_item(self, item: Item, params: Given, ctx: Context) -> Item:
            """Look."""
            ctx.files.resolve("a.txt")
            return Item({"value": params.value, "held": type(ctx.credential(Key)).__name__})

    seen: list[Event] = []
    result = await run_node(
        Looks,
        {"value": "={{ $vars.region }}"},
        [{}, {}],
        credential=Key(),
        vars={"region": "eu"},
        base=tmp_path,
        clock=FakeClock(7.0),
        on_event=seen.append,
        once=True,
    )
    assert result.json == [{"value": "eu", "held": "Key"}]
    assert result.run.started == 7.0
    assert any(isinstance(event, StepFinished) for event in seen)


async def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(PipelineError):
        await run_node(Count, {}, [{}], concurrency=0)
    with pytest.raises(PipelineError):
        await run_node(Count, {"nothing": 1}, [{}])


async def test_what_failed_and_went_on_is_told() -> None:
    result = await run_node(Count, {"value": "fail"}, [{"n": 1}], on_error="error_output")
    assert [error.message for error in result.errors] == ["told to fail"]
    assert result.outputs["error"].json == [{"n": 1, "error": "told to fail"}]


@pytest.mark.parametrize(
    ("node", "message"),
    [(Count, "item 0: told to fail"), (Join, "all of it")],
    ids=["item", "step"],
)
async def test_a_failure_is_expected_with_its_whole_message(
    node: type[Count | Join], message: str
) -> None:
    items: Json = {"left": [{}], "right": [{}]} if node is Join else [{}]
    with raises_node_error(message):
        await run_node(node, {"value": "fail"}, items)


async def test_another_message_is_not_what_was_expected() -> None:
    with pytest.raises(AssertionError) as failed, raises_node_error("told to fail"):
        await run_node(Count, {"value": "fail"}, [{}])
    assert str(failed.value).splitlines()[0] == "the node failed with 'item 0: told to fail'"


async def test_a_node_that_does_not_fail_is_not_what_was_expected() -> None:
    with pytest.raises(AssertionError) as failed, raises_node_error("told to fail"):
        await run_node(Count, {}, [{}])
    assert str(failed.value) == "the node did not fail with 'told to fail'"


async def test_an_error_of_another_kind_passes_through() -> None:
    with pytest.raises(KeyError), raises_node_error("told to fail"):
        raise KeyError
    with pytest.raises(RunFailed):
        await run_node(Count, {"value": "fail"}, [{}])
