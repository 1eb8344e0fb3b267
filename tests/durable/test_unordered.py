"""Output as it comes, from the command line: a slow slice holds up no file, and survives a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.support.plugin import install

FLOW = """\
nodekit: 1
name: flow
steps:
  - name: Tag
    type: set
    params: {keep: all, fields: {tag: "={{ $json.n }}"}}
  - name: Pass
    type: acme.pass
    concurrency: 4
    params: {n: "={{ $json.n }}"}
"""

NODES = """\
    from pathlib import Path

    from nodekit import Context, Item, ItemNode, Params

    class PassParams(Params):
        n: int
        "A number."

    class Pass(ItemNode[PassParams]):
        "Pass items on; with the first, wait until the file `open` is there."

        async def run_item(self, item: Item, params: PassParams, ctx: Context) -> Item:
            await ctx.sleep(0)
            with Path("calls").open("a") as file:
                file.write(f"{params.n}\\n")
            while params.n == 0 and not Path("open").exists():
                await ctx.sleep(0.01)
            return item
"""

ITEMS = 400

DEADLINE = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a pipeline, items and a plugin."""
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n":{n}}}\n' for n in range(ITEMS)))
    install(tmp_path, "acme_pass", NODES, {"nodekit.nodes": {"acme.pass": "acme_pass:Pass"}})
    return tmp_path


def started(folder: Path, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "nodekit", "run", "flow.yaml", "--no-progress", "-q", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    )


def numbers(file: Path) -> list[int]:
    """Return what is written, as far as its lines are complete."""
    text = file.read_text() if file.exists() else ""
    return [json.loads(line)["n"] for line in text.splitlines(keepends=True) if line[-1] == "\n"]


def safe(folder: Path) -> int:
    """Return how many bytes of the output are written down as being there."""
    with closing(connect(folder / ".nodekit" / "nodekit.db")) as store:
        row = store.execute("SELECT place FROM places WHERE name = 'sink'").fetchone()
    return 0 if row is None else int(json.loads(row[0])["size"])


def test_what_comes_is_in_the_file_and_not_done_again(folder: Path) -> None:
    part, end = folder / "out.jsonl.part", time.monotonic() + DEADLINE
    args = ("-i", "in.jsonl", "-o", "out.jsonl", "--batch", "10", "--unordered")
    with started(folder, *args) as child:
        while len(numbers(part)) < ITEMS - 10 or safe(folder) < part.stat().st_size:
            assert child.poll() is None
            assert time.monotonic() < end
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert numbers(part) == list(range(10, ITEMS))
    calls = (folder / "calls").read_text().split()
    assert sorted(map(int, calls)) == list(range(ITEMS))
    (folder / "open").touch()
    with started(folder, "--resume") as child:
        _, err = child.communicate(timeout=DEADLINE)
    assert (child.returncode, err) == (0, "")
    assert numbers(folder / "out.jsonl") == [*range(10, ITEMS), *range(10)]
    again = map(int, (folder / "calls").read_text().split()[ITEMS:])
    assert set(again) < set(range(10))
