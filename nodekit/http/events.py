"""Server-sent events: from the chunks of a stream to events. No I/O.

The rules are those of the HTML standard, section 9.2.6.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event: its kind, its data, and the id it, or an earlier one, was given."""

    data: str
    event: str = "message"
    id: str = ""


class EventDecoder:
    """Turns the bytes of a stream into events; an event ends at an empty line."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that end in this chunk."""
        text = self._rest + self._decoder.decode(chunk)
        held = "\r" if text.endswith("\r") else ""  # the line feed may be in the next chunk
        *lines, rest = split_lines(text.removesuffix("\r") if held else text)
        self._rest = rest + held
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        return ServerSentEvent("\n".join(data), event or "message", self._id)


def split_lines(text: str) -> list[str]:
    """Split at the line ends of the standard only: CR LF, LF, CR."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
