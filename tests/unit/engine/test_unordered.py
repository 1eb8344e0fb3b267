"""Output as it comes: the same items, links, counts and failures as in order, each once."""

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings, strategies as st

from nodekit import (
    Context,
    Deferred,
    Item,
    ItemError,
    ItemNode,
    Json,
    NodeError,
    PairedItem,
    Params,
    Pipeline,
    Run,
    RunFailed,
    Runtime,
    StateError,
    load,
)
from nodekit.engine.events import Event, ItemFailed
from nodekit.engine.packing import loads
from nodekit.engine.plan import plan
from nodekit.engine.reasons import MOST, Reasons
from nodekit.engine.scatter import loose_steps, may_scatter
from nodekit.engine.surviving import Checkpoints
from nodekit.store import MemoryStore
from nodekit.testing import FakeClock
from tests.unit.engine.test_batches import N, NumberParams, lists, registry, step
from tests.unit.engine.test_surviving import Kept

CALLS: list[int] = []
"""The items that were asked about, by the number they have from the source."""


class Ask(ItemNode[NumberParams]):
    """Ask the world; the answer takes as many turns of others as the item says."""

    async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        """Ask."""
        for _ in range(params.n * 7):
            await ctx.sleep(0)
        CALLS.append(item.json["id"])
        if params.n == 4:
            raise NodeError(f"no answer about {item.json['id']}")
        return item.with_json(answer=params.n * 10, key=ctx.idempotency_key)


class Odd(ItemNode[NumberParams]):
    """Refuse multiples of three."""

    def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        """Refuse or pass on."""
        if params.n % 3 == 0:
            raise NodeError(f"{params.n} is a multiple of three")
        return item


class LaterParams(Params):
    """An expression."""

    text: Deferred
    """It is evaluated by the node."""


class Later(ItemNode[LaterParams]):
    """Evaluate an expression by itself."""

    async def run_item(self, item: Item, params: LaterParams, ctx: Context) -> Item:
        """Evaluate it."""
        return item.with_json(found=await ctx.evaluate(params.text, {}))


def flow_of(steps: Sequence[dict[str, Any]], **more: Json) -> Pipeline:
    nodes = registry()
    nodes.add("ask", Ask)
    nodes.add("odd", Odd)
    nodes.add("later", Later)
    nodes.add("send", Send)
    return load({"nodekit": 1, "name": "p", "steps": list(steps), **more}, registry=nodes)


MARK = step("Mark", "fields", {"fields": {"first": "={{ $('Tag').item.json.id }}"}})

TAG = step("Tag", "fields", {"fields": {"tag": "={{ $json.id }}"}})

FREE = [
    step("Ask", "ask", N, concurrency=3, on_error="continue"),
    step("Tag", "fields", {"fields": {"tag": "={{ $json.id ?? 'failed' }}"}}),
]

GROWING = [
    TAG,
    step("Some", "odd", {"n": "={{ $json.n + $json.id }}"}, on_error="error_output"),
    step("Repeat", "repeat", N, concurrency=3),
    step("Ask", "ask", N, concurrency=2, on_error="error_output"),
    step("Odd", "odd", {"n": "={{ $json.id + $json.copy }}"}, on_error="error_output"),
    MARK,
]

PLACED = [
    TAG,
    step("Ask", "ask", N, concurrency=3, on_error="error_output"),
    step("Repeat", "repeat", N, concurrency=2),
    step("Index", "fields", {"fields": {"at": "={{ $itemIndex }}"}}),
    step("Again", "ask", N, concurrency=3, on_error="error_output"),
    MARK,
]

COUNTING = [
    TAG,
    step("Ask", "ask", N, concurrency=3, on_error="error_output"),
    step("Count", "sum", N),
    MARK,
]

BEHIND = [
    TAG,
    step("Reverse", "reverse"),
    step("Repeat", "repeat", N, concurrency=3),
    step("Ask", "ask", N, concurrency=3, on_error="error_output"),
    MARK,
]

SIDES = [
    step("Branch", "branch", {"flag": "={{ $json.n > 2 }}"}),
    step("Yes", "ask", N, input="Branch.yes", concurrency=2, on_error="error_output"),
    step("No", "repeat", N, input="Branch.no", concurrency=2),
]

PIPELINES: dict[str, tuple[list[dict[str, Any]], dict[str, Json]]] = {
    "free": (FREE, {}),
    "growing": (GROWING, {}),
    "placed": (PLACED, {}),
    "counting": (COUNTING, {}),
    "behind a cut": (BEHIND, {}),
    "one side": (SIDES, {"output": "Yes"}),
    "other side": (SIDES, {"output": "No"}),
}

SIZE = 2


class Recording(MemoryStore):
    """A store that remembers what it held after every commit, and what the sink held."""

    def __init__(self, sink: Kept) -> None:
        super().__init__()
        self.sink = sink
        self.moments: list[tuple[MemoryStore, list[dict[str, Any]]]] = []

    async def commit(self, run: str, fence: int, **more: Any) -> bool:
        kept = await super().commit(run, fence, **more)
        self.moments.append((held(self, MemoryStore()), deepcopy(self.sink.rows)))
        return kept


def held(store: MemoryStore, into: MemoryStore) -> MemoryStore:
    """Let one store hold what another one does now; return it."""
    for name in vars(MemoryStore()).keys() - {"_now"}:
        setattr(into, name, deepcopy(getattr(store, name)))
    return into


def cut_off(store: Recording, at: int) -> tuple[Recording, Kept]:
    """Return what a process leaves that was killed behind one of its commits."""
    first = next(i for i, moment in enumerate(store.moments) if "slicing" in places(moment[0]))
    kept, written = store.moments[max(first, at % len(store.moments))]
    sink = Kept()
    sink.rows = [*deepcopy(written), {"torn": True}]
    left = Recording(sink)
    held(kept, left)
    return left, sink


async def attempt(
    flow: Pipeline,
    rows: Sequence[dict[str, Any]],
    sink: Kept,
    store: MemoryStore,
    *,
    ordered: bool,
    resume: bool = False,
) -> Run:
    checkpoints = Checkpoints(store, "run", resume=resume)
    async with Runtime(store=store, clock=FakeClock()) as runtime:
        return await runtime.run_batches(
            flow, lists(rows, 3), sink, size=SIZE, ordered=ordered, checkpoints=checkpoints
        )


async def in_order(flow: Pipeline, rows: Sequence[dict[str, Any]]) -> tuple[Any, Run, Any]:
    sink, store = Kept(), MemoryStore()
    run = await attempt(flow, rows, sink, store, ordered=True)
    return sink.rows, run, await failed_in(store)


async def failed_in(store: MemoryStore) -> list[tuple[str, int, Json]]:
    """Return which items of the input failed, as a run over them again would be told."""
    return [(one.step, one.item, told(one.error)) for one in await store.failed("run")]


def told(error: Json) -> Json:
    assert isinstance(error, dict)
    return error["message"]


def facts(run: Run) -> dict[str, Any]:
    """Return what must be the same, whatever the order."""
    return {
        "steps": [(s.step, s.status, s.taken, dict(s.counts), s.failed) for s in run.steps],
        "failures": [(s.step, [(e.item, e.message) for e in s.errors]) for s in run.steps],
        "reasons": [(s.step, sorted(map(repr, s.why()))) for s in run.steps],
        "state": run.state,
    }


def alike(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return items without what only says who asked, sorted."""
    return sorted(json.dumps({**row, "key": None}, sort_keys=True) for row in rows)


def unsorted(numbers: Sequence[int]) -> list[dict[str, Any]]:
    return [{"id": at, "n": n} for at, n in enumerate(numbers)]


NUMBERS = st.lists(st.integers(0, 5), min_size=1, max_size=14)

NAMES = st.sampled_from(list(PIPELINES))


@given(numbers=NUMBERS, name=NAMES)
@settings(deadline=None, max_examples=60)
async def test_the_output_is_the_same_but_for_its_order(numbers: list[int], name: str) -> None:
    steps, more = PIPELINES[name]
    flow, rows = flow_of(steps, **more), unsorted(numbers)
    expected, whole, _ = await in_order(flow, rows)
    async with Runtime(clock=FakeClock()) as runtime:
        run = await runtime.run_batches(flow, lists(rows, 3), size=SIZE, ordered=False)
    assert facts(run) == facts(whole)
    found = list(map(dict, run.items.json))
    assert alike(found) == alike(expected)
    check_slices(found, expected)


def whose(row: Mapping[str, Any]) -> Any:
    """Return what tells which item of the source a row comes from."""
    return row.get("id", row.get("error", row.get("tag")))


def check_slices(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Check that the order within each slice is kept, and keys are not used twice."""
    for at in set(map(whose, expected)):
        one = [row for row in found if whose(row) == at]
        other = [row for row in expected if whose(row) == at]
        assert [{**row, "key": 0} for row in one] == [{**row, "key": 0} for row in other]
    keys = [(row["id"], row.get("copy"), row["key"]) for row in found if "key" in row]
    assert len({key for *_, key in keys}) == len(set(keys))


@given(numbers=NUMBERS, cuts=st.lists(st.integers(0, 100), max_size=3), name=NAMES)
@settings(deadline=None, max_examples=120)
async def test_a_run_that_is_killed_at_any_moment_puts_out_each_item_once(
    numbers: list[int], cuts: list[int], name: str
) -> None:
    steps, more = PIPELINES[name]
    flow, rows = flow_of(steps, **more), unsorted(numbers)
    expected, whole, failed = await in_order(flow, rows)
    sink = Kept()
    store = Recording(sink)
    run = await attempt(flow, rows, sink, store, ordered=False)
    for cut in cuts:
        store, sink = cut_off(store, cut)
        run = await attempt(flow, rows, sink, store, ordered=False, resume=True)
    assert alike(sink.rows) == alike(expected)
    assert await failed_in(store) == failed
    assert facts(run) == facts(whole)


def places(store: MemoryStore) -> dict[str, bytes]:
    """Return what a store holds of how far the run is."""
    run = store._runs.get("run")
    return {} if run is None else run.places


SENT: list[tuple[int, int]] = []
"""What was sent: the number from the source, and which copy."""


class Send(ItemNode[NumberParams]):
    """Send what must not be sent twice."""

    repeatable = False

    async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        """Send it, after a while."""
        for _ in range(params.n * 3):
            await ctx.sleep(0)
        SENT.append((item.json["id"], item.json["copy"]))
        return item


class Sending(Recording):
    """A store that remembers what was sent before each commit, too."""

    def __init__(self, sink: Kept) -> None:
        super().__init__(sink)
        self.sent: list[list[tuple[int, int]]] = []

    async def commit(self, run: str, fence: int, **more: Any) -> bool:
        self.sent.append(list(SENT))
        return await super().commit(run, fence, **more)


@given(numbers=st.lists(st.integers(0, 3), min_size=4, max_size=10), cut=st.integers(3, 100))
@settings(deadline=None, max_examples=60)
async def test_what_must_not_be_sent_twice_is_not_whenever_the_run_is_killed(
    numbers: list[int], cut: int
) -> None:
    SENT.clear()
    steps = [
        TAG,
        step("Repeat", "repeat", N, concurrency=3),
        step("Send", "send", N, concurrency=2, on_error="continue"),
    ]
    rows, sink = unsorted(numbers), Kept()
    store = Sending(sink)
    await attempt(flow_of(steps), rows, sink, store, ordered=False)
    at = min(cut, len(store.moments) - 2)
    SENT[:] = store.sent[at + 1]  # killed when the next commit was about to be made
    left, sink = cut_off(store, at)
    run = await attempt(flow_of(steps), rows, sink, left, ordered=False, resume=True)
    assert len(set(SENT)) == len(SENT)
    unknown = [error for error in run.errors if error.outcome == "unknown"]
    assert len(unknown) == len(run.errors)
    assert len(sink.rows) == sum(numbers)
    assert sum(numbers) - len(SENT) <= len(unknown) <= 2


class Turns:
    """A step that waits, and with the first items of the input waits until it is told."""

    def __init__(self, slow: int) -> None:
        self.slow = slow
        self.calls: list[int] = []
        self.free = anyio.Event()

    def flow(self, more: Sequence[dict[str, Any]] = (), **settings: Json) -> Pipeline:
        """Return a pipeline whose second step asks."""
        turns = self

        class Wait(ItemNode[NumberParams]):
            """Wait with the first items."""

            async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
                """Wait, or do not."""
                turns.calls.append(params.n)
                if params.n < turns.slow:
                    await turns.free.wait()
                if params.n == 9:
                    raise NodeError("nine")
                return item

        nodes = registry()
        nodes.add("wait", Wait)
        wait = step("Wait", "wait", N, concurrency=4, **settings)
        return load({"nodekit": 1, "name": "p", "steps": [TAG, wait, *more]}, registry=nodes)


def numbered(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": n, "n": n} for n in numbers]


async def until(ready: Callable[[], bool]) -> None:
    """Let others run until something holds."""
    with anyio.fail_after(10):
        while not ready():
            await anyio.lowlevel.checkpoint()


async def test_a_slow_slice_holds_up_no_output() -> None:
    turns, sink = Turns(1), Kept()
    flow, rows = turns.flow(on_error="continue"), numbered(*range(400))
    async with Runtime() as runtime, anyio.create_task_group() as group:

        async def go() -> None:
            await runtime.run_batches(flow, [rows], sink, size=2, ordered=False)

        group.start_soon(go)
        await until(lambda: len(sink.rows) == 398)
        turns.free.set()
    assert [row.get("id", 9) for row in sink.rows] == [*range(2, 400), 0, 1]


def settled(store: MemoryStore) -> Json:
    """Return how much of the output is safe."""
    found = places(store).get("sink")
    return None if found is None else loads(found)


async def killed(turns: Turns, rows: Sequence[dict[str, Any]], safe: int) -> Recording:
    """Begin a run, and kill it with so much of its output safe."""
    sink = Kept()
    store = Recording(sink)

    async def go() -> None:
        flow = turns.flow(on_error="error_output")
        async with Runtime(store=store) as runtime:
            checkpoints = Checkpoints(store, "run")
            await runtime.run_batches(
                flow, [rows], sink, size=SIZE, ordered=False, checkpoints=checkpoints
            )

    async with anyio.create_task_group() as group:
        group.start_soon(go)
        await until(lambda: settled(store) == safe)
        group.cancel_scope.cancel()
    return store


async def test_only_what_is_not_written_down_is_done_again() -> None:
    turns, rows = Turns(1), numbered(*range(60))
    dead = await killed(turns, rows, 57)
    at = next(i for i, moment in enumerate(dead.moments) if settled(moment[0]) == 57)
    store, sink = cut_off(dead, at)
    place = loads(places(store)["stretch/Tag/0"])
    assert (place["index"], place["offset"]) == (0, 0)
    assert [(span["start"], span["index"], span["offset"]) for span in place["later"]] == [
        (1, 30, 60)
    ]
    assert len(places(store)["stretch/Tag/0"]) < 2000
    turns.calls.clear()
    turns.free.set()
    flow = turns.flow(on_error="error_output")
    run = await attempt(flow, rows, sink, store, ordered=False, resume=True)
    assert sorted(turns.calls) in ([0], [0, 1])  # the answer for 1 may have been safe
    assert [row["id"] for row in sink.rows] == [*range(2, 9), *range(10, 60), 0, 1]
    assert [(error.item, error.message) for error in run.errors] == [(9, "nine")]
    assert run.step("Wait")[0].counts == {"main": 59, "error": 1}


async def test_a_run_goes_on_in_the_order_and_with_the_slices_it_began_with() -> None:
    turns, rows = Turns(1), numbered(*range(60))
    dead = await killed(turns, rows, 57)
    at = next(i for i, moment in enumerate(dead.moments) if settled(moment[0]) == 57)
    store, sink = cut_off(dead, at)
    turns.free.set()
    flow, checkpoints = turns.flow(on_error="error_output"), Checkpoints(store, "run", resume=True)
    async with Runtime(store=store) as runtime:
        await runtime.run_batches(flow, [rows], sink, size=7, checkpoints=checkpoints)
    assert [row["id"] for row in sink.rows] == [*range(2, 9), *range(10, 60), 0, 1]


async def failing(turns: Turns, rows: Sequence[dict[str, Any]], *, free: bool) -> Run:
    """Run until an item fails that stops the run: the first slice waits, or does not."""
    if free:
        turns.free.set()
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(turns.flow(), [rows], size=2, ordered=False)
    return failed.value.run


async def test_an_item_that_stops_the_run_says_its_place_where_that_is_known() -> None:
    run = await failing(Turns(1), numbered(0, 1, 2, 3, 9), free=False)
    assert run.error is not None
    assert (run.failed_step, run.error.message, run.error.item) == ("Wait", "nine", None)
    assert [row["id"] for row in run.items.json] == [2, 3]
    assert [(s.step, s.taken, dict(s.counts)) for s in run.steps] == [
        ("Tag", 2, {"main": 3}),
        ("Wait", 2, {"main": 2}),
    ]
    run = await failing(Turns(0), numbered(0, 9), free=True)
    assert run.error is not None
    assert (run.failed_step, run.error.message, run.error.item) == ("Wait", "nine", 1)


async def test_items_are_linked_to_the_input_of_the_run() -> None:
    flow = flow_of(GROWING)
    async with Runtime(clock=FakeClock()) as runtime:
        run = await runtime.run_batches(flow, [unsorted([3, 1, 2, 5, 0, 1])], size=2, ordered=False)
    assert len(run.items) > 3
    for item in run.items:
        assert item.links == (PairedItem(item.json["id"], "main", ".start", "main", 0),)


async def test_what_is_said_of_an_item_whose_place_is_not_known_names_none() -> None:
    said: list[int | None] = []

    def listen(event: Event) -> None:
        if isinstance(event, ItemFailed):
            said.append(event.error.item)

    steps = [step("First", "odd", N, on_error="continue"), step("Then", "ask", N)]
    steps[1]["on_error"] = "continue"
    async with Runtime(clock=FakeClock(), on_event=listen) as runtime:
        run = await runtime.run_batches(
            flow_of(steps), [unsorted([1, 3, 4, 4])], size=2, ordered=False
        )
    assert said == [1, None, None, None]
    assert [error.item for error in run.errors] == [1, 1, 2, 3]
    assert {error.item for error in run.items.errors.values()} == {None}


IN_ORDER: dict[str, list[dict[str, Any]]] = {
    "it keeps state": [TAG, step("Sum", "sum", N)],
    "it folds": [TAG, step("Some", "limit", {"count": 3})],
    "a cut reads it": [TAG, step("Mark", "fields", {"fields": {"all": "={{ $('Tag').all() }}"}})],
    "a later step reads it": [
        TAG,
        step("Reverse", "reverse"),
        step("Other", "fields", {"fields": {"a": 1}}, input="Tag"),
    ],
}


@pytest.mark.parametrize("why", list(IN_ORDER))
def test_a_stretch_stays_in_order_if(why: str) -> None:
    assert not may_scatter(plan(flow_of(IN_ORDER[why])), "Tag")


def test_a_stretch_without_the_output_stays_in_order() -> None:
    assert not may_scatter(plan(flow_of(BEHIND)), "Tag")
    assert may_scatter(plan(flow_of(BEHIND)), "Repeat")


def test_steps_that_may_ask_for_places_wait_for_earlier_slices() -> None:
    steps = [
        TAG,
        step("Index", "fields", {"fields": {"at": "={{ $itemIndex }}"}}),
        step("Then", "later", {"text": "={{ $itemIndex }}"}),
        step("Last", "later", {"text": "={{ $json.n }}"}),
    ]
    assert loose_steps(plan(flow_of(steps)), "Tag") == {"Tag", "Last"}


async def test_a_store_that_fails_ends_the_run_although_a_slice_is_slow() -> None:
    class Full(Recording):
        """A store that is full as soon as all is written but what waits."""

        async def commit(self, run: str, fence: int, **more: Any) -> bool:
            if len(self.sink.rows) == 57 and not more.get("journal"):
                raise StateError("full")
            return await super().commit(run, fence, **more)

    turns, sink = Turns(1), Kept()
    store = Full(sink)
    with anyio.fail_after(10), pytest.raises(StateError) as failed:
        await attempt(
            turns.flow(on_error="error_output"), numbered(*range(60)), sink, store, ordered=False
        )
    assert failed.value.message == "full"


def test_only_so_many_messages_are_told_apart_over_spans() -> None:
    left, right = Reasons(), Reasons()
    left.add(ItemError(f"left {n}", item=n) for n in range(MOST - 1))
    right.add(ItemError(f"right {n}", item=n) for n in range(3))
    left.join(right, 5)
    left.join(right, None)
    rows = list(left)
    assert len(rows) == MOST
    assert (rows[-1].message, rows[-1].first, rows[-1].count) == ("right 0", 5, 2)
