"""The examples ``support-triage`` and ``chatkit-export``, run as their pages say."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


def copied(name: str, folder: Path) -> Path:
    """Return a copy of an example that may be written to."""
    copy = folder / name
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns("output", "__pycache__"))
    return copy


def ran(example: Path, *, without: str = "") -> str:
    """Run an example's command and return what it printed."""
    path = os.pathsep.join([str(example.parent), *([without] if without else [])])
    environ = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(next(example.glob("run_*.py")))],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def blocked(folder: Path) -> str:
    """Return a folder in which the server's package cannot be found."""
    (folder / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'chatkit' else found(name, *a)\n"
    )
    return str(folder)


@pytest.mark.parametrize("backend", ["real server", "emulator"])
def test_support_triage(backend: str, tmp_path: Path) -> None:
    example = copied("support-triage", tmp_path)
    if backend == "real server":
        pytest.importorskip("chatkit")
        printed = ran(example)
    else:
        printed = ran(example, without=blocked(tmp_path))
    expected = json.loads((example / "expected" / "summary.json").read_text())
    assert json.loads(printed) == (expected[0] if isinstance(expected, list) else expected)
    output = example / "output"
    triaged, review = rows(output / "triaged.jsonl"), rows(output / "review.jsonl")
    failures = rows(output / "failures.jsonl")
    tickets = {row["id"]: row for row in rows(example / "input" / "tickets.jsonl")}
    ids = [row["id"] for row in (*triaged, *review, *failures)]
    assert len(tickets) == len(ids) == len(set(ids)) == 228
    assert all(row["confidence"] >= 0.7 for row in triaged)
    assert all(row["confidence"] < 0.7 for row in review)
    assert sum(not row["body"] for row in failures) == 5
    assert all(row["body"] == tickets[row["id"]]["body"] for row in failures)
    threads = {(row["customer"], row["thread"]) for row in (*triaged, *review)}
    assert len(threads) == len({customer for customer, _ in threads})


def test_card_numbers_are_hidden_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES / "support-triage"))
    prepare = importlib.import_module("triage").prepare
    found = prepare({"id": "T-1", "subject": "s", "body": "> q\nmy 4111 1111 1111 1111."})
    assert found["text"] == "Ticket T-1 (s): my [card number]."


def test_the_tickets_are_made_by_their_script(tmp_path: Path) -> None:
    example = copied("support-triage", tmp_path)
    before = (example / "input" / "tickets.jsonl").read_bytes()
    subprocess.run([sys.executable, str(example / "make_tickets.py")], check=True, timeout=60)
    assert (example / "input" / "tickets.jsonl").read_bytes() == before


def test_chatkit_export_and_going_on_with_it(tmp_path: Path) -> None:
    example = copied("chatkit-export", tmp_path)
    assert ran(example) == "25 threads, 21 files in chatkit-export/output\n"
    files = sorted((example / "output").glob("*.jsonl"))
    assert sum(len(rows(path)) for path in files) == 138
    kept = files[0].stat().st_mtime_ns
    files[5].unlink()
    assert ran(example) == "25 threads, 21 files in chatkit-export/output\n"
    assert files[5].exists()
    assert files[0].stat().st_mtime_ns == kept
