"""What a service says of a session, in whichever form it says it. No I/O."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from nodekit import ApiError, Json
from nodekit_nodes_chatkit.kinds import is_number, is_object

from .masking import masked
from .sessions import Remembered

ASSUMED_LIFETIME = 600.0
"""How long a session lives, where nobody says."""

MILLISECONDS = 1e11
"""A time beyond this is in milliseconds."""


def session_in(body: Json) -> Mapping[str, Any]:
    """Return the session in an answer: nested under ``session``, or the answer itself."""
    if not is_object(body):
        return {}
    nested = body.get("session")
    return nested if is_object(nested) else body


def secret_in(session: Mapping[str, Any]) -> str:
    """Return the client secret of a session: a text, or the ``value`` of an object."""
    secret = session.get("client_secret")
    value = secret.get("value") if is_object(secret) else secret
    return value if isinstance(value, str) else ""


def expiry_in(session: Mapping[str, Any], server_now: float) -> float | None:
    """Return when a session ends, in seconds since the epoch; ``None`` if it is not said."""
    secret = session.get("client_secret")
    inner = secret.get("expires_at") if is_object(secret) else None
    for value in (session.get("expires_at"), inner):
        if (moment := moment_of(value)) is not None:
            return moment
    after = session.get("expires_after")
    seconds = after.get("seconds") if is_object(after) else after
    return server_now + seconds if is_number(seconds) else None


def moment_of(value: Json) -> float | None:
    """Return a time given in seconds, in milliseconds, or as ISO 8601."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not is_number(value):
        return None
    return value / 1000 if value > MILLISECONDS else float(value)


def server_time(headers: Mapping[str, str], now: float) -> float:
    """Return what time the server says it is, else our own."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return now


def limit_in(session: Mapping[str, Any]) -> float | None:
    """Return how many messages a minute a session takes, if it says so."""
    limits = session.get("rate_limits")
    value = limits.get("max_requests_per_1_minute") if is_object(limits) else None
    return float(value) if is_number(value) and value > 0 else None


def remembered(
    body: Json,
    headers: Mapping[str, str],
    now: float,
    *,
    before: Remembered | None = None,
    secret: str = "",
) -> Remembered:
    """Return the session in an answer as it is to be remembered.

    What the answer leaves out of a renewed session is that of the one before.

    Raises:
        ApiError: It has no id or no client secret.
    """
    session = session_in(body)
    session_id = session.get("id") or (before.id if before else None)
    for name, value in (("id", session_id), ("client_secret", secret_in(session))):
        if not isinstance(value, str) or not value:
            raise ApiError(f"The session response has no '{name}'.", details=masked(body, {secret}))
    server_now = server_time(headers, now)
    expires_at = expiry_in(session, server_now)
    lifetime = ASSUMED_LIFETIME if expires_at is None else expires_at - server_now
    return Remembered(
        id=str(session_id),
        client_secret=SecretStr(secret_in(session)),
        expires_at=expires_at,
        ends_at=now + lifetime,
        lifetime=max(lifetime, 0.0),
        workflow_id=before.workflow_id if before else "",
        user=before.user if before else "",
        per_minute=limit_in(session),
        setup=before.setup if before else "",
    )


def shown_session(record: Remembered, body: Json) -> dict[str, Any]:
    """Return what an output says of a session."""
    expires_at = record.expires_at
    whole = expires_at is not None and expires_at == int(expires_at)
    session = {
        "id": record.id,
        "client_secret": record.secret,
        "expires_at": int(expires_at) if whole and expires_at is not None else expires_at,
    }
    shown = {"workflowId": record.workflow_id or None, "session": session, "raw": body}
    return dict(masked(shown, {record.secret}))


def fingerprint(setup: Mapping[str, Json]) -> str:
    """Return a hash of what a session is opened with; empty if nothing is."""
    given = {name: value for name, value in sorted(setup.items()) if value}
    return sha256(repr(given).encode()).hexdigest()[:16] if given else ""
