"""Samples: the first items of every output, however the run went."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.sort import Sort

from nodekit import (
    Context,
    Item,
    ItemNode,
    Json,
    NodeError,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    load,
)
from nodekit.engine.surviving import Checkpoints
from nodekit.store import MemoryStore
from nodekit.testing import FakeClock
from tests.unit.engine.test_surviving import Cut, Kept

MOST = 3


class NumberParams(Params):
    n: int
    """A number."""


class Odd(ItemNode[NumberParams]):
    """Fail for numbers that are odd, and with other words for 99."""

    async def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        if params.n == 99:
            raise NodeError("shut")
        if params.n % 2:
            raise NodeError(f"item {ctx.item} is odd")
        return item.with_json(half=params.n // 2)


class Strange(ItemNode[NumberParams]):
    """Put out what is no JSON."""

    def run_item(self, item: Item, params: NumberParams, ctx: Context) -> Item:
        return item.with_json(thing={1}, big=1 << 80)


def step(name: str, type: str, **more: Json) -> dict[str, Json]:
    return {"name": name, "type": type, "params": {"n": "={{ $json.n }}"}, **more}


ODD = step("Odd", "odd", on_error="error_output", concurrency=3)
SORT = step("Sort", "sort") | {"params": {"by": [{"field": "n"}]}}


def flow(*steps: dict[str, Json]) -> Pipeline:
    registry = Registry()
    for name, node in (("odd", Odd), ("strange", Strange), ("sort", Sort)):
        registry.add(name, node)
    return load({"name": "p", "steps": list(steps)}, registry=registry)


async def sliced(
    pipeline: Pipeline, rows: Sequence[dict[str, Any]], size: int, sample: int = MOST
) -> Run:
    async with Runtime(clock=FakeClock()) as runtime:
        return await runtime.run_batches(pipeline, [rows], size=size, sample=sample)


async def attempt(
    pipeline: Pipeline,
    rows: Sequence[dict[str, Any]],
    sink: Kept,
    store: MemoryStore,
    sample: int = MOST,
) -> Run:
    checkpoints = Checkpoints(store, "run", resume=bool(await store.runs()))
    async with Runtime(store=store, clock=FakeClock()) as runtime:
        return await runtime.run_batches(
            pipeline, [rows], sink, size=2, checkpoints=checkpoints, sample=sample
        )


def kept(run: Run) -> list[tuple[str, Any, Any, list[str]]]:
    """Return what the summary of a run holds of its steps: the items by output, and how many."""
    return [
        (
            step["step"],
            {name: rows for name, rows in step["outputs"].items() if rows},
            {name: count for name, count in step["counts"].items() if count},
            [error["message"] for error in step["failures"]],
        )
        for step in run.summary()["record"]["steps"]
    ]


ROWS: list[dict[str, Json]] = [{"n": n} for n in (8, 3, 6, 5, 4, 2, 1, 7)]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_slices_give_the_sample_of_one_piece(size: int) -> None:
    pipeline = flow(ODD, SORT, step("Odd too", "odd"))
    async with Runtime() as runtime:
        whole = await runtime.run(pipeline, ROWS, sample=MOST)
    assert kept(await sliced(pipeline, ROWS, size)) == kept(whole)


async def test_a_sample_holds_the_first_items_with_their_links_and_the_first_failures() -> None:
    run = await sliced(flow(ODD), ROWS, 2)
    ((name, outputs, counts, failures),) = kept(run)
    assert (name, counts) == ("Odd", {"main": 4, "error": 4})
    assert [(row["json"]["n"], row["from"]) for row in outputs["main"]] == [
        (8, [{"input": "main", "item": 0}]),
        (6, [{"input": "main", "item": 2}]),
        (4, [{"input": "main", "item": 4}]),
    ]
    assert [row["error"]["item"] for row in outputs["error"]] == [1, 3, 6]
    assert failures == [f"item {n} is odd" for n in (1, 3, 6)]


async def test_without_a_sample_a_summary_holds_no_items() -> None:
    run = await sliced(flow(ODD), ROWS, 2, sample=0)
    assert "record" not in run.summary()


@given(
    numbers=st.lists(st.integers(0, 9), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=3),
    steps=st.sampled_from([[ODD], [ODD, SORT], [SORT, ODD], [ODD, SORT, step("Next", "odd")]]),
)
@settings(deadline=None, max_examples=60)
async def test_a_run_that_was_cut_off_has_the_same_sample_in_the_end(
    numbers: list[int], cuts: list[int], steps: list[dict[str, Json]]
) -> None:
    pipeline, rows = flow(*steps), [{"n": n} for n in numbers]
    undisturbed = await attempt(pipeline, rows, Kept(), MemoryStore())
    sink, store = Kept(), MemoryStore()
    for left in cuts:
        sink.left = left
        try:
            await attempt(pipeline, rows, sink, store)
            return
        except Cut:
            continue
    sink.left = None
    run = await attempt(pipeline, rows, sink, store)
    assert [without_links(one) for one in kept(run)] == [
        without_links(one) for one in kept(undisturbed)
    ]
    row = await store.run("run")
    assert row is not None
    assert row.summary["record"] == run.summary()["record"]


def without_links(one: tuple[str, Any, Any, list[str]]) -> tuple[str, Any, Any, list[str]]:
    name, outputs, *rest = one
    return name, {n: [row["json"] for row in rows] for n, rows in outputs.items()}, *rest


@pytest.mark.parametrize("size", [2, 100])
async def test_a_run_that_fails_has_a_sample_of_what_it_did(size: int) -> None:
    rows = [{"n": n} for n in (2, 4, 6, 99, 8)]
    pipeline = flow(SORT, step("Odd", "odd"))
    with pytest.raises(RunFailed) as failed:
        await sliced(pipeline, rows, size)
    before, odd = failed.value.run.summary()["record"]["steps"]
    assert [row["json"]["n"] for row in before["outputs"]["main"]] == [2, 4, 6]
    assert odd["error"]["message"] == "shut"
    shown = odd["outputs"] and [row["json"]["n"] for row in odd["outputs"]["main"][:2]]
    assert shown == ([2, 4] if size == 2 else None)


async def test_a_sample_that_begins_late_does_not_claim_to_be_the_first() -> None:
    pipeline, rows = flow(step("Odd", "odd")), [{"n": n} for n in (2, 4, 6, 99)]
    sink, store = Kept(), MemoryStore()
    with pytest.raises(RunFailed):
        await attempt(pipeline, rows, sink, store, sample=0)
    rows[3:] = [{"n": 8}]
    (found,) = kept(await attempt(pipeline, rows, sink, store))
    assert found[1:3] == ({}, {"main": 4})


async def test_what_is_no_json_is_kept_as_words() -> None:
    run = await attempt(flow(step("Strange", "strange")), [{"n": 1}], Kept(), MemoryStore())
    ((_, outputs, *_),) = kept(run)
    assert outputs["main"][0]["json"] == {"n": 1, "thing": "{1}", "big": 1 << 80}
