"""Peak memory over a million JSON lines: against the same over ten thousand."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .measure import Figure
from .pipe import rows

FILE = """
steps:
  - {name: Add, type: set, params: {keep: all, fields: {total: "={{ $json.price * $json.count }}"}}}
  - {name: Some, type: filter, params: {condition: "={{ $json.count > 0 }}"}}
"""

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(folder: Path, count: int) -> float:
    """Return the peak memory of a run over so many lines, in MB."""
    given = folder / f"{count}.jsonl"
    with given.open("w") as file:
        for start in range(0, count, 10_000):
            file.writelines(json.dumps(row) + "\n" for row in rows(min(10_000, count - start)))
    nodekit = (sys.executable, "-m", "nodekit", "run", str(folder / "pipeline.yaml"))
    files = ("-i", str(given), "-o", str(folder / "out.jsonl"))
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *nodekit, *files], check=True, capture_output=True, text=True
    )
    given.unlink()
    return int(done.stdout) / 1024


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure the command line, JSON lines in and out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pipeline.yaml").write_text(FILE)
        few, many = (1_000, 2_000) if smoke else (10_000, 1_000_000)
        small, large = peak(folder, few), peak(folder, many)
    detail = f"{large:.0f} against {small:.0f} MB"
    yield Figure("peak memory, 1M / 10k lines", large / small, "ratio", at_most=1.5, detail=detail)
