"""The wheel: three import packages and nothing else, and everything in it that they need."""

import subprocess
import sys
from email.message import Message
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

import nodekit
from nodekit.cli.app import DISTRIBUTION
from nodekit.registry import CREDENTIALS, NODES

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "nodekit": ROOT / "nodekit",
    "nodekit_nodes_core": ROOT / "nodes" / "nodekit_nodes_core",
    "nodekit_nodes_chatkit": ROOT / "nodes" / "nodekit_nodes_chatkit",
}
POINTS = metadata.distribution(DISTRIBUTION).entry_points


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as file:
        return file.namelist()


@pytest.fixture(scope="module")
def facts(wheel: Path, names: list[str]) -> Message:
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with ZipFile(wheel) as file:
        return HeaderParser().parsestr(file.read(name).decode())


def test_the_wheel_holds_the_three_packages_and_nothing_else(names: list[str]) -> None:
    version = metadata.version(DISTRIBUTION)
    tops = {name.split("/")[0] for name in names}
    assert tops == {*PACKAGES, f"nodekit_runtime-{version}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_holds_every_file_of_a_package(package: str, names: list[str]) -> None:
    folder = PACKAGES[package]
    files = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert {name for name in names if name.startswith(f"{package}/")} == files


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(package: str, names: list[str]) -> None:
    assert f"{package}/py.typed" in names


@pytest.mark.parametrize(
    "pattern", [("nodekit/expressions/prelude/", ".js"), ("nodekit/store/migrations/", ".sql")]
)
def test_what_is_no_python_is_there(pattern: tuple[str, str], names: list[str]) -> None:
    start, end = pattern
    assert [name for name in names if name.startswith(start) and name.endswith(end)] != []


def test_the_shelf_is_no_package() -> None:
    assert not (ROOT / "nodes" / "__init__.py").exists()


def test_the_distribution_says_what_it_is(facts: Message) -> None:
    assert facts["Name"] == DISTRIBUTION
    assert facts["Version"] == metadata.version(DISTRIBUTION)
    assert facts["License-Expression"] == "MIT"
    assert facts["Requires-Python"] == ">=3.11"


def test_a_plain_install_needs_none_of_the_test_tools(facts: Message) -> None:
    needed = [str(line) for line in facts.get_all("Requires-Dist", []) if "extra ==" not in line]
    tools = ("pytest", "mypy", "pyright", "ruff", "hypothesis", "build", "hatchling")
    assert [line for line in needed if line.startswith(tools)] == []


@pytest.mark.parametrize("group", [NODES, CREDENTIALS, "console_scripts"])
def test_every_entry_point_leads_somewhere(group: str) -> None:
    points = POINTS.select(group=group)
    assert len(points) > 0
    assert [point.name for point in points if not callable(point.load())] == []


def test_the_version_comes_from_the_metadata() -> None:
    command = [sys.executable, "-m", "nodekit", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"nodekit {metadata.version(DISTRIBUTION)}\n"
    assert not hasattr(nodekit, "__version__")
