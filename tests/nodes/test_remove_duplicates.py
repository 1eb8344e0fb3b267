"""The node remove_duplicates, run through the engine."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.code import Code
from nodekit_nodes_core.comparing import identity
from nodekit_nodes_core.remove_duplicates import RemoveDuplicates
from nodekit_nodes_core.seen import Memory

from nodekit import PipelineError, Registry, RunFailed, Runtime, load
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS = [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 1, "v": "c"}, {"id": 2, "v": "b"}]
NESTED = [{"o": {"a": 1, "b": 1}}, {"o": {"a": 1, "b": 2}}]


def places(result: NodeRun) -> list[int]:
    """Return where each item of the first output came from."""
    return [item.links[0].item for item in result.items if item.links]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(RemoveDuplicates, {"by": ["id"]})


@pytest.mark.parametrize(
    ("params", "rows", "want"),
    [
        pytest.param({}, ROWS, [0, 1, 2], id="all fields"),
        pytest.param({}, [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}], [0], id="deep, keys in any order"),
        pytest.param({"by": ["id"]}, ROWS, [0, 1], id="one field"),
        pytest.param({"by": ["id"], "keep": "last"}, ROWS, [2, 3], id="the last"),
        pytest.param({"by": {"except": ["v"]}}, ROWS, [0, 1], id="all but one"),
        pytest.param({"by": ["o.a"]}, NESTED, [0], id="in an object"),
        pytest.param({"by": {"except": ["o"]}}, NESTED, [0], id="all but an object"),
        pytest.param({"by": {"except": ["o.b"]}}, NESTED, [0], id="all but a field in an object"),
        pytest.param({"by": {"except": ["o"], "deep": False}}, NESTED, [0, 1], id="n8n's except"),
        pytest.param(
            {"by": ["o.a"], "dots": False}, [{"o.a": 1}, {"o.a": 2}], [0, 1], id="no dots"
        ),
        pytest.param({"dots": False}, NESTED, [0, 1], id="objects as a whole"),
        pytest.param({"by": ["n"]}, [{"n": None}, {"n": 1}, {"n": None}], [0, 1], id="null mixes"),
        pytest.param(
            {"mixed": "differ"},
            [{"a": 1}, {"a": "1"}, {"a": True}, {}, {}],
            [0, 1, 2, 3],
            id="differ",
        ),
        pytest.param(
            {"mixed": "differ"}, [{"l": [1, 2]}, {"l": [1]}, {"l": [1]}], [0, 1], id="lists differ"
        ),
        pytest.param({}, [{}, {}], [0], id="nothing to compare"),
    ],
)
async def test_one_of_several_that_are_the_same_goes_on(
    params: dict[str, Any], rows: list[dict[str, Any]], want: list[int]
) -> None:
    result = await run_node(RemoveDuplicates, params, rows)
    assert result.json == [rows[i] for i in want]
    assert places(result) == want


@pytest.mark.parametrize(
    ("by", "want"),
    [
        pytest.param(["id"], [{"id": 1}, {"id": 2}], id="chosen"),
        pytest.param({"except": ["v"]}, [{"id": 1}, {"id": 2}], id="all but some"),
    ],
)
async def test_only_compared_fields_may_be_kept(by: Any, want: list[dict[str, Any]]) -> None:
    result = await run_node(RemoveDuplicates, {"by": by, "only_compared": True}, ROWS)
    assert result.json == want


async def test_only_what_is_there_is_kept() -> None:
    params = {"by": ["o.a", "x"], "only_compared": True, "mixed": "differ"}
    result = await run_node(RemoveDuplicates, params, NESTED)
    assert result.json == [{"o": {"a": 1}}]


@pytest.mark.parametrize(
    ("params", "rows", "message"),
    [
        pytest.param(
            {},
            [{"a": 1}, {"a": "1"}, {"b": 1}],
            "field 'a' is not always of the same type: number in item 0, string in item 1",
            id="types",
        ),
        pytest.param(
            {"by": ["b"]},
            [{"b": 1}, {}],
            "field 'b' is missing from some input items",
            id="missing",
        ),
        pytest.param(
            {"null_is_type": True},
            [{"a": True}, {"a": None}],
            "field 'a' is not always of the same type: boolean in item 0, object in item 1",
            id="null",
        ),
    ],
)
async def test_what_cannot_be_compared_is_an_error(
    params: dict[str, Any], rows: list[dict[str, Any]], message: str
) -> None:
    with raises_node_error(message):
        await run_node(RemoveDuplicates, params, rows)
    result = await run_node(RemoveDuplicates, params, rows, on_error="continue")
    assert result.json == [{"error": message}]
    assert places(result) == [0]


async def seen(values: list[Any], state: Memory | None = None, **seen: Any) -> NodeRun:
    """Run the node over values, with what an earlier run has seen."""
    rows = [{"v": value} for value in values]
    params = {"seen": {"value": "={{ $json.v }}", **seen}}
    return await run_node(RemoveDuplicates, params, rows, state=state)


def memory(result: NodeRun) -> Memory:
    """Return what a run has seen."""
    assert isinstance(result.state, Memory)
    return result.state


async def test_what_an_earlier_run_has_seen_is_discarded() -> None:
    first = await seen([1, "2", "2"])
    assert [row["v"] for row in first.json] == [1, "2", "2"]
    assert len(first.outputs["discarded"]) == 0
    second = await seen([2, 3, 1], memory(first))
    assert second.json == [{"v": 3}]
    assert places(second) == [1]
    assert [row["v"] for row in second.outputs["discarded"].json] == [2, 1]
    assert len(memory(second).digests) == 3


async def test_the_oldest_values_are_forgotten_first() -> None:
    state = memory(await seen([1, 2, 3], size=2))
    assert len(state.digests) == 2
    assert [row["v"] for row in (await seen([1, 2, 3], state, size=2)).json] == [1]


@pytest.mark.parametrize(
    ("rule", "before", "values", "new"),
    [
        pytest.param("above", [5, 3], [4, 6, "7", 5], [6, "7"], id="numbers"),
        pytest.param("above", [], [1], [1], id="numbers, nothing seen"),
        pytest.param(
            "after",
            ["2024-05-01T00:00:00Z"],
            ["2024-05-01T02:00:00+02:00", "2024-05-01T00:00:01", 1714521602000],
            ["2024-05-01T00:00:01", 1714521602000],
            id="times",
        ),
    ],
)
async def test_a_mark_lets_only_what_is_beyond_it_pass(
    rule: str, before: list[Any], values: list[Any], new: list[Any]
) -> None:
    state = memory(await seen(before, rule=rule)) if before else None
    result = await seen(values, state, rule=rule)
    assert [row["v"] for row in result.json] == new
    assert (await seen(values, memory(result), rule=rule)).json == []


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        ("new", None, "the value to compare with earlier runs is empty"),
        ("new", "", "the value to compare with earlier runs is empty"),
        ("above", "x", "the value to compare with earlier runs is 'x', wanted a number"),
        (
            "after",
            "soon",
            "the value to compare with earlier runs is 'soon', wanted a time in ISO 8601",
        ),
    ],
)
async def test_an_item_whose_value_cannot_be_remembered_fails(
    rule: str, value: Any, message: str
) -> None:
    with raises_node_error(f"item 1: {message}"):
        await seen([1, value], rule=rule)


async def test_everything_can_be_forgotten() -> None:
    state = memory(await seen([1]))
    result = await run_node(RemoveDuplicates, {"seen": {"clear": True}}, [{"v": 1}], state=state)
    assert result.json == [{"v": 1}]
    assert memory(result) == Memory()


async def test_a_failed_run_has_seen_nothing() -> None:
    registry = Registry()
    registry.add("node", RemoveDuplicates)
    registry.add("code", Code)
    steps = [
        {"name": "a", "type": "node", "params": {"seen": {"value": "={{ $json.v }}"}}},
        {"name": "b", "type": "code", "params": {"python": "return {'n': 6 / items[0]['v']}"}},
    ]
    pipeline = load({"nodekit": 1, "name": "p", "steps": steps}, registry=registry)
    async with Runtime() as runtime:
        with pytest.raises(RunFailed):
            await runtime.run(pipeline, [{"v": 0}, {"v": 2}])
        assert len((await runtime.run(pipeline, [{"v": 2}])).step("a").items) == 1
        assert len((await runtime.run(pipeline, [{"v": 2}])).step("a").items) == 0


async def test_two_runs_at_once_have_seen_what_both_have() -> None:
    stored = Memory(digests=["a", "b"], greatest=5)
    mine = Memory(digests=["b", "c"], greatest=3, latest=7)
    merged = RemoveDuplicates.merge_state(None, stored, mine)
    assert merged == Memory(digests=["a", "b", "c"], greatest=5, latest=7)


async def test_steps_of_a_pipeline_can_remember_together(tmp_path: Path) -> None:
    registry = Registry()
    registry.add("node", RemoveDuplicates)
    params = {"seen": {"value": "={{ $json.v }}", "scope": "pipeline"}}
    steps = [{"name": name, "type": "node", "params": params, "input": ".start"} for name in "ab"]
    document = {"nodekit": 1, "name": "p", "steps": steps}
    pipeline = load(document, registry=registry, base=tmp_path)
    async with Runtime() as runtime:
        run = await runtime.run(pipeline, [{"v": 1}])
        assert [len(run.step(name).items) for name in "ab"] == [1, 0]
        run = await runtime.run(pipeline, [{"v": 1}, {"v": 2}])
        assert [len(run.step(name).items) for name in "ab"] == [1, 0]


async def test_a_rule_needs_a_value() -> None:
    with pytest.raises(PipelineError, match='parameter "seen" needs a value to remember'):
        await run_node(RemoveDuplicates, {"seen": {"rule": "above"}}, ROWS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
)


@given(json_values, json_values)
def test_identity_is_deep_equality_that_tells_truth_from_numbers(a: Any, b: Any) -> None:
    assert identity(a) == identity(a)
    assert (identity(a) == identity(b)) == same(a, b)


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values hold the same, the slow way."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


@pytest.mark.parametrize(
    ("linked_by", "want"),
    [pytest.param("item", [0, 2], id="item"), pytest.param("place", [0, 1], id="place")],
)
async def test_compared_fields_are_linked_by_item_or_place(linked_by: str, want: list[int]) -> None:
    params = {"by": ["id"], "only_compared": True, "linked_by": linked_by}
    rows = [{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"id": 2, "v": 3}]
    result = await run_node(RemoveDuplicates, params, rows)
    assert result.json == [{"id": 1}, {"id": 2}]
    assert [item.links[0].item for item in result.items if item.links] == want
