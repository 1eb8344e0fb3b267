"""One expression tried on one item, for the command line."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from nodekit.errors import ExpressionError
from nodekit.items import Fields, Items, Json

from .evaluation import evaluate_now
from .expression import compile_value
from .scope import StepView
from .worker import Worker

FACTS: Mapping[str, Json] = {
    "step": "step",
    "runIndex": 0,
    "workflow": {"id": None, "name": "pipeline", "active": False},
    "execution": {"id": "trial", "mode": "test"},
    "prevNode": None,
    "vars": {},
    "env": {},
    "timezone": "UTC",
    "parameter": {},
    "context": {},
}
"""What an expression sees of its surroundings where there are none."""


@dataclass(frozen=True)
class Trial:
    """A view of one item and no other step."""

    rows: Items
    given: Mapping[str, Json]

    @property
    def facts(self) -> Mapping[str, Json]:
        """What is known before any item is looked at."""
        return {**FACTS, **self.given}

    def everything(self) -> Items:
        """Return the item."""
        return self.rows

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return time.time()

    def step(self, name: str) -> StepView | None:
        """Return nothing: no other step has run."""
        return None


def try_expression(text: str, item: Fields, *, facts: Mapping[str, Json] | None = None) -> object:
    """Evaluate an expression for one item, here and now.

    Args:
        text: The expression, with its ``=``.
        item: The json of the item.
        facts: What differs from the surroundings of a pipeline that is called "pipeline".

    Raises:
        ExpressionError: It cannot be read, or it stops.
    """
    expression = compile_value(text)
    worker = Worker()
    try:
        ((value,),) = evaluate_now(
            [expression], Trial(Items([item]), facts or {}), range(1), worker
        )
    finally:
        worker.close()
    if isinstance(value, ExpressionError):
        raise value
    return value
