"""A run over slices goes on behind what was written down, wherever it was cut off."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.loop import Loop

from nodekit import (
    Context,
    Item,
    ItemNode,
    Items,
    Json,
    NodeError,
    Pipeline,
    Run,
    RunFailed,
    Runtime,
    StateError,
    load,
)
from nodekit.engine.surviving import Checkpoints
from nodekit.store import MemoryStore
from nodekit.testing import FakeClock
from tests.unit.engine.test_batches import (
    PIPELINES,
    N,
    NumberParams,
    Total,
    lists,
    pipeline,
    registry,
    step,
)


class Cut(Exception):
    """Stands for the death of a process."""


class Death(BaseException):
    """Stands for the death of a process in the middle of a call."""


class Kept:
    """A sink that can go back, and dies after so many items."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.left: int | None = None

    async def write(self, items: Items) -> None:
        for row in items.json:
            if self.left == 0:
                raise Cut
            self.left = None if self.left is None else self.left - 1
            self.rows.append(dict(row))

    async def flush(self) -> Json:
        if self.left == 0:
            raise Cut
        return len(self.rows)

    async def restore(self, place: Json) -> None:
        del self.rows[place or 0 :]

    async def finish(self) -> None:
        """Take note of the end."""


async def attempt(
    flow: Pipeline, rows: Sequence[dict[str, Any]], sink: Kept, store: MemoryStore, **more: Any
) -> Run:
    checkpoints = Checkpoints(store, "run", **more)
    async with Runtime(store=store, clock=FakeClock()) as runtime:
        return await runtime.run_batches(
            flow, lists(rows, 3), sink, size=2, checkpoints=checkpoints
        )


async def undisturbed(flow: Pipeline, rows: Sequence[dict[str, Any]]) -> tuple[Any, Run]:
    sink = Kept()
    run = await attempt(flow, rows, sink, MemoryStore())
    return sink.rows, run


def steps_of(run: Run) -> list[tuple[str, int, dict[str, int], int, Json]]:
    return [
        (step.step, step.taken, dict(step.counts), step.failed, step.why().record())
        for step in run.steps
    ]


@given(
    numbers=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=3),
    name=st.sampled_from(list(PIPELINES)),
)
@settings(deadline=None, max_examples=60)
async def test_a_run_that_was_cut_off_gives_the_same_in_the_end(
    numbers: list[int], cuts: list[int], name: str
) -> None:
    rows = [{"n": n} for n in numbers]
    flow = pipeline(PIPELINES[name])
    expected, whole = await undisturbed(flow, rows)
    sink, store = Kept(), MemoryStore()
    resume = False
    for left in cuts:
        sink.left = left
        try:
            await attempt(flow, rows, sink, store, resume=resume)
            break
        except Cut:
            resume = True
    else:
        sink.left = None
        run = await attempt(flow, rows, sink, store, resume=resume)
        assert steps_of(run) == steps_of(whole)
        assert run.state == whole.state
    assert sink.rows == expected


async def test_answers_of_a_step_that_waits_are_not_asked_for_again() -> None:
    calls: list[int] = []

    class Ask(ItemNode[NumberParams]):
        """Ask the world."""

        async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Ask."""
            if len(calls) == 5:
                raise Cut
            calls.append(params.n)
            return item.with_json(answer=params.n * 10)

    nodes = registry()
    nodes.add("ask", Ask)
    flow = pipeline_with(nodes, [step("Ask", "ask", N)])
    rows = [{"n": n} for n in range(8)]
    sink, store = Kept(), MemoryStore()
    with pytest.raises(RunFailed):
        await attempt(flow, rows, sink, store)
    assert calls == [0, 1, 2, 3, 4]
    calls.append(-1)
    await attempt(flow, rows, sink, store, resume=True)
    assert calls == [0, 1, 2, 3, 4, -1, 5, 6, 7]
    assert [row["answer"] for row in sink.rows] == [n * 10 for n in range(8)]


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_what_a_step_remembers_is_kept_with_its_answers(concurrency: int) -> None:
    calls: list[int] = []

    class Ask(ItemNode[NumberParams, Total]):
        """Ask the world, and add up."""

        async def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Ask."""
            calls.append(params.n)
            await ctx.sleep(0)
            if params.n == 5 and calls.count(5) == 1:
                raise Cut
            ctx.state.total += params.n
            return item

    nodes = registry()
    nodes.add("ask", Ask)
    flow = pipeline_with(nodes, [step("Ask", "ask", N, concurrency=concurrency)])
    rows = [{"n": n} for n in range(8)]
    sink, store = Kept(), MemoryStore()
    with pytest.raises(RunFailed):
        await attempt(flow, rows, sink, store)
    run = await attempt(flow, rows, sink, store, resume=True)
    assert [row["n"] for row in sink.rows] == list(range(8))
    assert run.state == {"pipeline": {}, "steps": {"Ask": {"total": 28}}}
    assert len(calls) <= 8 + concurrency


@pytest.mark.parametrize("output", ["Door", ".last"])
async def test_what_a_slice_that_failed_has_added_counts_once(
    output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Count(ItemNode[NumberParams, Total]):
        """Count the items."""

        def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Count one."""
            ctx.state.total += 1
            return item

    class Door(ItemNode[NumberParams]):
        """Let nobody pass from three on while it is shut."""

        shut = True

        def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Let it pass."""
            if self.shut and params.n >= 3:
                raise NodeError("shut")
            return item

    nodes = registry()
    nodes.add("count", Count)
    nodes.add("door", Door)
    steps = [step("Count", "count", N), step("Door", "door", N)]
    flow = load({"name": "p", "steps": steps, "output": output}, registry=nodes)
    rows = [{"n": n} for n in range(6)]
    sink, store = Kept(), MemoryStore()
    for resume in (False, True):
        with pytest.raises(RunFailed):
            await attempt(flow, rows, sink, store, resume=resume)
    monkeypatch.setattr(Door, "shut", False)
    run = await attempt(flow, rows, sink, store, resume=True)
    assert run.state["steps"] == {"Count": {"total": 6}}
    kept = await store.read("p", "Count")
    assert kept is not None
    assert kept.row == {"total": 6}


async def test_what_only_a_success_may_keep_waits_in_the_run() -> None:
    class Watermark(ItemNode[NumberParams, Total]):
        """Add up; what a failed run has added does not count."""

        state_kept = "on_success"

        def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Add it."""
            ctx.state.total += params.n
            return item.with_json(total=ctx.state.total)

    nodes = registry()
    nodes.add("watermark", Watermark)
    flow = pipeline_with(nodes, [step("Watermark", "watermark", N)])
    rows = [{"n": n} for n in range(1, 7)]
    sink, store = Kept(), MemoryStore()
    sink.left = 4
    with pytest.raises(Cut):
        await attempt(flow, rows, sink, store)
    assert await store.read("p", "Watermark") is None
    sink.left = None
    await attempt(flow, rows, sink, store, resume=True)
    assert [row["total"] for row in sink.rows] == [1, 3, 6, 10, 15, 21]
    kept = await store.read("p", "Watermark")
    assert kept is not None
    assert kept.row == {"total": 21}


async def test_memory_is_kept_but_for_what_a_node_can_make_anew() -> None:
    class Count(ItemNode[NumberParams, Total]):
        """Number the items."""

        def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Number one."""
            ctx.memory.setdefault("_made", {("a", 1): object()})
            ctx.memory["count"] = ctx.memory.get("count", 0) + 1
            return item.with_json(count=ctx.memory["count"])

    nodes = registry()
    nodes.add("count", Count)
    flow = pipeline_with(nodes, [step("Count", "count", N)])
    rows = [{"n": n} for n in range(7)]
    sink, store = Kept(), MemoryStore()
    sink.left = 5
    with pytest.raises(Cut):
        await attempt(flow, rows, sink, store)
    sink.left = None
    await attempt(flow, rows, sink, store, resume=True)
    assert [row["count"] for row in sink.rows] == [1, 2, 3, 4, 5, 6, 7]


async def test_memory_that_cannot_be_written_down_is_refused() -> None:
    class Hoard(ItemNode[NumberParams, Total]):
        """Remember what nobody can write down."""

        def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Remember it."""
            ctx.memory["thing"] = object
            return item

    nodes = registry()
    nodes.add("hoard", Hoard)
    flow = pipeline_with(nodes, [step("Hoard", "hoard", N)])
    with pytest.raises(StateError) as refused:
        await attempt(flow, [{"n": 1}], Kept(), MemoryStore())
    assert refused.value.message == (
        "memory/5/Hoard/0/thing: cannot be written down: "
        "Object of type type is not JSON serializable"
    )


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_a_loop_goes_on_in_the_middle(size: int) -> None:
    calls: list[int] = []

    class Body(ItemNode[NumberParams]):
        """Do something to an item; fail once at the seventh."""

        async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Do it."""
            calls.append(params.n)
            if params.n == 6 and calls.count(6) == 1:
                raise NodeError("once")
            return item.with_json(seen=True)

    nodes = registry()
    nodes.add("loop", Loop)
    nodes.add("body", Body)
    steps = [
        step("Loop", "loop", {"size": size}, back="Body"),
        step("Body", "body", N, input="Loop.loop"),
        step("End", "fields", {"fields": {"n": "={{ $json.n }}"}}, input="Loop.done"),
    ]
    flow = pipeline_with(nodes, steps)
    rows = [{"n": n} for n in range(9)]
    sink, store = Kept(), MemoryStore()
    with pytest.raises(RunFailed):
        await attempt(flow, rows, sink, store)
    run = await attempt(flow, rows, sink, store, resume=True)
    assert [row["n"] for row in sink.rows] == list(range(9))
    assert calls == [0, 1, 2, 3, 4, 5, 6, 6, 7, 8]
    assert len(run.step("Loop")) == -(-9 // size) + 1


async def test_a_call_whose_fate_is_unknown_is_not_repeated_but_reported() -> None:
    calls: list[int] = []

    class Send(ItemNode[NumberParams]):
        """Send something that must not be sent twice."""

        repeatable = False

        async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Send."""
            calls.append(params.n)
            if params.n == 1 and calls.count(1) == 1:
                raise Death
            return item

    nodes = registry()
    nodes.add("send", Send)
    flow = pipeline_with(nodes, [step("Send", "send", N, on_error="error_output")])
    rows = [{"n": n} for n in range(3)]
    sink, store = Kept(), MemoryStore()
    with pytest.raises(BaseExceptionGroup):
        await attempt(flow, rows, sink, store)
    run = await attempt(flow, rows, sink, store, resume=True)
    assert sorted(calls) == [0, 1, 2]
    assert [row["n"] for row in sink.rows] == [0, 2]
    (error,) = run.errors
    assert error.outcome == "unknown"
    assert error.item == 1
    assert (
        error.message == "the process ended during this call; whether it had its effect is unknown"
    )


def pipeline_with(nodes: Any, steps: list[dict[str, Any]]) -> Pipeline:
    return load({"nodekit": 1, "name": "p", "steps": steps}, registry=nodes)


CHANGED = 'the pipeline changed since run "run" began'


async def test_a_changed_pipeline_is_refused_unless_forced() -> None:
    rows = [{"n": 1}, {"n": 2}, {"n": 4}]
    sink, store = Kept(), MemoryStore()
    sink.left = 1
    with pytest.raises(Cut):
        await attempt(pipeline([step("Refuse", "refuse", N)]), rows, sink, store)
    other = pipeline([step("Refuse", "refuse", {"n": "={{ $json.n + 0 }}"})])
    sink.left = None
    with pytest.raises(StateError) as refused:
        await attempt(other, rows, sink, store, resume=True)
    assert refused.value.message == CHANGED
    await attempt(other, rows, sink, store, resume=True, force=True)
    assert [row["n"] for row in sink.rows] == [1, 2, 4]


async def test_a_changed_input_is_refused() -> None:
    rows = [{"n": 1}, {"n": 2}]
    sink, store = Kept(), MemoryStore()
    sink.left = 1
    flow = pipeline([step("Refuse", "refuse", N)])
    with pytest.raises(Cut):
        await attempt(flow, rows, sink, store, input_print="a")
    sink.left = None
    with pytest.raises(StateError) as refused:
        await attempt(flow, rows, sink, store, resume=True, input_print="b")
    assert refused.value.message == 'the input changed since run "run" began'


async def test_a_run_that_is_over_or_unknown_cannot_go_on() -> None:
    sink, store = Kept(), MemoryStore()
    flow = pipeline([step("Refuse", "refuse", N)])
    with pytest.raises(StateError) as unknown:
        await attempt(flow, [{"n": 1}], sink, store, resume=True)
    assert unknown.value.message == 'there is no run "run"'
    await attempt(flow, [{"n": 1}], sink, store)
    with pytest.raises(StateError) as over:
        await attempt(flow, [{"n": 1}], sink, store, resume=True)
    assert over.value.message == 'run "run" is over: nothing is left to do'
