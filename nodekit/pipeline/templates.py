"""The parameters of steps: expressions become holes, and the rest is examined."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from nodekit import expressions  # its names are loaded when they are first used
from nodekit.errors import ExpressionError, RegistryError, shortened
from nodekit.forms import Finding
from nodekit.items import Json
from nodekit.params import Hole, fill, holes_in

from .draft import Draft, Spot, find_ports
from .places import Findings
from .problem import Path
from .steps import Template
from .values import is_list, is_mapping

if TYPE_CHECKING:
    from nodekit.expressions import Expression


class Punch:
    """Replaces the expressions of one step's params by holes.

    Args:
        path: Where the params stand in the file.
        findings: Where expressions that cannot be read are noted.
        lenient: Whether such an expression fails when it is come to, and is no error now.
    """

    def __init__(self, path: Path, findings: Findings, lenient: bool) -> None:
        self.path = path
        self.findings = findings
        self.lenient = lenient
        self.holes = 0
        self.spots: list[Spot] = []

    def value(self, value: Json, path: Path = ()) -> Any:
        """Return a value with a hole for every expression in it."""
        if isinstance(value, str):
            return self._hole(value, path) if value.startswith("=") else value
        if is_mapping(value):
            return {name: self.value(inner, (*path, name)) for name, inner in value.items()}
        if is_list(value):
            return [self.value(inner, (*path, i)) for i, inner in enumerate(value)]
        return value

    def _hole(self, text: str, path: Path) -> Hole:
        hole = Hole(self.holes, path, text)
        self.holes += 1
        place = (*self.path, *path)
        try:
            self.spots.append(Spot(place, expressions.compile_value(text)))
        except ExpressionError as error:
            note_fault(place, text, error, self.findings, self.lenient)
            if self.lenient:
                self.spots.append(Spot(place, expressions.Expression.failing(text, error)))
        return hole


def note_fault(
    path: Path, text: str, error: ExpressionError, findings: Findings, lenient: bool
) -> None:
    """Note an expression whose syntax is wrong."""
    at = "" if error.position is None else f" at character {error.position + 1}"
    message = f"expression {shortened(text)}: {error.message}{at}"
    note = findings.warning if lenient else findings.error
    note(path, "bad-expression", message, hint=error.hint)


def fill_templates(drafts: Sequence[Draft], findings: Findings, lenient: bool) -> list[Spot]:
    """Give every step its template, inputs and outputs; return all expressions."""
    spots: list[Spot] = []
    for draft in drafts:
        spots += fill_template(draft, findings, lenient)
    found = [] if not spots else expressions.faults([spot.expression for spot in spots])
    for spot, error in zip(spots, found, strict=True):
        if error is not None:
            note_fault(spot.path, spot.expression.text, error, findings, lenient)
    return spots


def fill_template(draft: Draft, findings: Findings, lenient: bool) -> list[Spot]:
    """Give one step its template, as far as its params are right; return its expressions."""
    path: Path = (*draft.path, "params")
    punch = Punch(path, findings, lenient)
    raw = punch.value(draft.entry.params)
    if draft.type is None:
        return punch.spots
    try:
        examined = draft.type.examine(raw)
    except RegistryError as error:
        findings.error((*draft.path, "type"), "broken-type", error.message, hint=error.hint)
        return punch.spots
    for finding in examined.findings:
        note_finding(path, finding, findings)
    sound = examined.model is not None and not examined.findings
    find_ports(draft, raw, sound, findings)
    if examined.model is not None and sound and len(punch.spots) == punch.holes:
        found: tuple[Expression, ...] = tuple(spot.expression for spot in punch.spots)
        raw = with_texts(raw, examined.deferred)
        each = frozenset[int]() if draft.type.is_item_node else examined.each
        draft.template = Template(examined.model, raw, found, each, draft.entry.params)
    return punch.spots


def with_texts(raw: Any, deferred: Collection[int]) -> Any:
    """Return params with the text of every expression that the node evaluates itself."""
    return fill(raw, {hole.index: hole.text for hole in holes_in(raw) if hole.index in deferred})


def note_finding(path: Path, finding: Finding, findings: Findings) -> None:
    """Note what is wrong with a parameter, where it stands in the file."""
    missing = finding.code == "missing-param"
    findings.error(
        (*path, *finding.path),
        finding.code,
        finding.message,
        hint=finding.hint,
        at_key=finding.at_key or missing,
    )
