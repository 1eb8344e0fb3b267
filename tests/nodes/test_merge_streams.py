"""Merge over inputs that are too long to hold: the same as over all items at once."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core import buckets, merge_streams, sorted_runs
from nodekit_nodes_core.merge import Merge
from nodekit_nodes_core.merge_params import MergeParams

from nodekit import (
    Binary,
    Context,
    Fixed,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    PairedItem,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    Stream,
    load,
)
from nodekit.registry import NodeType

Row = dict[str, Json]

SIDES = ("left", "right")
THREE = ("one", "two", "three")


class SideParams(Params):
    """A side."""

    side: Fixed[str]
    """The side."""


class Side(ItemNode[SideParams]):
    """Put out the rows of one side."""

    def run_item(self, item: Item, params: SideParams, ctx: Context) -> Item | None:
        """Put out the row, with a file if its fields name one."""
        if item.json["side"] != params.side:
            return None
        made = item.derive(item.json["row"])
        name = made.json.get("file")
        return made.with_binary(**{name: Binary(params.side.encode())}) if name else made


class Watched(Merge):
    """Merge, which tells in what ways it gets its items."""

    ways: ClassVar[list[str]] = []

    def run_batch(
        self, inputs: Inputs, params: MergeParams, ctx: Context
    ) -> Items | Awaitable[Items]:
        """Take note of it."""
        Watched.ways.append("whole")
        return super().run_batch(inputs, params, ctx)

    def run_stream(
        self, inputs: Mapping[str, Stream], params: MergeParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Take note of it."""
        Watched.ways.append("stream")
        return super().run_stream(inputs, params, ctx)


def pipeline(params: Mapping[str, Json], names: Sequence[str]) -> Pipeline:
    """Return a pipeline that deals the rows of the start to the inputs of a merge."""
    registry = Registry()
    registry.add("side", Side)
    registry.add("merge", Watched)
    dealt = [
        {"name": name, "type": "side", "params": {"side": name}, "input": ".start"}
        for name in names
    ]
    merge = {"name": "Merge", "type": "merge", "params": dict(params)}
    merge["input"] = {name: name for name in names}
    document = {"nodekit": 1, "name": "p", "steps": [*dealt, merge], "output": "Merge"}
    return load(document, registry=registry)


@dataclass
class Outcome:
    """What came of a run, and in what ways the node got its items."""

    error: str = ""
    json: list[str] = field(default_factory=list[str])
    links: list[Any] = field(default_factory=list[Any])
    files: list[dict[str, bytes]] = field(default_factory=list[dict[str, bytes]])
    ways: list[str] = field(default_factory=list[str])


async def outcome(run: Callable[[Runtime], Awaitable[Run]]) -> Outcome:
    """Return what comes of a run."""
    Watched.ways.clear()
    async with Runtime() as runtime:
        try:
            items = (await run(runtime)).items
        except RunFailed as failed:
            return Outcome(str(failed), ways=[*Watched.ways])
    return Outcome(
        json=[repr(dict(row)) for row in items.json],
        links=[None if item.links is None else tuple(item.links) for item in items],
        files=[{name: file.bytes() for name, file in item.binary.items()} for item in items],
        ways=[*Watched.ways],
    )


def in_slices(flow: Pipeline, rows: list[Row], size: int) -> Callable[[Runtime], Awaitable[Run]]:
    """Return what runs a pipeline in slices."""
    return lambda runtime: runtime.run_batches(flow, [rows], size=size)


async def check_same(
    params: Mapping[str, Json],
    given: Mapping[str, Sequence[Row]],
    sizes: Sequence[int] = (1, 2, 7),
) -> Outcome:
    """Make sure that slices of some sizes give the same as one piece; return what that is.

    Items that are more than a slice must go through the node as a stream.
    """
    flow, rows = pipeline(params, list(given)), list[Row]()
    for at in range(max(map(len, given.values()))):
        rows += [{"side": name, "row": of[at]} for name, of in given.items() if at < len(of)]
    whole = await outcome(lambda runtime: runtime.run(flow, rows))
    for size in sizes:
        sliced = await outcome(in_slices(flow, rows, size))
        ways = ["stream"] * len(whole.ways) if len(rows) > size else whole.ways
        assert sliced == replace(whole, ways=ways)
    return whole


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few items be many, and the parts of a stream short."""
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 3)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 3)
    monkeypatch.setattr(buckets, "BUCKET", 3)
    monkeypatch.setattr(buckets, "PIECE", 1)
    monkeypatch.setattr(sorted_runs, "PIECE", 2)
    monkeypatch.setattr(sorted_runs, "FAN", 3)
    monkeypatch.setattr(sorted_runs, "PART", 2)
    monkeypatch.setattr(merge_streams, "PART", 2)
    monkeypatch.setattr(merge_streams, "HELD", 4)


VALUES: list[Json] = [
    *(0, 1, -1, 1.0, 1.5, 2**53 + 1, True, False, None, "", "0", "1", "1.5", "true", "FALSE", "x"),
    *([], [1], [1.0], [True], "[1]", {}, {"a": 1}, {"a": 1.0}, {"a": [None]}, '{"a": 1}', "{"),
]

fields = st.fixed_dictionaries(
    {},
    optional={
        "k": st.sampled_from(VALUES),
        "j": st.sampled_from([0, 1, "1", None]),
        "o": st.sampled_from(VALUES) | st.fixed_dictionaries({"k": st.sampled_from(VALUES)}),
        "o.k": st.sampled_from([1, "1", None]),
        "v": st.sampled_from([1, "", None, {"a": 1}, {"b": 2}, [1, 2], [{"a": 1}], [{"b": ""}, 5]]),
        "file": st.sampled_from(["f", "g"]),
    },
)
sides = st.lists(fields, max_size=12)


def options(**values: Sequence[Json]) -> st.SearchStrategy[Row]:
    """Return parameters each of which has one of some values, or is not there."""
    return st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(of) for name, of in values.items()}
    )


CLASH: dict[str, Sequence[Json]] = {"deep": [True, False], "skip_empty": [True, False]}
SIDE: Sequence[Json] = ["left", "right", "suffix"]
ON: Sequence[Json] = [
    ["k"],
    ["k", "j"],
    ["o.k"],
    [{"left": "k", "right": "o.k"}, "j"],
    [{"left": "v", "right": "k"}],
]
KEY = options(
    join=["matches", "unmatched", "left", "right", "outer"],
    take=["both", "left", "right"],
    multiple=["all", "first"],
    fuzzy=[True, False],
    dots=[True, False],
    must_exist=[True, False],
    clash=SIDE,
    **CLASH,
)


@given(left=sides, right=sides, on=st.sampled_from(ON), more=KEY)
@settings(deadline=None, max_examples=100)
async def test_by_key(left: list[Row], right: list[Row], on: Json, more: Row) -> None:
    await check_same({"how": "key", "on": on, **more}, {"left": left, "right": right})


@pytest.mark.parametrize("join", ["matches", "unmatched", "left", "right", "outer"])
@pytest.mark.parametrize("take", ["both", "left", "right"])
@pytest.mark.parametrize("multiple", ["all", "first"])
@pytest.mark.parametrize(("left", "right"), [(20, 25), (20, 0), (0, 20)])
async def test_joins(join: str, take: str, multiple: str, left: int, right: int) -> None:
    params: Row = {"how": "key", "on": ["k"], "join": join, "take": take, "multiple": multiple}
    lefts: list[Row] = [{"k": n % 9, "n": n} for n in range(left)]
    rights: list[Row] = [{"k": n % 13 + 3, "m": n} for n in range(right)]
    await check_same(params, {"left": lefts, "right": rights})


@given(left=sides, right=sides, more=options(clash=SIDE, **CLASH))
@settings(deadline=None, max_examples=40)
async def test_every_pair(left: list[Row], right: list[Row], more: Row) -> None:
    await check_same({"how": "all", **more}, {"left": left, "right": right})


@given(
    rows=st.lists(sides, min_size=1, max_size=3),
    more=options(clash=[*SIDE, "two"], inputs=[0, 1, 4], unpaired=[True, False, "first"], **CLASH),
)
@settings(deadline=None, max_examples=100)
async def test_by_position(rows: list[list[Row]], more: Row) -> None:
    await check_same({"how": "position", **more}, dict(zip(THREE, rows, strict=False)))


@given(rows=st.lists(sides, min_size=1, max_size=3))
@settings(deadline=None, max_examples=20)
async def test_append(rows: list[list[Row]]) -> None:
    await check_same({}, dict(zip(THREE, rows, strict=False)))


@given(
    rows=st.lists(sides, min_size=3, max_size=3),
    more=options(
        take=["", "one", "two", "none", "up", "={{ 'tw' + 'o' }}"],
        require=[["one"], ["one", "three"]],
    ),
)
@settings(deadline=None, max_examples=60)
async def test_choose(rows: list[list[Row]], more: Row) -> None:
    await check_same({"how": "choose", **more}, dict(zip(THREE, rows, strict=True)))


async def test_choose_none_is_linked_to_the_only_input() -> None:
    rows: list[Row] = [{"n": n} for n in range(9)]
    found = await check_same({"how": "choose", "take": "none"}, {"one": rows})
    assert found.json == ["{}"]
    assert found.links == [tuple(PairedItem(n, "one") for n in range(9))]


@pytest.mark.parametrize("how", ["key", "all"])
async def test_an_input_that_is_not_connected_has_no_items(how: str) -> None:
    rows: list[Row] = [{"k": n} for n in range(20)]
    more: Row = {"on": ["k"], "join": "outer"} if how == "key" else {}
    for name in SIDES:
        found = await check_same({"how": how, **more}, {name: rows})
        assert found.json == (list(map(repr, rows)) if how == "key" else [])


@pytest.mark.parametrize(
    ("on", "message"),
    [
        (["k", "a"], "Field 'a' is not present in any of items in 'Input 2'"),
        (["b", "a"], "Field 'b' is not present in any of items in 'Input 1'"),
    ],
)
async def test_fields_must_exist_in_some_part(on: list[str], message: str) -> None:
    left: list[Row] = [*({"k": n} for n in range(20)), {"a": 1}]
    right: list[Row] = [{"k": 1, "b": 1}, *({"j": n} for n in range(20))]
    params: Row = {"how": "key", "on": on, "must_exist": True}
    found = await check_same(params, {"left": left, "right": right})
    assert found.error == f'step "Merge": {message}'


LONG = 3000
"""How many items each side has, in several buckets of the usual length or nearly so."""


@pytest.mark.parametrize(
    "more",
    [
        {"join": "outer"},
        {"join": "unmatched"},
        {"take": "right", "fuzzy": True},
        {"join": "right", "multiple": "first", "clash": "suffix"},
    ],
    ids=["outer", "unmatched", "one side", "first"],
)
async def test_by_key_over_thousands(more: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(buckets, "BUCKET", 800)
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 1000)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 400)
    left: list[Row] = [{"k": n * 7919 % LONG, "n": n} for n in range(LONG)]
    right: list[Row] = [{"k": str(n) if n % 5 else n / 2, "m": n} for n in range(LONG)]
    params: Row = {"how": "key", "on": ["k"], **more}
    found = await check_same(params, {"left": left, "right": right}, [1000])
    assert len(found.json) > 300


def test_there_are_so_many_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sizes = (0, 1, 10_000, 10_001, 1_000_000, 4_000_000, 100_000_000)
    assert list(map(buckets.bucket_count, sizes)) == [1, 1, 1, 2, 100, 200, 1000]


@pytest.mark.parametrize(("slices", "ways"), [("all", ["whole"]), ("stream", ["stream", "whole"])])
async def test_a_query_gets_all_items(
    slices: str, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def needed(_: MergeParams) -> str:
        return slices

    monkeypatch.setattr(Watched, "slices_of", needed)
    flow = pipeline({"how": "sql", "query": "SELECT count(*) AS n FROM input1"}, ["one"])
    rows: list[Row] = [{"side": "one", "row": {}}] * 9
    found = await outcome(in_slices(flow, rows, 2))
    assert (found.json, found.ways) == (["{'n': 9}"], ways)


@pytest.mark.parametrize(
    ("params", "slices"),
    [
        ({}, "stream"),
        ({"how": "position"}, "stream"),
        ({"how": "key", "on": ["={{ 'id' }}"]}, "stream"),
        ({"how": "all"}, "stream"),
        ({"how": "choose", "take": "none"}, "stream"),
        ({"how": "sql", "query": "SELECT 1"}, "all"),
    ],
    ids=["append", "position", "key", "all", "choose", "sql"],
)
def test_slices(params: Row, slices: str) -> None:
    assert NodeType("merge", Merge).slices_of(params) == slices
