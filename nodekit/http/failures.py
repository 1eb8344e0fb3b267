"""Answers that are not what was asked for, as errors with the service's own words. No I/O."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite

from nodekit.errors import ApiError
from nodekit.items import Json
from nodekit.json_values import is_list, is_object

from .response import Response

WORDS = 200
"""How many characters of a service's words a message holds."""

HINTS = {
    400: "The service says what it did not like; mend the parameters or the body.",
    401: "Check the credential of the step: the service does not accept it.",
    403: "The service knows the credential, but it may not do this; check its rights.",
    404: "Check the URL, and the ids in it.",
    429: "Call the service less often: give the step a `limit`, or `retry` with a longer wait.",
}


def refused(method: str, response: Response, now: float) -> ApiError:
    """Return the error that an answer stands for whose status is not 2xx."""
    details = details_of(response)
    words = words_of(details) or response.reason
    status = response.status
    return ApiError(
        f"{method} {shown(response.url)} answered {status}{': ' if words else ''}{words}",
        status=status,
        retry_after=retry_after(response.headers, now),
        details=details,
        hint=HINTS.get(status),
        retryable=status in (408, 429) or status >= 500,
    )


def shown(url: str) -> str:
    """Return a URL as messages show it: without user, password, query and fragment."""
    bare = url.split("?", 1)[0].split("#", 1)[0]
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    short = f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
    return short if len(short) <= 120 else f"{short[:80]}…{short[-39:]}"


def details_of(response: Response) -> Json:
    """Return the body of an answer as data: parsed if it is JSON, else its text, else ``None``."""
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return response.text()


def words_of(body: Json) -> str:
    """Return what a service says went wrong, in one line, from the usual places of an answer."""
    found = next((text for text in said(body) if text.strip()), "")
    line = " ".join(found.split())
    return line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"


def said(body: Json) -> Iterator[str]:
    """Yield what an answer says, the most telling place first."""
    if isinstance(body, str):
        yield "" if body.lstrip().startswith("<") else body
    elif is_list(body):
        yield from (text for part in body[:1] for text in said(part))
    elif is_object(body):
        yield from said_by(body)


def said_by(body: Mapping[str, Json]) -> Iterator[str]:
    """Yield what a JSON object says went wrong."""
    inner = body.get("error")
    if is_object(inner) or is_list(inner):
        yield from said(inner)
    for name in ("message", "error_description", "error_message", "detail", "description", "title"):
        value = body.get(name)
        if isinstance(value, str):
            yield value
        elif name == "detail" and value:
            yield from said(value)
    if isinstance(inner, str):
        yield inner
    for name in ("errors", "msg", "reason", "code"):
        yield from said(body.get(name))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds a service asks to wait, if it asks (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return seconds_until(text, now)
    return max(0.0, seconds) if isfinite(seconds) else None


def seconds_until(date: str, now: float) -> float | None:
    """Return the seconds from now to an HTTP date; ``None`` if it is none."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - now)
