"""The documentation: every block of it runs, every link leads somewhere, every list is complete."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from nodekit import Registry, check
from nodekit.cli.app import VERBS, application
from nodekit.pipeline import CODES, Problem
from nodekit.pipeline.document import Document, StepEntry
from nodekit.pipeline.mentions import VARIABLES
from tests.support.pages import (
    LANGUAGES,
    Block,
    anchors,
    blocks,
    commands,
    links,
    same,
    shell,
)

ROOT = Path(__file__).parents[2]
NODES = ROOT / "docs" / "nodes"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/nodes/*.md", "examples/*/README.md")
    for path in ROOT.glob(pattern)
)
WITH_BLOCKS = [path for path in PAGES if blocks(path.read_text())]
INSTALL = (
    "python3 -m venv .venv && .venv/bin/pip install . && "
    ".venv/bin/nodekit run examples/orders-report/pipeline.yaml",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
)
"""What a stranger pastes: the one shows that it works, the other that its tests pass."""

WANTED = """$json $binary $input $node $items $itemIndex $runIndex $now $today $workflow $execution
$prevNode $parameter $vars $env $ifEmpty $if $min $max $jmespath"""
"""The variables that every reader must find."""

LEFT_OUT = {"output", ".nodekit", "__pycache__", "dist"}
IGNORED = shutil.ignore_patterns(*LEFT_OUT)


def ident(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield an empty folder to work in; what is imported or registered there is forgotten."""
    made = tmp_path / "page"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.syspath_prepend(str(made))
    monkeypatch.setattr(Registry, "_installed", None)
    before = set(sys.modules)
    yield made
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(made)):
            del sys.modules[name]


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=ident)
def test_every_block_of_a_page_runs(
    path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = path.read_text()
    if "examples/" in page:
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=IGNORED)
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        place = f"{ident(path)}:{block.line}"
        assert block.language in LANGUAGES, f"{place}: unknown language {block.language!r}"
        if block.name:
            file = folder / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
            # Another test may have imported a module of this name.
            monkeypatch.delitem(sys.modules, file.stem, raising=False)
        run_block(block, place, names, folder)


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize(
    "path", [p for p in WITH_BLOCKS if "```python " in p.read_text()], ids=ident
)
def test_the_modules_of_a_page_are_typed(path: Path, tmp_path: Path, mypy_cache: Path) -> None:
    for block in blocks(path.read_text()):
        if block.language == "python" and block.name:
            (tmp_path / block.name).write_text(block.text)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(mypy_cache), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def run_block(block: Block, place: str, names: dict[str, Any], folder: Path) -> None:
    """Run one block of a page, or look at what it says."""
    match block.language:
        case "python" if not block.name:
            exec(compile("\n" * block.line + block.text, place, "exec"), names)
        case "python":
            compile(block.text, place, "exec")
        case "console":
            run_commands(block, place, folder)
        case "toml":
            tomllib.loads(block.text)
        case "yaml" if not block.name:
            problems = check(whole(YAML(typ="safe").load(block.text), place))
            assert errors(problems) == [], place
        case _:
            pass


def whole(part: Any, place: str) -> Any:
    """Return a part of a pipeline with what is missing put around it."""
    step = {"name": "Step", "type": "no_op"}
    if isinstance(part, list):
        return {"steps": part}
    if set(part) <= set(Document.model_fields):
        return {"steps": [step], **part}
    assert set(part) <= set(StepEntry.model_fields), f"{place}: neither a pipeline nor a step"
    return {"steps": [{**step, **part}]}


def errors(problems: list[Problem]) -> list[str]:
    """Return the findings that would prevent a run."""
    return [str(problem) for problem in problems if problem.level == "error"]


def run_commands(block: Block, place: str, folder: Path) -> None:
    """Run the commands of a console block and compare what they print."""
    if block.text.strip() in INSTALL:
        return
    found = list(commands(block))
    assert found, f"{place}: no line begins with '$ '"
    for command in found:
        if re.match(r"(python3? -m )?pip install ", command.text):
            assert installs(command.text), f"{place}: installs something else"
            continue
        printed = shell(command.text, folder, folder.parent)
        assert same(printed, command.printed), f"{place}: {command.text}\nprinted:\n{printed}"


def installs(command: str) -> bool:
    """Whether a command installs our distribution, by its name or from its folder."""
    words = shlex.split(command.split(" install ", 1)[1])
    name = metadata.distribution("nodekit-runtime").name
    return all(word in (name, ".", "-e", ".[test]") or word.startswith("./") for word in words)


def test_the_readme_begins_with_the_two_commands() -> None:
    found = [block.text.strip() for block in blocks((ROOT / "README.md").read_text())]
    assert tuple(found[:2]) == INSTALL


def test_ci_installs_what_the_readme_installs() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert INSTALL[1].replace("[", r"\[").replace("]", r"\]") in script


@pytest.mark.parametrize("path", PAGES, ids=ident)
def test_every_link_leads_somewhere(path: Path) -> None:
    wrong: list[str] = []
    for link in links(path.read_text()):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        page = path if not target else path.parent / target
        if not page.exists() or (anchor and anchor not in anchors(page.read_text())):
            wrong.append(link)
    assert wrong == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    left = [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = [page.parent / link.split("#")[0] for link in links(page.read_text())]
        for target in (target.resolve() for target in targets if target.exists()):
            left += target.glob("*.md") if target == NODES else []
            left += [target] if target.suffix == ".md" else []
    assert sorted(map(ident, set(PAGES) - seen)) == []


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_up_to_date(generator: ModuleType) -> None:
    pages: dict[Path, str] = generator.pages()
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    assert [ident(path) for path in stale] == [], "run `python docs/generate.py`"


def test_every_shipped_node_has_a_page_and_no_other_has(generator: ModuleType) -> None:
    points = metadata.distribution("nodekit-runtime").entry_points.select(group="nodekit.nodes")
    shipped = sorted({point.name for point in points})
    assert generator.types() == shipped
    assert sorted(path.stem for path in NODES.glob("*.md")) == shipped


@pytest.mark.parametrize("part", ["top level", "settings", "steps", "retry"])
def test_every_setting_is_documented(part: str) -> None:
    assert f"<!-- generated: {part} -->" in (ROOT / "docs" / "pipelines.md").read_text()


def test_every_code_of_a_finding_is_documented() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    assert [code for code in CODES if f"| `{code}` |" not in page] == []


def test_every_variable_of_expressions_is_documented() -> None:
    page = (ROOT / "docs" / "expressions.md").read_text()
    table = re.findall(r"`(\$[A-Za-z]*)", page.partition("## Variables")[2])
    assert sorted(set(table) - VARIABLES) == []
    wanted = set(re.findall(r"\$\w+", WANTED)) | {"$"}
    assert sorted(wanted - set(table)) == []


CITED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_security_page_names_exists() -> None:
    cited = CITED.findall((ROOT / "docs" / "security.md").read_text())
    assert len(cited) > 20
    missing = [
        f"{path}::{name}"
        for path, name in cited
        if not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert missing == []


def test_every_verb_is_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    assert [verb for verb in VERBS if f"| `{verb}" not in page] == []


def test_every_option_of_run_is_documented() -> None:
    said = re.findall(r"--?[a-z][a-z-]*", (ROOT / "docs" / "command-line.md").read_text())
    group: Any = typer.main.get_command(application("run"))
    options = [option.opts for option in group.commands["run"].params]
    assert [names for names in options if names[0][0] == "-" and not {*names} & {*said}] == []
