"""Dates and times in text: ISO, HTTP, e-mail (RFC 2822), SQL, and a few that people write."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

from nodekit import Json

from .javascript import text_of

YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d{2}))?", re.A)
ORDINAL = re.compile(r"\d{4}-?\d{3}", re.A)
MAIL = re.compile(r"(?:[A-Za-z]{3}, *)?\d{1,2} +[A-Za-z]{3} +\d{2,4} +\d{1,2}:\d{2}", re.A)
SPACED_ZONE = re.compile(r"(\d) +([+-]\d{2}:?\d{2}|Z)", re.A)
DAYS = (
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%a %b %d %Y",
)
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


def date_of(value: Json, zone: tzinfo = UTC) -> datetime:
    """Return the moment a value stands for; in this zone where it does not say of which.

    Raises:
        ValueError: It is no date.
    """
    return moment(text_of(value).strip(), zone)


@lru_cache(maxsize=4096)
def moment(text: str, zone: tzinfo = UTC) -> datetime:
    """Return the moment a text stands for; see :func:`date_of`."""
    for read in (iso, mail, written):
        found = read(text)
        if found is not None:
            return found if found.tzinfo else found.replace(tzinfo=zone)
    raise ValueError(f"{text!r} is no date")


def iso(text: str) -> datetime | None:
    """Return the moment of a text as ISO 8601 or SQL writes it, if it is one."""
    short = YEAR_OR_MONTH.fullmatch(text)
    try:
        if short:
            return datetime(int(short[1]), int(short[2] or 1), 1)
        if ORDINAL.fullmatch(text):
            return datetime.strptime(text.replace("-", ""), "%Y%j")
        return datetime.fromisoformat(SPACED_ZONE.sub(r"\1\2", text))
    except ValueError:
        return None


def mail(text: str) -> datetime | None:
    """Return the moment of a text as HTTP and e-mail write it, if it is one."""
    try:
        return parsedate_to_datetime(text) if MAIL.match(text) else None
    except ValueError:
        return None


def written(text: str) -> datetime | None:
    """Return the moment of a text as people write it, month before day, if it is one."""
    for day in DAYS:
        for time in TIMES:
            try:
                return datetime.strptime(text, day + time)
            except ValueError:
                continue
    return None
