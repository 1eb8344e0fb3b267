"""An answer whose content has not been read: its head, and its content within the size allowed."""

import os
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
import anyio.to_thread
from aiohttp import ClientResponse
from yarl import URL

from nodekit.errors import NodeError
from nodekit.items import Binary

from .failures import shown
from .message import Message
from .options import Call
from .response import Response
from .wire import FAILURES, failure

KEPT = 1 << 20
"""How many bytes of a binary stay in memory; more go to a file."""

BLOCK = 1 << 20
"""How many bytes are written at once."""


class Spilled(Binary):
    """A binary in a temporary file of its own, which goes when nobody has the binary any more."""

    __slots__ = ("__weakref__",)

    def __init__(self, path: Path, *, media_type: str, file_name: str | None) -> None:
        super().__init__(path, media_type=media_type, file_name=file_name)
        weakref.finalize(self, path.unlink, missing_ok=True)


class Stream:
    """An answer whose content has not been read yet; whoever opened it closes it.

    Args:
        raw: What aiohttp gave.
        message: What was sent.
        call: The call it belongs to.
        slots: A place among the requests at once, to give back.
        url: Where it came from, without what signed the request.
    """

    __slots__ = (
        "_call",
        "_message",
        "_raw",
        "_slots",
        "_whole",
        "headers",
        "reason",
        "status",
        "url",
    )

    def __init__(
        self,
        raw: ClientResponse,
        message: Message,
        call: Call,
        slots: anyio.Semaphore | None,
        url: str,
    ) -> None:
        self._raw = raw
        self._message = message
        self._call = call
        self._slots = slots
        self._whole: Response | None = None
        self.status = raw.status
        """The HTTP status."""
        self.reason = raw.reason or ""
        """The words beside the status: ``Not Found``."""
        self.headers: Mapping[str, str] = raw.headers
        """The headers; names ignore case."""
        self.url = url
        """Where the answer came from, after redirects."""

    def close(self) -> None:
        """Give the connection back; one with content left is closed."""
        if not self._raw.closed:  # it is when its content came to its end
            self._raw.release()
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.release()

    async def read(self) -> Response:
        """Read the whole content into memory.

        Raises:
            ApiError: The connection broke.
            NodeError: The content is larger than it may be.
        """
        if self._whole is None:
            arrived = self._raw.content.is_eof()
            content = self._arrived() if arrived else await self._arriving()
            self._whole = Response(self.status, self.reason, self.headers, self.url, content)
        return self._whole

    def _arrived(self) -> bytes:
        """Return the whole content, which has come already; most is short and has."""
        try:
            content = self._raw.content.read_nowait()
        except FAILURES as error:
            raise self._broken(error) from error
        if len(content) > self._call.max_size:
            raise self._too_large()
        return content

    async def _arriving(self) -> bytes:
        length = self._raw.content_length
        if length is None or length > self._call.max_size or "Content-Encoding" in self.headers:
            return b"".join([chunk async for chunk in self.chunks()])
        try:
            return await self._raw.read()
        except FAILURES as error:
            raise self._broken(error) from error

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the content as it comes, unpacked.

        Raises:
            ApiError: The connection broke.
            NodeError: The content is larger than it may be.
        """
        limit, size = self._call.max_size, 0
        length = self._raw.content_length
        if length is not None and length > limit and self._message.method != "HEAD":
            raise self._too_large()
        try:
            async for chunk in self._raw.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise self._too_large()
                yield chunk
        except FAILURES as error:
            raise self._broken(error) from error

    async def binary(self, file_name: str | None = None) -> Binary:
        """Read the whole content; what is large goes to a temporary file.

        Raises:
            ApiError: The connection broke.
            NodeError: The content is larger than it may be.
        """
        media_type = self.headers.get("Content-Type", "").split(";", 1)[0].strip()
        media_type = media_type or "application/octet-stream"
        held, size = list[bytes](), 0
        chunks = self.chunks()
        async for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size > KEPT:
                path = await spilled(held, chunks)
                return Spilled(path, media_type=media_type, file_name=file_name)
        return Binary(b"".join(held), media_type=media_type, file_name=file_name)

    def _too_large(self) -> NodeError:
        self._raw.close()
        where = f"{self._message.method} {shown(self.url)}"
        return NodeError(
            f"the answer to {where} is larger than {sized(self._call.max_size)}",
            hint="Raise `max_size` if so much is expected.",
        )

    def _broken(self, error: Exception) -> NodeError:
        return failure(error, self._message, URL(self.url), self._call.timeout)


async def spilled(held: list[bytes], chunks: AsyncIterator[bytes]) -> Path:
    """Write what has been read, and what still comes, to a temporary file."""
    handle, name = tempfile.mkstemp(prefix="nodekit-")
    path, done = Path(name), False
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(map(len, held))
            async for chunk in chunks:
                held.append(chunk)
                size += len(chunk)
                if size >= BLOCK:
                    await anyio.to_thread.run_sync(file.writelines, held)
                    held, size = [], 0
            file.writelines(held)
        done = True
    finally:
        if not done:
            path.unlink(missing_ok=True)  # noqa: ASYNC240  # must also happen when canceled
    return path


def sized(size: int) -> str:
    """Return a number of bytes as people say it: ``100 MB``."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} bytes"
