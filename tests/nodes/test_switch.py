"""Switch: rules, every match, the rest, computed outputs."""

import pytest
from nodekit_nodes_core.switch import Switch

from nodekit import Json, PairedItem, PipelineError
from nodekit.registry import NodeType
from nodekit.testing import check_node_contract, raises_node_error, run_node


def above(limit: int, to: str) -> dict[str, Json]:
    return {"to": to, "all": [{"left": "={{ $json.n }}", "is": "number.gt", "right": limit}]}


RULES = [above(1, "some"), above(10, "many"), above(20, "most")]
ROWS = [{"n": 5}, {"n": 15}, {"n": 25}, {"n": 0}]

WAYS: list[tuple[str, dict[str, Json], dict[str, list[int]]]] = [
    ("first", {}, {"some": [5, 15, 25], "many": [], "most": []}),
    ("every", {"match": "every"}, {"some": [5, 15, 25], "many": [15, 25], "most": [25]}),
    ("rest", {"rest": "few"}, {"some": [5, 15, 25], "many": [], "most": [], "few": [0]}),
    ("rest joins a rule", {"rest": "many"}, {"some": [5, 15, 25], "many": [0], "most": []}),
    (
        "every and rest",
        {"match": "every", "rest": "many"},
        {"some": [5, 15, 25], "many": [15, 25, 0], "most": [25]},
    ),
    (
        "order of outputs",
        {"outputs": ["most", "none"]},
        {"most": [], "none": [], "some": [5, 15, 25], "many": []},
    ),
]


async def test_keeps_the_contract() -> None:
    await check_node_contract(Switch, {"rules": [{"to": "a", "condition": True}]})


@pytest.mark.parametrize(("more", "ways"), [w[1:] for w in WAYS], ids=[w[0] for w in WAYS])
async def test_rules(more: dict[str, Json], ways: dict[str, list[int]]) -> None:
    result = await run_node(Switch, {"rules": RULES, **more}, ROWS)
    found = {name: [row["n"] for row in items.json] for name, items in result.outputs.items()}
    assert found == ways
    assert list(found) == list(ways)


async def test_rules_may_share_an_output() -> None:
    rules = [above(20, "ends"), {"to": "ends", "condition": "={{ $json.n == 0 }}"}]
    result = await run_node(Switch, {"rules": rules, "match": "every"}, ROWS)
    assert result.json == [{"n": 25}, {"n": 0}]
    assert [item.links for item in result.items] == [(PairedItem(2),), (PairedItem(3),)]


async def test_rules_read_each_their_own_way() -> None:
    rules = [{**above(4, "loose"), "loose": True}, above(4, "strict")]
    rows: list[dict[str, Json]] = [{"n": "5"}, {"n": 5}]
    result = await run_node(Switch, {"rules": rules}, rows)
    assert result.json == [{"n": "5"}, {"n": 5}]


MESSAGE = "Wrong type: 'x' is a string but was expecting a number [condition 0, item 1]"


async def test_failing_items_leave_by_the_first_output_in_their_place() -> None:
    rows: list[dict[str, Json]] = [{"n": 5}, {"n": "x"}, {"n": 6}]
    result = await run_node(Switch, {"rules": RULES, "rest": "few"}, rows, on_error="continue")
    assert result.json == [{"n": 5}, {"error": MESSAGE}, {"n": 6}]
    assert list(result.outputs["few"].json) == []


async def test_a_later_rule_may_fail_an_item_that_matched_before() -> None:
    late = {"to": "late", "all": [{"left": "={{ $json.s }}", "is": "number.gt", "right": 1}]}
    params = {"rules": [above(1, "a"), late], "match": "every"}
    result = await run_node(Switch, params, [{"n": 5, "s": "x"}], on_error="error_output")
    assert result.json == []
    assert [row["n"] for row in result.outputs["error"].json] == [5]


@pytest.mark.parametrize(
    ("output", "ways"),
    [
        ("={{ $json.n % 2 }}", {"a": [0, 2], "b": [1]}),
        ("={{ 'b' }}", {"a": [], "b": [0, 1, 2]}),
        ("={{ String($json.n % 2) }}", {"a": [0, 2], "b": [1]}),
        ("a", {"a": [0, 1, 2], "b": []}),
        (1, {"a": [], "b": [0, 1, 2]}),
    ],
)
async def test_computed_outputs(output: Json, ways: dict[str, list[int]]) -> None:
    params = {"outputs": ["a", "b"], "output": output}
    result = await run_node(Switch, params, [{"n": n} for n in range(3)])
    assert {
        name: [row["n"] for row in items.json] for name, items in result.outputs.items()
    } == ways


@pytest.mark.parametrize(
    ("value", "shown"), [(2, "2"), (-1, "-1"), ("c", "c"), ("2", "2"), (None, "null")]
)
async def test_there_must_be_such_an_output(value: Json, shown: str) -> None:
    params = {"outputs": ["a", "b"], "output": "={{ $json.o }}"}
    with raises_node_error(f'item 0: there is no output {shown}; there are "a", "b"'):
        await run_node(Switch, params, [{"o": value}])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, 'wants one of "rules" and "output", found none'),
        (
            {"rules": [], "output": "={{ 1 }}", "outputs": ["a"]},
            'wants one of "rules" and "output", found "rules" and "output"',
        ),
        ({"output": "a"}, 'wants "outputs" for "output" to choose from'),
        (
            {"rules": [{"to": "a"}]},
            'parameter "rules.0" wants one of "condition", "all" and "any", found none',
        ),
        (
            {"rules": [{"to": "error", "condition": True}]},
            'parameter "rules.0.to" cannot be "error", the output of failing items',
        ),
        (
            {"rules": [{"to": "={{ 1 }}", "condition": True}]},
            "parameter \"rules.0.to\" cannot be an expression, found '={{ 1 }}'",
        ),
    ],
)
async def test_says_what_is_wrong(params: dict[str, Json], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        await run_node(Switch, params, [{}])
    assert [problem.message for problem in caught.value.problems] == [message]


def test_outputs_are_known_before_values_are() -> None:
    raw = {"rules": [{"to": "a", "condition": True}], "rest": "b"}
    assert NodeType("switch", Switch).outputs_of(raw) == ("a", "b")


async def test_rules_without_any_put_out_nothing() -> None:
    result = await run_node(Switch, {"outputs": ["a"], "rules": []}, [{}])
    assert result.json == []


@pytest.mark.parametrize("linked", [True, False])
async def test_a_failing_item_may_go_on_without_a_link(linked: bool) -> None:
    params: dict[str, Json] = {"rules": [above(1, "some"), above(10, "many")]}
    result = await run_node(
        Switch,
        {**params, "link_failures": linked},
        [{"n": 5}, {"n": "x"}],
        on_error="continue",
    )
    links = [item.links for item in result.outputs["some"]]
    assert links == [(PairedItem(0),), (PairedItem(1),) if linked else None]


@pytest.mark.parametrize("linked", [True, False])
async def test_a_failing_item_without_a_link_leaves_as_its_error_alone(linked: bool) -> None:
    params: dict[str, Json] = {"rules": [above(1, "some")], "link_failures": linked}
    rows: list[dict[str, Json]] = [{"n": 5}, {"n": "x"}]
    result = await run_node(Switch, params, rows, on_error="error_output")
    fields: dict[str, Json] = {"n": "x"} if linked else {}
    assert result.outputs["error"].json == [{**fields, "error": MESSAGE}]
    assert [item.links for item in result.outputs["error"]] == [
        (PairedItem(1),) if linked else None
    ]
