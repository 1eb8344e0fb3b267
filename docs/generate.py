"""Write the generated parts of the documentation: `python docs/generate.py`.

A page per installed node, the list of nodes, the settings of pipeline files, the codes of findings,
and what becomes of n8n's nodes. All of it is read from the declarations; a test compares. The parts
of a page that is otherwise written by hand stand between two comments, `generated: NAME` and `end`.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from inspect import cleandoc, getsource
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nodekit import Json, Registry
from nodekit.describe import describe, overview, page
from nodekit.describe.declared import REF
from nodekit.describe.kinds import words_of
from nodekit.described import descriptions
from nodekit.expressions.process import script
from nodekit.pipeline import CODES
from nodekit.pipeline.document import (
    Document,
    Duration,
    Failures,
    KeptRuns,
    References,
    Retry,
    Settings,
    StepEntry,
)
from nodekit.pipeline.mentions import VARIABLES
from nodekit.pipeline.n8n.table import TRANSLATORS
from nodekit.pipeline.n8n.triggers import TRIGGERS
from nodekit.registry import CREDENTIALS

ROOT = Path(__file__).parents[1]
OURS = ("nodekit-runtime",)
PART = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
WORDS: tuple[tuple[Any, str], ...] = (
    (Duration, "length of time"),
    (References, "step, list of steps, or mapping from inputs to steps"),
    (Failures, '"retryable", "any", or list of "timeout", "connection" and statuses'),
    (Settings, "mapping, see below"),
    (Retry, "mapping, see below"),
    (KeptRuns, "mapping, see below"),
    (list[StepEntry], "list of steps, see below"),
)
"""The types that a schema has no good words for."""


def types() -> list[str]:
    """Return the node types that this distribution ships."""
    registry = Registry.installed()
    return [name for name in registry.names() if registry.origin(name).split(" ")[0] in OURS]


def node_pages() -> dict[Path, str]:
    """Return the reference page of every node, as `nodekit nodes TYPE --markdown` prints it."""
    registry = Registry.installed()
    return {ROOT / "docs" / "nodes" / f"{n}.md": page(describe(registry.get(n))) for n in types()}


def node_list() -> str:
    """Return the list of nodes, as `nodekit nodes --markdown` prints it."""
    registry = Registry.installed()
    return overview(describe(registry.get(name)) for name in types())


def codes() -> str:
    """Return the codes of findings as a table."""
    rows = [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
    return "\n".join(["| code | means |", "|---|---|", *rows]) + "\n"


def settings(model: type[BaseModel]) -> str:
    """Return the keys of a part of the file format as a table."""
    return (
        "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows(model)]) + "\n"
    )


def rows(model: type[BaseModel]) -> Iterator[str]:
    """Yield a row for each key of a model."""
    schema = model.model_json_schema(ref_template=REF + "{model}")
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        words = words_for(hints[name], schema["properties"][name], schema.get("$defs", {}))
        text = re.sub(r"``(.*?)``", r"`\1`", descriptions(model).get(name, ""))
        yield f"| `{name}` | {words} | {shown(field)} | {text} |"


def shown(field: FieldInfo) -> str:
    """Return the default of a key as it may stand in a file; nothing where that says nothing."""
    if field.is_required():
        return "required"
    if field.default_factory or field.default in (None, ""):
        return ""
    return f"`{field.default if isinstance(field.default, str) else json.dumps(field.default)}`"


def words_for(hint: Any, schema: Json, defs: dict[str, Json]) -> str:
    """Return what kind of value a key takes, in words."""
    for known, words in WORDS:
        if hint in (known, known | None):
            return words
    return words_of(schema, defs)


def credentials() -> str:
    """Return the credential types that this distribution ships as a table."""
    lines = ["| type | fields | is |", "|---|---|---|"]
    for point in sorted(entry_points(group=CREDENTIALS), key=lambda point: point.name):
        if point.dist is not None and point.dist.name in OURS:
            kind = Registry.installed().credential(point.name)
            fields = ", ".join(f"`{name.rstrip('_')}`" for name in kind.model_fields)
            first = cleandoc(kind.__doc__ or "").partition("\n\n")[0]
            lines.append(f"| `{point.name}` | {fields} | {' '.join(first.split())} |")
    return "\n".join(lines) + "\n"


def contents(pattern: str) -> str:
    """Return links to the pages that match, by their titles."""
    found = sorted((path.read_text("utf-8").splitlines()[0], path) for path in ROOT.glob(pattern))
    lines = [f"* [{title.lstrip('# ')}]({path.relative_to(ROOT)})" for title, path in found]
    return "\n".join(lines) + "\n"


def n8n_nodes() -> str:
    """Return n8n's node types with what they become as a table, and the differences as a list."""
    registry = Registry.installed()
    lines = ["| n8n | versions | becomes |", "|---|---|---|"]
    said: dict[str, list[str]] = {}
    for kind, known in sorted(TRANSLATORS.items(), key=lambda row: row[0].rsplit(".", 1)[-1]):
        module = import_module(f"nodekit.pipeline.n8n.translators.{known.module}")
        drafts, texts = drafted(module)
        if kind in TRIGGERS and not TRIGGERS[kind].needs_items:
            texts = []
        steps = sorted(drafts & set(registry.names()) - {STOPS}) or [STOPS]
        names = ", ".join(f"[`{name}`](nodes/{name}.md)" for name in steps)
        versions = (
            f"{known.low:g}" if known.low == known.high else f"{known.low:g} – {known.high:g}"
        )
        lines.append(f"| `{kind.removeprefix(N8N)}` | {versions} | {names} |")
        for text in texts:
            said.setdefault(text, []).append(f"`{kind.removeprefix(N8N)}`")
    listed = [f"* {', '.join(kinds)}: {text}" for text, kinds in said.items()]
    return "\n".join([*lines, "", "Listed differences:", "", *listed]) + "\n"


N8N, STOPS = "n8n-nodes-base.", "stop_with_error"
"""n8n's own package, and what any node becomes that n8n itself would fail."""


def drafted(module: ModuleType) -> tuple[set[str], list[str]]:
    """Return the step types a translator may give, and the differences it may list.

    They are read from its source, and from those of the modules it imports from its folder; what
    the translators of other types list is theirs.
    """
    drafts: set[str] = set()
    texts: dict[str, None] = {}
    own = {known.module for known in TRANSLATORS.values()}
    for node in ast.walk(ast.parse(getsource(module))):
        match node:
            case ast.ImportFrom(module=name, level=1):
                for other in others(name, [alias.name for alias in node.names]):
                    more, further = drafted(other)
                    drafts |= more
                    if other.__name__.rpartition(".")[2] not in own:
                        texts |= dict.fromkeys(further)
            case ast.Call(func=ast.Name(id="StepDraft"), args=[ast.Constant(value=str(kind)), *_]):
                drafts.add(kind)
            case (
                ast.keyword(arg="differences", value=value)
                | ast.Assign(targets=[ast.Name(id="differences")], value=value)
                | ast.AnnAssign(target=ast.Name(id="differences"), value=ast.expr() as value)
            ):
                texts |= dict.fromkeys(told(value, vars(module)))
            case _:
                pass
    return drafts, list(texts)


def others(name: str | None, names: list[str]) -> Iterator[ModuleType]:
    """Yield the translators that an import from the folder of translators brings in."""
    for one in [name] if name else names:
        yield import_module(f"nodekit.pipeline.n8n.translators.{one}")


def told(value: ast.expr, names: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences that an expression stands for."""
    for node in ast.walk(value):
        found: Any = None
        if isinstance(node, ast.Constant) and node.value and isinstance(node.value, str):
            found = node.value if node.value.endswith(".") else None
        elif isinstance(node, ast.Name):
            found = names.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = getattr(names.get(node.value.id), node.attr, None)
        rows = found if isinstance(found, tuple) else (found,)
        yield from (row for row in rows if isinstance(row, str) and row.endswith("."))


FUNCTIONS = re.compile(r"^    (\w+): \['\w+', ((?:'[^']*'[\s+]*)+)\]", re.MULTILINE)


def functions() -> str:
    """Return the functions that values have in expressions as a table."""
    lines = ["| on | functions |", "|---|---|"]
    for kind, texts in FUNCTIONS.findall(script("extend")):
        names = "".join(re.findall(r"'([^']*)'", texts)).split()
        lines.append(f"| {kind} | {' '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines) + "\n"


def variables() -> str:
    """Return the variables that expressions know, in one line."""
    return ", ".join(f"`{name}`" for name in sorted(VARIABLES)) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "pages": lambda: contents("docs/*.md"),
    "examples": lambda: contents("examples/*/README.md"),
    "credentials": credentials,
    "nodes": node_list,
    "codes": codes,
    "n8n nodes": n8n_nodes,
    "functions": functions,
    "variables": variables,
    "top level": lambda: settings(Document),
    "settings": lambda: settings(Settings),
    "steps": lambda: settings(StepEntry),
    "runs": lambda: settings(KeptRuns),
    "retry": lambda: settings(Retry),
}
"""What writes each part that stands between comments."""


def pages() -> dict[Path, str]:
    """Return every page with a generated part as it should be, by its path."""
    made = node_pages()
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if PART.search(text):
            made[path] = PART.sub(
                lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text
            )
    return made


def main() -> None:
    """Write all pages, and remove those of nodes that are gone."""
    made = pages()
    for path in (ROOT / "docs" / "nodes").glob("*.md"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
