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


def signed(*kinds: str) -> dict[str, Json]:
    """Return a workflow with a request for each kind of credential."""
    value = flow()
    for i, kind in enumerate(kinds):
        value["nodes"].append(
            {
                "name": f"H{i}",
                "type": "n8n-nodes-base.httpRequest",
                "typeVersion": 4.2,
                "parameters": {
                    "url": "http://127.0.0.1:9/",
                    "authentication": "genericCredentialType",
                    "genericAuthType": kind,
                },
                "credentials": {kind: {"id": f"id{i}", "name": f"My {kind}"}},
            }
        )
    return value


def test_a_check_prints_the_credentials_to_fill_in(capfd: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(json.dumps(signed("httpBasicAuth", "httpBearerAuth")))
    called("check", "w.json")
    lines = capfd.readouterr().out.splitlines()
    at = lines.index("w.json: fill in for a file that --credentials names (TOML):")
    assert lines[at + 1 :] == [
        '  ["My httpBasicAuth"]  # n8n: httpBasicAuth',
        '  type = "basic"',
        '  user = "${MY_HTTPBASICAUTH_USER}"',
        '  password = "${MY_HTTPBASICAUTH_PASSWORD}"',
        '  ["My httpBearerAuth"]  # n8n: httpBearerAuth',
        '  type = "bearer"',
        '  token = "${MY_HTTPBEARERAUTH_TOKEN}"',
    ]


@pytest.mark.parametrize("key", ["My httpBearerAuth", "id0"], ids=["by name", "by id"])
def test_a_credentials_file_serves_a_workflow(
    key: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "abcdef")
    Path("w.json").write_text(json.dumps(signed("httpBearerAuth")))
    Path("c.toml").write_text(f'["{key}"]\ntype = "bearer"\ntoken = "${{TOKEN}}"\n')
    assert called("run", "w.json", "-q", "-o", "-", "--credentials", "c.toml") == 0
    Path("c.toml").write_text("")
    assert called("run", "w.json", "-q", "--credentials", "c.toml") == 2
    assert 'credential "My httpBearerAuth" has no fields here' in capfd.readouterr().err


def test_a_failed_run_starts_the_error_workflow_in_production(
    capfd: pytest.CaptureFixture[str],
) -> None:
    value = flow("stopAndError", 1)
    value["nodes"][1]["parameters"] = {"errorMessage": "enough"}
    value["settings"]["errorWorkflow"] = "err"
    Path("w.json").write_text(json.dumps(value))
    Path("others").mkdir()
    failing = flow("stopAndError", 1)
    failing["nodes"][0]["type"] = "n8n-nodes-base.errorTrigger"
    failing["nodes"][1]["parameters"] = {"errorMessage": "={{ $json.execution.error.message }}!"}
    Path("others/err.json").write_text(json.dumps(failing))
    assert called("run", "w.json", "-q", "--production", "--workflows", "others") == 1
    assert 'the pipeline for failures failed: step "A": enough!' in capfd.readouterr().err
    assert called("run", "w.json", "-q", "--workflows", "others") == 1
    assert "enough!" not in capfd.readouterr().err
    assert called("run", "w.json", "-q", "--production") == 2
    assert 'the workflow "err" for its failures is not known' in capfd.readouterr().err


def calling() -> dict[str, Json]:
    """Return a workflow with a node that has no translation, and one that calls nobody."""
    value = flow("slack", 2)
    value["nodes"].append(
        {
            "name": "Call",
            "type": "n8n-nodes-base.httpRequest",
            "typeVersion": 4.2,
            "parameters": {"url": "http://127.0.0.1:9/"},
        }
    )
    link = {"node": "Call", "type": "main", "index": 0}
    value["connections"]["A"] = {"main": [[link]]}
    return value


def test_to_go_on_nothing_has_to_be_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("calling.json").write_text(json.dumps(calling()))
    first = ["calling.json", "--stub", "A=items.json", "--start", "Start", "--no-pin"]
    assert called("run", *first, "-o", "out.jsonl", "--batch", "1", "-q") == 1
    assert 'error: step "Call"' in capfd.readouterr().err
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    for _ in range(2):
        assert called("run", "../calling.json", "--resume", "-q") == 1
        assert 'error: step "Call"' in capfd.readouterr().err


@pytest.mark.parametrize("text", ["[1]", "{", "name: [\n"], ids=["a list", "JSON", "YAML"])
def test_what_is_no_pipeline_cannot_be_gone_on_with(
    text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("bad.yaml").write_text(text)
    assert called("run", "bad.yaml", "--resume", "-q") == 2
    assert "bad.yaml" in capfd.readouterr().err


def remembering(count: str, *, stops: bool) -> dict[str, Json]:
    """Return a workflow that remembers a number as static data, and may stop then."""
    value = flow()
    code = f"const d = $getWorkflowStaticData('node'); d.n = {count}; return $input.all()"
    value["nodes"][1] |= {
        "type": "n8n-nodes-base.code",
        "typeVersion": 2,
        "parameters": {"jsCode": code},
    }
    value["nodes"].append(
        {
            "name": "Stop",
            "type": "n8n-nodes-base.stopAndError",
            "typeVersion": 1,
            "parameters": {"errorMessage": "stopped"},
            "disabled": not stops,
        }
    )
    link = {"node": "Stop", "type": "main", "index": 0}
    value["connections"]["A"] = {"main": [[link]]}
    return value


def static() -> Json:
    return json.loads(Path("static.json").read_text())


BATCH = ("-q", "--batch", "1", "--static", "static.json", "-o", "out.jsonl")


def test_static_data_may_be_kept_with_the_progress_of_a_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("w.json").write_text(json.dumps(remembering("d.n + 1", stops=False)))
    Path("static.json").write_text('{"node:A": {"n": 5}, "global": {"kept": [1]}}')
    for n in (6, 7):
        assert called("run", "w.json", *BATCH) == 0, capfd.readouterr().err
        assert static() == {"node:A": {"n": n}, "global": {"kept": [1]}}
    assert called("state", "show") == 0
    assert capfd.readouterr().err.endswith("nothing is kept\n")


def test_static_data_of_a_run_that_stopped_go_on_with_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("w.json").write_text(json.dumps(remembering("d.n + 1", stops=True)))
    Path("static.json").write_text('{"node:A": {"n": 5}}')
    assert called("run", "w.json", *BATCH) == 1
    assert static() == {"node:A": {"n": 5}}
    Path("static.json").write_text('{"node:A": {"n": 70}}')
    assert called("run", "w.json", *BATCH, "--force") == 2
    said = "--static: the store keeps states of 'w' that are not those of 'static.json'\n"
    assert said in capfd.readouterr().err
    assert called("run", "w.json", "--resume", "-q", "--static", "other.json") == 2
    assert "--static 'other.json' is not what the run" in capfd.readouterr().err
    Path("w.json").write_text(json.dumps(remembering("d.n + 1", stops=False)))
    assert called("run", "w.json", "--resume", "-q", "--force") == 0
    assert static() == {"node:A": {"n": 6}}
    Path("static.json").write_text('{"node:A": {"n": 70}}')
    assert called("run", "w.json", *BATCH) == 0
    assert static() == {"node:A": {"n": 71}}
