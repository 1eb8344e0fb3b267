"""The plugin's verbs: ``check`` against an emulator, ``emulate`` for a moment."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from nodekit_nodes_chatkit.check import Target, findings
from nodekit_nodes_chatkit.cli import commands, report
from typer.testing import CliRunner

from tests.support.chatkit import Bench


async def found(bench: Bench, capsys: pytest.CaptureFixture[str], **more: Any) -> tuple[int, str]:
    """Check an emulator; return the number of faults, and what was printed."""
    bench.emulator.settings.clock.advance(now_of(bench))
    api = more.pop("api", "server")
    url = more.pop("url", f"{bench.url}/chatkit" if api == "server" else bench.url)
    target = Target(api, url, **{"secret": "sk-emulator", **more})
    faults = await report(findings(target))
    return faults, capsys.readouterr().out


def now_of(bench: Bench) -> float:
    """Return how far the system's clock is from the bench's."""

    return time.time() - bench.clock.now()


async def test_a_server_that_is_well(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    faults, shown = await found(bench, capsys)
    assert faults == 0
    assert shown.replace("clock: 1 s", "clock: 0 s") == (
        "ok    clock: 0 s apart\n"
        f"ok    access: {bench.url}/chatkit answers\n"
        "ok    test turn: it says 'You said: Hello from nodekit chatkit check.'\n"
    )
    assert bench.emulator.store.threads == {}


@pytest.mark.parametrize("api", ["chatkit", "chat_sessions"])
async def test_a_workflow_that_is_well(
    api: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    faults, shown = await found(bench, capsys, api=api, workflow="wf_1")
    assert faults == 0
    assert "ok    workflow: opened session cksess_000001\nok    test turn: it says" in shown
    assert "sk-emulator" not in shown


async def test_without_a_turn_nothing_is_said(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    faults, shown = await found(bench, capsys, turn=False)
    assert faults == 0
    assert "test turn" not in shown


async def test_each_fault_has_a_cure(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    shown = await found(bench, capsys, api="chatkit", secret="sk-wrong-key", workflow="wf_1")
    assert shown[0] == 1
    assert shown[1].endswith("      Check the key or token, and that it belongs to this service.\n")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"api": "chatkit"},
            "FAIL  workflow: none was given\n      Name one with --workflow wf_….\n",
        ),
        ({"api": "chatkit", "workflow": "wf_missing"}, "Workflow with id 'wf_missing' not found"),
        ({"url": "http://127.0.0.1:1/chatkit"}, "FAIL  reach: cannot connect to 127.0.0.1:1"),
        (
            {"api": "chat_sessions", "url": "https://api.openai.com:1"},
            "FAIL  base URL: api.openai.com does not offer this API\n",
        ),
    ],
)
async def test_faults(
    more: dict[str, Any], said: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    faults, shown = await found(bench, capsys, **more)
    assert faults >= 1
    assert said in shown


async def test_a_clock_that_is_wrong(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.emulator.settings.skew = 100
    faults, shown = await found(bench, capsys, turn=False)
    assert faults == 1
    assert "FAIL  clock: the service's clock is +" in shown


async def test_a_proxy_that_offers_the_original_paths_only(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.emulator.faults.add("status", {"path": "/threads"}, status=404)
    faults, shown = await found(bench, capsys, api="chat_sessions", workflow="wf_1")
    assert faults == 0
    assert "ok    access: this base URL does not offer the published API\n" in shown


async def test_a_turn_that_fails(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.emulator.faults.add("status", {"type": "threads.create"}, status=500, body="x")
    faults, shown = await found(bench, capsys)
    assert faults == 1
    assert shown.endswith("      Look into the log of the server.\n")


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (
            ["check", "--api", "chat"],
            2,
            '--api wants server, chatkit or chat_sessions, found "chat"',
        ),
        (["check"], 2, "--url is missing: the server's address"),
        (["check", "--api", "chatkit"], 2, "OPENAI_API_KEY is not set: the API key"),
    ],
)
def test_calls_that_are_wrong(
    args: list[str], status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = CliRunner().invoke(commands, args)
    assert result.exit_code == status
    assert said in result.output


def test_check_ends_with_1_when_something_is_wrong() -> None:
    result = CliRunner().invoke(commands, ["check", "--url", "http://127.0.0.1:1/chatkit"])
    assert result.exit_code == 1
    assert "FAIL  reach" in result.output


def test_emulate_says_where_it_is(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"match": {}, "action": {"name": "rate_limit"}}))
    args = ["emulate", "--port", "0", "--seconds", "0.01", "--faults", str(faults)]
    result = CliRunner().invoke(commands, args)
    assert result.exit_code == 0
    assert "server URL  http://127.0.0.1:" in result.output


@pytest.mark.parametrize("text", ['[{"action": {"name": "gremlin"}}]', "{", None])
def test_faults_that_cannot_be_read(text: str | None, tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    if text is not None:
        faults.write_text(text)
    result = CliRunner().invoke(commands, ["emulate", "--faults", str(faults)])
    assert result.exit_code == 2
    assert str(faults) in result.output
