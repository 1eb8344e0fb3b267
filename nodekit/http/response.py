"""What a service answered, whole. No I/O."""

import re
from collections.abc import Mapping
from functools import lru_cache
from json import JSONDecoder
from typing import NoReturn

import orjson

from nodekit.items import Json

CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)

MARK = b"\xef\xbb\xbf"
"""A byte order mark, which is no part of the text."""


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python reads and JSON has not: NaN and the infinities."""
    raise ValueError(f"{name} is not JSON")


DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
"""Turns every digit into a zero, and what is no digit into a space."""

LONG = b"0" * 19
"""So many digits may be a whole number, which the fast reader would round."""

DECODER = JSONDecoder(parse_constant=refuse_constant)


@lru_cache(maxsize=256)
def charset_of(content_type: str) -> str:
    """Return the character set that a media type names, in lower case; else UTF-8."""
    found = CHARSET.search(content_type)
    return found[1].lower() if found else "utf-8"


class Response:
    """A whole answer. ``url`` is where it came from, after redirects; headers ignore case."""

    __slots__ = ("content", "headers", "reason", "status", "url")

    def __init__(
        self, status: int, reason: str, headers: Mapping[str, str], url: str, content: bytes = b""
    ) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.url = url
        self.content = content

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The media type, in lower case and without parameters; empty if none is given."""
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()

    def text(self) -> str:
        """Return the content as text: in the declared character set, else UTF-8.

        Bytes that are not text become U+FFFD.
        """
        name = charset_of(self.headers.get("Content-Type", ""))
        content = self.content.removeprefix(MARK) if name == "utf-8" else self.content
        try:
            return content.decode(name, "replace")
        except LookupError:
            return content.decode("utf-8", "replace")

    def json(self) -> Json:
        """Return the content as a JSON value.

        Raises:
            ValueError: It is none.
        """
        slow = charset_of(self.headers.get("Content-Type", "")) != "utf-8"
        if slow or LONG in self.content.translate(DIGITS):
            return DECODER.decode(self.text())
        try:
            return orjson.loads(self.content)
        except ValueError:  # the other reads it all the same, or says what is wrong
            return DECODER.decode(self.text())

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.content)} bytes)"
