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
MODEL = BARE + "\nclass Model(pydantic.BaseModel):\n    name: str\n"
"""The same, and what pydantic loads only when there is a first model."""


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

        def model() -> None:
            run(sys.executable, "-c", MODEL)

        ways = (ours, bare, model)
        for way in ways:
            way()
        rounds = [[seconds(way) for way in ways] for _ in range(1 if smoke else 15)]
    step, imports, modelled = (median(times) for times in zip(*rounds, strict=True))
    yield against("start / imports alone", step, imports, 2.0)
    yield against("start / imports and one model", step, modelled, 1.6)


def against(name: str, step: float, yardstick: float, most: float) -> Figure:
    """Return how many times as long as a yardstick a start takes."""
    detail = f"{step * 1000:.0f} against {yardstick * 1000:.0f} ms"
    return Figure(name, step / yardstick, "ratio", at_most=most, detail=detail)
