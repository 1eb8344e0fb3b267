"""Steps while they are being checked: what is known of each, as far as it is right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nodekit.errors import RegistryError
from nodekit.registry import NodeType, Registry

from .document import Document, StepEntry
from .places import Findings
from .problem import Path
from .steps import ERROR, Template
from .wiring import MAIN

if TYPE_CHECKING:
    from nodekit.expressions import Expression


@dataclass(slots=True, eq=False, repr=False)
class Draft:
    """A step of a document, and what could be found out about it.

    ``None`` stands for what could not, because something is wrong with the step; then nothing is
    said about whatever depends on it.
    """

    place: int
    entry: StepEntry
    type: NodeType | None = None
    template: Template | None = None
    inputs: tuple[str, ...] | str | None = None
    outputs: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the step stands in the file."""
        return ("steps", self.place)

    @property
    def all_outputs(self) -> tuple[str, ...] | None:
        """The outputs with ``error`` last, if the step has one."""
        if self.outputs is None or self.entry.on_error != "error_output":
            return self.outputs
        return (*self.outputs, ERROR)

    @property
    def first_output(self) -> str:
        """The name of the output that is meant when none is named."""
        return self.outputs[0] if self.outputs else MAIN

    @property
    def first_input(self) -> str:
        """The name of the input that is meant when none is named."""
        return self.inputs[0] if isinstance(self.inputs, tuple) and self.inputs else MAIN


def drafts_of(document: Document, registry: Registry, findings: Findings) -> list[Draft]:
    """Find the node type of every step."""
    drafts = [Draft(i, entry) for i, entry in enumerate(document.steps)]
    for draft in drafts:
        if draft.entry.type:
            draft.type = find_type(draft, registry, findings)
    return drafts


def find_type(draft: Draft, registry: Registry, findings: Findings) -> NodeType | None:
    """Return the node type of a step, and warn if it names no version where there are several."""
    name = draft.entry.type
    path = (*draft.path, "type")
    try:
        found = registry.get(name)
        versions = found.versions()
    except RegistryError as error:
        known = name.partition("@")[0] in registry.names() and "@" not in name
        findings.error(
            path, "broken-type" if known else "unknown-type", error.message, hint=error.hint
        )
        return None
    if "@" not in name and len(versions) > 1:
        listed = ", ".join(map(str, sorted(versions)))
        findings.warning(
            path,
            "unnamed-version",
            f'node type "{name}" has the versions {listed}, and the newest is taken',
            hint=f"Write `type: {name}@{found.version}`, so that it stays the same.",
        )
    return found


def find_ports(draft: Draft, raw: Mapping[str, Any], sound: bool, findings: Findings) -> None:
    """Ask the node for the inputs and outputs of a step with these params.

    Where the params are wrong, only a node whose inputs and outputs do not depend on them is asked.
    """
    kind = draft.type
    if kind is None:
        return
    try:
        if sound or not kind.depends("inputs_of"):
            draft.inputs = kind.inputs_of(raw) if sound else kind.node.inputs
        if sound or not kind.depends("outputs_of"):
            draft.outputs = tuple(kind.outputs_of(raw) if sound else kind.node.outputs_of(None))
        if sound:
            draft.required = tuple(kind.required_of(raw))
    except Exception as error:  # a node of whatever origin says what it likes
        findings.error(
            (*draft.path, "type"),
            "broken-type",
            f'node type "{kind.name}" cannot say its inputs and outputs: '
            f"{type(error).__name__}: {error}",
            hint="This is a fault of the node, not of the file.",
        )


class Spot(NamedTuple):
    """An expression of a step and where it stands in the file."""

    path: Path
    expression: "Expression"
