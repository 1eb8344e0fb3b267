"""A request and its answer, as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote

from nodekit import Credential, Json, NodeError
from nodekit_nodes_chatkit.masking import masked, masked_text

MAX_DETAILS = 8_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    ``safe`` means that a repetition does no harm, whatever became of the first. ``secret`` is the
    client secret in it, to be masked in what comes back. ``shielded`` lets the exchange finish
    although the step is being stopped, because its answer holds a secret that must not be lost.
    The body is JSON, or bytes that are sent as they are. ``reach`` is ``host`` where the author
    chose the address, so that it may be a private one. ``lane`` keeps the pace of one slot.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    timeout: float
    query: Mapping[str, Json] = field(default_factory=dict[str, Json])
    body: Json = None
    safe: bool = True
    secret: str = ""
    shielded: bool = False
    streams: bool = False
    reach: Literal["host"] | None = "host"
    lane: Credential | None = None

    def keyed(self, key: str) -> "Call":
        """Return the request with a key by which a proxy can tell repetitions."""
        return replace(self, headers={**self.headers, "Idempotency-Key": key})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    secret: str = ""

    @property
    def body(self) -> Json:
        """The body as JSON, or ``None`` if it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def details(self) -> Json:
        """The body as it may be shown in an error: masked, and not too long."""
        body = masked(self.body, {self.secret})
        shown = self.text if body is None else json.dumps(body)
        if body is not None and len(shown) <= MAX_DETAILS:
            return body
        return masked_text(shown, {self.secret})[:MAX_DETAILS]


def encoded(body: Json) -> bytes | None:
    """Return a body as JSON; bytes stay, and ``None`` is none.

    Raises:
        NodeError: It holds something that JSON has not.
    """
    if body is None or isinstance(body, bytes):
        return body
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise NodeError(f"The request cannot be written as JSON: {error}.") from error


def segment(text: str) -> str:
    """Return a text as one segment of a path: it cannot become another path."""
    return {".": "%2E", "..": "%2E%2E"}.get(text, quote(text, safe=""))


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by lower-case names."""
    return {name.lower(): value for name, value in headers.items()}
