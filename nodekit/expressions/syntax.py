"""JavaScript's own verdict on the syntax of expressions, for checking a file without a run."""

from collections.abc import Sequence

from nodekit.errors import ExpressionError

from .expression import Expression
from .worker import Worker


def faults(expressions: Sequence[Expression]) -> list[ExpressionError | None]:
    """Return what is wrong with each expression, or ``None``.

    A child is started only if some expression is not native: those are known to be well formed.
    """
    found: list[ExpressionError | None] = [None] * len(expressions)
    asked = [
        i
        for i, expression in enumerate(expressions)
        if expression.native is None and not expression.fault
    ]
    if not asked:
        return found
    worker = Worker()
    try:
        reply = worker.ask_now({"work": "check"}, [expressions[i] for i in asked], None)
    finally:
        worker.close()
    for i, fault in zip(asked, reply["faults"], strict=True):
        found[i] = None if fault is None else refused(fault, expressions[i])
    return found


def refused(fault: dict[str, str | None], expression: Expression) -> ExpressionError:
    """Return a fault of syntax as an error; the engine's own words go into the hint."""
    said = fault["hint"]
    hint = f"JavaScript says: {said}." if said and fault["kind"] == "syntax" else said
    return ExpressionError(
        fault["message"] or "invalid syntax", text=expression.text, kind=fault["kind"], hint=hint
    )
