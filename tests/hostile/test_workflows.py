"""Workflows of n8n's and pipelines that are wrong, endless or circular."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from nodekit import PipelineError, RunFailed, Runtime, WorkflowOptions, load
from tests.hostile.runs import Json, assert_right, ending
from tests.unit.pipeline.n8n.flows import link, node, workflow

NO_FORM = "this is no n8n workflow: `nodes` wants a list, `connections` a mapping"


def nested(depth: int) -> Json:
    """Return a list within a list, so deep."""
    value: Json = 1
    for _ in range(depth):
        value = [value]
    return value


def changed(**top: Json) -> dict[str, Json]:
    """Return a workflow of two nodes with something else at its top."""
    return {**workflow([node("A")], link("Start > A")), **top}


def with_node(**more: Json) -> dict[str, Json]:
    """Return a workflow whose node has something else."""
    return workflow([{**node("A"), **more}], link("Start > A"))


def wired(main: Json) -> dict[str, Json]:
    """Return a workflow whose trigger is connected in some way."""
    return changed(connections={"Start": {"main": main}})


REFUSED: Mapping[str, tuple[dict[str, Json], str]] = {
    "unknown node": (with_node(type="n8n-nodes-base.teleport"), "there is no translation"),
    "unknown package": (with_node(type="evil.node"), "there is no translation of this node type"),
    "unknown version": (with_node(typeVersion=99), "version 99 is not known"),
    "nodes no list": (changed(nodes={}), NO_FORM),
    "nodes null": (changed(nodes=None), NO_FORM),
    "connections no mapping": (changed(connections=[]), NO_FORM),
    "nodes of other things": (changed(nodes=[1, None, "x"]), "nodes[0] is no mapping"),
    "no nodes": (changed(nodes=[]), "no node to start the workflow from could be found"),
    "two of one name": (workflow([node("A"), node("A")], {}), 'two nodes are called "A"'),
    "name no text": (with_node(name=5), "nodes[1] needs a name and a type"),
    "type no text": (with_node(type=[]), "nodes[1] needs a name and a type"),
    "version no number": (with_node(typeVersion="x"), "typeVersion wants a number"),
    "version beyond floats": (with_node(typeVersion=10**400), "typeVersion wants a number"),
    "parameters no mapping": (with_node(parameters=[]), "parameters wants a mapping"),
    "parameters too deep": (with_node(parameters={"a": nested(5000)}), "more than 100 deep"),
    "pinned too deep": (changed(pinData={"A": [{"json": {"a": nested(5000)}}]}), "more than 100"),
    "main no list": (wired(5), 'the connections of "Start" want lists of lists'),
    "main text": (wired("abc"), 'the connections of "Start" want lists of lists'),
    "output no list": (wired([{"node": "A"}]), 'connections of "Start" want lists of lists'),
    "input no number": (wired([[{"node": "A", "index": "0"}]]), "names no node and input"),
    "input below zero": (wired([[{"node": "A", "index": -1}]]), "names no node and input"),
    "input far away": (wired([[{"node": "A", "index": 10**9}]]), "names no node and input"),
    "target no text": (wired([[{"node": ["A"], "index": 0}]]), "names no node and input"),
    "not a number": (with_node(position=[float("nan"), 0]), "nan is no JSON number"),
    "no such zone": (changed(settings={"timezone": "Mars/Base"}), 'no time zone "Mars/Base"'),
    "zone a path": (changed(settings={"timezone": "../../etc/passwd"}), "there is no time zone"),
    "timeout without end": (changed(settings={"executionTimeout": float("inf")}), "no JSON number"),
    "file not in base64": (
        changed(pinData={"A": [{"json": {}, "binary": {"f": {"data": "*", "mimeType": "a/b"}}}]}),
        "is not in base64",
    ),
}


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with Runtime() as made:
        yield made


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_workflow_is_refused(name: str, runtime: Runtime) -> None:
    value, why = REFUSED[name]
    began = monotonic()
    with pytest.raises(PipelineError) as refused:
        load(value)
    assert why in refused.value.message
    assert monotonic() - began < 5
    await assert_right(runtime)


WRONG_LINKS: Sequence[Json] = ("x", [[]], -5, 10**30, True)
HARMLESS: Mapping[str, dict[str, Json]] = {
    "connections from and to nowhere": changed(
        connections={**link("Start > A", "Start > Ghost"), **link("Phantom > A", "Phantom > Start")}
    ),
    "holes in connections": wired([None, [None, {"node": "A", "index": 0}], []]),
    "other kinds of connections": changed(
        connections={**link("Start > A"), "A": {"ai_tool": [[{"node": "Start", "index": 0}]]}}
    ),
    "many outputs": wired([*[[]] * 10_000, [{"node": "A", "index": 0}]]),
    "settings of wrong types": changed(
        settings={"executionOrder": 5, "timezone": 5, "executionTimeout": "x", "errorWorkflow": {}}
    ),
    "settings no mapping": changed(settings=[]),
    "pinned data of wrong types": changed(
        pinData={"A": [1, None, "x", [], {"json": 5}, {"json": {}, "binary": 5, "pairedItem": {}}]}
    ),
    "pinned links of wrong types": changed(
        pinData={"A": [{"json": {}, "pairedItem": one} for one in WRONG_LINKS]}
    ),
    "static data of wrong types": changed(staticData=[], id={}, name=[]),
    "settings of a node of wrong types": with_node(
        onError=5,
        retryOnFail="x",
        maxTries="many",
        waitBetweenTries=[],
        executeOnce=1,
        disabled="n",
    ),
    "positions of wrong types": with_node(position={"x": 1}),
}


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_means_nothing_does_no_harm(name: str, runtime: Runtime) -> None:
    assert await ending(runtime, HARMLESS[name]) == "success"
    await assert_right(runtime)


ODD = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "42",
    "a.b",
    "a\"b'c",
    "😀",
]


async def test_names_of_nodes_and_fields_mean_nothing_to_javascript(runtime: Runtime) -> None:
    fields = [
        {"name": "__proto__", "type": "object", "value": "={{ ({ extra: 'no' }) }}"},
        {"name": "constructor.prototype.extra", "type": "string", "value": "no"},
    ]
    sets = node("Set", "set", 3.4, parameters={"assignments": {"assignments": fields}})
    names = [*ODD, "Set"]
    value = workflow([*map(node, ODD), sets], {})
    value["connections"] = {
        one: {"main": [[{"node": two, "type": "main", "index": 0}]]}
        for one, two in pairwise(["Start", *names])
    }
    run = await runtime.run(load(value))
    assert run.last_step == "Set"
    (item,) = run.items
    assert item.json["constructor"] == {"prototype": {"extra": "no"}}
    await assert_right(runtime)


CIRCLE = workflow([node("A"), node("B")], link("Start > A", "A > B", "B > A"))
TWICE = workflow([node("A"), node("B")], link("Start > A", "A > B", "A > B", "B > A"))
ITSELF = workflow([node("A")], link("Start > A", "A > A"))


@pytest.mark.parametrize("value", [CIRCLE, TWICE, ITSELF], ids=["circle", "twice", "itself"])
async def test_an_endless_loop_ends_by_the_timeout(
    value: dict[str, Json], runtime: Runtime
) -> None:
    settings = {"executionOrder": "v1", "executionTimeout": 0.5}
    with pytest.raises(RunFailed) as failed:
        await runtime.run(load({**value, "settings": settings}), retain="output")
    assert str(failed.value) == "the run: timed out after 0.5 s"
    assert failed.value.run.status == "canceled"
    await assert_right(runtime)


@pytest.mark.parametrize("retain", ["all", "output"])
async def test_an_endless_loop_ends_without_a_timeout(retain: Json, runtime: Runtime) -> None:
    steps = [
        {"name": "A", "type": "no_op", "input": ".start", "back": "B"},
        {"name": "B", "type": "no_op"},
    ]
    pipeline = load({"steps": steps, "settings": {"max_runs": 500}})
    with pytest.raises(RunFailed, match='step "A": ran 500 times, as often as a step may'):
        await runtime.run(pipeline, retain=retain)
    await assert_right(runtime)


def test_no_loop_of_a_workflow_is_endless() -> None:
    assert load(CIRCLE).max_runs == 100_000


async def test_a_loop_whose_data_grow_ends_by_a_limit(runtime: Runtime) -> None:
    double = [{"name": "s", "type": "string", "value": "={{ ($json.s || 'xxxxxxxx').repeat(64) }}"}]
    grow = node("A", "set", 3.4, parameters={"assignments": {"assignments": double}})
    value = workflow([grow, node("B")], link("Start > A", "A > B", "B > A"))
    said = await ending(runtime, value)
    assert said.startswith('step "A", item 0: parameter')
    assert "used more memory than 256 MiB" in said
    await assert_right(runtime)


def calls(name: str) -> dict[str, Json]:
    """Return a workflow that calls another one by its id."""
    target = {"__rl": True, "mode": "id", "value": name}
    call = node("Call", "executeWorkflow", 1.2, parameters={"workflowId": target})
    starts = node("When", "executeWorkflowTrigger", 1.1, parameters={"inputSource": "passthrough"})
    return workflow([call, starts], link("Start > Call", "When > Call"))


@pytest.mark.parametrize(
    "workflows",
    [{"a": calls("a")}, {"a": calls("b"), "b": calls("a")}, {"a": calls("b"), "b": calls("b")}],
    ids=["itself", "each other", "deeper"],
)
async def test_workflows_that_call_each_other_in_a_circle_end(
    workflows: dict[str, Json], runtime: Runtime
) -> None:
    began = monotonic()
    said = "success"
    try:
        await runtime.run(load(calls("a"), n8n=WorkflowOptions(workflows=workflows)))
    except (PipelineError, RunFailed) as error:
        said = str(error)
    assert "circle" in said
    assert monotonic() - began < 5
    await assert_right(runtime)


async def test_pipelines_that_run_each_other_in_a_circle_end(
    runtime: Runtime, tmp_path: Path
) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        text = f"steps:\n  - {{name: Run, type: run_pipeline, params: {{file: {other}.yaml}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(RunFailed, match="the pipelines run each other in a circle"):
        await runtime.run(load(tmp_path / "a.yaml"))
    await assert_right(runtime)


BOMB = "a: &a [x, x]\n" + "".join(
    f"b{i}: &b{i} [*{f'b{i - 1}' if i else 'a'}, *a]\n" for i in range(40)
)
PIPELINES: Mapping[str, str] = {
    "alias bomb": BOMB,
    "alias circle": "steps: &a [*a]\n",
    "deep, in one line": "steps: " + "[" * 100_000,
    "deep mappings": "steps:\n" + "".join(" " * i + "a:\n" for i in range(1, 3000)),
    "deep JSON": '{"steps": ' + "[" * 100_000,
    "no text": "steps: \0",
    "no name of a file": "a\0b",
    "a name too long for a file": "x" * 5000,
    "a tag": "steps: !!python/object/apply:os.system ['true']",
    "a merge": "<<: {steps: []}\n",
    "wrong types": "nodekit: x\nid: []\nsettings: 5\ncredentials: x\nsteps: {}\noutput: 5\n",
    "steps of wrong types": "steps: [5, null, [], {name: 5, type: []}]",
    "a number without end": "steps:\n- {name: A, type: wait, params: {for: .inf}}",
    "many unknown steps": "steps:\n"
    + "".join(f"- {{name: S{i}, type: nothing}}\n" for i in range(300)),
}


@pytest.mark.parametrize("name", PIPELINES)
async def test_what_is_no_pipeline_is_refused(name: str, runtime: Runtime) -> None:
    began = monotonic()
    with pytest.raises(PipelineError) as refused:
        load(PIPELINES[name])
    assert "error[" in refused.value.message
    assert monotonic() - began < 5
    await assert_right(runtime)
