"""A run that keeps its progress: against the same without."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .measure import Figure, in_turn
from .memory import FILE
from .pipe import rows


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure the command line, JSON lines in and out, with ``--batch`` and without."""
    count = 2_000 if smoke else 200_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pipeline.yaml").write_text(FILE)
        with (folder / "in.jsonl").open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(count))

        def run(*more: str) -> bytes:
            command = (sys.executable, "-m", "nodekit", "run", str(folder / "pipeline.yaml"), "-q")
            files = ("-i", str(folder / "in.jsonl"), "-o", str(folder / "out.jsonl"))
            subprocess.run([*command, *files, *more], check=True)
            return (folder / "out.jsonl").read_bytes()

        kept, plain = in_turn(lambda: run("--batch", "500"), run, 1 if smoke else 5)
    detail = f"{count / kept:,.0f} against {count / plain:,.0f} items/s"
    yield Figure("with checkpoints / without", plain / kept, "ratio", at_least=0.8, detail=detail)
