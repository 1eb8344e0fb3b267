"""The node sort, run through the engine."""

from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.comparing import less
from nodekit_nodes_core.sort import Sort, comparison, sort_keys

from nodekit import Items, PipelineError
from nodekit.testing import check_node_contract, raises_node_error, run_node

ROWS = [{"n": 10, "s": "b"}, {"n": 9, "s": "a"}, {"n": 10, "s": "A"}, {"n": 2, "s": "c"}]


def links(items: Items) -> list[int]:
    """Return where each item came from."""
    return [item.links[0].item for item in items if item.links]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Sort, {"by": [{"field": "id"}]})


@pytest.mark.parametrize(
    ("by", "order"),
    [
        pytest.param([{"field": "n"}, {"field": "s", "order": "desc"}], [3, 1, 0, 2], id="two"),
        pytest.param([{"field": "s"}], [1, 2, 0, 3], id="text ignores case and is stable"),
        pytest.param([{"field": "n", "order": "desc"}], [0, 2, 1, 3], id="desc is stable"),
    ],
)
async def test_fields_decide_one_after_another(by: list[dict[str, str]], order: list[int]) -> None:
    result = await run_node(Sort, {"by": by}, ROWS)
    assert result.json == [ROWS[i] for i in order]
    assert links(result.items) == order


@pytest.mark.parametrize(
    ("values", "order", "want"),
    [
        pytest.param(["10", 9], "asc", [9, "10"], id="numeric text against a number"),
        pytest.param([2, None, -1], "asc", [-1, None, 2], id="null is zero"),
        pytest.param([True, False], "asc", [False, True], id="false before true"),
        pytest.param([[2], [1, 5]], "asc", [[1, 5], [2]], id="lists as text"),
        pytest.param(["\U0001f600", "\uffee"], "asc", ["\U0001f600", "\uffee"], id="code units"),
        pytest.param([1, 1.0, 0.5], "asc", [0.5, 1, 1.0], id="whole and broken numbers"),
        pytest.param([{"a": 1}, {"a": 1}], "desc", [{"a": 1}, {"a": 1}], id="equal objects"),
    ],
)
async def test_values_compare_as_in_javascript(
    values: list[Any], order: str, want: list[Any]
) -> None:
    rows = [{"v": value} for value in values]
    result = await run_node(Sort, {"by": [{"field": "v", "order": order}]}, rows)
    assert [row["v"] for row in result.json] == want


async def test_a_missing_field_comes_first_when_falling() -> None:
    result = await run_node(Sort, {"by": [{"field": "n", "order": "desc"}]}, [{"n": 1}, {}])
    assert result.json == [{}, {"n": 1}]


async def test_a_dot_leads_into_objects() -> None:
    rows = [{"o": {"n": 2}}, {"o": {"n": 1}}]
    assert (await run_node(Sort, {"by": [{"field": "o.n"}]}, rows)).json == rows[::-1]


async def test_a_dot_is_part_of_the_name_without_dots() -> None:
    rows = [{"o.n": 2, "o": {"n": 1}}, {"o.n": 1, "o": {"n": 2}}]
    result = await run_node(Sort, {"by": [{"field": "o.n"}], "dots": False}, rows)
    assert result.json == rows[::-1]


async def test_a_field_that_no_item_has_is_an_error() -> None:
    with raises_node_error("no item has the field 'x' to sort by"):
        await run_node(Sort, {"by": [{"field": "x"}]}, ROWS)


async def test_a_seed_makes_a_shuffle_repeatable() -> None:
    rows = [{"i": i} for i in range(50)]
    once = await run_node(Sort, {"random": True, "seed": 7}, rows)
    again = await run_node(Sort, {"random": True, "seed": 7}, rows)
    assert once.json == again.json != rows
    assert sorted(row["i"] for row in once.json) == list(range(50))
    assert links(once.items) == [row["i"] for row in once.json]


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({}, id="none"),
        pytest.param({"by": [{"field": "a"}], "random": True}, id="both"),
    ],
)
async def test_one_way_must_be_given(params: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match='give one of "by", with at least one field, "ran'):
        await run_node(Sort, params, ROWS)


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("aB1é", max_size=2)


@given(st.lists(st.integers() | st.floats(allow_nan=False)) | st.lists(st.text()))
def test_sorting_by_keys_equals_sorting_by_comparison(values: list[Any]) -> None:
    keys = sort_keys(values)
    assert keys is not None or not values
    compared = cmp_to_key(comparison([values], [False]))
    order = sorted(range(len(values)), key=(keys or []).__getitem__)
    assert order == sorted(range(len(values)), key=compared)


@given(scalars, scalars)
def test_at_most_one_of_two_values_is_less(a: Any, b: Any) -> None:
    assert not (less(a, b) and less(b, a))


@pytest.mark.parametrize(
    ("javascript", "order"),
    [
        pytest.param("return a.json.n - b.json.n", [3, 1, 0, 2], id="numbers"),
        pytest.param("return a.json.s < b.json.s ? 1 : -1", [3, 0, 1, 2], id="texts"),
        pytest.param("if (a) {\n return 0 // equal\n}", [0, 1, 2, 3], id="stable"),
    ],
)
async def test_a_comparison_in_javascript_decides(javascript: str, order: list[int]) -> None:
    result = await run_node(Sort, {"javascript": javascript}, ROWS)
    assert result.json == [ROWS[i] for i in order]
    assert links(result.items) == order


async def test_nothing_is_compared_where_there_is_nothing() -> None:
    await check_node_contract(Sort, {"javascript": "return 0"})


@pytest.mark.parametrize(
    ("javascript", "message"),
    [
        pytest.param("\nthrow new Error('no'); return 0", "no [line 2]", id="raises"),
        pytest.param("return missing", "missing is not defined [line 1]", id="unknown name"),
        pytest.param("return 0 }; return 5; {", "the comparison does not compare", id="breaks out"),
        pytest.param(
            "return 0 }; return ['a', 1]; {", "the comparison does not compare", id="list"
        ),
    ],
)
async def test_a_comparison_that_fails_fails_the_step(javascript: str, message: str) -> None:
    with raises_node_error(message):
        await run_node(Sort, {"javascript": javascript}, ROWS)


async def test_a_comparison_that_never_ends_is_stopped() -> None:
    with raises_node_error("timed out after 0.5 s"):
        await run_node(Sort, {"javascript": "while (true) {} return 0"}, ROWS, timeout="500ms")


async def test_a_comparison_must_return_something() -> None:
    with pytest.raises(PipelineError, match='"javascript" wants a return in it'):
        await run_node(Sort, {"javascript": "a.json.n - b.json.n"}, ROWS)
