"""The owner of resources: turns, stopping, time-outs, cancellation, states."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr

from nodekit import (
    Context,
    Item,
    ItemNode,
    Items,
    Json,
    Pipeline,
    Run,
    RunFailed,
    Runtime,
    State,
    run_sync,
)
from nodekit.context import SubPipeline
from nodekit.engine import Event, StepStarted
from nodekit.engine.running import Running
from nodekit.engine.runtime import ALPHABET, as_items, lists_of, new_id
from nodekit.engine.sinks import Sink
from nodekit.state import Kept, MemoryKeeper
from nodekit.testing import FakeClock
from tests.support.flow import Nothing, flow


class Count(State):
    """A number."""

    count: int = 0


class Meeting:
    """Where the nodes of a test meet it."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.entered = anyio.Event()
        self.leave = anyio.Event()


MEETING = Meeting()


@pytest.fixture(autouse=True)
def meeting() -> Meeting:
    """Return a new meeting, known to the nodes."""
    global MEETING  # a node is made by the motor, and so cannot be given one
    MEETING = Meeting()
    return MEETING


async def met() -> None:
    MEETING.inside += 1
    MEETING.most = max(MEETING.most, MEETING.inside)
    MEETING.entered.set()
    try:
        await MEETING.leave.wait()
    finally:
        MEETING.inside -= 1


class Counts(ItemNode[Nothing, Count]):
    """Count the item, and wait until the test says so."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Count]) -> Item:
        """Count it."""
        ctx.state.count += 1
        await met()
        return item.with_json(count=ctx.state.count)


class Waits(ItemNode[Nothing]):
    """Wait until the test says so."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Wait."""
        await met()
        return item


class Sleeps(ItemNode[Nothing, Count]):
    """Count the item, and take twenty seconds."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Count]) -> Item:
        """Sleep."""
        ctx.state.count += 1
        await ctx.sleep(20)
        return item


NODES: dict[str, Any] = {"counts": Counts, "waits": Waits, "sleeps": Sleeps}


def one(kind: str, **top: Json) -> Pipeline:
    return flow([{"name": "A", "type": kind}, {"name": "B"}], NODES, **top)


async def settle() -> None:
    for _ in range(30):
        await anyio.lowlevel.checkpoint()


async def at_once(pipelines: Sequence[Pipeline], meeting: Meeting) -> list[Run]:
    """Run pipelines at once, in one runtime."""
    runs: list[Run] = []
    async with Runtime() as runtime, anyio.create_task_group() as group:

        async def go(pipeline: Pipeline) -> None:
            runs.append(await runtime.run(pipeline, [{}]))

        for pipeline in pipelines:
            group.start_soon(go, pipeline)
        await settle()
        meeting.leave.set()
    return runs


async def test_runs_of_a_pipeline_that_keeps_state_take_turns(meeting: Meeting) -> None:
    runs = await at_once([one("counts")] * 3, meeting)
    assert meeting.most == 1
    assert [run.items.json for run in runs] == [[{"count": n}] for n in (1, 2, 3)]


async def test_runs_without_state_go_on_at_once(meeting: Meeting) -> None:
    await at_once([one("waits")] * 3, meeting)
    assert meeting.most == 3


async def test_runs_of_different_pipelines_go_on_at_once(meeting: Meeting) -> None:
    await at_once([one("counts", id="one"), one("counts", id="two")], meeting)
    assert meeting.most == 2


async def test_stopping_lets_what_goes_on_end_and_keeps_the_state(meeting: Meeting) -> None:
    keeper = MemoryKeeper()
    failures: list[RunFailed] = []
    async with Runtime(store=keeper) as runtime:

        async def go() -> None:
            with pytest.raises(RunFailed) as failed:
                await runtime.run(one("counts"), [{}, {}, {}])
            failures.append(failed.value)

        async with anyio.create_task_group() as group:
            group.start_soon(go)
            await meeting.entered.wait()
            runtime.stop()
            runtime.stop()
            meeting.leave.set()
        (failed,) = failures
        assert (str(failed), failed.run.status) == ("the run: stopped", "canceled")
        assert keeper.rows["test", "A"] == Kept({"count": 1}, 1)
        again = await runtime.run(one("counts"), [{}])
    assert (again.status, again.items.json) == ("success", [{"count": 2}])


async def test_stopping_reaches_runs_that_wait_for_their_turn(meeting: Meeting) -> None:
    messages: list[str] = []
    keeper = MemoryKeeper()
    async with Runtime(store=keeper) as runtime:

        async def go() -> None:
            with pytest.raises(RunFailed) as failed:
                await runtime.run(one("counts"), [{}])
            messages.append(str(failed.value))

        async with anyio.create_task_group() as group:
            group.start_soon(go)
            await meeting.entered.wait()
            group.start_soon(go)
            await settle()
            runtime.stop()
            meeting.leave.set()
    assert messages == ["the run: stopped"] * 2
    assert keeper.rows["test", "A"] == Kept({"count": 1}, 1)


async def test_a_run_whose_time_is_up_is_canceled_and_keeps_no_state() -> None:
    keeper, clock = MemoryKeeper(), FakeClock()
    async with Runtime(store=keeper, clock=clock) as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(one("sleeps", settings={"timeout": "10s"}), [{}])
    run = failed.value.run
    assert (str(failed.value), run.status) == ("the run: timed out after 10 s", "canceled")
    assert run.error is not None
    assert run.error.type == "TimedOut"
    assert keeper.rows == {}
    assert run.record()["status"] == "canceled"


async def test_a_run_in_time_is_a_success() -> None:
    async with Runtime(clock=FakeClock()) as runtime:
        run = await runtime.run(one("sleeps", settings={"timeout": "30s"}), [{}])
    assert run.status == "success"


async def test_cancellation_passes_through_and_keeps_no_state(meeting: Meeting) -> None:
    keeper = MemoryKeeper()
    raised: list[type[BaseException]] = []
    async with Runtime(store=keeper) as runtime:

        async def go() -> None:
            try:
                await runtime.run(one("counts"), [{}])
            except anyio.get_cancelled_exc_class() as canceled:
                raised.append(type(canceled))
                raise

        async with anyio.create_task_group() as group:
            group.start_soon(go)
            await meeting.entered.wait()
            group.cancel_scope.cancel()
        assert raised == [asyncio.CancelledError]
        assert (keeper.rows, meeting.inside) == ({}, 0)
        meeting.leave.set()
        run = await runtime.run(one("counts"), [{}])
    assert run.items.json == [{"count": 1}]


class Adding(Counts):
    """Adds up what several runs have counted."""

    @classmethod
    def merge_state(cls, base: Count | None, stored: Count, mine: Count) -> Count:
        """Add them."""
        return Count(count=stored.count + mine.count - (base.count if base else 0))


async def test_two_runtimes_on_one_store_merge_what_they_counted(meeting: Meeting) -> None:
    keeper = MemoryKeeper()
    pipeline = flow([{"name": "A", "type": "adding"}], {"adding": Adding})

    async def go() -> None:
        async with Runtime(store=keeper) as runtime:
            await runtime.run(pipeline, [{}])

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(go)
        await settle()
        meeting.leave.set()
    assert meeting.most == 2
    assert keeper.rows["test", "A"] == Kept({"count": 2}, 2)


async def test_state_lives_as_long_as_a_runtime_without_a_store(meeting: Meeting) -> None:
    meeting.leave.set()
    async with Runtime() as runtime:
        counted = [(await runtime.run(one("counts"), [{}])).items.json for _ in range(2)]
    assert counted == [[{"count": 1}], [{"count": 2}]]
    async with Runtime() as runtime:
        assert (await runtime.run(one("counts"), [{}])).items.json == [{"count": 1}]


async def test_two_versions_of_a_node_stand_side_by_side() -> None:
    class Old(ItemNode[Nothing]):
        """The way it was."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Say so."""
            return item.with_json(version=1)

    class New(ItemNode[Nothing]):
        """The way it is."""

        version = 2
        previous = Old

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Say so."""
            return item.with_json(version=2)

    async with Runtime() as runtime:
        found: list[Json] = []
        for kind in ("both@1", "both@2", "both"):
            pipeline = flow([{"name": "A", "type": kind}], {"both": New})
            found += (await runtime.run(pipeline, [{}])).items.json
            assert any("version" in problem.message for problem in pipeline.warnings) == (
                kind == "both"
            )
    assert [row["version"] for row in found] == [1, 2, 2]


class Outer(ItemNode[Nothing, Count]):
    """Count, and run another pipeline inside this run."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Count]) -> Item:
        """Run it."""
        ctx.state.count += 1
        inner = await ctx.run_pipeline("inner", Items([item.json]))
        return item.with_json(inner=list(inner.json))


async def test_a_run_inside_another_does_not_wait_for_it(meeting: Meeting) -> None:
    meeting.leave.set()
    seen: list[Event] = []
    asked: list[tuple[SubPipeline, Path]] = []

    def load(source: SubPipeline, base: Path) -> Pipeline:
        asked.append((source, base))
        return one("counts")

    pipeline = flow([{"name": "A", "type": "outer"}], {"outer": Outer})
    async with Runtime(load=load, on_event=seen.append) as runtime:
        run = await runtime.run(pipeline, [{"n": 1}, {"n": 2}])
    assert [row["inner"] for row in run.items.json] == [
        [{"n": 1, "count": 1}],
        [{"n": 2, "count": 2}],
    ]
    assert asked == [(SubPipeline("inner"), pipeline.base)]
    assert [event.step for event in seen if isinstance(event, StepStarted)] == ["A"]


class Surviving:
    """Writes down when it is asked for what."""

    run = "kept"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def begin(self, pipeline: Pipeline) -> None:
        self.asked.append(f"begin {pipeline.name}")

    async def finish(self, running: Running) -> None:
        self.asked.append(f"finish {running.run.id} {running.run.status}")

    async def steps(
        self, running: Running, source: AsyncIterator[Items], sink: Sink, size: int
    ) -> None:
        async for items in source:
            await sink.write(items)


async def test_a_run_that_survives_is_written_down_from_begin_to_finish() -> None:
    checkpoints = Surviving()
    async with Runtime() as runtime:
        run = await runtime.run_batches(PLAIN, [[{"n": 1}]], checkpoints=checkpoints)
    assert checkpoints.asked == ["begin test", "finish kept success"]
    assert (run.id, run.items.json) == ("kept", [{"n": 1}])


async def test_secrets_that_are_remembered_are_shown_nowhere() -> None:
    class Secret(State):
        """A secret."""

        token: SecretStr = SecretStr("")

    class Shows(ItemNode[Nothing, Secret]):
        """Show it."""

        def run_item(self, item: Item, params: Nothing, ctx: Context[Secret]) -> Item:
            """Show it."""
            return item.with_json(shown=ctx.state.token.get_secret_value())

    keeper = MemoryKeeper()
    keeper.rows["test", "A"] = Kept({"token": SecretStr("hunter22")}, 1)
    pipeline = flow([{"name": "A", "type": "shows"}], {"shows": Shows})
    async with Runtime(store=keeper) as runtime:
        run = await runtime.run(pipeline)
    assert run.items.json == [{"shown": "***"}]
    assert run.state["steps"] == {"A": {"token": "***"}}


PLAIN = flow([{"name": "A"}])


def test_run_sync_runs_without_a_loop() -> None:
    seen: list[Event] = []
    run = run_sync(PLAIN, [{"n": 1}], on_event=seen.append, retain="output")
    assert run.items.json == [{"n": 1}]
    assert isinstance(seen[0], StepStarted)


async def test_run_sync_runs_inside_a_running_loop() -> None:
    assert run_sync(PLAIN, [Item({"n": 1})]).items.json == [{"n": 1}]


def test_run_sync_uses_the_store_it_is_given() -> None:
    class Now(ItemNode[Nothing, Count]):
        """Count the item."""

        def run_item(self, item: Item, params: Nothing, ctx: Context[Count]) -> Item:
            """Count it."""
            ctx.state.count += 1
            return item

    keeper = MemoryKeeper()
    pipeline = flow([{"name": "A", "type": "now"}], {"now": Now})
    for _ in range(2):
        run_sync(pipeline, store=keeper)
    assert keeper.rows["test", "A"] == Kept({"count": 2}, 2)


def test_run_sync_raises_what_the_run_raises() -> None:
    class Fails(ItemNode[Nothing]):
        """Fail."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Fail."""
            raise ValueError

    with pytest.raises(RunFailed, match=r"^step \"A\", item 0: ValueError$"):
        run_sync(flow([{"name": "A", "type": "fails"}], {"fails": Fails}))


async def test_a_run_knows_when_it_began_and_how_long_it_took() -> None:
    async with Runtime(clock=FakeClock(5.0)) as runtime:
        run = await runtime.run(PLAIN)
    assert (run.started, run.pipeline, len(run.id)) == (5.0, "test", 26)
    assert run.seconds > 0
    assert run.items.json == [{}]


async def test_a_long_input_may_come_in_lists_of_any_kind() -> None:
    async def source() -> AsyncIterator[Sequence[dict[str, Json]]]:
        for n in range(3):
            yield [{"n": n}]

    written: list[Json] = []

    async def sink(items: Items) -> None:
        written.extend(items.json)

    async with Runtime() as runtime:
        run = await runtime.run_batches(PLAIN, source(), size=2)
        plain = await runtime.run_batches(PLAIN, [[{"n": 0}], [{"n": 1}, {"n": 2}]], sink, size=2)
    assert run.items.json == written == [{"n": n} for n in range(3)]
    assert len(plain.items) == 0


@pytest.mark.parametrize(
    ("given_as", "read"),
    [
        (None, [{}]),
        ([], []),
        ([{"n": 1}, {}], [{"n": 1}, {}]),
        ([Item({"n": 1})], [{"n": 1}]),
    ],
    ids=["none", "empty", "json", "items"],
)
def test_a_run_may_be_given_items_or_their_json(given_as: Any, read: list[Json]) -> None:
    assert list(as_items(given_as).json) == read


def test_columns_are_taken_as_they_are() -> None:
    items = Items([{}])
    assert as_items(items) is items


async def test_lists_of_a_source_become_items() -> None:
    assert [items.json async for items in lists_of([[{"n": 1}], []])] == [[{"n": 1}], []]


@given(st.lists(st.integers(0, 2**41), min_size=2, max_size=5))
def test_ids_sort_by_time(times: list[int]) -> None:
    ids: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for at in sorted(set(times)):
            patch.setattr(time, "time", lambda at=at: at / 1000 + 1e-5)
            ids.append(new_id())
    assert ids == sorted(ids)
    assert all(len(one) == 26 and set(one) <= set(ALPHABET) for one in ids)
