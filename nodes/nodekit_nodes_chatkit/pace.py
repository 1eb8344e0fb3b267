"""Rate limits: how long to wait before a request, and before its repetition. No I/O, no clock.

Times are seconds as numbers, handed in by whoever has a clock.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

RETRYABLE = frozenset({408, 409, 429})
"""Statuses after which a repetition may help, beside 500 and above (the official SDK's list)."""

LONGEST_BACKOFF = 8.0

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")

REFUSALS_UNTIL_SLOWER = 3
RECOVERY_PER_MINUTE = 0.1


def retryable_status(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a repetition may help after this answer; ``x-should-retry`` has the last word."""
    told = headers.get("x-should-retry", "").lower()
    if told in ("true", "false"):
        return told == "true"
    return status in RETRYABLE or status >= 500


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds the service asks to wait, if it asks.

    Args:
        headers: The headers of its answer, found by lower-case names.
        now: The time, for dates.
    """
    for value in (
        milliseconds(headers.get("retry-after-ms")),
        retry_after(headers.get("retry-after"), now),
        reset(headers),
    ):
        if value is not None:
            return value
    return None


def milliseconds(text: str | None) -> float | None:
    """Return ``retry-after-ms`` in seconds."""
    value = number(text)
    return None if value is None else value / 1000


def retry_after(text: str | None, now: float) -> float | None:
    """Return ``retry-after`` in seconds: a number, fractions allowed, or an HTTP date."""
    value = number(text)
    if value is not None or not text:
        return value
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except ValueError:
        return None


def reset(headers: Mapping[str, str]) -> float | None:
    """Return the time until the limit is lifted, where the headers say that none is left."""
    if headers.get("x-ratelimit-remaining-requests") != "0":
        return None
    return duration(headers.get("x-ratelimit-reset-requests", ""))


def number(text: str | None) -> float | None:
    """Return a text as a number of at least 0, if it is one."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def duration(text: str) -> float | None:
    """Return a duration such as ``12ms``, ``1s`` or ``6m0s`` in seconds."""
    parts = DURATION.findall(text)
    if not parts or "".join(amount + unit for amount, unit in parts) != text:
        return None
    return sum(float(amount) * UNITS[unit] for amount, unit in parts)


def backoff(tried: int, chance: float) -> float:
    """Return the wait after the ``tried``-th failure (from 0), less up to a quarter at random."""
    wait: float = min(0.5 * 2.0**tried, LONGEST_BACKOFF)
    return wait * (1 - 0.25 * chance)


class Bucket:
    """Paces the requests of one slot: so many at once, refilled evenly over a minute.

    :meth:`take` reserves a place and says how long to wait for it, so that any number of waiters
    get different places. It belongs to the slot, not to a session: a renewal does not refill it.
    """

    def __init__(self, per_minute: float | None = None) -> None:
        self.limit = per_minute
        self.factor = 1.0
        self._tokens = per_minute or 0.0
        self._at: float | None = None
        self._paused_until = float("-inf")
        self._refusals = 0

    @property
    def rate(self) -> float | None:
        """Requests per second at present; ``None`` without a limit."""
        return None if self.limit is None else self.limit * self.factor / 60

    def set_limit(self, per_minute: float | None) -> None:
        """Take the limit that a session says it has; what is used up stays used up."""
        if self.limit is None and per_minute is not None:
            self._tokens += per_minute
        self.limit = per_minute

    def take(self, now: float) -> float:
        """Reserve a request and return how many seconds to wait before it is sent."""
        paused = max(self._paused_until - now, 0.0)
        rate = self.rate
        if rate is None or self.limit is None:
            return paused
        self._refill(now, rate)
        self._tokens -= 1
        return max(-self._tokens / rate, paused)

    def _refill(self, now: float, rate: float) -> None:
        passed = 0.0 if self._at is None else max(now - self._at, 0.0)
        self.factor = min(1.0, self.factor + RECOVERY_PER_MINUTE * passed / 60)
        self._tokens = min(self._tokens + passed * rate, self.limit or 0.0)
        self._at = now

    def refused(self, now: float, wait: float) -> None:
        """Note a 429: everything of the slot waits; after three in a row the rate is halved."""
        self._paused_until = max(self._paused_until, now + wait)
        self._refusals += 1
        if self._refusals % REFUSALS_UNTIL_SLOWER == 0:
            self.factor /= 2

    def accepted(self) -> None:
        """Note an answer that was no 429."""
        self._refusals = 0

    def pause_left(self, now: float) -> float:
        """Return how much of a pause is left, for those who have their place already."""
        return max(self._paused_until - now, 0.0)
