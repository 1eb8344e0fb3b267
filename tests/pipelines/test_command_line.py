"""The command line as a process: real streams, exit status, signals."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.plugin import install

PASS = """\
nodekit: 1
steps:
  - name: Pass
    type: no_op
"""

SLOW = """\
nodekit: 1
steps:
  - name: Wait
    type: acme.wait
    params: {what: WHAT}
  - name: After
    type: no_op
"""

WAIT = """\
    import sys
    from typing import Literal

    from nodekit import Context, Item, ItemNode, Params

    class WaitParams(Params):
        what: Literal["line", "ever"]
        "What is waited for: a line on standard input, or nothing that ever comes."

    class Wait(ItemNode[WaitParams]):
        "Say that an item has begun, and wait."

        async def run_item(self, item: Item, params: WaitParams, ctx: Context) -> Item:
            print(f"began {item.json['n']}", file=sys.stderr, flush=True)
            if params.what == "ever":
                await ctx.sleep(1e6)
            await ctx.thread(sys.stdin.readline)
            return item
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with pipelines, items and a plugin."""
    (tmp_path / "pass.yaml").write_text(PASS)
    (tmp_path / "line.yaml").write_text(SLOW.replace("WHAT", "line"))
    (tmp_path / "ever.yaml").write_text(SLOW.replace("WHAT", "ever"))
    (tmp_path / "in.jsonl").write_text('{"n":1}\n{"n":2}\n{"n":3}\n')
    install(tmp_path, "acme_wait", WAIT, {"nodekit.nodes": {"acme.wait": "acme_wait:Wait"}})
    return tmp_path


NODEKIT = (sys.executable, "-m", "nodekit")


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), **more}


def run(folder: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NODEKIT, *args],
        cwd=folder,
        env=environment(folder, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def started(folder: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*NODEKIT, *args],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line_of(child: subprocess.Popen[str]) -> str:
    assert child.stderr is not None
    return child.stderr.readline()


def test_data_and_words_go_their_own_ways(folder: Path) -> None:
    result = run(folder, "run", "pass.yaml", "-i", "in.jsonl")
    assert result.returncode == 0
    assert result.stdout == '{"n":1}\n{"n":2}\n{"n":3}\n'
    assert result.stderr.startswith("step  in  out  failed  seconds\nPass   3    3 ")


STOPPING = "stopping; what is running may finish, Ctrl-C again stops it\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_ctrl_c_once_lets_what_runs_finish(folder: Path, number: signal.Signals) -> None:
    with started(folder, "run", "line.yaml", "-i", "in.jsonl", "--record", "record.json") as child:
        assert line_of(child) == "began 1\n"
        child.send_signal(number)
        assert line_of(child) == STOPPING
        out, err = child.communicate("go on\n", timeout=60)
    assert (child.returncode, out) == (130, "")
    assert "began" not in err
    assert err.endswith("error: the run: stopped\n")
    assert json.loads((folder / "record.json").read_text())["status"] == "canceled"


def test_ctrl_c_twice_stops_at_once(folder: Path) -> None:
    with started(folder, "run", "ever.yaml", "-i", "in.jsonl") as child:
        assert line_of(child) == "began 1\n"
        child.send_signal(signal.SIGINT)
        assert line_of(child) == STOPPING
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, "", "error: interrupted\n")


def test_a_run_that_takes_too_long_is_canceled_and_has_failed(folder: Path) -> None:
    result = run(folder, "run", "ever.yaml", "-i", "in.jsonl", "--timeout", "50ms")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("error: the run: timed out after 0.05 s\n")


def test_a_reader_that_has_gone_ends_it_quietly(folder: Path) -> None:
    (folder / "in.jsonl").write_text('{"n":1}\n' * 100_000)
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*NODEKIT, "run", "pass.yaml", "-i", "in.jsonl", "-q"],
        cwd=folder,
        env=environment(folder),
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


def test_words_that_nobody_hears_change_nothing(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*NODEKIT, "run", "pass.yaml", "-i", "in.jsonl"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=writer,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stdout) == (0, b'{"n":1}\n{"n":2}\n{"n":3}\n')


def shell(folder: Path, redirection: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'"$0" -m nodekit run pass.yaml -i in.jsonl -q {redirection}', sys.executable],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_closed_standard_output_is_refused(folder: Path) -> None:
    result = shell(folder, ">&-")
    assert result.returncode == 2
    assert result.stderr == "error: cannot write standard output: it is closed\n"


def test_a_full_disk_is_a_failure(folder: Path) -> None:
    result = shell(folder, "> /dev/full")
    assert result.returncode == 1
    assert result.stderr == "error: cannot write standard output: no space left on device\n"


def test_a_closed_standard_input_is_refused(folder: Path) -> None:
    result = shell(folder, "-i - <&-")
    assert result.returncode == 2
    assert result.stderr == "error: cannot read standard input: it is closed\n"


def on_terminal(folder: Path, *args: str, **more: str) -> tuple[int, str]:
    """Run with a terminal for output and error; return the status and what the terminal got."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*NODEKIT, *args],
        cwd=folder,
        env=environment(folder, TERM="xterm", COLUMNS="80", **more),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b"".join(iter(reading(ours), b""))
    os.close(ours)
    return child.wait(60), seen.decode()


def reading(handle: int) -> Callable[[], bytes]:
    """Return a function that reads a terminal; nothing where the other side is closed."""

    def read() -> bytes:
        try:
            return os.read(handle, 65536)
        except OSError:
            return b""

    return read


def test_on_a_terminal_there_are_live_lines_and_a_table(folder: Path) -> None:
    status, seen = on_terminal(folder, "run", "pass.yaml", "-i", "in.jsonl")
    assert status == 0
    assert "✓ Pass" in seen
    assert "3 items\r\n" in seen
    assert "done: 3 items in " in seen
    assert '{"n":1}' not in seen


def test_without_progress_and_color_a_terminal_gets_plain_text(folder: Path) -> None:
    args = ("run", "pass.yaml", "-i", "in.jsonl", "--no-progress")
    status, seen = on_terminal(folder, *args, NO_COLOR="1")
    assert status == 0
    assert "\x1b[3" not in seen
    assert "✓" not in seen


def test_an_error_is_red_on_a_terminal(folder: Path) -> None:
    status, seen = on_terminal(folder, "run", "pass.yaml", "-i", "none.jsonl")
    assert (status, seen) == (
        2,
        "\x1b[31merror:\x1b[0m cannot read 'none.jsonl': no such file or directory\r\n",
    )


def test_a_page_is_drawn_on_a_terminal(folder: Path) -> None:
    status, seen = on_terminal(folder, "nodes", "acme.wait", NO_COLOR="1")
    assert status == 0
    assert "acme.wait" in seen
    assert "|---|" not in seen


def test_completion_completes_verbs(folder: Path) -> None:
    result = run(
        folder, _NODEKIT_COMPLETE="complete_bash", COMP_WORDS="nodekit sch", COMP_CWORD="1"
    )
    assert result.stdout.split() == ["schema"]


PROBE = """\
import sys
from nodekit.cli import main
try:
    main(["run", "pass.yaml", "-i", "in.jsonl", "-q"])
finally:
    heavy = {"rich", "aiohttp", "quickjs", "sqlite3", "cryptography", "jsonschema"}
    print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def test_a_plain_run_loads_nothing_heavy(folder: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "[]\n")


LIBRARY = """\
import sys, nodekit
nodekit.run_sync(nodekit.load("pass.yaml"), [{}])
print({"typer", "rich"} & set(sys.modules))
"""


def test_the_library_never_loads_the_command_line(folder: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIBRARY],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("set()\n", "")
