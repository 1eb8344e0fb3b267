"""State of runs that go on at once, or are cut off at any await: never lost, torn or doubled."""

import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    suppress,
)
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import SecretStr

from nodekit import Context, Item, ItemNode, Items, Json, Pipeline, RunFailed, Runtime, State
from nodekit.engine.surviving import Checkpoints
from nodekit.node import Node
from nodekit.state import Keeper, Kept, Row
from nodekit.store import MemoryStore, Store
from nodekit.store.file import migrations, prepare, settle
from nodekit.testing import FakeClock
from tests.support.command import environment, nodekit
from tests.support.flow import Nothing, flow
from tests.support.plugin import install


@dataclass(frozen=True)
class Visit:
    """What a node does with one item: how long it waits, and whether it keeps its state."""

    wait: int
    keeps: bool


@dataclass
class Plan:
    """What one run does.

    ``cut`` is after how many turns of the event loop it is canceled. ``own`` is how much it has
    added, ``sure`` how much of that is kept for certain.
    """

    visits: Sequence[Visit]
    cut: int | None
    runtime: int
    own: int = 0
    sure: int = 0
    done: bool = False


@dataclass
class Sheet:
    """The plans of the runs that go on."""

    plans: list[Plan] = field(default_factory=list[Plan])


SHEET = Sheet()


class Sums(State):
    """Two numbers that are always the same, and that as a secret."""

    a: int = 0
    b: int = 0
    secret: SecretStr = SecretStr("0")


class Adding(ItemNode[Nothing, Sums]):
    """Add one to both numbers, wait, and perhaps keep them."""

    concurrency = 3

    @classmethod
    def merge_state(cls, base: Sums | None, stored: Sums, mine: Sums) -> Sums:
        """Add what this run has added."""
        began = base or Sums()
        a, b = stored.a + mine.a - began.a, stored.b + mine.b - began.b
        return Sums(a=a, b=b, secret=SecretStr(str(a)))

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Sums]) -> Item:
        """Add."""
        run: int = item.json["run"]
        plan = SHEET.plans[run]
        n: int = item.json["n"]
        visit = plan.visits[n]
        ctx.state.a += 1
        ctx.state.b += 1
        ctx.state.secret = SecretStr(str(ctx.state.a))
        plan.own += 1
        await ctx.sleep(visit.wait)
        if visit.keeps:
            known = plan.own
            await ctx.keep_state()
            plan.sure = max(plan.sure, known)
        return item


class Shared(ItemNode[Nothing]):
    """Leave a mark for each run in the state of the pipeline."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Leave it."""
        ctx.pipeline_state[f"run {item.json['run']}"] = True
        await anyio.lowlevel.checkpoint()
        return item


PIPELINE = flow(
    [{"name": "Add", "type": "adding"}, {"name": "Mark", "type": "shared"}],
    {"adding": Adding, "shared": Shared},
)


class Hesitant:
    """A keeper that takes its time before and after each call.

    Args:
        keeper: Whatever keeps the rows.
        turns: For how many turns of the event loop.
    """

    def __init__(self, keeper: Keeper, turns: int) -> None:
        self.keeper = keeper
        self.turns = turns

    async def _hesitate(self) -> None:
        for _ in range(self.turns):
            await anyio.lowlevel.checkpoint()

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        await self._hesitate()
        found = await self.keeper.read(pipeline, step)
        await self._hesitate()
        return found

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        await self._hesitate()
        written = await self.keeper.write(pipeline, step, row, version)
        await self._hesitate()
        return written


Open = Callable[[], AbstractAsyncContextManager[Keeper]]

visits = st.builds(Visit, st.integers(0, 3), st.booleans())
plans = st.builds(
    Plan,
    st.lists(visits, min_size=1, max_size=4),
    st.none() | st.integers(0, 80),
    st.integers(0, 1),
)


async def one(number: int, runtime: Runtime, pipeline: Pipeline) -> None:
    """Do one run; it may be canceled at any turn of the event loop."""
    plan = SHEET.plans[number]
    rows = [{"run": number, "n": n} for n in range(len(plan.visits))]
    async with anyio.create_task_group() as group:
        if plan.cut is not None:
            group.start_soon(cut_after, plan.cut, group.cancel_scope)
        await runtime.run(pipeline, rows)
        plan.done = True
        group.cancel_scope.cancel()


async def cut_after(turns: int, scope: anyio.CancelScope) -> None:
    """Cancel a run after so many turns of the event loop."""
    for _ in range(turns):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


async def all_at_once(given: Sequence[Plan], opened: Open, turns: int) -> None:
    """Do all runs at once, in two runtimes with connections of their own."""
    SHEET.plans = list(given)
    clock, over = FakeClock(auto=False), False

    async def tick() -> None:
        while not over:
            await clock.advance(1)

    async with AsyncExitStack() as stack:
        keepers = [await stack.enter_async_context(opened()) for _ in range(2)]
        runtimes = [
            await stack.enter_async_context(Runtime(store=Hesitant(keeper, turns), clock=clock))
            for keeper in keepers
        ]
        async with anyio.create_task_group() as ticking:
            ticking.start_soon(tick)
            async with anyio.create_task_group() as group:
                for number, plan in enumerate(given):
                    group.start_soon(one, number, runtimes[plan.runtime], PIPELINE)
            over = True


async def check(given: Sequence[Plan], opened: Open) -> None:
    """Compare what is kept with what the runs did."""
    async with opened() as keeper:
        kept = await keeper.read(PIPELINE.key, "Add")
        marks = await keeper.read(PIPELINE.key, None)
    state = Sums.model_validate(kept.row) if kept is not None else Sums()
    assert state.a == state.b == int(state.secret.get_secret_value())
    least = sum(plan.own if plan.done else plan.sure for plan in given)
    most = sum(plan.own for plan in given)
    assert least <= state.a <= most
    finished = {f"run {number}" for number, plan in enumerate(given) if plan.done}
    begun = {f"run {number}" for number, plan in enumerate(given) if plan.own}
    assert finished <= (set(marks.row) if marks is not None else set()) <= begun


@given(given=st.lists(plans, min_size=1, max_size=4), turns=st.integers(0, 3))
@settings(deadline=None, max_examples=150)
async def test_no_state_in_memory_is_lost_torn_or_doubled(given: list[Plan], turns: int) -> None:
    store = MemoryStore()

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Keeper, None]:
        yield store

    await all_at_once(given, opened, turns)
    await check(given, opened)


@given(given=st.lists(plans, min_size=1, max_size=4), turns=st.integers(0, 1))
@settings(deadline=None, max_examples=25)
async def test_no_state_in_a_file_is_lost_torn_or_doubled(given: list[Plan], turns: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODEKIT_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")

        def opened() -> AbstractAsyncContextManager[Keeper]:
            return Store.open(Path(folder) / "nodekit.db")

        await all_at_once(given, opened, turns)
        await check(given, opened)


@given(cut=st.integers(1, 12), turns=st.integers(0, 4), keeps=st.lists(st.booleans(), min_size=6))
@settings(deadline=None, max_examples=150)
async def test_an_item_that_is_cut_off_while_it_keeps_the_state_doubles_nothing(
    cut: int, turns: int, keeps: list[bool]
) -> None:
    class Cut(Adding):
        """Be cut off while the state is kept, and go on."""

        async def run_item(self, item: Item, params: Nothing, ctx: Context[Sums]) -> Item:
            """Add, and be cut off."""
            async with anyio.create_task_group() as group:
                group.start_soon(cut_after, cut, group.cancel_scope)
                await super().run_item(item, params, ctx)
                group.cancel_scope.cancel()
            return item

    SHEET.plans = [Plan([Visit(0, keep) for keep in keeps], None, 0)]
    store = MemoryStore()
    pipeline = flow([{"name": "Add", "type": "cut"}], {"cut": Cut})
    async with Runtime(store=Hesitant(store, turns), clock=FakeClock()) as runtime:
        await runtime.run(pipeline, [{"run": 0, "n": n} for n in range(len(keeps))])
    kept = await store.read(pipeline.key, "Add")
    assert kept is not None
    assert kept.row["a"] == kept.row["b"] == SHEET.plans[0].own == len(keeps)


def test_a_store_that_another_process_makes_in_between_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "nodekit.db"
    prepare(path)
    seen: list[str] = []

    def make(statement: str) -> None:
        """Make the store as soon as somebody has read half of what it is."""
        seen.append(statement)
        if seen.count("PRAGMA user_version") == 1 and statement == "PRAGMA user_version":
            other = sqlite3.connect(path, isolation_level=None, timeout=0)
            with closing(other), suppress(sqlite3.OperationalError):  # it has to wait
                settle(other, path, migrations())

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.set_trace_callback(make)
        settle(connection, path, migrations())
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert version == len(migrations())


COUNTING = """\
    from pydantic import SecretStr

    from nodekit import Context, Item, ItemNode, Params, State

    class Nothing(Params):
        pass

    class Sums(State):
        a: int = 0
        b: int = 0
        secret: SecretStr = SecretStr("0")

    class Count(ItemNode[Nothing, Sums]):
        "Count items, and keep the state with each."

        @classmethod
        def merge_state(cls, base: Sums | None, stored: Sums, mine: Sums) -> Sums:
            began = base.a if base else 0
            a = stored.a + mine.a - began
            return Sums(a=a, b=a, secret=SecretStr(str(a)))

        async def run_item(self, item: Item, params: Nothing, ctx: Context[Sums]) -> Item:
            ctx.state.a += 1
            ctx.state.b += 1
            ctx.state.secret = SecretStr(str(ctx.state.a))
            await ctx.keep_state()
            print(flush=True)
            return item
"""

COUNT = """\
nodekit: 1
name: count
steps:
  - {name: Count, type: acme.count}
"""

ITEMS = 25


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a node that counts, and items to count."""
    install(tmp_path, "acme_count", COUNTING, {"nodekit.nodes": {"acme.count": "acme_count:Count"}})
    (tmp_path / "count.yaml").write_text(COUNT)
    (tmp_path / "in.jsonl").write_text("{}\n" * ITEMS)
    return tmp_path


def counting(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that counts; it ends a line for each item that is kept."""
    args = ("run", "count.yaml", "-i", "in.jsonl", "-o", "/dev/null", "--output-format", "jsonl")
    return subprocess.Popen(
        [sys.executable, "-m", "nodekit", *args, "-q"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def state_in(folder: Path) -> Sums:
    """Return what is kept."""
    async with Store.open(folder / ".nodekit" / "nodekit.db") as store:
        kept = await store.read("count", "Count")
    assert kept is not None
    return Sums.model_validate(kept.row)


async def test_processes_that_count_at_once_lose_and_double_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    children = [counting(folder) for _ in range(3)]
    told = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], told
    state = await state_in(folder)
    assert (state.a, state.b, state.secret.get_secret_value()) == (75, 75, "75")


@pytest.mark.parametrize("after", [0, 1, 7, 24])
async def test_a_killed_process_leaves_what_it_had_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    with counting(folder) as child:
        assert child.stdout is not None
        for _ in range(after + 1):
            assert child.stdout.readline() == "\n"
        child.kill()
        rest = child.stdout.read()
    told = after + 1 + rest.count("\n")
    state = await state_in(folder)
    assert state.a == state.b == int(state.secret.get_secret_value())
    assert told <= state.a <= told + 1
    again = nodekit(folder, "run", "count.yaml", "-i", "in.jsonl", "-q", "-o", "out.jsonl")
    assert again.returncode == 0, again.stderr
    assert (await state_in(folder)).a == state.a + ITEMS


async def test_a_run_that_fails_keeps_what_it_has_counted() -> None:
    class Failing(ItemNode[Nothing]):
        """Fail."""

        def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
            """Fail."""
            raise ZeroDivisionError

    nodes: dict[str, type[Node[Any, Any, Any]]] = {"adding": Adding, "failing": Failing}
    pipeline = flow([{"name": "Add", "type": "adding"}, {"name": "F", "type": "failing"}], nodes)
    SHEET.plans = [Plan([Visit(0, False)] * 3, None, 0)]
    store = MemoryStore()
    async with Runtime(store=store, clock=FakeClock()) as runtime:
        with pytest.raises(RunFailed):
            await runtime.run(pipeline, [{"run": 0, "n": n} for n in range(3)])
    kept = await store.read(pipeline.key, "Add")
    assert kept is not None
    assert kept.row["a"] == 3


class Rows:
    """A sink that can go back."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Json]] = []

    async def write(self, items: Items) -> None:
        self.rows += [dict(row) for row in items.json]

    async def flush(self) -> Json:
        await anyio.lowlevel.checkpoint()
        return len(self.rows)

    async def restore(self, place: Json) -> None:
        del self.rows[place or 0 :]

    async def finish(self) -> None:
        """Take note of the end."""


class Numbering(ItemNode[Nothing, Sums]):
    """Number the items, over all that ever were."""

    concurrency = 2

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Sums]) -> Item:
        """Wait, and give an item the next number in one go behind that."""
        await ctx.sleep(0)
        ctx.state.a += 1
        ctx.state.b += 1
        ctx.state.secret = SecretStr(str(ctx.state.a))
        return item.with_json(number=ctx.state.a)


NUMBERED = flow(
    [{"name": "Number", "type": "numbering"}, {"name": "After"}], {"numbering": Numbering}
)


async def batched(store: MemoryStore, sink: Rows, items: int, *, resume: bool) -> None:
    """Run over slices, or go on with that."""
    checkpoints = Checkpoints(store, "run", resume=resume)
    rows = [[{"n": n}] for n in range(items)]
    async with Runtime(store=store, clock=FakeClock()) as runtime:
        await runtime.run_batches(NUMBERED, rows, sink, size=2, checkpoints=checkpoints)


@given(items=st.integers(1, 9), cuts=st.lists(st.integers(0, 120), max_size=3))
@settings(deadline=None, max_examples=100)
async def test_a_run_over_slices_that_is_cut_off_at_any_await_counts_each_item_once(
    items: int, cuts: list[int]
) -> None:
    store, sink, resume, done = MemoryStore(), Rows(), False, False
    for cut in [*cuts, None]:
        async with anyio.create_task_group() as group:
            if cut is not None:
                group.start_soon(cut_after, cut, group.cancel_scope)
            await batched(store, sink, items, resume=resume)
            done = True
            group.cancel_scope.cancel()
        if done:
            break
        resume = await store.run("run") is not None
    assert [row["n"] for row in sink.rows] == list(range(items))
    assert sorted(row["number"] for row in sink.rows) == list(range(1, items + 1))
    kept = await store.read(NUMBERED.key, "Number")
    assert kept is not None
    assert kept.row["a"] == kept.row["b"] == items
