"""Functions of a pipeline's author: from a file, a package or a text; and what they raise."""

import ast
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module
from inspect import iscoroutinefunction
from keyword import iskeyword
from types import FunctionType, ModuleType
from typing import Any

from nodekit import Files, NodeError

AWAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Function:
    """A function, and where its source is: ``file`` as Python knows it, ``shown`` in messages."""

    call: Callable[..., Any]
    file: str
    shown: str

    @property
    def awaits(self) -> bool:
        """Whether it is an ``async def``."""
        return iscoroutinefunction(self.call)

    def failure(self, error: Exception) -> NodeError:
        """Return what it raised as an error of the node, with the place in its source."""
        return error if isinstance(error, NodeError) else raised(error, self.file, self.shown)


def raised(error: Exception, file: str, shown: str) -> NodeError:
    """Return an exception from an author's code as one line: place, kind, words."""
    line = line_in(error, file)
    place = f"{shown}:{line}" if line else shown
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    words = " ".join(said.split())
    kind = type(error).__name__
    failure = NodeError(f"{place}: {kind}: {words}" if words else f"{place}: {kind}")
    failure.__cause__ = error
    return failure


def line_in(error: Exception, file: str) -> int | None:
    """Return the innermost line of a file that an exception went through."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def from_call(call: str, files: Files) -> Function:
    """Return the function that ``file.py:name`` or ``package.module:name`` names.

    Raises:
        NodeError: There is none, or its module cannot be loaded.
    """
    place, _, name = call.rpartition(":")
    module = from_file(place, files) if place.endswith(".py") else from_package(place)
    function = getattr(module, name, None)
    if callable(function):
        return Function(function, module.__file__ or "", place)
    known = [key for key, value in vars(module).items() if isinstance(value, FunctionType)]
    near = get_close_matches(name, known, n=1)
    meant = f'; did you mean "{near[0]}"?' if near else ""
    raise NodeError(f'{place} has no function "{name}"{meant}')


def from_file(path: str, files: Files) -> ModuleType:
    """Return the module in a file below the pipeline's directory; loaded anew when it changed.

    Raises:
        NodeError: It cannot be read, or fails while it is loaded.
    """
    with files.open(path) as file:
        source = file.read()
    real = files.resolve(path)
    digest = sha256(str(real).encode() + b"\0" + source).hexdigest()[:16]
    name = f"nodekit_code_{real.stem}_{digest}"
    return sys.modules.get(name) or loaded(name, source, str(real), path)


def loaded(name: str, source: bytes, file: str, shown: str) -> ModuleType:
    """Load a module of this name from its source; Python knows it from the first line on.

    No compiled copy is read or left beside it, so that what runs is what the file says.

    Raises:
        NodeError: It fails while it is loaded.
    """
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    try:
        exec(compile(source, file, "exec"), vars(module))
    except Exception as error:
        del sys.modules[name]
        raise raised(error, file, shown) from error
    return module


def from_package(name: str) -> ModuleType:
    """Return an installed module.

    Raises:
        NodeError: It cannot be imported.
    """
    try:
        return import_module(name)
    except Exception as error:
        hint = "A file beside the pipeline is named with its suffix, as in `report.py:f`."
        words = " ".join(str(error).split())
        kind = type(error).__name__
        raise NodeError(f"cannot import {name}: {kind}: {words}", hint=hint) from error


def from_text(text: str, subject: str, arguments: Iterable[str]) -> Function:
    """Return a function whose body is this text, and whose arguments have these names.

    It is an ``async def`` if the text awaits something.

    Raises:
        NodeError: The text is not Python, or an argument cannot be a name.
    """
    names = tuple(arguments)
    for name in names:
        if not name.isidentifier() or iskeyword(name) or name == subject:
            raise NodeError(f"argument {name!r} cannot be the name of a variable")
    space: dict[str, Any] = {"__name__": "nodekit_code"}
    try:
        tree = ast.parse(text, "python")
        kind = "async def" if awaits(tree.body) else "def"
        shell = ast.parse(f"{kind} code({', '.join((subject, *names))}): pass", "python")
        shell.body[0].body = tree.body  # type: ignore[attr-defined]  # the def just parsed
        exec(compile(shell, "python", "exec"), space)
    except SyntaxError as error:
        raise NodeError(f"python:{error.lineno}: {error.msg}") from error
    return Function(space["code"], "python", "python")


def awaits(body: Iterable[ast.AST]) -> bool:
    """Whether code awaits something itself, not in a function it defines."""
    return any(
        isinstance(node, AWAITING)
        or (not isinstance(node, INNER) and awaits(ast.iter_child_nodes(node)))
        for node in body
    )
