"""Slices give the same as one piece: items, order, links to the source, state."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.limit import Limit
from nodekit_nodes_core.remove_duplicates import RemoveDuplicates
from nodekit_nodes_core.sort import Sort

from nodekit import (
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
    Pipeline,
    Registry,
    RunFailed,
    Runtime,
    Send,
    Sources,
    State,
    Stream,
    load,
)
from nodekit.engine import spooling
from nodekit.engine.plan import Cut, plan
from nodekit.node import Node
from nodekit.testing import FakeClock

SIZES = [1, 2, 7, 1000]


class NumberParams(Params):
    """A number for each item."""

    n: int
    """The number."""


class Repeat(ItemNode[NumberParams]):
    """Put out an item as often as it says, none for zero."""

    async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> list[Item]:
        """Repeat it, after as many turns of others."""
        for _ in range(params.n):
            await ctx.sleep(0)
        return [item.with_json(copy=copy) for copy in range(params.n)]


class Refuse(ItemNode[NumberParams]):
    """Refuse multiples of three."""

    def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        """Refuse or pass on."""
        if params.n % 3 == 0:
            raise NodeError(f"{params.n} is a multiple of three")
        return item.with_json(place=ctx.item)


class FlagParams(Params):
    """A flag for each item."""

    flag: Each[Json]
    """Whether it leaves by `yes`."""


class Branch(BatchNode[FlagParams, None, str]):
    """Send items to two outputs."""

    slices = "any"

    @classmethod
    def outputs_of(cls, params: FlagParams) -> tuple[str, ...]:
        """Return the outputs."""
        return ("yes", "no")

    def run_batch(self, inputs: Inputs, params: FlagParams, ctx: Context) -> Send[str]:
        """Split them."""
        return Send.split(inputs.main, params.flag, "yes", "no")


class Nothing(Params):
    """No parameters."""


class Reverse(BatchNode[Nothing]):
    """Put the items in reverse order."""

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Reverse them."""
        return inputs.main.take(range(len(inputs.main) - 1, -1, -1))


class Total(State):
    """A sum."""

    total: int = 0


class Sum(ItemNode[NumberParams, Total]):
    """Add up, and put the sum so far on every item."""

    async def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
        """Add it."""
        ctx.state.total += params.n
        return item.with_json(total=ctx.state.total)


class Often:
    """Fails at every other call."""

    def __init__(self) -> None:
        self.calls = 0

    def fail(self) -> None:
        """Raise what may be tried again, or do not."""
        self.calls += 1
        if self.calls % 2:
            raise NodeError("at every other call", retryable=True)


OFTEN = Often()


class Count(ItemNode[Nothing]):
    """Number the items; a call that fails has counted before it does."""

    slices = "fold"

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Number one."""
        ctx.memory["count"] = ctx.memory.get("count", 0) + 1
        OFTEN.fail()
        return item.with_json(count=ctx.memory["count"])


class Places(BatchNode[Nothing]):
    """Put the place in the whole input on every item; a call that fails has counted before."""

    slices = "fold"

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Count them."""
        rows, places = inputs.main, ctx.memory.setdefault("places", [0])
        places[0] += len(rows)
        OFTEN.fail()
        start = places[0] - len(rows)
        return rows.with_json([{**json, "at": start + i} for i, json in enumerate(rows.json)])


class AnyParams(Params):
    """Fields."""

    fields: dict[str, Each[Json]]
    """Fields."""


class Fields(BatchNode[AnyParams]):
    """Set fields."""

    slices = "any"

    def run_batch(self, inputs: Inputs, params: AnyParams, ctx: Context) -> Items:
        """Set them."""
        rows = inputs.main
        names = list(params.fields)
        values = zip(*params.fields.values(), strict=True) if names else ()
        made = [
            {**json, **dict(zip(names, row, strict=True))}
            for json, row in zip(rows.json, values, strict=True)
        ]
        return rows.with_json(made)


class Join(BatchNode[Nothing]):
    """Put two inputs one after another."""

    inputs = ("left", "right")

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Join them."""
        return inputs["left"] + inputs["right"]


def digit(row: Mapping[str, Json]) -> int:
    """Return the digit in the field `n`, 0 if there is none."""
    n = row.get("n")
    return n if type(n) is int and 0 <= n <= 9 else 0


class Turned(BatchNode[Nothing]):
    """Put all items in the order of their field `n`, greatest first, then one made of all."""

    inputs = "*"
    slices = "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: Nothing, ctx: Context
    ) -> AsyncGenerator[Items | Send, None]:
        """Put them in order by way of a file."""
        rooms, sources = [ctx.scratch() for _ in range(10)], Sources()
        for stream in inputs.values():
            async for rows in stream:
                sources.add(rows.links, range(len(rows)))
                for n, room in enumerate(rooms):
                    chosen = [i for i, row in enumerate(rows.json) if digit(row) == n]
                    room.add(rows.take(chosen), [n] * len(chosen))
        for room in reversed(rooms):
            for rows, notes in room:
                assert list(map(digit, rows.json)) == notes
                yield rows
        yield Send("main", Item({"n": 9}, links=sources.link()))

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Put them in order."""
        rows = Items.join(inputs.values())
        order = sorted(range(len(rows)), key=lambda i: -digit(rows.json[i]))
        return rows.take(order) + Items.of([Item.join({"n": 9}, rows)])


def registry() -> Registry:
    found = Registry()
    nodes: dict[str, type[Node[Any, Any, Any]]] = {
        "repeat": Repeat,
        "refuse": Refuse,
        "branch": Branch,
        "reverse": Reverse,
        "sum": Sum,
        "fields": Fields,
        "join": Join,
        "count": Count,
        "places": Places,
        "limit": Limit,
        "remove_duplicates": RemoveDuplicates,
        "sort": Sort,
        "turned": Turned,
    }
    for name, node in nodes.items():
        found.add(name, node)
    return found


def pipeline(steps: Sequence[dict[str, Any]], **more: Json) -> Pipeline:
    return load({"nodekit": 1, "name": "p", "steps": list(steps), **more}, registry=registry())


def step(
    name: str, type: str, params: dict[str, Json] | None = None, **more: Json
) -> dict[str, Any]:
    return {"name": name, "type": type, "params": params or {}, **more}


N = {"n": "={{ $json.n }}"}

CHAIN = [
    step("Refuse", "refuse", N, on_error="error_output"),
    step("Repeat", "repeat", N, concurrency=3),
    step("Sum", "sum", N),
    step("Mark", "fields", {"fields": {"first": "={{ $('Refuse').item.json.place }}"}}),
]

TREE = [
    step("Branch", "branch", {"flag": "={{ $json.n > 2 }}"}),
    step("Yes", "fields", {"fields": {"side": "yes"}}, input="Branch.yes"),
    step("No", "repeat", N, input="Branch.no", concurrency=4),
    step("Join", "join", {}, input={"left": "Yes", "right": "No"}),
    step("After", "fields", {"fields": {"was": "={{ $('Branch').item.json.n }}"}}),
]

CUT = [
    step("Place", "fields", {"fields": {"at": "={{ $json.n * 10 }}"}}),
    step("Reverse", "reverse"),
    step("Sum", "sum", N),
    step("Back", "fields", {"fields": {"at": "={{ $('Place').item.json.at + 1 }}"}}),
    step("All", "fields", {"fields": {"count": "={{ $('Place').all().length }}"}}),
]

SEVERAL = [
    step("One", "fields", {"fields": {"way": 1}}, input=".start"),
    step("Two", "repeat", N, input=".start", concurrency=2),
    step("Both", "fields", {"fields": {"met": "={{ $json.way }}"}}, input=["One", "Two"]),
    step("Last", "sum", N),
]

FOLDS = [
    step("Rest", "fields", {"fields": {"m": "={{ $json.n % 3 }}"}}),
    step("Distinct", "remove_duplicates", {"by": ["m", "n"]}),
    step("Count", "count", {}, retry={"tries": 2}),
    step("Places", "places", {}, retry={"tries": 2}),
    step("Some", "limit", {"count": 4}),
    step("Mark", "fields", {"fields": {"first": "={{ $('Rest').item.json.n }}"}}),
]

AGAIN = [
    step("One", "fields", {"fields": {"way": 1}}, input=".start"),
    step("Two", "repeat", N, input=".start", concurrency=2),
    step("Three", "limit", {"count": 3}, input=["One", "Two"]),
    step("Numbers", "remove_duplicates", {"by": ["n"], "mixed": "differ"}),
    step("Last", "fields", {"fields": {"met": "={{ $json.way }}"}}),
]

SORT = step("Sort", "sort", {"by": [{"field": "n", "order": "desc"}]})

STREAM = [
    step("Rest", "fields", {"fields": {"m": "={{ $json.n % 3 }}"}}),
    SORT,
    step("Back", "fields", {"fields": {"was": "={{ $('Sort').item.json.n }}"}}),
    step("Sum", "sum", N),
    step("By m", "sort", {"by": [{"field": "m"}, {"field": "n"}]}),
]

BESIDE = [
    step("Branch", "branch", {"flag": "={{ $json.n > 2 }}"}),
    step("Two", "repeat", N, input="Branch.no", concurrency=2),
    step("Turned", "turned", input={"a": "Branch.yes", "b": "Two"}),
    step("All", "fields", {"fields": {"count": "={{ $('Turned').all().length }}"}}),
]

PIPELINES = {
    "sort": [SORT],
    "stream": STREAM,
    "beside": BESIDE,
    "beside, last": BESIDE[:-1],
    "beside, back": [
        *BESIDE[:-1],
        step(
            "Look",
            "fields",
            {"fields": {"was": "={{ $('Branch').item.json.n }}"}},
            on_error="continue",
        ),
    ],
    "of one origin": [
        step("Repeat", "repeat", N),
        step("Mark", "fields", {"fields": {"m": 1}}),
        step("Turned", "turned"),
        step("By copy", "sort", {"by": [{"field": "n"}]}),
        step(
            "Look",
            "fields",
            {"fields": {"was": "={{ $('Repeat').item.json.copy }}"}},
            on_error="continue",
        ),
    ],
    "back over": [
        *STREAM,
        step("Far", "fields", {"fields": {"m": "={{ $('Rest').item.json.m }}"}}),
    ],
    "chain": CHAIN,
    "tree": TREE,
    "cut": CUT,
    "several": SEVERAL,
    "folds": FOLDS,
    "again": AGAIN,
}


async def lists(rows: Sequence[dict[str, Any]], length: int) -> AsyncIterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), length):
        yield list(rows[start : start + length])


async def both_ways(
    flow: Pipeline, rows: Sequence[dict[str, Any]], size: int, length: int = 3
) -> tuple[list[Any], list[Any]]:
    async with Runtime(clock=FakeClock()) as runtime:
        whole = await runtime.run(flow, rows)
    async with Runtime(clock=FakeClock()) as runtime:
        sliced = await runtime.run_batches(flow, lists(rows, length), size=size)
    assert {s.step: s.counts for s in whole.steps} == {s.step: s.counts for s in sliced.steps}
    assert [error.message for error in whole.errors] == [error.message for error in sliced.errors]
    assert [error.item for error in whole.errors] == [error.item for error in sliced.errors]
    assert whole.state == sliced.state
    return list(map(linked, whole.items)), list(map(linked, sliced.items))


def linked(item: Item) -> tuple[dict[str, Any], list[PairedItem] | None]:
    """Return an item as its fields and its links."""
    return dict(item.json), None if item.links is None else list(item.links)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(PIPELINES))
async def test_slices_give_the_same_as_one_piece(name: str, size: int) -> None:
    rows = [{"n": n % 5} for n in range(23)]
    whole, sliced = await both_ways(pipeline(PIPELINES[name]), rows, size)
    assert whole
    assert sliced == whole


@given(
    numbers=st.lists(st.integers(0, 5), max_size=15),
    size=st.integers(1, 6),
    length=st.integers(1, 6),
    held=st.sampled_from([0, 4, spooling.HELD]),
    name=st.sampled_from(list(PIPELINES)),
)
@settings(deadline=None, max_examples=120)
async def test_slices_of_any_size_give_the_same(
    numbers: list[int], size: int, length: int, held: int, name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spooling, "HELD", held)
        patch.setattr(spooling, "PART", 3)
        whole, sliced = await both_ways(
            pipeline(PIPELINES[name]), [{"n": n} for n in numbers], size, length
        )
    assert sliced == whole


ABOUT = [
    step(
        name,
        "fields",
        {
            "fields": {
                f"run {name}": "={{ $runIndex }}",
                f"now {name}": "={{ $now.toMillis() }}",
                f"id {name}": "={{ $execution.id }}",
                f"luck {name}": "={{ Math.random() }}",
            }
        },
    )
    for name in ("One", "Two")
]


@pytest.mark.parametrize("size", SIZES)
async def test_what_expressions_see_of_the_run_in_slices(size: int) -> None:
    clock = FakeClock()
    async with Runtime(clock=clock) as runtime:
        rows = [{"n": n} for n in range(9)]
        run = await runtime.run_batches(pipeline(ABOUT), lists(rows, 3), size=size)
    found = run.items.json
    assert {row[f"run {name}"] for row in found for name in ("One", "Two")} == {0}
    assert {row[f"id {name}"] for row in found for name in ("One", "Two")} == {run.id}
    assert {row[f"now {name}"] for row in found for name in ("One", "Two")} == {clock.now() * 1000}
    assert len({row[f"luck {name}"] for row in found for name in ("One", "Two")}) == 18


@pytest.mark.parametrize(
    ("size", "order"),
    [(None, "A0 A1 A2 A3 B0 B1 B2 B3"), (2, "A0 A1 B0 B1 A2 A3 B2 B3")],
    ids=["one piece", "slices"],
)
async def test_the_order_of_side_effects_is_that_of_slices(size: int | None, order: str) -> None:
    done: list[str] = []

    class Effect(ItemNode[NumberParams]):
        """Have an effect."""

        def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Take note of it."""
            done.append(f"{ctx.step}{params.n}")
            return item

    nodes = registry()
    nodes.add("effect", Effect)
    steps = [step("A", "effect", N, input=".start"), step("B", "effect", N)]
    flow = load({"nodekit": 1, "name": "p", "steps": steps}, registry=nodes)
    rows = [{"n": n} for n in range(4)]
    async with Runtime(clock=FakeClock()) as runtime:
        if size is None:
            await runtime.run(flow, rows)
        else:
            await runtime.run_batches(flow, lists(rows, 4), size=size)
    assert " ".join(done) == order


def test_a_plan_says_where_the_cuts_are_and_why() -> None:
    found = plan(pipeline(CUT))
    assert found.stretches == {"Place": ["Place"], "Sum": ["Sum", "Back"]}
    assert found.cuts == (
        Cut("Reverse", *['the node "reverse" works on all items'] * 2),
        Cut("All", *['the parameter "fields.count" looks at other items than the one at hand'] * 2),
    )
    assert found.in_order == {"Sum"}


LOOK = step("Look", "fields", {"fields": {"m": "={{ $('Rest').item.json.m }}"}})


@pytest.mark.parametrize(
    ("more", "below", "held"),
    [
        ({}, step("Back", "fields", {"fields": {"m": "={{ $('Sort').item.json.m }}"}}), None),
        ({"timeout": 3}, step("After", "count"), None),
        ({}, LOOK, None),
        ({"on_error": "continue"}, LOOK, "it is set to go on where it fails for all items"),
        ({"retry": {"tries": 2}}, LOOK, "its retry repeats the call for all items"),
        ({"once": True}, LOOK, "it is set to `once`"),
        (
            {"params": {"by": [{"field": "={{ $json.m }}"}]}},
            LOOK,
            "its parameters look at items",
        ),
    ],
)
def test_a_plan_says_what_is_held_in_memory_and_why(
    more: dict[str, Any], below: dict[str, Any], held: str | None
) -> None:
    rest = step("Rest", "fields", {"fields": {"m": "={{ $json.n % 3 }}"}})
    (cut,) = plan(pipeline([rest, {**SORT, **more}, below])).cuts
    assert (cut.step, cut.held) == ("Sort", held)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"once": True}, "it is set to `once`"),
        ({"always_output": True}, "it is set to `always_output`"),
        ({"pin": [{"n": 1}]}, "it is set to `pin`"),
        ({"retry": {"tries": 2, "of": "step"}}, "its retry repeats the whole step"),
    ],
    ids=["once", "always_output", "pin", "retry"],
)
def test_a_setting_may_need_all_items(more: dict[str, Json], reason: str) -> None:
    flow = pipeline([step("S", "refuse", N, **more)])
    assert plan(flow).cuts == (Cut("S", reason, reason),)


def test_a_circle_is_a_cut() -> None:
    flow = pipeline(
        [
            step("Branch", "branch", {"flag": "={{ $json.n }}"}, back="Again"),
            step("Again", "fields", {"fields": {"n": 0}}, input="Branch.yes"),
        ]
    )
    assert [cut.reason for cut in plan(flow).cuts] == ["it stands in a circle"] * 2


async def test_a_step_that_takes_slices_in_order_and_fails_in_the_first_ends_the_run() -> None:
    class Refusing(ItemNode[NumberParams, Total]):
        """Refuse everything, and remember it."""

        def run_item(self, item: Item, params: NumberParams, ctx: Context[Total]) -> Item:
            """Refuse it."""
            raise NodeError("no")

    nodes = registry()
    nodes.add("refusing", Refusing)
    flow = load({"nodekit": 1, "steps": [step("Refusing", "refusing", N)]}, registry=nodes)
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(flow, lists([{"n": 3}, {"n": 1}], 1), size=1)
    assert str(failed.value) == 'step "Refusing", item 0: no'
    assert [run.status for run in failed.value.run.steps] == ["error"]


async def test_a_failing_item_ends_the_run_with_its_place_in_the_whole_input() -> None:
    flow = pipeline([step("Refuse", "refuse", {"n": "={{ $json.n + 1 }}"})])
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(flow, [[{"n": n} for n in range(10)]], size=2)
    assert str(failed.value) == 'step "Refuse", item 2: 3 is a multiple of three'
    assert [dict(row) for row in failed.value.run.items.json] == [
        {"n": 0, "place": 0},
        {"n": 1, "place": 1},
    ]


async def test_the_output_goes_to_the_sink_as_it_comes() -> None:
    seen: list[int] = []

    async def sink(items: Items) -> None:
        seen.append(len(items))

    flow = pipeline([step("Mark", "fields", {"fields": {"m": 1}})])
    async with Runtime() as runtime:
        run = await runtime.run_batches(flow, lists([{"n": n} for n in range(7)], 3), sink, size=2)
    assert seen == [2, 2, 2, 1]
    assert len(run.items) == 0
    assert run.steps[0].counts == {"main": 7}


async def test_workers_draw_across_the_borders_of_slices() -> None:
    clock = FakeClock(auto=False)
    under_way: list[int] = []

    class Slow(ItemNode[NumberParams]):
        """Wait for a number of seconds."""

        async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
            """Wait."""
            under_way.append(ctx.item or 0)
            await ctx.sleep(params.n)
            return item

    nodes = registry()
    nodes.add("slow", Slow)
    document = {"nodekit": 1, "steps": [step("Slow", "slow", N, concurrency=2)]}
    flow = load(document, registry=nodes)
    rows = [{"n": 100}, {"n": 1}, {"n": 1}, {"n": 1}, {"n": 1}, {"n": 1}]
    done: list[int] = []

    async def sink(items: Items) -> None:
        done.append(len(items))

    async with Runtime(clock=clock) as runtime, anyio.create_task_group() as group:

        async def run() -> None:
            await runtime.run_batches(flow, [rows], sink, size=2)

        group.start_soon(run)
        for _ in range(5):
            await clock.settle()
            await clock.advance(1)
        await clock.settle()
        assert under_way == [0, 1, 2, 3, 4, 5]
        assert done == []
        await clock.advance(100)
        await clock.settle()
    assert done == [2, 2, 2]


@pytest.mark.parametrize("size", [1, 2, 100])
async def test_a_step_that_stops_fails_the_run_wherever_it_stands(size: int) -> None:
    flow = pipeline(
        [
            step("Mark", "fields", {"fields": {"n": "={{ $json.n }}"}}),
            step("Sum", "sum", N),
            step("Refuse", "refuse", N),
        ]
    )
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(flow, [[{"n": n} for n in (3, 1, 2)]], size=size)
    assert str(failed.value) == 'step "Refuse", item 0: 3 is a multiple of three'
    assert [one.step for one in failed.value.run.steps] == ["Mark", "Sum", "Refuse"]


@pytest.mark.parametrize(
    ("type", "params", "more", "reason"),
    [
        ("limit", {"count": 1}, {}, None),
        (
            "limit",
            {},
            {"on_error": "continue"},
            "it is set to go on where it fails for all items",
        ),
        ("remove_duplicates", {"by": ["n"]}, {}, None),
        ("remove_duplicates", {}, {}, 'the node "remove_duplicates" works on all items'),
        (
            "remove_duplicates",
            {"by": ["n"], "keep": "last"},
            {},
            'the node "remove_duplicates" works on all items',
        ),
        (
            "remove_duplicates",
            {"by": ["n"], "only_compared": True, "linked_by": "place"},
            {},
            'the node "remove_duplicates" works on all items',
        ),
        (
            "remove_duplicates",
            {"seen": {"value": "={{ $json.n }}"}},
            {},
            'the node "remove_duplicates" works on all items',
        ),
    ],
    ids=["start", "on_error", "by", "all", "last", "by place", "seen"],
)
def test_a_node_folds_by_its_parameters(
    type: str, params: dict[str, Json], more: dict[str, Json], reason: str | None
) -> None:
    found = plan(pipeline([step("S", type, params, **more)]))
    assert found.cuts == (() if reason is None else (Cut("S", reason, reason),))
    assert found.in_order == ({"S"} if reason is None else frozenset())


@pytest.mark.parametrize("start", ["end", "={{ 'start' }}"])
def test_a_node_that_folds_by_its_parameters_may_stream_by_others(start: str) -> None:
    found = plan(pipeline([step("S", "limit", {"from": start})]))
    assert found.cuts == (Cut("S", 'the node "limit" works on all items', None),)
    assert (found.streams, found.in_order) == ({"S"}, frozenset())


@pytest.mark.parametrize("size", SIZES)
async def test_what_cannot_be_compared_with_an_earlier_slice_ends_the_run(size: int) -> None:
    flow = pipeline([step("S", "remove_duplicates", {"by": ["n"]})])
    rows: list[dict[str, Json]] = [{"n": None}, {"n": 1}, {"n": "1"}]
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(flow, [rows], size=size)
    assert failed.value.run.error is not None
    assert failed.value.run.error.message == (
        "field 'n' is not always of the same type: number in item 1, string in item 2"
    )


class TextParams(Params):
    """A text."""

    text: str
    """An expression."""


class Ask(ItemNode[TextParams]):
    """Put what an expression gives that only a run can tell."""

    async def run_item(self, item: Item, params: TextParams, ctx: Context) -> Item:
        """Evaluate it."""
        return item.with_json(found=await ctx.evaluate(params.text, {}))


HINT = (
    "Name the step and the call in the expression itself, as in `$('Step').all()`: "
    "what a run can see before it begins, it keeps."
)

MISSED = [
    ("$('First').all().length", 'asks for all items of "First"'),
    ("$('First').first().json.n", 'asks for all items of "First"'),
    ("$('First').all(0, 1).length", None),
    ("$node['First'].json.n", 'asks for all items of "First"'),
    ("$input.all().length", "asks for other items of its input than the one at hand"),
    ("$input.first().json.n", "asks for other items of its input than the one at hand"),
    ("$input.last().json.n", "asks for other items of its input than the one at hand"),
    ("$('First').itemMatching(1).json.n", "asks for other items of its input than the one at hand"),
    ("$('Cut').all().length", 'asks for all items of "Cut"'),
    ("$('Before').item.json.n", 'asks for the items of "Before" that its own came from'),
]


def asks_for_nothing(*_: object) -> str | None:
    """Miss whatever the expression in a hole asks for."""
    return None


@pytest.mark.parametrize("on_error", ["stop", "continue"])
@pytest.mark.parametrize(("text", "what"), MISSED, ids=[text for text, _ in MISSED])
async def test_what_the_plan_has_missed_ends_the_run(
    text: str, what: str | None, on_error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        step("Before", "fields", {"fields": {"b": 1}}),
        step("Cut", "reverse"),
        step("First", "fields", {"fields": {"a": 1}}),
        step("S", "fields", {"fields": {"x": f"={{{{ {text} }}}}"}}, on_error=on_error),
    ]
    nothing: frozenset[str] = frozenset()
    monkeypatch.setattr("nodekit.engine.plan.asks", asks_for_nothing)
    monkeypatch.setattr("nodekit.engine.plan.Plan.asked", nothing)
    monkeypatch.setattr("nodekit.engine.plan.Plan.linked", nothing)
    rows = [{"n": n} for n in range(5)]
    async with Runtime() as runtime:
        if what is None:
            run = await runtime.run_batches(pipeline(steps), [rows], size=2)
            assert [row["x"] for row in run.items.json] == [0] * 5
            return
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(pipeline(steps), [rows], size=2)
    error = failed.value.run.error
    assert error is not None
    assert failed.value.run.failed_step == "S"
    assert error.message == (
        f'parameter "fields.x", {f"={{{{ {text} }}}}"!r}: {what}, '
        "which a run over slices does not keep"
    )
    assert error.hint == HINT


async def test_what_only_a_call_asks_for_ends_the_run() -> None:
    nodes = registry()
    nodes.add("ask", Ask)
    steps = [
        step("First", "fields", {"fields": {"a": 1}}),
        step("S", "ask", {"text": "={{ '=' + '{{ $(\"First\").all().length }' + '}' }}"}),
    ]
    flow = load({"nodekit": 1, "steps": steps}, registry=nodes)
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(flow, [[{"n": 1}, {"n": 2}]], size=1)
    assert failed.value.run.error is not None
    assert failed.value.run.error.message == (
        """'={{ $("First").all().length }}': """
        'asks for all items of "First", which a run over slices does not keep'
    )


@pytest.mark.parametrize("size", SIZES)
async def test_a_try_that_is_repeated_is_not_remembered(size: int) -> None:
    steps = [
        step("Count", "count", {}, retry={"tries": 2}),
        step("Places", "places", {}, retry={"tries": 2}),
    ]
    rows = [{"n": n} for n in range(5)]
    whole, sliced = await both_ways(pipeline(steps), rows, size)
    assert [row["count"] for row, _ in whole] == [1, 2, 3, 4, 5]
    assert [row["at"] for row, _ in whole] == [0, 1, 2, 3, 4]
    assert sliced == whole
