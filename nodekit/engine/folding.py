"""What a node that folds slices remembers: from its first slice to its last, each try once."""

from copy import deepcopy
from typing import Any

from nodekit.pipeline.steps import Step

from .piece import Piece


def lasting(memory: dict[str, Any]) -> dict[str, Any]:
    """Return what a step remembers but for what its node can make anew, as it is now.

    What it can make anew is its own affair: names that begin with ``_``.
    """
    return {name: deepcopy(value) for name, value in memory.items() if not name.startswith("_")}


def put_back(memory: dict[str, Any], before: dict[str, Any]) -> None:
    """Make what a step remembers what it was, after a try that does not count."""
    memory.clear()
    memory.update(deepcopy(before))


def begin(step: Step, piece: Piece, memory: dict[str, Any]) -> None:
    """Let a node that folds forget the run before, ahead of its first items."""
    if step.type.folds and piece.offset == 0:
        memory.clear()


def one_at_a_time(step: Step) -> bool:
    """Whether a try of a step that folds can be undone, because no other call goes on with it."""
    return step.type.folds and (not step.type.waits or step.concurrency == 1)
