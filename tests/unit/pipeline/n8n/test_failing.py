"""Error workflows and error triggers: only where a run is one of production."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nodekit import PipelineError, RunFailed, Runtime, WorkflowOptions, load
from nodekit.pipeline.n8n.failing import notes_on_failures

from .flows import link, node, workflow

STOP = node("Stop", "stopAndError", parameters={"errorMessage": "enough"})
TELLING = (
    "={{ $json.workflow.name }}: {{ $json.execution.error.message }} "
    "at {{ $json.execution.lastNodeExecuted }} ({{ $execution.mode }})"
)


def answer(file: str, *more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return nodes that write down what failed, each below its own error trigger."""
    told = {"assignments": {"assignments": [{"name": "text", "value": TELLING, "type": "string"}]}}
    written = {"operation": "toText", "sourceProperty": "text", "binaryPropertyName": "data"}
    disk = {"operation": "write", "fileName": file, "dataPropertyName": "data"}
    return [
        node("First", "errorTrigger"),
        node("Failed", "errorTrigger"),
        node("Tell", "set", 3.4, parameters=told),
        node("Text", "convertToFile", 1.1, parameters=written),
        node("Keep", "readWriteFile", 1, parameters=disk),
        *(dict(one) for one in more),
    ]


WAY = ("Failed > Tell", "Tell > Text", "Text > Keep")


async def failed(value: Mapping[str, Any], folder: Path, **options: Any) -> str | None:
    """Run a workflow that fails, and return what was written down."""
    async with Runtime() as runtime:
        pipeline = load(
            json.dumps(value) + "\n", base=folder, n8n=WorkflowOptions(start="Start", **options)
        )
        with pytest.raises(RunFailed):
            await runtime.run(pipeline)
    told = folder / "told.txt"
    return told.read_text() if told.exists() else None


def failing(*nodes: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    more = WAY if nodes else ()
    return workflow([STOP, *nodes], link("Start > Stop", *more), name="Main", settings=settings)


async def test_a_failed_run_starts_the_error_workflow(tmp_path: Path) -> None:
    known = {"err": workflow(answer("told.txt"), link(*WAY), name="Err")}
    told = await failed(failing(errorWorkflow="err"), tmp_path, production=True, workflows=known)
    assert told == "Main: enough at Stop (production)"


async def test_a_failed_run_starts_its_own_error_trigger(tmp_path: Path) -> None:
    told = await failed(failing(*answer("told.txt")), tmp_path, production=True)
    assert told == "Main: enough at Stop (production)"


async def test_an_error_workflow_may_be_the_workflow_itself(tmp_path: Path) -> None:
    value = {**failing(*answer("told.txt"), errorWorkflow="me"), "id": "me"}
    told = await failed(value, tmp_path, production=True)
    assert told == "Main: enough at Stop (production)"


@pytest.mark.parametrize(
    "value",
    [failing(*answer("told.txt")), failing(errorWorkflow="err")],
    ids=["error trigger", "error workflow"],
)
async def test_a_manual_run_starts_neither(value: dict[str, Any], tmp_path: Path) -> None:
    assert await failed(value, tmp_path) is None


def test_an_error_workflow_must_be_known() -> None:
    with pytest.raises(PipelineError) as refused:
        load(failing(errorWorkflow="err"), n8n=WorkflowOptions(production=True))
    assert [(one.message, one.hint) for one in refused.value.problems] == [
        (
            'the workflow "err" for its failures is not known',
            "Give the folder of the workflow with --workflows, or remove it from the settings.",
        )
    ]


def test_pinned_items_do_not_count_in_production() -> None:
    value = {**failing(), "pinData": {"Start": [{"json": {"a": 1}}]}}
    steps = load(value, n8n=WorkflowOptions(production=True)).steps
    assert [step.pin for step in steps] == [None, None]


@pytest.mark.parametrize(
    ("value", "notes"),
    [
        (failing(), []),
        (
            failing(errorWorkflow="err"),
            ['the error workflow "err" is run with --production only'],
        ),
        (
            failing(*answer("told.txt")),
            ["the error trigger is started by failed runs with --production only"],
        ),
    ],
    ids=["none", "error workflow", "error trigger"],
)
def test_a_check_says_what_manual_runs_do_not_start(
    value: dict[str, Any], notes: list[str]
) -> None:
    assert list(notes_on_failures(value)) == notes
