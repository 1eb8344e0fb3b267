"""What went wrong with a request, in the service's own words, and what may be repeated."""

from http import HTTPStatus
from typing import Literal, TypeAlias

from nodekit import ApiError, Json
from nodekit_nodes_chatkit.kinds import field_of, text_in
from nodekit_nodes_chatkit.masking import masked_text
from nodekit_nodes_chatkit.pace import asked_wait, retryable_status

from .calls import Answer, Call

Repeatable: TypeAlias = bool | Literal["unknown"]

NOT_REPEATED = (
    "The connection failed after the message was sent; it may have been processed. "
    "It was not repeated."
)


def words(answer: Answer) -> str:
    """Return what the service says went wrong, in its own words, else the status in words."""
    body = answer.body
    error = field_of(body, "error")
    said = (text_in(error, "message"), error, text_in(body, "message"), text_in(body, "detail"))
    for text in said:
        if isinstance(text, str) and text.strip():
            return masked_text(text, {answer.secret})
    try:
        return HTTPStatus(answer.status).phrase
    except ValueError:
        return "unknown status"


def code_of(answer: Answer) -> tuple[Json, Json]:
    """Return the code and the type of the error in an answer, null where it has none."""
    error = field_of(answer.body, "error")
    return field_of(error, "code"), field_of(error, "type")


def refusal(call: Call, answer: Answer, now: float) -> ApiError:
    """Return the error for an answer that is not 2xx."""
    said = words(answer)
    if 300 <= answer.status < 400:
        said = "redirects are not followed."
    message = f"ChatKit request failed (HTTP {answer.status}): {said}"
    code, kind = code_of(answer)
    details = {
        "status": answer.status,
        "code": code,
        "type": kind,
        "requestId": answer.headers.get("x-request-id"),
    }
    return ApiError(
        message,
        status=answer.status,
        retry_after=asked_wait(answer.headers, now),
        details=answer.details,
        hint=hint_for(answer.status, said),
        retryable=may_repeat(call, answer, code),
        json={"error": message, "errorDetails": details},
    )


def may_repeat(call: Call, answer: Answer, code: Json) -> Repeatable:
    """Return whether a repetition may help and does no harm; ``unknown`` if it might do harm."""
    if answer.status == 429:
        return code != "insufficient_quota" and retryable_status(429, answer.headers)
    if call.safe:
        return retryable_status(answer.status, answer.headers)
    if answer.status == 503 and "retry-after" in answer.headers:
        return True
    return "unknown" if answer.status == 408 or answer.status >= 500 else False


def hint_for(status: int, said: str) -> str | None:
    """Return what to do about an error that many people meet."""
    if status == 404 and said.startswith("Workflow with id"):
        return (
            "Check that the API key belongs to the same organization and project as the workflow, "
            "and that the workflow is published."
        )
    return None


def timed_out(call: Call) -> ApiError:
    """Return the error for an answer that did not come in time."""
    message = f"ChatKit request failed: no response within {call.timeout * 1000:.0f} ms."
    return unanswered(message, retryable=True if call.safe else "unknown")


def no_answer(call: Call, error: ApiError) -> ApiError:
    """Return the error for a request that nobody answered."""
    if error.message.startswith("cannot connect"):
        message = f"ChatKit request failed: {error.message}"
        return unanswered(message, retryable=error.retryable == "yes", hint=error.hint)
    if not call.safe:
        return unanswered(NOT_REPEATED, retryable="unknown")
    why = masked_text(error.message, {call.secret})
    return unanswered(f"ChatKit request failed: {why}", retryable=True)


def unanswered(message: str, *, retryable: Repeatable, hint: str | None = None) -> ApiError:
    """Return an error without a status."""
    details = {"status": None, "code": None, "type": None, "requestId": None}
    return ApiError(
        message,
        hint=hint,
        retryable=retryable,
        json={"error": message, "errorDetails": details},
    )
