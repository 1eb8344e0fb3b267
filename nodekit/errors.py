"""The exceptions of nodekit. Everything it raises on purpose is a :class:`NodekitError`.

    NodekitError
    ├─ PipelineError      mend the file (in ``nodekit.pipeline``)
    ├─ ExpressionError    mend the expression, or the data it reads
    ├─ ParamsError        mend the parameters of a step
    ├─ CredentialError    mend the surroundings: a credential is missing or incomplete
    ├─ RegistryError      mend the surroundings: a node type is unknown, claimed twice or broken
    ├─ StateError         mend the surroundings: kept state cannot be read or written
    ├─ NodeError          mend the data or the step; raised by nodes
    │  └─ ApiError        a service refused
    └─ RunFailed          a run ended early (in ``nodekit.engine``)

They are grouped by what the reader does next. A message is one line in lower case; ``hint`` is a
full sentence that says what to do.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

Retryable: TypeAlias = Literal["yes", "no", "unknown"]
"""Whether a second try may help. ``unknown``: the first one may have had its effect already."""


class NodekitError(Exception):
    """Anything nodekit raises on purpose.

    Args:
        message: One line: the place, the thing, what was found and what was wanted.
        hint: A full sentence that says what to do, if there is something to do.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class ExpressionError(NodekitError):
    """An expression cannot be read, or stopped with an error that n8n does not swallow.

    Args:
        message: What went wrong, without the place.
        text: The expression as it stands in the file.
        position: Offset into ``text`` where the fault is, if known.
        kind: A stable name for the sort of fault (n8n: the ``type`` of an ExpressionError).
    """

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        position: int | None = None,
        kind: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.position = position
        self.kind = kind


NOWHERE = "paired_item_nowhere"
"""The kind of error for an item whose way back never meets a step: no item, but no fault either."""


NOT_KEPT = "not_kept"
"""The kind of error for what a run does not keep: it ends the run, whatever goes on elsewhere."""


class ParamsError(NodekitError):
    """A value does not fit the parameter it was given for."""


class CredentialError(NodekitError):
    """A credential is missing or incomplete."""


class RegistryError(NodekitError):
    """A node type is unknown, claimed by two packages, or cannot be imported."""


class StateError(NodekitError):
    """Kept state cannot be read or written."""


class NodeError(NodekitError):
    """What a node raises for something the author of the pipeline, or its data, can mend.

    Args:
        message: One line that says what was found and what was wanted.
        hint: A full sentence that says what to do.
        retryable: Whether a second try may help: ``True``, ``False``, or ``"unknown"`` when the
            first may have had its effect already. Such an error is never repeated.
        json: More than ``{"error": message}`` for the item that goes on under ``on_error``.
        item: The position of the item it is about, where a node that handles all can tell.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retryable: bool | Literal["unknown"] = False,
        json: Mapping[str, Any] | None = None,
        item: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.item = item
        self.retryable: Retryable = (
            "unknown" if retryable == "unknown" else "yes" if retryable else "no"
        )
        self.json = json


class ApiError(NodeError):
    """A service refused, or could not be reached.

    Args:
        message: One line, with the service's own words where it gave some.
        status: The HTTP status, or ``None`` when there was no answer.
        retry_after: Seconds the service asked to wait.
        details: The service's answer as data, for the record.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        details: Any = None,
        hint: str | None = None,
        retryable: bool | Literal["unknown"] = False,
        json: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, json=json)
        self.status = status
        self.retry_after = retry_after
        self.details = details


def shortened(value: object, limit: int = 60) -> str:
    """Return ``repr(value)``, cut in the middle when it is longer than ``limit`` characters."""
    text = repr(value)
    if len(text) <= limit:
        return text
    keep = (limit - 1) // 2
    return f"{text[:keep]}…{text[-keep:]}"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return ``'; did you mean "x"?'`` for the nearest of the known names, else an empty text."""
    from difflib import get_close_matches  # few names are slips of the pen

    near = get_close_matches(found, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""
