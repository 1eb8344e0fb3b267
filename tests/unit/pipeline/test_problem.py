"""Findings as values, and the table of their codes."""

import re
from pathlib import Path

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
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sources
        if path.name != "problem.py" and path.parent.name != "translators"
    )
    used = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', text))
    assert used - {"utf-8", "utf-8-sig"} == set(CODES)
    assert all(sentence.endswith(".") for sentence in CODES.values())
    assert Finding.__dataclass_fields__["code"].type is str
