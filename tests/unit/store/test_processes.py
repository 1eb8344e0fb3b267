"""Several processes at one store, and processes that are killed."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from nodekit.errors import StateError
from nodekit.store import Owner, Store, owner

HERE = Owner.here()

COUNT = """
import anyio, sys
from nodekit.store import Store

async def count():
    async with Store.open(sys.argv[1]) as store:
        done = 0
        while done < 40:
            kept = await store.read("p", "s")
            n = kept.row["n"] if kept else 0
            done += await store.write("p", "s", {"n": n + 1}, kept.version if kept else 0)

anyio.run(count)
"""

WORK = """
import anyio, sys
from nodekit.store import Store

async def work():
    async with Store.open(sys.argv[1]) as store:
        fence = await store.begin("R1", pipeline="p", name="P")
        for n in range(10_000):
            rows = [("c", n * 500 + at, b"x" * 300) for at in range(500)]
            await store.commit("R1", fence, places={"c": b"%d" % (n + 1)}, spool=rows)
            print(n, flush=True)

anyio.run(work)
"""


def started(code: str, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )


def output(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


async def test_processes_at_one_new_store_lose_nothing(path: Path) -> None:
    processes = [started(COUNT, path) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    for process in processes:
        output(process).close()
    async with Store.open(path) as store:
        kept = await store.read("p", "s")
    assert kept is not None
    assert (kept.row, kept.version) == ({"n": 120}, 120)


@pytest.mark.parametrize("lines", [1, 2, 5, 9])
async def test_a_killed_process_leaves_whole_commits(path: Path, lines: int) -> None:
    process = started(WORK, path)
    with output(process):
        for _ in range(lines):
            assert output(process).readline()
        async with Store.open(path) as store:
            with pytest.raises(StateError) as caught:
                await store.begin("R1", pipeline="p", name="P")
            assert caught.value.message == (f"the run R1 is going on in process {process.pid}")
        process.send_signal(signal.SIGKILL)
        process.wait()
    async with Store.open(path) as store:
        row = await store.run("R1")
        assert row is not None
        assert (row.status, row.live) == ("running", False)
        assert await store.begin("R1", pipeline="p", name="P") == 2
        done = int((await store.places("R1"))["c"])
        assert done >= lines
        assert await store.spool_length("R1", "c") == done * 500
        assert len(await store.spooled("R1", "c", 0, 10**9)) == done * 500
        assert await store.commit("R1", 2, places={"c": b"x"})


def test_this_process_lives() -> None:
    assert Owner.here() == Owner.here()
    assert Owner.here().lives()
    assert Owner.here().pid == os.getpid()


@pytest.mark.parametrize(
    ("other", "lives"),
    [
        (replace(HERE, start="1"), False),
        (replace(HERE, boot="an earlier start"), False),
        (replace(HERE, host="another machine"), True),
        (replace(HERE, pid=2**22 + 1), False),
    ],
    ids=["number used again", "before the last boot", "elsewhere", "no such process"],
)
def test_who_is_not_this_process(other: Owner, lives: bool) -> None:
    assert other.lives() is lives


def test_an_ended_process_is_dead_before_its_parent_looks_too() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    there = replace(Owner.here(), pid=process.pid, start=owner.started(process.pid) or "")
    assert there.lives()
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not there.lives()
    process.wait()
    assert not there.lives()


def test_without_a_proc_file_system_the_number_alone_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "PROC", tmp_path / "none")
    here = Owner.here()
    assert here == Owner(socket.gethostname(), "", os.getpid(), "")
    assert here.lives()
    assert not replace(here, pid=2**22 + 1).lives()


def test_a_process_of_somebody_else_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", denied)
    assert owner.exists(1)
