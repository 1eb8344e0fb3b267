"""Findings as values, and the table of their codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import nodekit
from nodekit import PipelineError, Problem
from nodekit.forms import Finding
from nodekit.pipeline import CODES


def problem(**more: object) -> Problem:
    facts = {"file": "a.yaml", "line": 3, "column": 5, "level": "error", "code": "bad-value"}
    return Problem(**{**facts, "message": "wants text", **more})  # type: ignore[arg-type]  # a table of facts


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (problem(), "a.yaml:3:5: error[bad-value] wants text"),
        (problem(step="Open"), 'a.yaml:3:5: error[bad-value] step "Open": wants text'),
        (problem(hint="Do it."), "a.yaml:3:5: error[bad-value] wants text\n  Do it."),
        (problem(line=None, path="name"), "a.yaml:name: error[bad-value] wants text"),
        (problem(file=None, line=None, path="name"), "name: error[bad-value] wants text"),
        (problem(file=None, line=None), "error[bad-value] wants text"),
    ],
)
def test_a_finding_as_text(found: Problem, text: str) -> None:
    assert str(found) == text


def test_an_error_carries_all_findings() -> None:
    error = PipelineError([problem(), problem(level="warning", line=9)])
    assert [found.line for found in error.problems] == [3, 9]
    assert str(error) == (
        "a.yaml:3:5: error[bad-value] wants text\na.yaml:9:5: warning[bad-value] wants text"
    )


def test_every_code_is_documented_and_every_documented_code_is_used() -> None:
    root = Path(nodekit.__file__).parent
    sources = [*root.glob("pipeline/**/*.py"), root / "forms.py"]
    used = {code for path in sources for code in codes_in(ast.parse(path.read_text("utf-8")))}
    assert used == set(CODES)
    assert all(sentence.endswith(".") for sentence in CODES.values())
    assert get_type_hints(Finding)["code"] is str


MAKERS = {"error", "warning", "note", "Problem", "Finding", "_problem", "_fault", "_note"}
"""What is called with a code to make a finding."""


def codes_in(tree: ast.Module) -> Iterator[str]:
    """Yield the codes that a module makes findings with, or names as such."""
    for node in ast.walk(tree):
        match node:
            case ast.Call() if name_of(node.func) in MAKERS:
                given = [*node.args, *(word.value for word in node.keywords)]
                yield from (code for part in given for code in codes_among(part))
            case ast.Assign(targets=[ast.Name(id="code")]):
                yield from codes_among(node.value)
            case ast.Compare(left=ast.Attribute(attr="code")):
                yield from (code for part in node.comparators for code in codes_among(part))
            case _:
                pass


def codes_among(value: ast.expr) -> Iterator[str]:
    """Yield what may be a code in the value of an argument: the text itself, or either of two."""
    match value:
        case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text):
            yield text
        case ast.IfExp():
            yield from codes_among(value.body)
            yield from codes_among(value.orelse)
        case _:
            pass


def name_of(function: ast.expr) -> str:
    """Return the last word of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
