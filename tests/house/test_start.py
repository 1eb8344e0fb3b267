"""What a run of a small file must not load: every start would wait for it."""

import subprocess
import sys

import pytest

FILE = "steps:\n  - {name: Greet, type: set, params: {fields: {hello: world}}}\n"

LOADED = """
import sys
from nodekit.cli import main
try:
    main(["run", sys.argv[1], "--quiet"])
finally:
    print(*sys.modules, file=sys.stderr)
"""

HEAVY = (
    "aiohttp",
    "typer",
    "gettext",
    "shlex",
    "concurrent.futures.thread",
    "email.parser",
    "encodings.utf_8_sig",
    "pydantic.type_adapter",
    "cryptography",
    "rich",
    "sqlite3",
    "quickjs",
    "_quickjs",
    "tomllib",
    "hypothesis",
    "difflib",
    "nodekit.credentials.credential",
    "nodekit.credentials.request",
    "nodekit.describe",
    "nodekit.engine.batches",
    "nodekit.engine.outputs",
    "nodekit.engine.plan",
    "nodekit.engine.slices",
    "nodekit.engine.spill",
    "nodekit.engine.stretch",
    "nodekit.engine.subrun",
    "nodekit.engine.surviving",
    "nodekit.expressions.evaluation",
    "nodekit.expressions.expression",
    "nodekit.expressions.grammar",
    "nodekit.expressions.native",
    "nodekit.expressions.process",
    "nodekit.http.client",
    "nodekit.http.exchange",
    "nodekit.cli.app",
    "nodekit.cli.batch",
    "nodekit.cli.check",
    "nodekit.cli.inputs",
    "nodekit.cli.kept",
    "nodekit.cli.live",
    "nodekit.cli.options",
    "nodekit.cli.plugins",
    "nodekit.cli.run",
    "nodekit.pipeline.n8n.build",
    "nodekit.pipeline.n8n.options",
    "nodekit.pipeline.writer",
    "nodekit.store.keeping",
    "nodekit.store.store",
    "nodekit.testing",
    "nodekit_nodes_chatkit",
    "nodekit_nodes_core.http_request",
    "nodekit_nodes_core.literal",
)
"""Libraries and rooms that a run without HTTP, credentials and expressions does without."""

MODULES = 98
"""How many of our own modules a small run may load: each costs a fifth of a millisecond or more."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Run the command line on a file of one step; return the modules it has loaded."""
    file = tmp_path_factory.mktemp("start") / "one.yaml"
    file.write_text(FILE)
    command = (sys.executable, "-c", LOADED, str(file))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == '{"hello":"world"}\n'
    return frozenset(done.stderr.split())


@pytest.mark.parametrize("module", HEAVY)
def test_a_small_run_does_not_load(module: str, loaded: frozenset[str]) -> None:
    assert module not in loaded


def test_a_small_run_loads_few_modules(loaded: frozenset[str]) -> None:
    ours = [name for name in loaded if name.partition(".")[0].startswith("nodekit")]
    assert len(ours) <= MODULES


def test_a_small_run_loads_what_it_needs(loaded: frozenset[str]) -> None:
    assert {"nodekit.engine.runtime", "nodekit_nodes_core.set"} <= loaded
