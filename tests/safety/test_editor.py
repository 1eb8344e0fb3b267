"""Our schema in an editor: a YAML language server completes, validates, and marks what is wrong."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.language_server import LanguageServer

ROOT = Path(__file__).parents[2]

PACKAGE = "yaml-language-server@2.0.0"

EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/pipeline.yaml"))


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what starts the language server, fetched into a temporary folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("there is no Node here, which the language server needs")
    folder = tmp_path_factory.mktemp("language-server")
    fetched = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if fetched.returncode != 0:
        pytest.skip(f"{PACKAGE} cannot be fetched: {fetched.stderr.strip()[-200:]}")
    place = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    return [node, str(place), "--stdio"]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the schema with every installed node, and those of the plugin example."""
    folder = tmp_path_factory.mktemp("schema")
    example = ROOT / "examples" / "write-a-node"
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1\n"
    )
    groups = project["entry-points"].items()
    (metadata / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in groups
        )
    )
    made = subprocess.run(
        [sys.executable, "-m", "nodekit", "schema"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(example)))},
        capture_output=True,
        check=True,
    )
    path = folder / "schema.json"
    path.write_bytes(made.stdout)
    return path


@pytest.fixture(scope="module")
def server(
    command: list[str], schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LanguageServer]:
    """Run a language server that knows our schema and no other."""
    yaml = {
        "schemas": {schema.as_uri(): ["*.yaml"]},
        "validate": True,
        "completion": True,
        "schemaStore": {"enable": False},
    }
    with LanguageServer(command, tmp_path_factory.mktemp("editor"), {"yaml": yaml}) as running:
        yield running


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_marked_in_an_example(server: LanguageServer, name: str) -> None:
    text = (ROOT / "examples" / name / "pipeline.yaml").read_text()
    assert server.findings(f"{name}.yaml", text) == []


STEP = "steps:\n  - name: A\n    type: "

WRONG: dict[str, tuple[str, str, str]] = {
    "an unknown key at the top": (
        f"nmae: x\n{STEP}no_op\n",
        "1: nmae",
        "Property nmae is not allowed.",
    ),
    "no steps": ("name: x\n", "1: n", 'Missing property "steps".'),
    "a number where text is wanted": (
        f"name: 3\n{STEP}no_op\n",
        "1: 3",
        'Incorrect type. Expected "string | null".',
    ),
    "an unknown key of a step": (
        f"{STEP}no_op\n    parms: {{}}\n",
        "4: parms",
        "Property parms is not allowed.",
    ),
    "an unknown node": (f"{STEP}nop\n", "3: nop", "Value is not accepted"),
    "an unknown parameter": (
        f"{STEP}limit\n    params: {{maximum: 3}}\n",
        "4: maximum",
        "Property maximum is not allowed.",
    ),
    "a parameter of the wrong type": (
        f"{STEP}limit\n    params: {{count: many}}\n",
        "4: many",
        'Incorrect type. Expected "integer".',
    ),
    "a missing parameter": (
        f"{STEP}write_file\n    params: {{format: csv}}\n",
        "4: params",
        'Missing property "path".',
    ),
    "a value that is not among those": (
        f"{STEP}no_op\n    on_error: ignore\n",
        "4: ignore",
        "Value is not accepted",
    ),
    "a value that a function may not have": (
        f"{STEP}crypto\n    params: {{do: hash, value: a, hash: md6}}\n",
        "4: md6",
        "Value is not accepted",
    ),
    "an unknown version of the format": (f"nodekit: 2\n{STEP}no_op\n", "1: 2", "Value must be 1."),
    "a parameter of another operation": (
        f"{STEP}crypto\n    params:\n      do: hash\n      value: a\n      secret: b\n",
        "7: secret",
        "Property secret is not allowed.",
    ),
}


@pytest.mark.parametrize(("text", "place", "why"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_marked(server: LanguageServer, text: str, place: str, why: str) -> None:
    ((at, message),) = server.findings(named(text), text)
    assert (at, message.partition(". Valid values")[0]) == (place, why)


def named(text: str) -> str:
    """Return a file name for a text."""
    return f"{sha256(text.encode()).hexdigest()[:12]}.yaml"


COMPLETED: dict[str, tuple[str, set[str]]] = {
    "keys at the top": ("na|\n", {"name", "steps", "settings", "credentials"}),
    "types": (f"{STEP}|\n", {"set", "http_request", "chatkit", "write_file"}),
    "keys of a step": (f"{STEP}no_op\n    |\n", {"params", "on_error", "retry", "credential"}),
    "parameters": (f"{STEP}write_file\n    params:\n      |\n", {"path", "format", "columns"}),
    "values": (f"{STEP}write_file\n    params:\n      mode: |\n", {"replace", "append"}),
    "errors": (f"{STEP}no_op\n    on_error: |\n", {"stop", "continue", "error_output"}),
    "operations": (f"{STEP}crypto\n    params:\n      do: |\n", {"hash", "hmac", "sign"}),
    "parameters of an operation": (
        f"{STEP}crypto\n    params:\n      do: hmac\n      |\n",
        {"secret", "hash", "value"},
    ),
}


@pytest.mark.parametrize(("text", "offered"), COMPLETED.values(), ids=COMPLETED)
def test_what_may_stand_there_is_offered(
    server: LanguageServer, text: str, offered: set[str]
) -> None:
    assert offered <= server.completions(named(text), text)


def test_the_schema_is_draft_07(schema: Path) -> None:
    assert json.loads(schema.read_text())["$schema"] == "http://json-schema.org/draft-07/schema#"
