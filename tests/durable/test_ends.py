"""How a run with checkpoints ends from outside: signals, a reader that goes, a full disk."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.plugin import install

FLOW = """\
nodekit: 1
name: flow
steps:
  - name: Number
    type: set
    params: {keep: all, fields: {double: "={{ $json.n * 2 }}"}}
  - name: Pass
    type: acme.pass
    concurrency: 4
    params: {n: "={{ $json.n }}"}
"""

NODES = """\
    from pathlib import Path
    import sys

    from nodekit import Context, Item, ItemNode, Params

    class PassParams(Params):
        n: int
        "A number."

    class Pass(ItemNode[PassParams]):
        "Pass items on; from 200 on, wait until the file `open` is there."

        async def run_item(self, item: Item, params: PassParams, ctx: Context) -> Item:
            await ctx.sleep(0.001)
            with Path("calls").open("a") as file:
                file.write(f"{params.n}\\n")
            if params.n == 200:
                print("waiting", file=sys.stderr, flush=True)
            while params.n >= 200 and not Path("open").exists():
                await ctx.sleep(0.01)
            return item
"""

ITEMS = 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a pipeline, items and a plugin."""
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n":{n}}}\n' for n in range(ITEMS)))
    install(tmp_path, "acme_pass", NODES, {"nodekit.nodes": {"acme.pass": "acme_pass:Pass"}})
    return tmp_path


def started(
    folder: Path, *args: str, stdout: int = subprocess.PIPE, limit: int | None = None
) -> "subprocess.Popen[str]":
    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "nodekit", "run", "flow.yaml", "--no-progress", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def finished(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    with started(folder, *args) as child:
        out, err = child.communicate(timeout=60)
    return subprocess.CompletedProcess(args, child.returncode, out, err)


def until(child: "subprocess.Popen[str]", line: str) -> None:
    assert child.stderr is not None
    for said in child.stderr:
        if said == line:
            return
    raise AssertionError(f"{line!r} was never said")


def expected() -> str:
    return "".join(f'{{"n":{n},"double":{2 * n}}}\n' for n in range(ITEMS))


def calls(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "calls").read_text().split()]


def runs(folder: Path) -> list[dict[str, object]]:
    shown = subprocess.run(
        [sys.executable, "-m", "nodekit", "runs", "ls", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in shown.stdout.splitlines()]


BATCH = ("-i", "in.jsonl", "-o", "out.jsonl", "--batch", "50")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_in_order_and_no_call_is_made_again(
    folder: Path, number: signal.Signals
) -> None:
    with started(folder, *BATCH) as child:
        until(child, "waiting\n")
        child.send_signal(number)
        until(child, "stopping; what is running may finish, Ctrl-C again stops it\n")
        (folder / "open").touch()
        _, err = child.communicate(timeout=60)
    (row,) = runs(folder)
    assert child.returncode == 130
    assert err.splitlines()[-2:] == [
        "error: the run: stopped",
        f"go on with it: nodekit run flow.yaml --resume {row['run']}",
    ]
    assert row["status"] == "canceled"
    assert not (folder / "out.jsonl").exists()
    assert finished(folder, "--resume", "-q").returncode == 0
    assert (folder / "out.jsonl").read_text() == expected()
    assert sorted(calls(folder)) == list(range(ITEMS))


def test_two_signals_end_it_at_once_and_it_goes_on(folder: Path) -> None:
    with started(folder, *BATCH) as child:
        until(child, "waiting\n")
        child.send_signal(signal.SIGINT)
        until(child, "stopping; what is running may finish, Ctrl-C again stops it\n")
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    (row,) = runs(folder)
    assert child.returncode == 130
    assert err == (
        f"error: interrupted\ngo on with it: nodekit run flow.yaml --resume {row['run']}\n"
    )
    assert row["status"] == "interrupted"
    (folder / "open").touch()
    assert finished(folder, "--resume", "-q").returncode == 0
    assert (folder / "out.jsonl").read_text() == expected()
    assert len(calls(folder)) <= ITEMS + 4


def test_a_live_run_is_left_alone(folder: Path) -> None:
    with started(folder, *BATCH) as child:
        until(child, "waiting\n")
        (row,) = runs(folder)
        again = finished(folder, "--resume", str(row["run"]), "-q")
        (folder / "open").touch()
        assert child.wait(60) == 0
    assert (again.returncode, row["status"], row["pid"]) == (1, "running", child.pid)
    assert again.stderr.startswith(
        f"error: the run {row['run']} is going on in process {child.pid}\n"
    )
    assert (folder / "out.jsonl").read_text() == expected()


def test_a_reader_that_goes_ends_it_and_it_can_be_gone_on_with(folder: Path) -> None:
    (folder / "open").touch()
    reader, writer = os.pipe()
    with started(folder, "-i", "in.jsonl", "--batch", "50", stdout=writer) as child:
        os.close(writer)
        os.close(reader)
        _, err = child.communicate(timeout=60)
    (row,) = runs(folder)
    assert (child.returncode, row["status"]) == (130, "canceled")
    assert err.endswith(f"go on with it: nodekit run flow.yaml --resume {row['run']}\n")
    assert finished(folder, "--resume", "-q").returncode == 0


@pytest.mark.parametrize("limit", [3_000, 60_000, 120_000])
def test_a_full_disk_ends_it_and_it_goes_on_when_there_is_room(folder: Path, limit: int) -> None:
    (folder / "open").touch()
    with started(folder, *BATCH, limit=limit) as child:
        _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "error: " in err
    assert "Traceback" not in err
    resumed = finished(folder, "--resume", "-q")
    if resumed.returncode:  # not even the beginning of the run could be written down
        assert resumed.stderr.startswith('error: no run of "flow" waits to be gone on with\n')
        assert finished(folder, *BATCH, "-q", "--force").returncode == 0
    assert (folder / "out.jsonl").read_text() == expected()


def cut(store: Path, share: float) -> None:
    """Cut what has been written but not yet moved into the file of the store."""
    log = store.with_name(f"{store.name}-wal")
    size = int(log.stat().st_size * share)
    os.truncate(log, size)


@pytest.mark.parametrize("share", [0.0, 0.13, 0.5, 0.77, 0.999])
def test_a_log_of_the_store_that_was_cut_goes_back_a_little(folder: Path, share: float) -> None:
    with started(folder, *BATCH) as child:
        until(child, "waiting\n")
        child.kill()
        child.communicate()
    cut(folder / ".nodekit" / "nodekit.db", share)
    (folder / "open").touch()
    resumed = finished(folder, "--resume", "-q")
    if resumed.returncode:
        assert resumed.stderr.startswith('error: no run of "flow" waits to be gone on with\n')
        assert finished(folder, *BATCH, "-q", "--force").returncode == 0
    assert (folder / "out.jsonl").read_text() == expected()


def broken_place(name: str) -> tuple[str, ...]:
    return ("-i", "in.jsonl", "--batch", "50", *name.split())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("-o /proc/out.jsonl",
            "error: cannot write '/proc/out.jsonl': no such file or directory\n"),
        ("-o out.jsonl --store /proc/nodekit.db",
            "error: the store '/proc/nodekit.db' cannot be made: no such file or directory\n"),
    ],
    ids=["output", "store"],
)  # fmt: skip
def test_a_place_where_nothing_can_be_written(folder: Path, args: str, message: str) -> None:
    (folder / "open").touch()
    result = finished(folder, *broken_place(args), "-q")
    assert result.returncode == 1
    assert result.stderr.startswith(message)


def clock_set(hours: int) -> Callable[[Path], None]:
    """Return what lets the system's clock jump in the middle of a run."""

    def install_jump(folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(
            "import time\n"
            "real, began = time.time, time.monotonic()\n"
            f"time.time = lambda: real() + (time.monotonic() - began > 0.8) * {hours * 3600}\n"
        )

    return install_jump


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_changes_nothing(folder: Path, hours: int) -> None:
    clock_set(hours)(folder)
    (folder / "open").touch()
    assert finished(folder, *BATCH, "-q").returncode == 0
    assert (folder / "out.jsonl").read_text() == expected()


@pytest.mark.parametrize("sent", ["", '{"n":1}\n'], ids=["nothing", "an item"])
def test_a_stream_that_says_nothing_can_be_interrupted(folder: Path, sent: str) -> None:
    (folder / "open").touch()
    command = [sys.executable, "-m", "nodekit", "run", "flow.yaml", "-i", "-", "--no-progress"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        child.stdin.write(sent)
        child.stdin.flush()
        while not handled(child.pid):
            assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        until(child, "stopping; what is running may finish, Ctrl-C again stops it\n")
        assert child.wait(10) == 130


def handled(pid: int) -> bool:
    """Whether a process answers SIGTERM by itself."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
    return bool(caught & 1 << (signal.SIGTERM - 1))
