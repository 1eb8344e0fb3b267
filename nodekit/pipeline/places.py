"""Where the values of a file stand, and the list of what was found there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nodekit.items import Json

from .problem import Level, Path, Problem
from .values import is_mapping


@dataclass(slots=True, eq=False, repr=False)
class Place:
    """Where one value stands, and where the values inside it do.

    Lines and columns count from 1. ``key`` is where the key before the value stands, if it has one.
    """

    line: int
    column: int
    key: tuple[int, int] | None = None
    inner: Mapping[str | int, "Place"] = field(default_factory=dict[str | int, "Place"])


def locate(root: Place, path: Path, at_key: bool) -> tuple[int, int]:
    """Return the line and column of a value, or of its key.

    If the value is not there, the place is the key of the nearest thing around it that is.
    """
    place = root
    for part in path:
        if part not in place.inner:
            at_key = True
            break
        place = place.inner[part]
    return place.key if at_key and place.key else (place.line, place.column)


def dotted(path: Path) -> str:
    """Return a path as text: ``steps[2].params.url``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


class Findings:
    """Collects what is found in one file.

    Args:
        file: The name of the file, as people know it; ``None`` for a mapping.
        root: Where its values stand, if known.
        raw: What it holds, for the names of steps.
    """

    def __init__(self, file: str | None, root: Place | None, raw: Json) -> None:
        self.file = file
        self.root = root
        self.raw = raw
        self._rows: list[Problem] = []

    def error(
        self, path: Path, code: str, message: str, *, hint: str | None = None, at_key: bool = False
    ) -> None:
        """Note something that prevents a run."""
        self._rows.append(self._problem("error", path, code, message, hint, at_key))

    def warning(
        self, path: Path, code: str, message: str, *, hint: str | None = None, at_key: bool = False
    ) -> None:
        """Note something that is probably not meant so."""
        self._rows.append(self._problem("warning", path, code, message, hint, at_key))

    def _problem(
        self, level: Level, path: Path, code: str, message: str, hint: str | None, at_key: bool
    ) -> Problem:
        line, column = locate(self.root, path, at_key) if self.root else (None, None)
        step = self._step_of(path)
        return Problem(self.file, line, column, level, code, message, hint, step, dotted(path))

    def _step_of(self, path: Path) -> str | None:
        match path:
            case ("steps", int(i), *_):
                step = self.raw["steps"][i]
                name = step.get("name") if is_mapping(step) else None
                return name if isinstance(name, str) and name else None
            case _:
                return None

    def line(self, path: Path) -> int | None:
        """Return the line of a value, if lines are known."""
        return locate(self.root, path, False)[0] if self.root else None

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._rows)


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Return findings in the order of the file; those without a line as they were found."""
    return sorted(problems, key=lambda p: (p.line or 0, p.column or 0))
