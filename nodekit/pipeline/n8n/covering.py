"""What becomes of every node of a workflow: honoured, with differences, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .draft import ParameterIssue, StepDraft, Unsupported
from .foreign import as_it_stands
from .node import N8nNode
from .table import TRANSLATORS

Known: TypeAlias = Sequence[str] | Mapping[str, str]
"""The types of n8n's that are nodes of ours: by our names, or with these by n8n's."""

Level: TypeAlias = Literal["native", "differences", "unsupported", "replaced"]

STUB = "Give the items it would put out with --stub, or disable or pin the node."


@dataclass(frozen=True, slots=True)
class Coverage:
    """What becomes of one node.

    ``level`` is ``native``, ``differences`` (listed), ``unsupported`` (with ``reason`` and
    ``way_out``), or ``replaced`` where its items are pinned or given, or it is disabled.
    ``reachable`` is whether a run can come to it. ``outputs`` names its outputs by n8n's number.
    """

    node: str
    type: str
    version: float
    level: Level
    reachable: bool
    differences: tuple[str, ...] = ()
    reason: str | None = None
    way_out: str | None = None
    outputs: tuple[str, ...] = ("main",)


@dataclass(frozen=True, slots=True)
class Covered:
    """A node's coverage, and the step it becomes."""

    coverage: Coverage
    draft: StepDraft


def cover(
    node: N8nNode,
    reachable: bool,
    pinned: bool,
    known: Known,
    difference: str | None = None,
) -> Covered:
    """Say what becomes of one node.

    Where it is not run, because it is disabled, pinned or replaced, any node will do.
    ``difference`` is one that does not come of the node itself.
    """
    try:
        draft = drafted(node, known)
    except (Unsupported, ParameterIssue) as problem:
        reason, way_out = str(problem), getattr(problem, "way_out", None)
        if node.disabled or pinned:
            stand_in = StepDraft("no_op")
            return Covered(coverage(node, "replaced", reachable, stand_in), stand_in)
        covered = Coverage(
            node.name,
            node.type,
            node.version,
            "unsupported",
            reachable,
            reason=reason,
            way_out=way_out or (STUB if isinstance(problem, Unsupported) else None),
        )
        return Covered(covered, StepDraft("no_op", settings={"disabled": True}))
    if difference is not None:
        draft = replace(draft, differences=(*draft.differences, difference))
    level: Level = "differences" if draft.differences else "native"
    said = coverage(node, level, reachable, draft)
    return Covered(said, draft)


def coverage(node: N8nNode, level: Level, reachable: bool, draft: StepDraft) -> Coverage:
    """Return the coverage of a node that can be honoured."""
    return Coverage(
        node.name,
        node.type,
        node.version,
        level,
        reachable,
        draft.differences,
        outputs=(*draft.outputs, *draft.extra_outputs),
    )


def drafted(node: N8nNode, known: Known) -> StepDraft:
    """Translate a node.

    Raises:
        Unsupported: There is no translation of its type, version or parameters.
        ParameterIssue: A parameter is wrong.
    """
    if node.type in known:
        return as_it_stands(node, node.type if isinstance(known, Sequence) else known[node.type])
    translator = TRANSLATORS.get(node.type)
    if translator is None:
        raise Unsupported("there is no translation of this node type")
    if not translator.low <= node.version <= translator.high:
        raise Unsupported(
            f"version {node.version:g} is not known, only {translator.low:g} to {translator.high:g}"
        )
    return translator.translate(node)
