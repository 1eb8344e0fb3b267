"""A mapping given from Python as plain JSON values, with the same limits as a file."""

from collections.abc import Mapping
from typing import Any

from nodekit.items import Json
from nodekit.wording import kind_of

from .places import dotted
from .problem import Path, Problem
from .reader import DEPTH, REPEATED, Parsed, Unreadable
from .values import is_any_mapping, is_row


def from_python(value: Mapping[Any, Any], file: str | None = None) -> Parsed:
    """Read a mapping; whatever it holds, the answer is a value or findings.

    Mappings become dicts, tuples become lists; everything else must be a JSON value.
    """
    copier = Copier(file)
    try:
        return Parsed(copier.copy(value, ()), None, copier.problems)
    except Unreadable as end:
        return Parsed(None, None, [*copier.problems, end.problem])


class Copier:
    """Copies values and notes what is no JSON value; what is shared is counted."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.seen: set[int] = set()
        self.repeated = 0

    def copy(self, value: object, path: Path) -> Json:
        """Return a value as JSON.

        Raises:
            Unreadable: It is nested too deeply, or repeats without end.
        """
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return self._number(value, path)
        if not is_any_mapping(value) and not is_row(value):
            self.problems.append(
                self._problem(path, "bad-value", f"wants a JSON value, found {kind_of(value)}")
            )
            return None
        self._count(value, path)
        if is_any_mapping(value):
            return self._mapping(value, path)
        return [self.copy(inner, (*path, i)) for i, inner in enumerate(value)]

    def _number(self, value: float, path: Path) -> float | None:
        if value - value == 0:
            return value
        self.problems.append(self._problem(path, "bad-number", f"{value} is no JSON number"))
        return None

    def _mapping(self, value: Mapping[object, object], path: Path) -> dict[str, Json]:
        copied: dict[str, Json] = {}
        for key, inner in value.items():
            if isinstance(key, str):
                copied[key] = self.copy(inner, (*path, key))
            else:
                message = f"a key must be text, found {kind_of(key)}"
                self.problems.append(self._problem(path, "bad-key", message))
        return copied

    def _count(self, value: object, path: Path) -> None:
        if len(path) >= DEPTH:
            message = f"mappings and lists are nested more than {DEPTH} deep"
            raise Unreadable(self._problem(path[:3], "deep-nesting", message))
        self.repeated += id(value) in self.seen
        self.seen.add(id(value))
        if self.repeated > REPEATED:
            message = f"one mapping or list stands in more than {REPEATED} places"
            raise Unreadable(self._problem(path[:3], "alias-bomb", message))

    def _problem(self, path: Path, code: str, message: str) -> Problem:
        return Problem(self.file, None, None, "error", code, message, path=dotted(path))
