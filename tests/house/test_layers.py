"""Who may import whom: the table of rooms, held against the imports of every file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "nodekit"
NODES = ROOT / "nodes"

LAYERS: dict[str, int] = {
    "errors": 0,
    "links": 0,
    "items": 0,
    "columns": 0,
    "described": 0,
    "late": 0,
    "params": 1,
    "wording": 1,
    "forms": 1,
    "sketch": 1,
    "state": 1,
    "json_values": 0,
    "redact": 1,
    "credentials": 1,
    "http": 2,
    "files": 2,
    "streams": 1,
    "context": 2,
    "node": 2,
    "registry": 3,
    "expressions": 3,
    "formats": 3,
    "item_writers": 2,
    "store": 3,
    "pipeline": 4,
    "engine": 5,
    "describe": 6,
    "testing": 6,
    "cli": 6,
}
"""The layer of every room; a module imports only from its own layer or a lower one."""

ROOMS_OF = {
    "aiohttp": {"http"},
    "anyio": {
        "http",
        "files",
        "context",
        "node",
        "expressions",
        "engine",
        "testing",
        "cli",
        "store",
    },
    "orjson": {
        "expressions",
        "formats",
        "item_writers",
        "store",
        "pipeline",
        "engine",
        "http",
        "cli",
        "describe",
    },
    "quickjs": {"expressions/child"},
    "cryptography": {"store"},
    "sqlite3": {"store"},
    "ruamel": {"pipeline"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pytest": {"testing"},
}
"""Where an outside library may be imported."""

DOORS = {"http", "store", "cli", "__init__", "__main__"}
"""The rooms in which an import may stand inside a function: what is behind it is heavy."""

DOOR_FILES = {
    "engine/runtime.py",
    "engine/world.py",
    "errors.py",
    "expressions/worker.py",
    "pipeline/n8n/__init__.py",
}
"""Single modules that are doors: to runs over slices and inside runs, to what few nodes ask for,
to similar names, to JavaScript, and to workflows."""


def sources(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every module a file imports, by its full name, and the line."""
    package = ["nodekit", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*above, *([node.module] if node.module else [])]), node.lineno


@pytest.mark.parametrize("path", sources(PACKAGE), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_layer_or_a_lower_one(path: Path) -> None:
    here = room(path)
    if here in ("__init__", "__main__"):
        return
    wrong = [
        f"line {line}: {name}"
        for name, line in imports(path)
        if name.startswith("nodekit.")
        and name.split(".")[1] != here
        and LAYERS[name.split(".")[1]] > LAYERS[here]
    ]
    assert wrong == []


def test_rooms_of_one_layer_import_one_way() -> None:
    pairs = {
        (room(path), name.split(".")[1])
        for path in sources(PACKAGE)
        if room(path) in LAYERS
        for name, _ in imports(path)
        if name.startswith("nodekit.") and name.split(".")[1] != room(path)
    }
    assert sorted(pair for pair in pairs if pair[::-1] in pairs) == []


@pytest.mark.parametrize("path", sources(PACKAGE), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_an_outside_library_stays_in_its_room(path: Path) -> None:
    place = path.relative_to(PACKAGE).with_suffix("").as_posix()
    wrong = [
        f"line {line}: {name}"
        for name, line in imports(path)
        if (rooms := ROOMS_OF.get(name.split(".")[0])) is not None
        and not any(place == room or place.startswith(f"{room}/") for room in rooms)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sources(PACKAGE), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_a_door_imports_inside_a_function(path: Path) -> None:
    if room(path) in DOORS or path.relative_to(PACKAGE).as_posix() in DOOR_FILES:
        return
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inner = [
        f"line {node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


def guest_imports() -> Iterator[tuple[str, str]]:
    for path in sources(NODES):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            yield from ((str(path.relative_to(NODES)), name) for name in names)


def test_guests_use_only_the_public_names() -> None:
    allowed = {"nodekit", "nodekit.testing"}
    deep = [(p, n) for p, n in guest_imports() if n.startswith("nodekit.") and n not in allowed]
    assert deep == []


def shelf_name(module: str) -> bool:
    return module.split(".")[0] == "nodes"


def test_nobody_imports_the_shelf() -> None:
    everywhere = [*sources(PACKAGE), *sources(NODES), *sources(ROOT / "examples")]
    shelf = [
        str(path.relative_to(ROOT))
        for path in everywhere
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and not node.level and shelf_name(node.module or ""))
        or (isinstance(node, ast.Import) and any(shelf_name(a.name) for a in node.names))
    ]
    assert shelf == []


def test_every_room_has_a_layer() -> None:
    rooms = {room(path) for path in sources(PACKAGE)} - {"__init__", "__main__"}
    assert rooms - set(LAYERS) == set()
