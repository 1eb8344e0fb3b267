"""What a node may use while it runs, through the motor."""

import logging
import threading
from collections.abc import Awaitable, Callable
from logging import getLogger
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import ConfigDict

from nodekit import (
    BatchNode,
    Context,
    Credential,
    ExpressionError,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    NodeError,
    RunFailed,
    Runtime,
    State,
)
from nodekit.engine import Event, StepProgress
from nodekit.engine.world import RedactingLog, returned, take_over
from nodekit.params import UNDEFINED
from nodekit.redact import Redactor
from nodekit.state import Kept, MemoryKeeper
from nodekit.testing import FakeClock, NodeRun, raises_node_error, run_node
from tests.support.flow import Nothing, flow

Call = Callable[[Context[Any]], Awaitable[Json]]


async def asked(call: Call, items: list[Any] | None = None, **more: Any) -> NodeRun:
    """Run a node that puts out what a function returns, for every item."""

    class Asks(ItemNode[Nothing]):
        """Put out the answer."""

        async def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Put it out."""
            return Item({"answer": await call(ctx)})

    return await run_node(Asks, {}, items or [{"n": 1}], **more)


async def answer(call: Call, **more: Any) -> Json:
    return (await asked(call, **more)).json[0]["answer"]


async def test_a_node_knows_where_it_is() -> None:
    async def call(ctx: Context) -> Json:
        return [ctx.step, ctx.run_index, list(ctx.outputs), ctx.timezone, ctx.item, ctx.source]

    assert await answer(call) == ["Asks", 0, ["main"], "UTC", 0, {}]


async def test_a_node_has_its_credential_and_what_is_remembered() -> None:
    class Key(Credential):
        """A key."""

    async def call(ctx: Context) -> Json:
        ctx.memory["seen"] = ctx.memory.get("seen", 0) + 1
        ctx.pipeline_state["all"] = ctx.memory["seen"]
        return [type(ctx.credential(Key)).__name__, ctx.memory["seen"]]

    result = await asked(call, [{}, {}], credential=Key())
    assert [row["answer"] for row in result.json] == [["Key", 1], ["Key", 2]]
    assert result.run.state["pipeline"] == {"all": 2}


async def test_background_work_that_breaks_ends_the_step() -> None:
    async def breaks() -> None:
        raise NodeError("the background broke")

    async def call(ctx: Context) -> Json:
        ctx.start_soon(breaks)
        await anyio.sleep_forever()

    with raises_node_error("the background broke"):
        await asked(call)


async def test_background_work_that_lasts_ends_with_the_step() -> None:
    ended: list[str] = []

    async def lasts() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("yes")

    async def call(ctx: Context) -> Json:
        ctx.start_soon(lasts)
        await anyio.lowlevel.checkpoint()

    await asked(call)
    assert ended == ["yes"]


async def test_a_pipeline_runs_inside_a_run(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("name: inner\nsteps: [{name: A, type: no_op}]\n")

    async def call(ctx: Context) -> Json:
        found = await ctx.run_pipeline("inner.yaml", Items([{"n": 1}, {"n": 2}]))
        return list(found.json)

    assert await answer(call, base=tmp_path) == [{"n": 1}, {"n": 2}]


async def test_the_clock_is_the_runs() -> None:
    async def call(ctx: Context) -> Json:
        before = ctx.now()
        await ctx.sleep(5)
        return ctx.now() - before

    clock = FakeClock()
    assert await answer(call, clock=clock) == 5
    assert clock.slept == [5]


async def test_blocking_work_runs_in_a_thread() -> None:
    async def call(ctx: Context) -> Json:
        return await ctx.thread(threading.get_ident) != threading.get_ident()

    assert await answer(call) is True


async def test_files_stand_below_the_base(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")

    async def call(ctx: Context) -> Json:
        return ctx.files.resolve("a.txt").read_text()

    assert await answer(call, base=tmp_path) == "hello"


async def test_what_is_shared_is_made_once_for_a_step() -> None:
    seen: list[tuple[object, object]] = []

    async def call(ctx: Context) -> Json:
        seen.append((ctx.http, ctx.lock))

    await asked(call, [{}, {}])
    assert seen[0] == seen[1]


async def test_keys_are_the_same_over_retries_and_differ_by_item() -> None:
    keys: list[str] = []

    async def call(ctx: Context) -> Json:
        keys.append(ctx.idempotency_key)
        if len(keys) in (1, 3):
            raise NodeError("again", retryable=True)

    await asked(call, [{}, {}], clock=FakeClock(), retry={"tries": 2})
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert {len(key) for key in keys} == {32}


async def test_progress_is_told_and_hints_are_kept() -> None:
    async def call(ctx: Context) -> Json:
        ctx.progress("half way")
        ctx.hint("use less")

    seen: list[Event] = []
    result = await asked(call, on_event=seen.append)
    texts = [event.text for event in seen if isinstance(event, StepProgress) and event.text]
    assert (texts, result.hints) == (["half way"], ["use less"])


async def test_only_a_node_that_awaits_may_have_background_work() -> None:
    class Plain(ItemNode[Nothing]):
        """Start something."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Start it."""
            ctx.start_soon(anyio.sleep_forever)
            return item

    with raises_node_error(
        "item 0: RuntimeError: only a node that awaits something can have background work"
    ):
        await run_node(Plain, {}, [{}])


class Free(State):
    """Whatever JavaScript leaves."""

    model_config = ConfigDict(extra="allow")


class Script(BatchNode[Nothing, Free]):
    """Run JavaScript."""

    body = ""
    each = False

    async def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context[Free]) -> list[Item]:
        """Run it."""
        found = await ctx.javascript(self.body, inputs.main, each=self.each)
        rows = [{"error": v.message} if isinstance(v, ExpressionError) else dict(v) for v in found]
        return [Item({**row, "shared": dict(ctx.pipeline_state)}) for row in rows]


async def test_javascript_gives_values_and_leaves_static_data() -> None:
    class Counts(Script):
        """Count."""

        body = """
            const own = $getWorkflowStaticData('node'), all = $getWorkflowStaticData('global');
            own.count = (own.count || 0) + $input.all().length; all.seen = true;
            return $input.all().length;
        """

    result = await run_node(Counts, {}, [{}, {}])
    assert result.json == [{"value": 2, "shared": {"seen": True}}]
    assert result.state is not None
    assert result.state.model_dump() == {"count": 2}
    again = await run_node(Counts, {}, [{}], state=result.state)
    assert again.state is not None
    assert again.state.model_dump() == {"count": 3}


async def test_javascript_runs_for_each_item() -> None:
    class EachOf(Script):
        """Fail, or give nothing, or a number."""

        body = "if ($json.n === 1) throw new Error('no'); return $json.n ? $json.n : undefined;"
        each = True

    result = await run_node(EachOf, {}, [{"n": 0}, {"n": 1}, {"n": 2}])
    (nothing, failed, two) = result.json
    assert "value" not in nothing
    assert failed["error"].startswith("no")
    assert two["value"] == 2


async def test_javascript_works_without_a_state_of_its_own() -> None:
    async def call(ctx: Context) -> Json:
        return list(await ctx.javascript("return 1 + 1", Items([{}])))

    assert await answer(call) == [{"value": 2}]


async def test_an_expression_is_evaluated_for_the_item_at_hand() -> None:
    async def call(ctx: Context) -> Json:
        return await ctx.evaluate("={{ $json.n + $response.page }}", {"$response": {"page": 10}})

    result = await asked(call, [{"n": 1}, {"n": 2}])
    assert [row["answer"] for row in result.json] == [11, 12]


async def test_undefined_is_none() -> None:
    async def call(ctx: Context) -> Json:
        return await ctx.evaluate("={{ $json.nothing }}", {})

    assert await answer(call) is None


async def test_an_expression_that_stops_is_raised() -> None:
    async def call(ctx: Context) -> Json:
        return await ctx.evaluate("={{ $('no' + 'where').first() }}", {})

    with raises_node_error("item 0: Referenced node doesn't exist"):
        await asked(call)


async def test_keep_state_keeps_it_at_once() -> None:
    class Counted(State):
        """A number."""

        count: int = 0

    class Keeps(ItemNode[Nothing, Counted]):
        """Keep the number, then fail."""

        state_kept = "on_success"

        async def run_item(self, item: Item, params: Nothing, ctx: Context[Counted]) -> Item:
            """Keep it."""
            ctx.state.count = 1
            await ctx.keep_state()
            ctx.state.count = 2
            raise NodeError("no")

    pipeline = flow([{"name": "Keeps", "type": "keeps"}], {"keeps": Keeps})
    keeper = MemoryKeeper()
    async with Runtime(store=keeper) as runtime:
        for _ in range(2):
            with pytest.raises(RunFailed) as failed:
                await runtime.run(pipeline)
        assert failed.value.run.state["steps"] == {"Keeps": {"count": 2}}
    assert keeper.rows["test", "Keeps"] == Kept({"count": 1}, 1)


def logged(caplog: pytest.LogCaptureFixture, call: Callable[[RedactingLog], None]) -> list[str]:
    with caplog.at_level(logging.INFO, "nodekit.step.Here"):
        call(RedactingLog(getLogger("nodekit.step.Here"), Redactor(["hunter22"])))
    return [caplog.handler.format(record) for record in caplog.records]


def failing(log: RedactingLog) -> None:
    try:
        raise ValueError("hunter22 is wrong")
    except ValueError:
        log.exception("it broke")


LOGGED: list[tuple[str, Callable[[RedactingLog], None], str]] = [
    ("text", lambda log: log.info("say hunter22"), "say ***"),
    ("value", lambda log: log.info("say %s of %d", "hunter22", 2), "say *** of 2"),
    ("mapping", lambda log: log.info("say %(word)s", {"word": "hunter22"}), "say ***"),
    ("percent", lambda log: log.info("100%"), "100%"),
    ("exception", lambda log: log.error("no", exc_info=ValueError("hunter22")), "ValueError: ***"),
    ("traceback", failing, "ValueError: *** is wrong"),
]


@pytest.mark.parametrize(("call", "last"), [c[1:] for c in LOGGED], ids=[c[0] for c in LOGGED])
def test_a_log_shows_no_secret(
    caplog: pytest.LogCaptureFixture, call: Callable[[RedactingLog], None], last: str
) -> None:
    (line,) = logged(caplog, call)
    assert line.endswith(last)
    assert "hunter22" not in line


def test_what_is_below_the_level_is_not_put_together(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, lambda log: log.debug("%s", "x")) == []


async def test_the_log_of_a_step_bears_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def call(ctx: Context) -> Json:
        ctx.secret("hunter22")
        ctx.log.warning("look at %s", "hunter22")

    with caplog.at_level(logging.WARNING, "nodekit"):
        await asked(call)
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        ("nodekit.step.Asks", "look at ***")
    ]


def test_what_javascript_gave_is_told_apart() -> None:
    error = ExpressionError("no")
    assert returned(error) is error
    assert (returned(UNDEFINED), returned(None)) == ({}, {"value": None})


def test_what_is_remembered_is_changed_in_place() -> None:
    kept: dict[str, Json] = {"a": 1}
    take_over(kept, {"a": 1})
    take_over(kept, {"b": 2})
    assert kept == {"b": 2}
