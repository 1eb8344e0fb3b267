"""Workflows become documents: order, references, settings, pins, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from nodekit import PipelineError, RunFailed, WorkflowOptions, load, run_sync
from nodekit.pipeline import coverage, dump
from nodekit.pipeline.n8n import read_workflow
from nodekit.pipeline.n8n.static import static_data, static_keeper

from .flows import link, node, workflow

Json = Any


def steps_of(value: dict[str, Json], **options: Json) -> dict[str, dict[str, Json]]:
    document = read_workflow(value, None, WorkflowOptions(**options))
    stated = document.model_dump(exclude_unset=True)
    return {step["name"]: step for step in stated["steps"]}


def order_of(value: dict[str, Json], **options: Json) -> list[str]:
    return [step.step for step in run_sync(load(value, n8n=WorkflowOptions(**options))).steps]


def test_a_workflow_as_a_pipeline_file() -> None:
    nodes = [
        node("Is big", "if", 2.2, parameters={"conditions": {"conditions": []}}, position=[0, 0]),
        node("Low", position=[200, 100], notes="later", onError="continueErrorOutput"),
        node("High", position=[200, -100]),
    ]
    ends = ("Start > Is big", "Is big.1 > Low", "Is big.0 > High")
    value = workflow(
        nodes, link(*ends), name="Sizes", id="w1", pinData={"Start": [{"json": {"n": 1}}]}
    )
    assert dump(read_workflow(value)) == (
        "nodekit: 1\n"
        "id: w1\n"
        "name: Sizes\n"
        "settings:\n"
        "  expressions: lenient\n"
        "  mode: test\n"
        "  last_failure: counts\n"
        "steps:\n"
        "  - name: Start\n"
        "    type: no_op\n"
        '    input: ".start"\n'
        "    pin:\n"
        '      - "n": 1\n'
        "  - name: Is big\n"
        "    type: if\n"
        "    params:\n"
        "      all: []\n"
        "      rules: 1\n"
        "    input: Start\n"
        "  - name: High\n"
        "    type: no_op\n"
        "    input: Is big.true\n"
        "  - name: Low\n"
        "    type: no_op\n"
        "    input: Is big.false\n"
        "    on_error: error_output\n"
        "    notes: later\n"
        'output: ".last"\n'
    )


@pytest.mark.parametrize(
    ("positions", "wanted"),
    [
        ({"A": [0, 0], "B": [0, 100]}, "Start A B"),
        ({"A": [0, 100], "B": [0, 0]}, "Start B A"),
        ({"A": [100, 0], "B": [0, 0]}, "Start B A"),
        ({"A": [0, 0], "B": [0, 0]}, "Start B A"),
    ],
    ids=["down", "up", "left first", "last connected first"],
)
def test_followers_run_in_canvas_order(positions: dict[str, list[int]], wanted: str) -> None:
    nodes = [node(name, position=place) for name, place in positions.items()]
    assert " ".join(order_of(workflow(nodes, link("Start > A", "Start > B")))) == wanted


def test_in_the_old_order_followers_run_as_they_are_connected() -> None:
    nodes = [node("A", position=[0, 100]), node("B", position=[0, 0])]
    value = workflow(nodes, link("Start > A", "Start > B"), settings={"executionOrder": "v0"})
    assert order_of(value) == ["Start", "A", "B"]


def test_a_circle_becomes_back() -> None:
    loop = node("Loop", "splitInBatches", 3, position=[0, 0])
    value = workflow([loop, node("Body")], link("Start > Loop", "Loop.1 > Body", "Body > Loop"))
    steps = steps_of(value)
    assert steps["Loop"]["input"] == "Start"
    assert steps["Loop"]["back"] == "Body"
    assert steps["Body"]["input"] == "Loop.loop"


def test_a_node_may_feed_itself() -> None:
    filtered = {
        "conditions": {
            "options": {},
            "conditions": [
                {
                    "leftValue": "={{ $runIndex }}",
                    "rightValue": 2,
                    "operator": {"type": "number", "operation": "lt"},
                }
            ],
        }
    }
    value = workflow([node("A", "if", 2, parameters=filtered)], link("Start > A", "A > A"))
    assert steps_of(value)["A"]["back"] == "A.true"
    assert order_of(value) == ["Start", "A", "A", "A"]


def test_inputs_count_up_to_the_last_connected() -> None:
    value = workflow([node("M", "merge", 3)], link("Start > M.1"))
    assert steps_of(value)["M"]["input"] == {"input1": None, "input2": "Start"}
    assert steps_of(workflow([node("M", "merge", 3)], link("Start > M")))["M"]["input"] == {
        "input1": "Start"
    }


def test_holes_and_dangling_connections_are_passed_over() -> None:
    connections = {
        "Start": {"main": [None, [None], [{"node": "Gone", "type": "main", "index": 0}]]},
        "Lost": {"main": [[{"node": "A", "type": "main", "index": 0}]]},
        "A": {"ai_tool": [[{"node": "Start", "type": "ai_tool", "index": 0}]]},
    }
    assert order_of(workflow([node("A")], connections)) == ["Start"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("A", "A.true"), ("a.b", "a"), (".x", ".start "), ("1", "length"), ("x:y", ".true:x:y")],
)
def test_names_may_be_anything(first: str, second: str) -> None:
    holds = {"conditions": {"conditions": []}}
    nodes = [
        node(first, "if", 2, parameters=holds, position=[0, 0]),
        node(second, "if", 2, parameters=holds, position=[100, 0]),
        node("End", position=[200, 0]),
    ]
    connections = {
        "Start": {"main": [[{"node": first, "type": "main", "index": 0}]]},
        first: {"main": [[{"node": second, "type": "main", "index": 0}]]},
        second: {"main": [[{"node": "End", "type": "main", "index": 0}]]},
    }
    value = workflow(nodes, connections)
    assert order_of(value) == ["Start", first, second, "End"]
    written = dump(read_workflow(value))
    assert [step.step for step in run_sync(load(written)).steps] == ["Start", first, second, "End"]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"onError": "continueRegularOutput"}, {"on_error": "continue"}),
        ({"onError": "continueErrorOutput"}, {"on_error": "error_output"}),
        ({"continueOnFail": True}, {"on_error": "continue"}),
        ({"continueOnFail": True, "onError": "stopWorkflow"}, {"on_error": "pass_on"}),
        ({"executeOnce": True}, {"once": True}),
        ({"alwaysOutputData": True}, {"always_output": True}),
        ({"disabled": True}, {"disabled": True}),
        ({"retryOnFail": True}, {"retry": {"of": "step", "on": "any", "tries": 3, "wait": 1.0}}),
        (
            {"retryOnFail": True, "maxTries": 9, "waitBetweenTries": 9000},
            {"retry": {"of": "step", "on": "any", "tries": 5, "wait": 5.0}},
        ),
        (
            {"retryOnFail": True, "maxTries": 1, "waitBetweenTries": 0},
            {"retry": {"of": "step", "on": "any", "tries": 2, "wait": 1.0}},
        ),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_settings_of_nodes(raw: dict[str, Json], wanted: dict[str, Json]) -> None:
    step = steps_of(workflow([node("A", **raw)], link("Start > A")))["A"]
    assert step == {"name": "A", "type": "no_op", "input": "Start", **wanted}


def test_settings_of_the_workflow() -> None:
    settings = {"executionOrder": "v0", "timezone": "Asia/Tokyo", "executionTimeout": 30}
    document = read_workflow(
        workflow([], {}, settings=settings),
        options=WorkflowOptions(variables={"region": "eu"}, env=("HOME",)),
    )
    assert document.settings.model_dump(exclude_unset=True) == {
        "timezone": "Asia/Tokyo",
        "timeout": 30,
        "order": "v0",
        "expressions": "lenient",
        "mode": "test",
        "last_failure": "counts",
        "env": ["HOME"],
        "vars": {"region": "eu"},
    }


@pytest.mark.parametrize(
    ("more", "active"),
    [
        ({}, False),
        ({"active": False}, False),
        ({"active": True}, True),
        ({"activeVersionId": None}, False),
        ({"activeVersionId": "v1"}, True),
    ],
    ids=["unsaid", "not active", "active", "no version", "a version"],
)
def test_expressions_see_whether_a_workflow_is_active(more: dict[str, Json], active: bool) -> None:
    told = {"assignments": [{"name": "a", "value": "={{ $workflow.active }}", "type": "boolean"}]}
    nodes = [node("S", "set", 3.4, parameters={"assignments": told})]
    assert run_sync(load(workflow(nodes, link("Start > S"), **more))).items.json == [{"a": active}]


OPPOSITE = ("Start > A", "Start > X", "Start > Y", "X > A", "X > B", "Y > B", "Y > A")


@pytest.mark.parametrize("order", ["v0", "v1"])
@pytest.mark.parametrize("places", ["equal", "apart"])
def test_coverage_says_where_no_order_suits(order: str, places: str) -> None:
    far = 100 if places == "apart" else 0
    nodes = [node(name, position=[0, far * i]) for i, name in enumerate("XYAB")]
    value = workflow(nodes, link(*OPPOSITE), settings={"executionOrder": order})
    unclear = [row.node for row in coverage(value) if "opposite orders" in str(row.differences)]
    assert unclear == ([] if (order, places) == ("v1", "apart") else ["A", "B"])


def test_coverage_says_how_a_switch_that_goes_on_differs() -> None:
    nodes = [node("S", "switch", 3.2, onError="continueErrorOutput")]
    (row,) = (row for row in coverage(workflow(nodes, link("Start > S"))) if row.node == "S")
    assert (row.level, [text[:44] for text in row.differences]) == (
        "differences",
        ["An item for which an expression cannot be co"],
    )


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (("noOp", "scheduleTrigger", "manualTrigger"), "n1"),
        (("errorTrigger", "executeWorkflowTrigger"), "n1"),
        (("webhook", "start"), "n1"),
        (("webhook",), "n0"),
        (("noOp",), "n0"),
    ],
    ids=" ".join,
)
def test_the_start_is_chosen_as_n8n_does(types: tuple[str, ...], wanted: str) -> None:
    nodes = [node(f"n{i}", kind) for i, kind in enumerate(types)]
    value: dict[str, Json] = {"nodes": nodes, "connections": {}, "settings": {}}
    assert order_of(value) == [wanted]


def test_the_start_may_be_named() -> None:
    value = workflow([node("A"), node("B")], link("Start > A", "A > B"))
    assert order_of(value, start="B") == ["B"]


def test_pins_and_stubs() -> None:
    value = workflow([node("A"), node("B")], link("Start > A", "A > B"))
    value["pinData"] = {"A": [{"n": 1}, {"json": {"n": 2}}]}
    run = run_sync(load(value))
    assert list(run.step("B").items.json) == [{"n": 1}, {"n": 2}]
    assert list(run_sync(load(value, n8n=WorkflowOptions(pins=False))).items.json) == [{}]
    stubbed = load(value, n8n=WorkflowOptions(stubs={"A": [{"json": {"n": 3}}]}))
    assert list(run_sync(stubbed).items.json) == [{"n": 3}]


def test_pinned_files_and_links() -> None:
    value = workflow([node("A")], link("Start > A"))
    file = {"data": "aGk=", "mimeType": "text/plain", "fileName": "a.txt"}
    value["pinData"] = {
        "Start": [{"json": {}}, {"json": {}}],
        "A": [{"json": {"n": 1}, "binary": {"doc": file}, "pairedItem": {"item": 1}}, {"json": {}}],
    }
    for source in (value, dump(read_workflow(value))):
        first, second = run_sync(load(source)).step("A").items
        assert first.binary["doc"].bytes() == b"hi"
        assert (first.binary["doc"].media_type, first.binary["doc"].file_name) == (
            "text/plain",
            "a.txt",
        )
        assert [[link.item for link in item.links or ()] for item in (first, second)] == [[1], [0]]


def test_a_reachable_unknown_node_is_refused() -> None:
    value = workflow([node("A", "slack", 2)], link("Start > A"))
    with pytest.raises(PipelineError) as caught:
        load(value)
    assert caught.value.message == (
        'nodes[1]: error[n8n-node] step "A": n8n-nodes-base.slack 2: '
        "there is no translation of this node type\n"
        "  Give the items it would put out with --stub, or disable or pin the node."
    )


def test_a_parameter_of_another_form_is_refused() -> None:
    parameters = {"operation": "removeItemsSeenInPreviousExecutions", "logic": {"value": "x"}}
    value = workflow([node("A", "removeDuplicates", 2, parameters=parameters)], link("Start > A"))
    with pytest.raises(PipelineError) as caught:
        load(value)
    assert caught.value.message == (
        'nodes[1]: error[n8n-node] step "A": n8n-nodes-base.removeDuplicates 2: '
        "a parameter has a form that is not known, found \"{'value': 'x'}\"\n"
        "  Open the node in n8n, save it, and export the workflow again."
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["nodes"][1].update(disabled=True),
        lambda value: value.update(pinData={"A": [{"json": {}}]}),
        lambda value: value.update(connections={}),
    ],
    ids=["disabled", "pinned", "unreachable"],
)
def test_an_unknown_node_that_does_not_run_is_no_obstacle(change: Any) -> None:
    value = workflow([node("A", "slack", 2)], link("Start > A"))
    change(value)
    assert order_of(value)[0] == "Start"


def test_coverage_says_what_becomes_of_every_node() -> None:
    nodes = [
        node("Hook", "webhook", 2),
        node("Old", "set", 9),
        node("Off", "slack", disabled=True),
    ]
    value = workflow(nodes, link("Start > Old", "Old > Off"))
    said = {row.node: row for row in coverage(value)}
    assert {name: (row.level, row.reachable) for name, row in said.items()} == {
        "Start": ("native", True),
        "Hook": ("differences", False),
        "Old": ("unsupported", True),
        "Off": ("replaced", True),
    }
    assert said["Hook"].differences == (
        "It does not wait for an event but puts out the items the run is given.",
    )
    assert said["Old"].reason == "version 9 is not known, only 1 to 3.5"


def test_expressions_that_are_wrong_fail_when_they_are_come_to() -> None:
    fields = {
        "assignments": {"assignments": [{"name": "v", "type": "string", "value": "={{ 1 + }}"}]}
    }
    value = workflow([node("A", "set", 3.4, parameters=fields)], link("Start > A"))
    pipeline = load(value)
    assert [problem.code for problem in pipeline.warnings] == ["bad-expression"]
    with pytest.raises(RunFailed, match="invalid syntax"):
        run_sync(pipeline)


def test_static_data_goes_in_and_comes_out() -> None:
    pipeline = load(workflow([], {}, name="w"))
    static = {"global": {"n": 1}, "node:A": {"seen": [2]}}
    assert static_data(static_keeper(pipeline, static), pipeline) == static
    assert static_data(static_keeper(pipeline, None), pipeline) == {}


MALFORMED: list[tuple[str, Json, str]] = [
    (
        "nodes no list",
        {"nodes": 1, "connections": {}},
        "this is no n8n workflow: `nodes` wants a list, `connections` a mapping",
    ),
    (
        "connections of a node no mapping",
        {"nodes": [], "connections": {"A": 5}},
        'the connections of "A" want a mapping',
    ),
    (
        "connections no lists",
        {"nodes": [], "connections": {"A": {"main": "x"}}},
        'the connections of "A" want lists of lists',
    ),
    (
        "connections of an output no list",
        {"nodes": [], "connections": {"A": {"main": [5]}}},
        'the connections of "A" want lists of lists',
    ),
    (
        "input no number",
        {"nodes": [], "connections": {"A": {"main": [[{"node": "B", "index": True}]]}}},
        'a connection of "A" names no node and input',
    ),
    (
        "version too large",
        {"nodes": [{"name": "A", "type": "x", "typeVersion": 10**400}], "connections": {}},
        'node "A": typeVersion wants a number',
    ),
    ("node no mapping", {"nodes": [1], "connections": {}}, "nodes[0] is no mapping"),
    (
        "node without name",
        {"nodes": [{"type": "x"}], "connections": {}},
        "nodes[0] needs a name and a type",
    ),
    (
        "bad version",
        {"nodes": [node("A", version="x")], "connections": {}},  # type: ignore[arg-type]  # that is the point
        'node "A": typeVersion wants a number',
    ),
    (
        "bad parameters",
        {"nodes": [node("A", parameters=[1])], "connections": {}},
        'node "A": parameters wants a mapping',
    ),
    ("twice", {"nodes": [node("A"), node("A")], "connections": {}}, 'two nodes are called "A"'),
    (
        "bad connection",
        {"nodes": [node("A")], "connections": {"A": {"main": [["B"]]}}},
        'a connection of "A" names no node and input',
    ),
    (
        "huge input",
        {"nodes": [node("A")], "connections": {"A": {"main": [[{"node": "A", "index": 10**9}]]}}},
        'a connection of "A" names no node and input',
    ),
    (
        "no start",
        {"nodes": [node("A"), node("B")], "connections": {}},
        "no node to start the workflow from could be found",
    ),
    (
        "no nodes",
        {"nodes": [], "connections": {}},
        "no node to start the workflow from could be found",
    ),
]


@pytest.mark.parametrize(
    ("value", "message"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_workflow_is_refused(value: Json, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        load(value)
    assert caught.value.problems[0].message == message


@pytest.mark.parametrize(
    "oddity",
    [
        {"settings": 3},
        {"settings": {"executionTimeout": "x", "timezone": 4}},
        {"pinData": [1]},
        {"pinData": {"Start": 3, "A": [1, None, {"json": 3}, {"json": {}, "binary": 3}]}},
        {"staticData": "x"},
        {"name": 3, "id": {}},
    ],
    ids=str,
)
def test_odd_values_are_passed_over(oddity: dict[str, Json]) -> None:
    value = {**workflow([node("A", position="x")], link("Start > A")), **oddity}
    assert order_of(value)[0] == "Start"


def calling(target: Json, id: str, **more: Json) -> dict[str, Json]:
    """Return a workflow that calls another one by its id."""
    parameters = {"workflowId": {"__rl": True, "mode": "id", "value": target}, **more}
    nodes = [node("Call", "executeWorkflow", 1.3, parameters=parameters)]
    return workflow(nodes, link("Start > Call"), id=id, name=id)


def called(id: str, value: Json) -> dict[str, Json]:
    """Return a workflow that adds a field to what it is called with."""
    fields = {"assignments": {"assignments": [{"name": id, "type": "number", "value": value}]}}
    nodes = [
        node("Hourly", "scheduleTrigger", 1.2),
        node("In", "executeWorkflowTrigger"),
        node("Set", "set", 3.4, parameters={**fields, "includeOtherFields": True}),
    ]
    connections = link("In > Set")
    return {
        "id": id,
        "name": id,
        "nodes": nodes,
        "connections": connections,
        "settings": {},
        "pinData": {"In": [{"json": {"pinned": 1}}]},
    }


def test_workflows_are_called_by_their_id() -> None:
    value = calling("deep", "w", workflowInputs={"value": {"n": "={{ 1 + 1 }}"}})
    others = {"deep": {**calling("low", "deep")}, "low": called("low", 3)}
    pipeline = load(value, n8n=WorkflowOptions(workflows=others))
    assert list(run_sync(pipeline).items.json) == [{"n": 2, "low": 3}]
    written = dump(read_workflow(value, options=WorkflowOptions(workflows=others)))
    assert list(run_sync(load(written)).items.json) == [{"n": 2, "low": 3}]


def test_called_workflows_may_lie_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(called("low", 3)))
    (tmp_path / "b.json").write_text("{")
    for target in ("low", "a"):
        options = WorkflowOptions(workflows=tmp_path)
        assert list(run_sync(load(calling(target, "w"), n8n=options)).items.json) == [{"low": 3}]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("gone", 'the workflow "gone" that it calls is not known'),
        ("={{ $json.id }}", "the id of the workflow it calls is computed"),
        ("", "it names no workflow to call"),
        ("w", "workflows call each other in a circle: w > w"),
    ],
)
def test_what_cannot_be_called_is_refused(target: str, reason: str) -> None:
    value = calling(target, "w")
    (row,) = (row for row in coverage(value) if row.node == "Call")
    assert row.reason == reason
    with pytest.raises(PipelineError, match="n8n-node"):
        load(value)


def test_a_circle_of_workflows_is_refused() -> None:
    others = {"a": calling("b", "a"), "b": calling("a", "b")}
    with pytest.raises(PipelineError, match="call each other in a circle: w > a > b > a"):
        load(calling("a", "w"), n8n=WorkflowOptions(workflows=others))


def test_a_workflow_that_is_not_known_fails_where_it_is_called() -> None:
    others = {"a": calling("gone", "a")}
    pipeline = load(calling("a", "w"), n8n=WorkflowOptions(workflows=others))
    with pytest.raises(RunFailed, match='the workflow "gone" that it calls is not known'):
        run_sync(pipeline)
