"""What can be wrong with a pipeline file: one finding, all findings, and what each code means."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from nodekit.errors import NodekitError

Level: TypeAlias = Literal["error", "warning"]
Path: TypeAlias = tuple[str | int, ...]

CODES: dict[str, str] = {
    "alias-bomb": "Aliases repeat so much that the file would grow beyond all measure.",
    "alias-circle": "An anchor contains an alias of itself.",
    "back-above": "`back` names a step above, which belongs in `input`.",
    "bad-character": "The file holds a character that YAML does not allow.",
    "bad-credential": "A field of a credential is unknown, missing or does not fit.",
    "bad-expression": "The syntax of an expression is wrong.",
    "bad-key": "A key of a mapping is not text.",
    "bad-name": "The name of a step is empty or begins with a dot.",
    "bad-number": "A number is not a JSON number: infinite, not a number, or too long.",
    "bad-output": "`output` is neither a step, nor `step.output`, nor `.last`.",
    "bad-param": "A parameter does not fit what the node declares.",
    "bad-tag": "A YAML tag asks for something other than a JSON value.",
    "bad-text": "A text holds half a character and cannot be written as UTF-8.",
    "bad-value": "A value of the file format has the wrong form.",
    "bad-yaml": "The file is not YAML.",
    "broken-type": "A node or credential type is installed but cannot be used.",
    "deep-nesting": "Mappings and lists are nested too deeply.",
    "duplicate-key": "A key is given twice in one mapping.",
    "duplicate-param": "A parameter is given in both spellings.",
    "duplicate-step": "Two steps have the same name.",
    "empty-file": "There is nothing in the file.",
    "fixed-param": "A parameter that must be known beforehand is an expression.",
    "implicit-branch": "A step silently takes what goes back up to an earlier step.",
    "implicit-output": "A step silently takes an output that is not a main output.",
    "input-below": "`input` names the step itself or a step below, which belongs in `back`.",
    "literal-secret": "A secret stands in the file itself.",
    "merge-key": "`<<` merges mappings in YAML 1.1 only.",
    "missing-credential": "A credential has no fields, or a step needs one.",
    "missing-input": "An input without which the step never runs is not connected.",
    "missing-key": "A key that the file format needs is missing.",
    "missing-param": "A parameter that the node needs is missing.",
    "missing-variable": "An environment variable that a credential names is not set.",
    "n8n-node": "A node of an n8n workflow cannot be honoured.",
    "n8n-workflow": "The n8n workflow cannot be read.",
    "no-file": "The file cannot be read.",
    "not-utf8": "The file is not encoded in UTF-8.",
    "several-documents": "The file holds several YAML documents.",
    "shared-input": "Several sources meet on one input of a node that has several inputs.",
    "unknown-credential": "A step names a credential that is not listed, or cannot use it.",
    "unknown-env": "An expression reads an environment variable the pipeline does not allow.",
    "unknown-input": "The node has no input of this name.",
    "unknown-key": "The file format has no such key.",
    "unknown-operation": "No operation of the node is selected by this value.",
    "unknown-output": "A step has no output of this name.",
    "unknown-param": "The node has no parameter of this name.",
    "unknown-step": "There is no step of this name.",
    "unknown-type": "There is no node or credential type of this name.",
    "unknown-variable": "An expression names a variable that does not exist.",
    "unnamed-version": "The node has several versions and the step names none.",
    "unquoted-expression": "An expression stands without quotes; YAML reads something else.",
    "unreachable-step": "Nothing leads to the step, so it never runs.",
    "unused-credential": "No step uses the credential.",
}
"""Every code a finding may have, and what it means."""


class Problem(NamedTuple):
    """One finding about a pipeline: where, how bad, what, and what to do.

    ``line`` and ``column`` count from 1; they are ``None`` where the pipeline was given as a
    mapping, and ``path`` says where instead: ``steps[2].params.url``. ``step`` is the name of the
    step it is about.
    """

    file: str | None
    line: int | None
    column: int | None
    level: Level
    code: str
    message: str
    hint: str | None = None
    step: str | None = None
    path: str = ""

    @property
    def place(self) -> str:
        """Where it is, for people: ``answer.yaml:24:7`` or ``steps[2].params.url``."""
        parts = [self.file, self.line, self.column] if self.line else [self.file, self.path]
        return ":".join(str(part) for part in parts if part)

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        step = f'step "{self.step}": ' if self.step else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.level}[{self.code}] {step}{self.message}{hint}"


class PipelineError(NodekitError):
    """A file cannot be used. Carries everything that was found, not only the first.

    Args:
        problems: The findings, errors and warnings, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """Return the findings that prevent a run."""
    return [problem for problem in problems if problem.level == "error"]
