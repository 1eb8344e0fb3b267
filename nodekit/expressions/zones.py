"""The transitions of time zones, as the DateTime of expressions needs them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(1830, 1, 1, tzinfo=UTC)
MODERN = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2101, 1, 1, tzinfo=UTC)
STEPS = (timedelta(days=365), timedelta(days=7))
"""Shorter than any two changes of a zone are apart: before 1900, and since."""


@lru_cache(maxsize=64)
def transitions(name: str) -> list[list[Any]] | None:
    """Return when a zone changes, from 1830 to 2100; ``None`` if there is no zone of that name.

    Returns:
        Rows of ``[milliseconds since 1970, offset in seconds, abbreviation, summer time]``, the
        first with ``None`` for its time.
    """
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    before = rule(zone, FIRST)
    rows: list[list[Any]] = [[None, *before]]
    at = FIRST
    while at < LAST:
        until = at + STEPS[at >= MODERN]
        after = rule(zone, until)
        if after != before:
            rows.append([milliseconds(change(zone, at, until)), *after])
            before = after
        at = until
    return rows


def rule(zone: ZoneInfo, at: datetime) -> tuple[int, str, bool]:
    """Return the offset in seconds, the abbreviation, and whether daylight saving time is on."""
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return int(offset.total_seconds()), local.tzname() or "", bool(local.dst())


def change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second at which the rule of ``high`` holds."""
    wanted = rule(zone, high)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (low, middle) if rule(zone, middle) == wanted else (middle, high)
    return high


def milliseconds(at: datetime) -> int:
    """Return a time in milliseconds since the epoch."""
    return (at - EPOCH) // timedelta(milliseconds=1)
