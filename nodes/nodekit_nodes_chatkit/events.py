"""Event streams, decoded by hand: bytes in, the payloads of whole events out. No I/O.

A ChatKit stream has no end marker, so the decoder must tell a stream that ended from one that broke
off. It keeps to the HTML standard otherwise: any chunking, LF, CR or CRLF, comments, a byte order
mark, several ``data:`` lines.
"""

import codecs
import json
import re
from collections.abc import Iterator

from nodekit import ApiError, Fields
from nodekit_nodes_chatkit.kinds import is_list, is_object

MAX_EVENT = 4 << 20
"""The most characters one event may have."""

MAX_LINE = 8 << 20
"""The most characters that are read in search of a line's end."""

LINE_END = re.compile("\r\n|\r|\n")


class Decoder:
    """Turns an event stream into the payloads of its events, however the bytes are cut."""

    def __init__(self, max_event: int = MAX_EVENT, max_line: int = MAX_LINE) -> None:
        self._max_event = max_event
        self._max_line = max_line
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._data: list[str] = []
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[str]:
        """Take bytes and return the payloads of the events they complete.

        Raises:
            ApiError: An event or a line is larger than the limits.
        """
        return list(self._events(self._text(self._decode(chunk))))

    def finish(self) -> None:
        """Say that the bytes have ended.

        Raises:
            ApiError: An event was left without its end.
        """
        rest = self._rest + self._decode(b"", True)
        if self._data or (rest and not rest.startswith(":")):
            raise ApiError(
                "The ChatKit server closed the stream inside an event.", retryable="unknown"
            )

    def _text(self, text: str) -> str:
        if text and self._at_start:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if text and self._after_cr:
            self._after_cr = False
            text = text.removeprefix("\n")
        return text

    def _events(self, text: str) -> Iterator[str]:
        *lines, self._rest = LINE_END.split(self._rest + text)
        self._after_cr = text.endswith("\r") or (self._after_cr and not text)
        if len(self._rest) > self._max_line:
            raise too_large("line", self._max_line)
        for line in lines:
            if line:
                self._line(line)
            elif self._data:
                yield "\n".join(self._data)
                self._data, self._size = [], 0

    def _line(self, line: str) -> None:
        name, _, value = line.partition(":")
        if name != "data":
            return  # a comment, or event, id and retry, which this protocol does not use
        value = value.removeprefix(" ")
        self._size += len(value)
        if self._size > self._max_event:
            raise too_large("event", self._max_event)
        self._data.append(value)


def too_large(what: str, limit: int) -> ApiError:
    """Return the error for a stream that would fill the memory."""
    size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} characters"
    return ApiError(
        f"The ChatKit server sent {'an' if what == 'event' else 'a'} {what} larger than {size}.",
        retryable="unknown",
    )


def parse(payload: str) -> Fields | None:
    """Return the event in a payload; ``None`` for the end marker that some servers send.

    Raises:
        ApiError: It is not a JSON object.
    """
    if payload.strip() == "[DONE]":
        return None
    try:
        event = json.loads(payload)
    except ValueError as error:
        raise not_json(payload) from error
    if not is_object(event):
        raise not_json(payload)
    return event


def not_json(payload: str) -> ApiError:
    """Return the error for a payload that is no event."""
    return ApiError(
        f"The ChatKit server sent an event that is not JSON: {payload[:200]}", retryable="unknown"
    )


def events_in(body: object) -> list[Fields] | None:
    """Return the events of a JSON answer where a stream was expected; ``None`` if it has none.

    Servers that buffer answer with one event, or with a list of them.
    """
    rows = body if is_list(body) else [body]
    events: list[Fields] = [
        row for row in rows if is_object(row) and isinstance(row.get("type"), str)
    ]
    return events if len(events) == len(rows) else None
