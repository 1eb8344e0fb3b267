"""Things that go wrong on demand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Any, Literal

from aiohttp import web

from nodekit_nodes_chatkit.kinds import text_in

from .settings import Settings
from .store import EmulatedSession, EmulatedStore

JsonObject = dict[str, Any]

NAMES = frozenset(
    {
        "chunking",
        "clock_skew",
        "close_after_response",
        "drop",
        "expire_secret",
        "latency",
        "malformed_json",
        "rate_limit",
        "revoke_session",
        "rotate_on_send",
        "stall",
        "status",
        "unauthorized",
        "unknown_events",
        "variant",
    }
)


@dataclass
class Fault:
    """One thing that goes wrong.

    Args:
        name: What goes wrong; one of :data:`NAMES`.
        match: Which requests: ``method``, ``path`` (how it ends), ``type`` (of the protocol),
            ``session``, ``nth`` (the n-th request that matches otherwise, from 1).
        times: How often, or ``"always"``.
        options: What the fault takes beside.
    """

    name: str
    match: Mapping[str, Any] = field(default_factory=dict[str, Any])
    times: int | Literal["always"] = 1
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seen: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Fault":
        """Read a fault from JSON: ``{match, times, action: {name, …}}``.

        Raises:
            ValueError: There is no such fault.
        """
        action: JsonObject = row.get("action") or {}
        options = dict(action)
        name = str(options.pop("name", ""))
        if name not in NAMES:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(sorted(NAMES))}")
        return cls(name, row.get("match") or {}, row.get("times", 1), options)

    def fits(self, request: web.Request, body: Any) -> bool:
        """Whether the fault strikes a request; counts those that match."""
        match = self.match
        facts = {
            "method": request.method == match.get("method"),
            "path": request.path.endswith(str(match.get("path"))),
            "type": text_in(body, "type") == match.get("type"),
            "session": f"/{match.get('session')}/" in f"{request.path}/",
        }
        if not all(facts[str(name)] for name in match if name != "nth"):
            return False
        self.seen += 1
        if "nth" in match and self.seen != match["nth"]:
            return False
        if self.times == "always":
            return True
        self.times -= 1
        return self.times >= 0


class Faults:
    """The faults that are set, in order; the first that fits a request strikes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rows: list[Fault] = []
        self.random = Random(settings.seed)  # deterministic on purpose

    def add(self, name: str, match: Mapping[str, Any] | None = None, **more: Any) -> Fault:
        """Set a fault; ``times`` and the fault's own options come by name."""
        times = more.pop("times", 1)
        fault = Fault.of({"match": match, "times": times, "action": {"name": name, **more}})
        self.rows.append(fault)
        return fault

    def strike(self, request: web.Request, body: Any) -> Fault | None:
        """Return the fault that strikes a request, if one does."""
        for fault in self.rows:
            if fault.times != 0 and fault.fits(request, body):
                return fault
        return None


def refused(
    status: int,
    message: str,
    *,
    code: str | None = None,
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an error as OpenAI gives it."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def status_answer(options: Mapping[str, Any]) -> web.Response:
    """Return the answer that a ``status`` fault asks for."""
    body = options.get("body", {"error": {"message": "It went wrong.", "type": "server_error"}})
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "application/json"
    if isinstance(body, str):
        kind = "text/html" if text.lstrip().startswith("<") else "text/plain"
    given: JsonObject = options.get("headers") or {}
    headers = {name: str(value) for name, value in given.items()}
    return web.Response(
        status=int(options.get("status", 500)), text=text, content_type=kind, headers=headers
    )


def rate_limited(options: Mapping[str, Any], now: float) -> web.Response:
    """Return a 429 with the wait in the form that is asked for."""
    headers: dict[str, str] = {}
    if "retry_after" in options:
        headers["Retry-After"] = str(options["retry_after"])
    if "retry_after_ms" in options:
        headers["Retry-After-Ms"] = str(options["retry_after_ms"])
    if "date" in options:
        headers["Retry-After"] = formatdate(now + options["date"], usegmt=True)
    if "reset" in options:
        headers["x-ratelimit-remaining-requests"] = "0"
        headers["x-ratelimit-reset-requests"] = str(options["reset"])
    code = "insufficient_quota" if options.get("insufficient_quota") else "rate_limit_exceeded"
    return refused(429, "Rate limit reached.", code=code, kind="requests", headers=headers)


MALFORMED = {
    "truncated": ('{"id": "cksess_0', "application/json"),
    "trailing_comma": ('{"id": "x",}', "application/json"),
    "empty": ("", "application/json"),
    "html": ("<html><body>Hello</body></html>", "text/html"),
    "wrong_type": ("not json", "application/json"),
}


def malformed(options: Mapping[str, Any]) -> web.Response:
    """Return a 200 whose body is not what it should be."""
    text, kind = MALFORMED[options.get("form", "truncated")]
    return web.Response(text=text, content_type=kind)


def strike_session(fault: Fault, session: EmulatedSession | None, store: EmulatedStore) -> None:
    """End a session, at once or after some more requests."""
    if session is None:
        return
    if fault.name == "revoke_session":
        session.cancelled = True
    elif after := fault.options.get("after"):
        session.expire_after = session.uses + int(after)
    else:
        session.expires_at = store.settings.clock.now()
