"""Loop: rounds, what comes back, links, nested loops."""

from typing import Any

import pytest
from nodekit_nodes_core.loop import Loop

from nodekit import Json, PairedItem, Run, Runtime, load
from nodekit.testing import check_node_contract, run_node

Rows = list[dict[str, Json]]


def looped(body: list[dict[str, Any]], **params: Json) -> dict[str, Any]:
    """Return a pipeline with one loop; the last step of the body leads back."""
    back = body[-1]["name"]
    return {
        "nodekit": 1,
        "name": "loop",
        "steps": [
            {"name": "Start", "type": "no_op"},
            {"name": "Loop", "type": "loop", "params": params, "back": back},
            {"name": "Done", "type": "no_op", "input": "Loop.done"},
            *body,
        ],
        "output": "Done",
    }


def double(*, more: dict[str, Json] | None = None) -> list[dict[str, Any]]:
    fields: dict[str, Json] = {"n": "={{ $json.n * 2 }}", **(more or {})}
    return [{"name": "Body", "type": "set", "input": "Loop.loop", "params": {"fields": fields}}]


async def ran(document: dict[str, Any], rows: Rows) -> Run:
    async with Runtime() as runtime:
        return await runtime.run(load(document), rows)


def numbers(count: int) -> Rows:
    return [{"n": n} for n in range(1, count + 1)]


def rounds(run: Run, output: str, step: str = "Loop") -> list[list[Json]]:
    """Return what left a loop in every round."""
    runs = [one.outputs or {} for one in run.step(step)]
    return [[row.get("n") for row in outputs[output].json] for outputs in runs]


async def test_keeps_the_contract() -> None:
    await check_node_contract(Loop, {"size": 2})


@pytest.mark.parametrize(
    ("count", "size", "batches"),
    [
        (5, 2, [[1, 2], [3, 4], [5], []]),
        (3, 1, [[1], [2], [3], []]),
        (2, 10, [[1, 2], []]),
        (4, 2, [[1, 2], [3, 4], []]),
    ],
)
async def test_rounds(count: int, size: int, batches: list[list[int]]) -> None:
    run = await ran(looped(double(), size=size), numbers(count))
    assert rounds(run, "loop") == batches
    done = [2 * n for n in range(1, count + 1)]
    assert rounds(run, "done") == [[] for _ in batches[1:]] + [done]
    assert [row.json["n"] for row in run.items] == done


async def test_expressions_see_where_the_loop_is() -> None:
    context = "={{ $('Loop').context"
    more: dict[str, Json] = {
        "round": f"{context}.currentRunIndex }}}}",
        "rounds": f"{context}.maxRunIndex }}}}",
        "last": f"{context}.noItemsLeft }}}}",
        "done": f"{context}.done }}}}",
        "kept": "={{ Object.keys($('Loop').context).length }}",
    }
    run = await ran(looped(double(more=more), size=1), numbers(3))
    assert [item.json for item in run.items] == [
        {"n": 2 * n, "round": n - 1, "rounds": 3, "last": n == 3, "done": False, "kept": 4}
        for n in (1, 2, 3)
    ]


async def test_items_stay_linked_to_where_they_came_from() -> None:
    document = looped(double(more={"from": "={{ $('Start').item.json.n }}"}), size=2)
    document["steps"][2] = {
        "name": "Done",
        "type": "set",
        "input": "Loop.done",
        "params": {"fields": {"n": "={{ $('Start').item.json.n }}", "m": "={{ $json.from }}"}},
    }
    run = await ran(document, numbers(3))
    assert [item.json for item in run.items] == [{"n": n, "m": n} for n in (1, 2, 3)]
    first, second, third = run.step("Loop")
    assert first.outputs is not None
    assert second.outputs is not None
    assert third.outputs is not None
    assert first.outputs["loop"][1].links == (PairedItem(1),)
    assert second.outputs["loop"][0].links == (PairedItem(2, "main", "Start", "main", 0),)
    assert [item.links for item in third.outputs["done"]] == [
        (PairedItem(0, "main", "Body", "main", 0),),
        (PairedItem(1, "main", "Body", "main", 0),),
        (PairedItem(0),),
    ]


async def test_done_has_what_came_back() -> None:
    body = [
        {
            "name": "Body",
            "type": "filter",
            "input": "Loop.loop",
            "params": {"condition": "={{ $json.n % 2 == 1 }}"},
        }
    ]
    run = await ran(looped(body, size=2), numbers(4))
    assert [item.json for item in run.items] == [{"n": 1}, {"n": 3}]


async def test_a_body_without_items_ends_the_loop() -> None:
    body = [
        {"name": "Body", "type": "filter", "input": "Loop.loop", "params": {"condition": False}}
    ]
    run = await ran(looped(body, size=2), numbers(4))
    assert rounds(run, "loop") == [[1, 2]]
    assert len(run.step("Done")) == 0


def nested(reset: Json) -> dict[str, Any]:
    lift = "={{ $json.n.toUpperCase() }}"
    return {
        "nodekit": 1,
        "name": "nested",
        "steps": [
            {"name": "Loop", "type": "loop", "back": "Inner.done"},
            {"name": "Done", "type": "no_op", "input": "Loop.done"},
            {
                "name": "Split",
                "type": "code",
                "input": "Loop.loop",
                "params": {"python": "return [{'n': items[0]['g'] + x} for x in '123']"},
            },
            {
                "name": "Inner",
                "type": "loop",
                "params": {"size": 2, "reset": reset},
                "back": "Body",
            },
            {
                "name": "Body",
                "type": "set",
                "input": "Inner.loop",
                "params": {"fields": {"n": lift}},
            },
        ],
        "output": "Done",
    }


GROUPS: Rows = [{"g": "a"}, {"g": "b"}]


async def test_an_inner_loop_begins_anew_when_it_is_reset() -> None:
    run = await ran(nested("={{ $prevNode.name === 'Split' }}"), GROUPS)
    assert [item.json["n"] for item in run.items] == ["A1", "A2", "A3", "B1", "B2", "B3"]


async def test_an_inner_loop_that_is_not_reset_goes_on() -> None:
    run = await ran(nested(False), GROUPS)
    assert rounds(run, "done", "Inner")[-1] == ["A1", "A2", "A3", "b1", "b2", "b3"]


async def test_the_first_call_sends_the_first_batch() -> None:
    result = await run_node(Loop, {"size": "={{ $json.n }}"}, [{"n": 2}, {"n": 1}, {"n": 1}])
    assert list(result.outputs["loop"].json) == [{"n": 2}, {"n": 1}]
    assert list(result.outputs["done"].json) == []


async def test_a_quiet_loop_ends_without_a_word() -> None:
    run = await ran(looped(double(), size=2, quiet=True), numbers(3))
    assert [step.step for step in run.steps] == ["Start", "Loop", "Body", "Loop", "Body"]
    assert run.last_step == "Body"
    assert list(run.items) == []
