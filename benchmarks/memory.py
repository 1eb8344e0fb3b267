"""Peak memory over many JSON lines: against the same over ten thousand."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .measure import Figure
from .pipe import rows

FILE = """
steps:
  - {name: Add, type: set, params: {keep: all, fields: {total: "={{ $json.price * $json.count }}"}}}
  - {name: Some, type: filter, params: {condition: "={{ $json.count > 0 }}"}}
  - {name: Pass, type: no_op}
  - {name: Label, type: set, params: {keep: all, fields: {label: "={{ [$json.first].join() }}"}}}
  - {name: Rename, type: rename_keys, params: {keys: {note: text}}}
"""

CUTS = """
steps:
  - {name: Add, type: set, params: {keep: all, fields: {total: "={{ $json.price * $json.count }}"}}}
  - {name: Sort, type: sort, params: {by: [{field: total, order: desc}]}}
  - name: Sums
    type: summarize
    params: {group_by: [first], fields: [{field: total, do: sum}]}
  - name: With sums
    type: merge
    input: {left: Sort, right: Sums}
    params: {how: key, on: [first]}
  - {name: Rename, type: rename_keys, params: {keys: {note: text}}}
"""

PAUSE = 0.02


def together(process: int) -> int:
    """Return the memory of a process and its children, in kB; what they share counts for each."""
    total = 0
    for pid in (process, *children(process)):
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            total += next((int(row.split()[1]) for row in status.splitlines() if "VmRSS" in row), 0)
    return total


def children(process: int) -> list[int]:
    """Return the children of a process."""
    with suppress(OSError):
        return [*map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]
    return []


def peak(folder: Path, pipeline: str, count: int, *more: str) -> float:
    """Return the peak memory of a run over so many lines, with its JavaScript child, in MB."""
    (folder / "pipeline.yaml").write_text(pipeline)
    given = folder / f"{count}.jsonl"
    with given.open("w") as file:
        for start in range(0, count, 10_000):
            file.writelines(json.dumps(row) + "\n" for row in rows(min(10_000, count - start)))
    nodekit = (sys.executable, "-m", "nodekit", "run", str(folder / "pipeline.yaml"))
    files = ("-i", str(given), "-o", str(folder / "out.jsonl"))
    most = 0
    with subprocess.Popen([*nodekit, *files, "-q", *more]) as child:
        while child.poll() is None:
            most = max(most, together(child.pid))
            time.sleep(PAUSE)
    assert child.returncode == 0
    given.unlink()
    return most / 1024


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure the command line, JSON lines in and out."""
    few, many, some = (1_000, 2_000, 2_000) if smoke else (10_000, 1_000_000, 300_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = peak(folder, FILE, few), peak(folder, FILE, many)
        batch = ("--batch", "1000")
        short, long = (peak(folder, CUTS, count, *batch) for count in (few, some))
    detail = f"{large:.0f} against {small:.0f} MB"
    yield Figure("peak memory, 1M / 10k lines", large / small, "ratio", at_most=1.15, detail=detail)
    yield Figure("peak memory, 1M lines", large, "MB", at_most=200)
    detail = f"{long:.0f} against {short:.0f} MB"
    yield Figure(
        "the same with steps that need all, 300k / 10k",
        long / short,
        "ratio",
        at_most=1.5,
        detail=detail,
    )
