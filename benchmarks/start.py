"""How long a small file takes from the command line: against the imports it needs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .measure import Figure, seconds

FILE = "steps:\n  - {name: Greet, type: set, params: {fields: {hello: world}}}\n"
BARE = "import asyncio, pydantic, ruamel.yaml"


def run(*command: str) -> None:
    """Run a command and take no notice of what it says; compiled modules may be kept."""
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, capture_output=True, env=surroundings)


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure the start of ``nodekit run`` on a file of one step."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        file.write_text(FILE)

        def ours() -> None:
            run(sys.executable, "-m", "nodekit", "run", str(file))

        def bare() -> None:
            run(sys.executable, "-c", BARE)

        ours(), bare()
        pairs = [(seconds(ours), seconds(bare)) for _ in range(1 if smoke else 11)]
    step, yardstick = median(a for a, _ in pairs), median(b for _, b in pairs)
    detail = f"{step * 1000:.0f} against {yardstick * 1000:.0f} ms"
    yield Figure("start / imports alone", step / yardstick, "ratio", at_most=2.0, detail=detail)
