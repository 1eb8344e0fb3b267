"""What looks from one line of the log to the next: stack traces and bursts."""

from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]

APART = timedelta(seconds=60)
"""Repeats further apart than this are no burst."""


def traces(items: list[Row]) -> list[Row]:
    """Put the lines of a stack trace into the line that began it.

    A line that begins with a blank belongs to the last line of its service that does not.
    """
    whole: list[Row] = []
    begun: dict[str, Row] = {}
    for row in items:
        first = begun.get(row["service"])
        if row["message"].startswith(" ") and first is not None:
            first["message"] += "\n" + row["message"]
        else:
            begun[row["service"]] = row
            whole.append(row)
    return whole


def bursts(items: list[Row]) -> list[Row]:
    """Make one line of repeats that follow each other within a service, and count them."""
    kept: list[Row] = []
    latest: dict[str, Row] = {}
    for row in items:
        known = latest.get(row["service"])
        if known is not None and repeats(known, row):
            known["count"] += 1
            known["last"] = row["time"]
        else:
            latest[row["service"]] = {**row, "count": 1, "last": row["time"]}
            kept.append(latest[row["service"]])
    return kept


def repeats(known: Row, row: Row) -> bool:
    """Whether a line says what another one said shortly before."""
    if (known["level"], known["message"]) != (row["level"], row["message"]):
        return False
    return datetime.fromisoformat(row["time"]) - datetime.fromisoformat(known["last"]) <= APART
