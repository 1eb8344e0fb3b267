"""Errors as the motor deals with them: as data, sorted by whether another try may help."""

from nodekit.errors import ApiError, ExpressionError, NodeError, NodekitError
from nodekit.items import Item, ItemError, Json
from nodekit.pipeline.steps import RetryPolicy


class TimedOut(NodeError):
    """A call of a node took longer than its step allows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"timed out after {seconds:g} s", retryable=True)


def as_item_error(error: Exception, step: str, item: int | None) -> ItemError:
    """Return what a step or an item of it raised, as data.

    Anything but a :class:`NodekitError` is a bug in the node and is reported as one.
    """
    if not isinstance(error, NodekitError):
        name = type(error).__name__
        text = f"{name}: {error}" if str(error) else name
        hint = "This is a bug in the node; its traceback is the cause of this error."
        return ItemError(text, type=name, step=step, item=item, hint=hint, cause=error)
    return ItemError(
        error.message,
        type="NodeError" if isinstance(error, TimedOut) else type(error).__name__,
        hint=error.hint,
        step=step,
        item=error.item if item is None and isinstance(error, NodeError) else item,
        status=error.status if isinstance(error, ApiError) else None,
        details=error.details if isinstance(error, ApiError) else details_of(error),
        outcome="unknown"
        if isinstance(error, NodeError) and error.retryable == "unknown"
        else None,
        cause=error,
    )


def details_of(error: NodekitError) -> Json:
    """Return what an expression error knows beside its message."""
    return {"expression": error.text} if isinstance(error, ExpressionError) and error.text else None


def may_retry(error: Exception, policy: RetryPolicy) -> bool:
    """Whether the policy tries again after this error.

    An error whose outcome is unknown is never repeated, whatever is set.
    """
    retryable = error.retryable if isinstance(error, NodeError) else "no"
    if retryable == "unknown":
        return False
    if policy.on == "any":
        return True
    if policy.on == "retryable":
        return retryable == "yes"
    return bool(kinds_of(error) & policy.on)


def kinds_of(error: Exception) -> frozenset[str | int]:
    """Return what a retry policy may call an error: ``timeout``, ``connection``, a status."""
    if isinstance(error, TimedOut):
        return frozenset({"timeout"})
    if isinstance(error, ApiError) and error.status is not None:
        return frozenset({error.status})
    return frozenset({"connection"} if isinstance(error, ApiError) else ())


def wait_before(tried: int, error: Exception, policy: RetryPolicy, chance: float) -> float:
    """Return how long to wait after the ``tried``-th failure, in seconds.

    ``chance`` is a random number from 0 to 1 that spreads the wait by the policy's jitter.
    """
    wait = grown(policy, tried)
    wait *= 1 + policy.jitter * (2 * chance - 1)
    asked = error.retry_after if isinstance(error, ApiError) else None
    return max(wait, asked or 0.0)


def grown(policy: RetryPolicy, tried: int) -> float:
    """Return a wait without any chance: each longer than the one before, up to the longest."""
    try:
        return min(policy.wait * policy.backoff ** (tried - 1), policy.max_wait)
    except OverflowError:
        return policy.max_wait if policy.wait else 0.0


def error_json(error: ItemError) -> dict[str, Json]:
    """Return the json an error stands for: what the node said, else ``{"error": message}``."""
    cause = error.cause
    if isinstance(cause, NodeError) and cause.json is not None:
        return dict(cause.json)
    return {"error": error.message}


def is_error_item(item: Item) -> bool:
    """Whether an item counts as failed under ``error_output`` (n8n: error items)."""
    if item.error is not None:
        return True
    json = item.json
    if not json.get("error"):
        return False
    return len(json) == 1 or (len(json) == 2 and bool(json.get("message")))
