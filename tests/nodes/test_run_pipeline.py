"""The node run_pipeline, run through the engine."""

from pathlib import Path
from typing import Any

import pytest
from nodekit_nodes_core.run_pipeline import RunPipeline

from nodekit import (
    BatchNode,
    Binary,
    Context,
    Inputs,
    Item,
    Items,
    NodeError,
    Params,
    Pipeline,
    PipelineError,
    Registry,
    RunFailed,
    Runtime,
    load,
)
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS = [{"n": 1}, {"n": 2}, {"n": 3}]

SQUARES = """\
nodekit: 1
name: squares
steps:
  - name: Square
    type: set
    params: {fields: {sq: "={{ $json.n ** 2 }}", of: "={{ $input.all().length }}"}}
"""

BIG = """\
nodekit: 1
name: big
steps:
  - {name: Big, type: filter, params: {condition: "={{ $json.n > 1 }}"}}
"""

TOTAL = """\
nodekit: 1
name: total
steps:
  - {name: Total, type: aggregate, params: {fields: [{field: n}]}}
"""

STOP = """\
nodekit: 1
name: stop
steps:
  - {name: Stop, type: stop_with_error, params: {message: "={{ 'trouble with ' + $json.n }}"}}
"""

COUNT = """\
nodekit: 1
name: count
steps:
  - name: Count
    type: code
    params:
      javascript: |
        const all = $getWorkflowStaticData('global');
        all.runs = (all.runs ?? 0) + 1;
        return items.map(() => ({ json: { runs: all.runs }, pairedItem: null }));
"""

ITSELF = """\
nodekit: 1
name: itself
steps:
  - {name: Again, type: run_pipeline, params: {file: itself.yaml}}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a directory with some pipelines."""
    files = {"squares": SQUARES, "big": BIG, "total": TOTAL, "stop": STOP, "count": COUNT}
    for name, text in {**files, "itself": ITSELF}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def places(result: NodeRun) -> list[list[int] | None]:
    """Return where each item came from."""
    return [None if i.links is None else [link.item for link in i.links] for i in result.items]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(RunPipeline, {"text": SQUARES}, [{"n": 1}])


@pytest.mark.parametrize(
    ("file", "json", "sources"),
    [
        pytest.param(
            "squares.yaml",
            [{"sq": 1, "of": 3}, {"sq": 4, "of": 3}, {"sq": 9, "of": 3}],
            [[0], [1], [2]],
            id="one for one",
        ),
        pytest.param("big.yaml", ROWS[1:], [[1], [2]], id="fewer"),
        pytest.param("total.yaml", [{"n": [1, 2, 3]}], [[0, 1, 2]], id="one of all"),
        pytest.param("count.yaml", [{"runs": 1}] * 3, [[0], [1], [2]], id="unlinked, as many"),
    ],
)
async def test_it_puts_out_what_the_pipeline_does(
    base: Path, file: str, json: list[Any], sources: list[list[int]]
) -> None:
    result = await run_node(RunPipeline, {"file": file}, ROWS, base=base)
    assert result.json == json
    assert places(result) == sources


async def test_it_runs_for_each_item(base: Path) -> None:
    params = {"file": "={{ $json.n === 2 ? 'big.yaml' : 'squares.yaml' }}", "each": True}
    result = await run_node(RunPipeline, params, ROWS, base=base)
    assert result.json == [{"sq": 1, "of": 1}, {"n": 2}, {"sq": 9, "of": 1}]
    assert places(result) == [[0], [1], [2]]


async def test_state_is_the_pipelines_own(base: Path) -> None:
    result = await run_node(RunPipeline, {"file": "count.yaml", "each": True}, ROWS, base=base)
    assert result.json == [{"runs": 1}, {"runs": 2}, {"runs": 3}]
    assert result.run.state["pipeline"] == {}


async def test_binaries_go_in_and_come_out(base: Path) -> None:
    item = Item({"n": 2}, binary={"f": Binary(b"x")})
    for each in (False, True):
        params = {"file": "big.yaml", "each": each}
        result = await run_node(RunPipeline, params, [item], base=base)
        assert result.items[0].binary["f"].bytes() == b"x"


async def test_the_items_it_gets_may_be_changed() -> None:
    text = "nodekit: 1\nname: same\nsteps: [{name: Same, type: no_op}]"
    params = {"text": text, "fields": {"m": "={{ $json.n * 10 }}"}, "drop": ["n"]}
    assert (await run_node(RunPipeline, params, ROWS)).json == [{"m": 10}, {"m": 20}, {"m": 30}]


async def test_it_may_put_out_its_input(base: Path) -> None:
    params = {"file": "total.yaml", "put_out": "input"}
    result = await run_node(RunPipeline, params, ROWS, base=base)
    assert (result.json, places(result)) == (ROWS, [[0], [1], [2]])


async def test_the_output_that_the_pipeline_names_is_put_out() -> None:
    text = (
        "nodekit: 1\nname: two\noutput: First\nsteps:\n"
        "  - {name: First, type: limit, params: {from: end}}\n  - {name: Last, type: no_op}\n"
    )
    result = await run_node(RunPipeline, {"text": text}, ROWS)
    assert (result.json, places(result)) == ([{"n": 3}], [[2]])


async def test_a_failing_pipeline_fails_the_step(base: Path) -> None:
    with raises_node_error("trouble with 1"):
        await run_node(RunPipeline, {"file": "stop.yaml"}, ROWS, base=base)


async def test_a_failing_pipeline_goes_on_as_one_item(base: Path) -> None:
    params = {"file": "stop.yaml", "put_out": "input"}
    result = await run_node(RunPipeline, params, ROWS, base=base, on_error="continue")
    assert result.json == [{"error": "trouble with 1"}]
    assert places(result) == [[0, 1, 2]]
    assert result.errors[0].hint == 'It was raised in step "Stop" of the pipeline "stop".'


async def test_an_item_fails_alone(base: Path) -> None:
    params = {"file": "={{ $json.n === 2 ? 'stop.yaml' : 'big.yaml' }}", "each": True}
    result = await run_node(RunPipeline, params, ROWS, base=base, on_error="error_output")
    assert result.json == [{"n": 3}]
    assert [dict(row) for row in result.outputs["error"].json] == [
        {"n": 2, "error": "trouble with 2"}
    ]
    with raises_node_error("item 1: trouble with 2"):
        await run_node(RunPipeline, params, ROWS, base=base)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        pytest.param("none.yaml", "there is no pipeline 'none.yaml'", id="missing"),
        pytest.param("steps:\\n", "there is no pipeline 'steps:\\\\n'", id="text is no name"),
        pytest.param("", "path '' is not a file name", id="empty"),
        pytest.param(
            "itself.yaml",
            'the pipelines run each other in a circle: "test" > "itself" > "itself"',
            id="circle",
        ),
    ],
)
async def test_what_cannot_be_run_is_said(base: Path, file: str, message: str) -> None:
    with raises_node_error(message):
        await run_node(RunPipeline, {"file": file}, ROWS, base=base)


async def test_a_file_elsewhere_is_refused(base: Path) -> None:
    inner = base / "inner"
    inner.mkdir()
    with raises_node_error(f"path '../big.yaml' leads outside {str(inner)!r}"):
        await run_node(RunPipeline, {"file": "../big.yaml"}, ROWS, base=inner)


async def test_a_pipeline_that_is_wrong_is_not_run() -> None:
    text = "nodekit: 1\nname: wrong\nsteps: [{name: A, type: none_such}]\n"
    with pytest.raises(RunFailed, match='there is no node type "none_such"'):
        await run_node(RunPipeline, {"text": text}, ROWS)


async def test_a_circle_is_found_at_its_start(base: Path) -> None:
    with pytest.raises(RunFailed, match='in a circle: "itself" > "itself"'):
        async with Runtime() as runtime:
            await runtime.run(load(base / "itself.yaml"), ROWS)


async def test_runs_go_only_so_deep(tmp_path: Path) -> None:
    for i in range(25):
        text = ITSELF.replace("itself.yaml", f"p{i + 1}.yaml").replace("itself", f"p{i}")
        (tmp_path / f"p{i}.yaml").write_text(text)
    with raises_node_error("20 pipelines run inside each other; that is as deep as it goes"):
        await run_node(RunPipeline, {"file": "p0.yaml"}, ROWS, base=tmp_path)


async def test_a_runtime_may_know_pipelines_by_id() -> None:
    asked: list[str] = []

    def known(source: Any, _: Path) -> Pipeline:
        asked.append(source.name)
        return load(SQUARES) if source.name == "wf1" else refused(source.name)

    def refused(name: str) -> Pipeline:
        raise NodeError(f"there is no workflow {name!r}")

    steps = [{"name": "Call", "type": "run_pipeline", "params": {"file": "wf1", "each": True}}]
    pipeline = load({"nodekit": 1, "name": "caller", "steps": steps})
    async with Runtime(load=known) as runtime:
        run = await runtime.run(pipeline, ROWS)
    assert [row["sq"] for row in run.items.json] == [1, 4, 9]
    assert asked == ["wf1"]


class NoParams(Params):
    """No parameters."""


async def test_a_stop_reaches_the_run_inside() -> None:
    runtimes: list[Runtime] = []

    class Stop(BatchNode[NoParams]):
        """Stop everything."""

        def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
            runtimes[0].stop()
            return inputs.main

    registry = Registry()
    registry.add("stop", Stop)
    registry.add("run_pipeline", RunPipeline)
    inner = load(
        {"nodekit": 1, "name": "inner", "steps": [{"name": n, "type": "stop"} for n in "ab"]},
        registry=registry,
    )
    steps = [{"name": "Call", "type": "run_pipeline", "params": {"file": "inner"}}]
    outer = load({"nodekit": 1, "name": "outer", "steps": steps}, registry=registry)
    async with Runtime(load=lambda *_: inner) as runtime:
        runtimes.append(runtime)
        with pytest.raises(RunFailed) as caught:
            await runtime.run(outer, ROWS)
    assert caught.value.run.status == "canceled"
    assert caught.value.run.steps == []


async def test_a_pipeline_of_the_same_name_does_not_wait_for_its_caller() -> None:
    text = (
        "nodekit: 1\nname: test\n"
        "steps: [{name: C, type: code, params: {javascript: return items}}]\n"
    )
    steps = [
        {"name": "C", "type": "code", "params": {"javascript": "return items"}},
        {"name": "Call", "type": "run_pipeline", "params": {"text": text}},
    ]
    async with Runtime() as runtime:
        run = await runtime.run(load({"nodekit": 1, "name": "test", "steps": steps}), ROWS)
    assert [dict(row) for row in run.items.json] == ROWS


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({}, 'wants one of "file" and "text", found none', id="none"),
        pytest.param({"file": "a", "text": "b"}, 'found "file" and "text"', id="both"),
    ],
)
async def test_one_pipeline_must_be_named(params: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        await run_node(RunPipeline, params, ROWS)
