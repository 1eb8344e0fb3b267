"""What tests of several folders share."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return our wheel, built once."""
    return built(ROOT, tmp_path_factory.mktemp("wheel"))


def built(project: Path, folder: Path) -> Path:
    """Build a project's wheel into an empty folder, without a network."""
    options = ("--wheel", "--no-isolation", "--outdir", str(folder))
    subprocess.run(
        [sys.executable, "-m", "build", *options, str(project)], check=True, capture_output=True
    )
    (made,) = folder.glob("*.whl")
    return made
