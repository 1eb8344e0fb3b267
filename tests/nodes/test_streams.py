"""Summarize and aggregate over inputs too long to hold: the same as over all items at once."""

from ast import literal_eval
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core import summarize
from nodekit_nodes_core.aggregate import Aggregate, AggregateParams
from nodekit_nodes_core.summarize import Summarize
from nodekit_nodes_core.summarize_params import SummarizeParams

from nodekit import (
    Binary,
    Context,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    Stream,
    load,
)

Row = dict[str, Json]

WAYS: list[str] = []
"""In what ways a node has got its items."""


class Nothing(Params):
    """No parameters."""


class Dealt(ItemNode[Nothing]):
    """Put out the fields and the files that a row holds; several items of some rows, or none."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> list[Item]:
        """Put them out."""
        files = {
            name: Binary(text.encode(), file_name=f"{text}.txt")
            for name, text in item.json["files"].items()
        }
        made = item.derive(item.json["row"]).with_binary(**files)
        return [made] * item.json["times"]


class WatchedSummarize(Summarize):
    """Summarize, which tells in what ways it gets its items."""

    def run_batch(self, inputs: Inputs, params: SummarizeParams, ctx: Context) -> Items:
        """Take note of it."""
        WAYS.append("whole")
        return super().run_batch(inputs, params, ctx)

    def run_stream(
        self, inputs: Mapping[str, Stream], params: SummarizeParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Take note of it."""
        WAYS.append("stream")
        return super().run_stream(inputs, params, ctx)


class WatchedAggregate(Aggregate):
    """Aggregate, which tells in what ways it gets its items."""

    def run_batch(self, inputs: Inputs, params: AggregateParams, ctx: Context) -> Items:
        """Take note of it."""
        WAYS.append("whole")
        return super().run_batch(inputs, params, ctx)

    def run_stream(
        self, inputs: Mapping[str, Stream], params: AggregateParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Take note of it."""
        WAYS.append("stream")
        return super().run_stream(inputs, params, ctx)


def pipeline(node: str, params: Mapping[str, Json]) -> Pipeline:
    """Return a pipeline that deals the rows of the start, then goes through one of the nodes."""
    registry = Registry()
    registry.add("dealt", Dealt)
    registry.add("summarize", WatchedSummarize)
    registry.add("aggregate", WatchedAggregate)
    steps = [
        {"name": "Dealt", "type": "dealt"},
        {"name": "Node", "type": node, "params": dict(params)},
    ]
    return load({"nodekit": 1, "name": "p", "steps": steps, "output": "Node"}, registry=registry)


@dataclass
class Outcome:
    """What came of a run, and in what ways the node got its items."""

    error: str = ""
    hints: list[str] = field(default_factory=list[str])
    json: list[str] = field(default_factory=list[str])
    links: list[Any] = field(default_factory=list[Any])
    files: list[list[tuple[str, bytes, str | None]]] = field(
        default_factory=list[list[tuple[str, bytes, "str | None"]]]
    )
    ways: list[str] = field(default_factory=list[str])


async def outcome(run: Callable[[Runtime], Awaitable[Run]]) -> Outcome:
    """Return what comes of a run."""
    WAYS.clear()
    error, items = "", Items()
    async with Runtime() as runtime:
        try:
            result = await run(runtime)
            items = result.items
        except RunFailed as failed:
            result, error = failed.run, str(failed)
    return Outcome(
        error,
        [hint for step in result.step("Node") for hint in step.hints],
        [repr(dict(row)) for row in items.json],
        [None if item.links is None else tuple(item.links) for item in items],
        [
            [(name, file.bytes(), file.file_name) for name, file in item.binary.items()]
            for item in items
        ],
        [*WAYS],
    )


def in_slices(flow: Pipeline, rows: list[Row], size: int) -> Callable[[Runtime], Awaitable[Run]]:
    """Return what runs a pipeline in slices."""
    return lambda runtime: runtime.run_batches(flow, [rows], size=size)


def dealt(row: Row, files: Mapping[str, str] | None = None, times: int = 1) -> Row:
    """Return a row of the start that is dealt as an item with such fields."""
    return {"row": row, "files": dict(files or {}), "times": times}


async def check_same(node: str, params: Mapping[str, Json], rows: list[Row]) -> Outcome:
    """Make sure that slices of some sizes give the same as one piece; return what that is.

    Items that are more than a slice must go through the node as a stream.
    """
    flow, count = pipeline(node, params), sum(row["times"] for row in rows)
    whole = await outcome(lambda runtime: runtime.run(flow, rows))
    for size in (1, 2, 7):
        sliced = await outcome(in_slices(flow, rows, size))
        ways = ["stream"] * len(whole.ways) if count > size else whole.ways
        assert sliced == replace(whole, ways=ways)
    return whole


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few items be many, and the parts of a stream short."""
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 3)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 3)
    monkeypatch.setattr(summarize, "PART", 2)


PLAIN: list[Json] = [
    *(0, 1, 2, -1, 2**53 + 1, 2**63, 1.0, -0.0, 0.1, 0.2, 0.3, 1e16, -1e16, 1e308, True, False),
    *(None, "", "0", "1", "1.5", "true", "null", "undefined", "x", "y", "\uffff", "\U00010000"),
]
DEEP: list[Json] = [
    *([], [1], [1.0], [None], [None, 1, []], "[1]", {}, {"a": 1}, {"a": None}, '{"a":1}'),
    *({"a": 1, "b": 2}, {"b": 2, "a": 1}),
]
ANY = st.sampled_from([*PLAIN, *DEEP])
NUMBERS = st.sampled_from([0.1, 0.2, 0.3, 1, 2, -0.0, 1e16, -1e16, 2**63])

ROWS = st.lists(
    st.builds(
        dealt,
        st.fixed_dictionaries(
            {},
            optional={
                "g": st.sampled_from(["a", "b", "", None, 1, 1.0, "1", [1], {"a": 1}]),
                "h": st.sampled_from(["a", "b", True, "true", 0, -0.0]),
                "v": ANY,
                "n": NUMBERS,
                "o": ANY | st.fixed_dictionaries({"v": ANY}),
                "o.v": ANY,
            },
        ),
        st.dictionaries(st.sampled_from("fg"), st.sampled_from("xy"), max_size=2),
        st.sampled_from([1, 1, 1, 1, 0, 2]),
    ),
    max_size=20,
)
FLAG = st.booleans()
NAMES = st.lists(st.sampled_from(["g", "h", "o.v", "none"]), max_size=3, unique=True)


def params(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    """Return parameters each of which is given or not."""
    return st.fixed_dictionaries({}, optional=options)


DO = ["append", "average", "concatenate", "count", "count_unique", "max", "min", "sum"]
FIELDS: st.SearchStrategy[list[Row]] = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["v", "v", "n", "n", "o.v", "g", "none"]),
            "do": st.sampled_from(DO),
        },
        optional={
            "as": st.sampled_from(["g", "r"]),
            "include_empty": FLAG,
            "separator": st.sampled_from(["", " | "]),
        },
    ),
    min_size=1,
    max_size=4,
)


@given(
    rows=ROWS,
    fields=FIELDS,
    more=params(
        group_by=NAMES,
        layout=st.sampled_from(["items", "one"]),
        dots=FLAG,
        skip_empty_groups=FLAG,
        group_as_text=FLAG,
        missing=st.sampled_from(["hint", "hint", "fail"]),
    ),
)
@settings(deadline=None, max_examples=200)
async def test_summarize(rows: list[Row], fields: Json, more: Row) -> None:
    await check_same("summarize", {"fields": fields, **more}, rows)


@given(
    rows=ROWS,
    chosen=st.lists(st.sampled_from(["v", "n", "o.v", "g", "none"]), min_size=1, unique=True),
    names=st.permutations(["r", "s.t", "s", "v.x", "q[1]"]),
    more=params(
        keep_missing=FLAG,
        merge_lists=FLAG,
        binaries=FLAG,
        unique_binaries=FLAG,
        linked_to=st.sampled_from(["all", "first"]),
        dots=FLAG,
    ),
)
@settings(deadline=None, max_examples=120)
async def test_aggregate_fields(
    rows: list[Row], chosen: list[str], names: list[str], more: Row
) -> None:
    fields = [{"field": one, "as": name} for one, name in zip(chosen, names, strict=False)]
    await check_same("aggregate", {"fields": fields, **more}, rows)


@given(
    rows=ROWS,
    more=params(
        keep=st.just("all") | NAMES,
        drop=NAMES,
        binaries=FLAG,
        unique_binaries=FLAG,
        linked_to=st.sampled_from(["all", "first"]),
    ),
)
@settings(deadline=None, max_examples=120)
async def test_aggregate_items(rows: list[Row], more: Row) -> None:
    await check_same("aggregate", {"into": "data", **more}, rows)


async def test_groups_come_in_the_order_of_first_sight_field_by_field() -> None:
    groups = ["bx", "ax", "by", "ay", "bx", "cx", "az", "bz", "cy", "ax"]
    rows = [dealt({"g": g, "h": h, "n": n}) for n, (g, h) in enumerate(groups)]
    fields = [{"field": "n", "do": "append", "as": "n"}]
    found = await check_same("summarize", {"fields": fields, "group_by": ["g", "h"]}, rows)
    made = [(row["g"] + row["h"], row["n"]) for row in map(literal_eval, found.json)]
    assert made == [
        ("bx", [0, 4]),
        ("by", [2]),
        ("bz", [7]),
        ("ax", [1, 9]),
        ("ay", [3]),
        ("az", [6]),
        ("cx", [5]),
        ("cy", [8]),
    ]
    assert [[link.item for link in links] for links in found.links] == [n for _, n in made]


async def test_numbers_are_added_one_after_another() -> None:
    numbers = [1e16, 1.0, 1.0, -1e16, 0.1, 0.2, 0.3, 2**62, -(2**62), 0.7]
    rows = [dealt({"n": n}) for n in numbers]
    fields = [{"field": "n", "do": "sum"}, {"field": "n", "do": "average"}]
    total: float = 0
    for n in numbers:
        total += n
    found = await check_same("summarize", {"fields": fields}, rows)
    assert found.json == [repr({"sum_n": total, "average_n": total / 10})]


async def test_a_number_too_large_to_add_fails() -> None:
    rows = [dealt({"n": n}) for n in [*[1] * 9, 10**400, 0.5, *[1] * 9]]
    found = await check_same("summarize", {"fields": [{"field": "n", "do": "sum"}]}, rows)
    assert found.error == 'step "Node": OverflowError: int too large to convert to float'


async def test_a_field_that_only_a_late_item_has_is_not_missing() -> None:
    rows = [*[dealt({"a": 1})] * 10, dealt({"b": None})]
    fields: Json = [{"field": name} for name in ("a", "b", "c", "c")]
    found = await check_same("summarize", {"fields": fields}, rows)
    assert found.hints == ["no item has the field 'c'"] * 2
    failed = await check_same("summarize", {"fields": fields, "missing": "fail"}, rows)
    assert failed.error == "step \"Node\": no item has the field 'c'"


@pytest.mark.parametrize("node", ["summarize", "aggregate"])
async def test_no_items_make_none(node: str) -> None:
    found = await check_same(node, {"fields": [{"field": "a"}]}, [dealt({}, times=0)] * 9)
    assert found == Outcome()


@pytest.mark.parametrize(("linked_to", "want"), [("all", [3, 7, 8]), ("first", [3])])
async def test_an_aggregate_is_linked_to_what_is_in_it(linked_to: str, want: list[int]) -> None:
    rows = [dealt({"a": n} if n in (3, 7, 8) else {}) for n in range(10)]
    found = await check_same("aggregate", {"into": "rows", "linked_to": linked_to}, rows)
    assert found.json == ["{'rows': [{'a': 3}, {'a': 7}, {'a': 8}]}"]
    assert [[link.item for link in links] for links in found.links] == [want]


async def test_files_get_names_of_their_own_over_all_parts() -> None:
    rows = [dealt({"a": n}, {"f": "xyz"[n % 3]}) for n in range(8)]
    more = {"into": "rows", "binaries": True}
    found = await check_same("aggregate", more, rows)
    assert [name for name, _, _ in found.files[0]] == ["f", *(f"f_{n}" for n in range(1, 8))]
    found = await check_same("aggregate", {**more, "unique_binaries": True}, rows)
    assert [(name, text) for name, text, _ in found.files[0]] == [
        ("f", b"x"),
        ("f_1", b"y"),
        ("f_2", b"z"),
    ]
