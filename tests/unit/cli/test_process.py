"""The command line as a process of its own: how it ends."""

import atexit
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nodekit import __main__ as process

PIPELINE = "steps:\n  - {name: Greet, type: set, params: {fields: {hello: world}}}\n"

FULL = Path("/dev/full")

LATE = """
import atexit, sys, threading
from nodekit.__main__ import script

def late():
    threading.main_thread().join()
    print("thread")

atexit.register(print, "registered")
threading.Thread(target=late).start()
sys.argv = ["nodekit", *sys.argv[1:]]
script()
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "pipeline.yaml"
    path.write_text(PIPELINE)
    return str(path)


def ended(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *command], capture_output=True, text=True)


def test_threads_and_what_is_registered_are_waited_for(file: str) -> None:
    done = ended("-c", LATE, "run", file, "--quiet")
    assert done.stdout == '{"hello":"world"}\nthread\nregistered\n'
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("args", "status"),
    [(("--version",), 0), (("run", "missing.yaml"), 2), (("run", "--no-such-option"), 2)],
)
def test_the_status_is_that_of_the_call(args: tuple[str, ...], status: int) -> None:
    assert ended("-m", "nodekit", *args).returncode == status


@pytest.mark.skipif(not FULL.exists(), reason="the system has no full device")
def test_output_that_nobody_takes_is_no_success(file: str) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "nodekit", "run", file]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "error: cannot write standard output: no space left on device\n"


class Ends:
    """Takes note of how the process would end, instead of ending it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.told: list[object] = []
        patch.setattr(threading, "_shutdown", lambda: self.told.append("threads"))
        patch.setattr(atexit, "_run_exitfuncs", lambda: self.told.append("registered"))
        patch.setattr(os, "_exit", self.told.append)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    return Ends(monkeypatch)


def called(monkeypatch: pytest.MonkeyPatch, *args: str) -> object:
    monkeypatch.setattr(sys, "argv", ["nodekit", *args])
    with pytest.raises(SystemExit) as ended:
        process.script()
    return ended.value.code


def test_the_end_comes_at_once(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    called(monkeypatch, "run", "missing.yaml")
    assert ends.told == ["threads", "registered", 2]


def test_a_closed_stream_is_no_hindrance(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    process.leave(0)
    assert ends.told == ["threads", "registered", 0]


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_stream_without_a_reader_is_left_to_the_interpreter(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken())
    process.leave(0)
    assert ends.told == ["threads", "registered"]


def test_a_message_as_status_is_left_to_the_interpreter(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        sys.exit("no")

    monkeypatch.setattr(process, "main", refuse)
    assert called(monkeypatch) == "no"
    assert ends.told == []
