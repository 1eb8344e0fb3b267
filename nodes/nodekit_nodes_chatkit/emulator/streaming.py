"""Event streams as the emulator sends them: cut, delayed and broken off as a fault asks."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import anyio
from aiohttp import web

from .settings import Settings

JsonObject = dict[str, Any]

UNKNOWN: list[JsonObject] = [
    {"type": "thread.sparkle", "amount": 3},
    {"type": "thread.item.updated", "item_id": "nowhere", "update": {"type": "glow"}},
]


class BrokenOff(Exception):
    """The stream is to end without its end."""


class EventStream:
    """Sends events to one client.

    Args:
        request: The request that is answered.
        options: Options of the fault that strikes it, with ``name``; empty for none.
        settings: The emulator's.
    """

    def __init__(
        self, request: web.Request, options: Mapping[str, Any], settings: Settings
    ) -> None:
        self.request = request
        self.options = options
        self.settings = settings
        self.fault = options.get("name")
        self.sent = 0
        self.broken = False
        self.response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

    async def send(self, events: Iterable[JsonObject], *, slow: bool = False) -> web.StreamResponse:
        """Send the events and end the stream, or break it off."""
        await self.response.prepare(self.request)
        try:
            if self.options.get("bom"):
                await self._write("\ufeff".encode())
            for event in self._with_unknown(events):
                await self._event(event)
                if slow:
                    await anyio.sleep(self.settings.slow_seconds)
            if self.fault == "drop" and self.options.get("where") == "no_final_chunk":
                raise BrokenOff
            await self.response.write_eof()
        except BrokenOff:
            self.break_off()
        return self.response

    def break_off(self) -> None:
        """Close the connection without a last chunk."""
        self.broken = True
        if self.request.transport is not None:
            self.request.transport.close()

    def _with_unknown(self, events: Iterable[JsonObject]) -> Iterable[JsonObject]:
        yield from UNKNOWN if self.fault == "unknown_events" else ()
        yield from events

    async def _event(self, event: JsonObject) -> None:
        if self.sent == self.options.get("events", 0):
            await self._strike(event)
        if self.fault == "latency" and (wait := self.options.get("between_events")):
            await anyio.sleep(wait / 1000)
        await self._write(self._encoded(event))
        self.sent += 1

    async def _strike(self, event: JsonObject) -> None:
        """Do what the fault asks for before this event is sent."""
        if self.fault == "stall":
            await self._stall()
        where = self.options.get("where")
        if self.fault != "drop" or where in ("before_request", "before_headers", "no_final_chunk"):
            return
        raw = self._encoded(event)
        if where == "inside_event":
            await self._write(raw[: len(raw) // 2])
        elif where == "inside_character":
            await self._write('data: {"x": "é'.encode()[:-1])
        raise BrokenOff

    async def _stall(self) -> None:
        """Send nothing more, but comments if they are asked for, until the client has gone."""
        wait = self.options.get("comments", 50) / 1000
        for _ in range(self.options.get("rounds", 1000)):
            await anyio.sleep(wait)
            if "comments" in self.options:
                await self._write(b": still here\n\n")
            if self.request.transport is None or self.request.transport.is_closing():
                raise BrokenOff

    def _encoded(self, event: JsonObject) -> bytes:
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        if self.options.get("split_data"):
            payload = json.dumps(event, ensure_ascii=False, indent=1)
        lines = "".join(f"data: {line}\n" for line in payload.split("\n"))
        comment = ": keep-alive\n" if self.options.get("comment") else ""
        text = f"{comment}{lines}\n"
        return text.replace("\n", self.options.get("line_end", "\n")).encode()

    async def _write(self, raw: bytes) -> None:
        size = self.options.get("bytes", 0) if self.fault == "chunking" else 0
        for start in range(0, len(raw), size or len(raw) or 1):
            await self.response.write(raw[start : start + (size or len(raw))])
