"""The command line with n8n workflows: run, convert and check."""

import json
from pathlib import Path
from typing import Any

import pytest

from nodekit.cli import main

Json = Any


def flow(kind: str = "set", version: float = 3.4) -> dict[str, Json]:
    """Return a workflow of a trigger with a pinned item and a node A."""
    fields = {"assignments": {"assignments": [{"name": "n", "type": "number", "value": 1}]}}
    start = {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1}
    node = {"name": "A", "type": f"n8n-nodes-base.{kind}", "typeVersion": version}
    return {
        "name": "w",
        "nodes": [start, {**node, "parameters": {**fields, "includeOtherFields": True}}],
        "connections": {"Start": {"main": [[{"node": "A", "type": "main", "index": 0}]]}},
        "settings": {"executionOrder": "v1"},
        "pinData": {"Start": [{"json": {"pinned": True}}]},
    }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.json").write_text(json.dumps(flow()))
    (tmp_path / "unknown.json").write_text(json.dumps(flow("slack", 2)))
    (tmp_path / "items.json").write_text('[{"json": {"stub": 1}}]')


def called(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(args)
    return int(ended.value.code or 0)


def test_a_workflow_runs_with_its_pinned_data(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("run", "w.json", "-q", "-o", "-") == 0
    assert capfd.readouterr().out == '{"pinned":true,"n":1}\n'
    assert called("run", "w.json", "-q", "-o", "-", "--no-pin") == 0
    assert capfd.readouterr().out == '{"n":1}\n'


def test_a_run_may_start_elsewhere(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("run", "w.json", "-q", "-o", "-", "--start", "A") == 0
    assert capfd.readouterr().out == '{"n":1}\n'


def test_a_stub_stands_in_for_a_node(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("run", "unknown.json", "-q") == 2
    assert "there is no translation of this node type" in capfd.readouterr().err
    assert called("run", "unknown.json", "-q", "-o", "-", "--stub", "A=items.json") == 0
    assert capfd.readouterr().out == '{"stub":1}\n'


def test_static_data_is_read_and_written() -> None:
    Path("static.json").write_text('{"global": {"n": 1}}')
    assert called("run", "w.json", "-q", "--static", "static.json") == 0
    assert json.loads(Path("static.json").read_text()) == {"global": {"n": 1}}
    assert called("run", "w.json", "-q", "--static", "new.json") == 0
    assert json.loads(Path("new.json").read_text()) == {}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--stub", "A"), "--stub 'A' is not of the form NODE=FILE"),
        (("--stub", "A=gone.json"), "'gone.json' cannot be read: no such file or directory"),
        (("--stub", "A=w.json"), "--stub: 'w.json' does not hold a list of items"),
        (("--workflows", "gone"), "--workflows 'gone' is no folder"),
        (("--static", "items.json"), "--static: 'items.json' does not hold static data"),
        (("--start", "B"), 'there is no node "B" to start from'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_calls_are_refused(
    args: tuple[str, ...], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert called("run", "w.json", "-q", *args) == 2
    assert message in capfd.readouterr().err


def test_options_for_workflows_are_for_workflows(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("run", "w.yaml", "-q", "--no-pin") == 2
    message = "--no-pin is for n8n workflows, and 'w.yaml' is no JSON file"
    assert message in capfd.readouterr().err


def test_a_workflow_is_converted(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("convert", "w.json", "-o", "w.yaml") == 0
    assert called("run", "w.yaml", "-q", "-o", "-") == 0
    assert capfd.readouterr().out == '{"pinned":true,"n":1}\n'


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("unknown.json", 1, "there is no translation of this node type"),
        ("items.json", 2, "'items.json' is no n8n workflow"),
        ("gone.json", 2, "'gone.json' is no n8n workflow"),
    ],
)
def test_what_cannot_be_converted(
    name: str, status: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert called("convert", name) == status
    assert message in capfd.readouterr().err


def test_check_tells_what_becomes_of_every_node(capfd: pytest.CaptureFixture[str]) -> None:
    assert called("check", "unknown.json") == 1
    assert capfd.readouterr().out.splitlines()[-4:] == [
        'unknown.json: native: "Start" (n8n-nodes-base.manualTrigger 1)',
        'unknown.json: unsupported: "A" (n8n-nodes-base.slack 2)',
        "  there is no translation of this node type",
        "  Give the items it would put out with --stub, or disable or pin the node.",
    ]
