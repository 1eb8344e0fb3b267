"""Where secrets are not: in nothing that a run leaves; and case 78, what does not open."""

import json
import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nodekit import Run, Runtime, StateError, Store, load
from tests.support.chatkit import Bench

KEY = "sk-canary-0123456789"
TOKEN = "tok-canary-0123456789"
MANUAL = "ek_canary_from_an_item_0123456789"
PASSWORD = "pw-canary-0123456789"

SEND = {"resource": "message", "input_text": "={{ $json.text }}"}
HOSTED = {**SEND, "api": "chatkit", "workflow_id": "wf_1", "user_id": "ada"}
MANUALLY = {
    **SEND,
    "session_source": "manual",
    "manual_session_id": "cksess_9",
    "manual_client_secret": "={{ $json.secret }}",
    "message_workflow_id": "wf_1",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep keys in a folder of the test's own."""
    monkeypatch.delenv("NODEKIT_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def document(bench: Bench, steps: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return a pipeline in which every step reads what the run was given."""
    return {
        "nodekit": 1,
        "name": name,
        "credentials": {
            "account": {"type": "openai", "api_key": "${KEY}", "base_url": bench.url},
            "server": {
                "type": "chatkit_server",
                "url": f"{bench.url}/chatkit",
                "token": "${TOKEN}",
                "password": "${PASSWORD}",
                "header_value": "${PASSWORD}",
                "extra_headers": "${HEADERS}",
            },
        },
        "steps": [
            {
                "name": step,
                "type": "chatkit",
                "input": ".start",
                "credential": "server" if params.get("api") == "server" else "account",
                "on_error": "continue",
                "params": dict(params),
            }
            for step, params in steps.items()
        ],
    }


async def run(bench: Bench, path: Path, steps: Mapping[str, Any], name: str = "p") -> Run:
    """Run steps against the emulator, with a store in a file."""
    headers = json.dumps({"X-More": PASSWORD})
    environ = {"KEY": KEY, "TOKEN": TOKEN, "PASSWORD": PASSWORD, "HEADERS": headers}
    pipeline = load(document(bench, steps, name), environ=environ)
    async with Store.open(path) as store, Runtime(store=store, clock=bench.clock) as runtime:
        return await runtime.run(pipeline, [{"text": "hello", "secret": MANUAL}])


def bytes_below(folder: Path) -> bytes:
    """Return all that stands in the files below a folder, but for the key itself."""
    files = [p for p in folder.rglob("*") if p.is_file() and "config" not in p.parts]
    return b"".join(file.read_bytes() for file in files)


async def test_case_25_canaries_are_in_nothing_that_a_run_leaves(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    bench.emulator.settings.api_key = KEY
    bench.emulator.settings.token = TOKEN
    bench.emulator.settings.rotate_on_send = True
    steps = {
        "Create": {"workflow_id": "wf_1", "user_id": "ada"},
        "Say": {**SEND, "auto_create": True, "message_workflow_id": "wf_1"},
        "Hosted": {**HOSTED, "state_variables": {"a": "b"}},
        "Server": {"api": "server", "input_text": "={{ $json.text }}"},
        "Broken": {"api": "server", "input_text": "/boom"},
        "Manual": MANUALLY,
    }
    path = tmp_path / "store" / "nodekit.db"
    done = await run(bench, path, steps)
    sessions = bench.emulator.store.sessions.values()
    canaries = {KEY, TOKEN, PASSWORD, MANUAL}
    canaries |= {row.secret for row in sessions} | {row.old_secret for row in sessions}
    canaries -= {""}
    assert len(canaries) >= 7
    errors = [(e, e.cause, e.details) for name in steps for e in done.step(name).errors]
    left = json.dumps([done.record(), caplog.text, repr(errors)], default=str).encode()
    stored = bytes_below(tmp_path)
    assert stored, "there was a store to be searched"
    left += stored
    assert [secret for secret in canaries if secret.encode() in left] == []


async def test_case_78_a_copied_record_counts_as_absent(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.emulator.settings.api_key = KEY
    path = tmp_path / "nodekit.db"
    await run(bench, path, {"Create": {"workflow_id": "wf_1"}})
    (secret,) = [row.secret for row in bench.emulator.store.sessions.values()]
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE states SET pipeline = 'other', step = 'Say'")
    connection.close()
    done = await run(bench, path, {"Say": SEND}, "other")
    (error,) = done.step("Say").errors
    assert error.message.startswith("No stored ChatKit session.")
    warnings = [row.getMessage() for row in caplog.records if row.levelname == "WARNING"]
    absent = [text for text in warnings if "does not open and counts as absent" in text]
    assert len(absent) == 1
    assert secret not in caplog.text


async def test_case_78_another_key_is_an_error_before_the_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.emulator.settings.api_key = KEY
    path = tmp_path / "nodekit.db"
    await run(bench, path, {"Create": {"workflow_id": "wf_1"}})
    sent = len(bench.emulator.log)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(StateError, match="is sealed with the key"):
        await run(bench, path, {"Create": {"workflow_id": "wf_1"}})
    assert len(bench.emulator.log) == sent


async def test_a_session_is_found_again_in_the_store(bench: Bench, tmp_path: Path) -> None:
    bench.emulator.settings.api_key = KEY
    path = tmp_path / "nodekit.db"
    say = {**SEND, "auto_create": True, "message_workflow_id": "wf_1"}
    for _ in range(2):
        done = await run(bench, path, {"Say": say})
        assert done.step("Say").items[0].json["output"][0]["text"] == "You said: hello"
    assert len(bench.sent("/sessions")) == 1
