"""The items that a run is given: read as they are wanted, a thousand at a time."""

import io
import os
import select
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import anyio.lowlevel
import anyio.to_thread

from nodekit.engine.running import Stopped
from nodekit.formats import CHUNK, Format, read_items
from nodekit.items import Items, Json

from .endpoints import STREAM, opened

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENDS = 1 << 20
"""How many bytes at both ends of a file count for its fingerprint."""

LOOK = 0.2
"""Seconds after which whoever waits for a stream looks whether the run is to stop."""


@dataclass(eq=False, repr=False)
class Input:
    """The items of a file or of standard input.

    Use it as a context manager. ``taken`` is how many items were read so far.

    Args:
        name: The file; ``-`` for standard input.
        form: Its format.
        limit: No more than so many.
        only: The positions of the items that count; ``None`` for all.
    """

    name: str
    form: Format
    limit: int | None = None
    only: Sequence[int] | None = None
    taken: int = 0
    _stopping: bool = False
    _stack: ExitStack = field(default_factory=ExitStack)
    _first: list[dict[str, Json]] | None = None

    def __enter__(self) -> Self:
        file = self._stack.enter_context(opened(self.name))
        self._waits = is_stream(file)
        if self._waits:
            file = self._stack.enter_context(
                io.BufferedReader(Patient(file.fileno(), lambda: self._stopping))
            )
        self._chunks = self._read(file)
        if self.name != STREAM and not self._waits:
            self._first = next(self._chunks, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _read(self, file: BinaryIO) -> Iterator[list[dict[str, Json]]]:
        shown = "<stdin>" if self.name == STREAM else self.name
        chunks = read_items(file, self.form, shown)
        if self.limit is None and self.only is None:
            return chunks
        rows: Iterator[dict[str, Json]] = islice(
            (row for chunk in chunks for row in chunk), self.limit
        )
        if self.only is not None:
            wanted = frozenset(self.only)
            rows = (row for at, row in enumerate(rows) if at in wanted)
        return iter(lambda: list(islice(rows, CHUNK)), [])

    async def chunks(self) -> AsyncIterator[Items]:
        """Yield the items.

        Raises:
            CallError: The input cannot be read.
            FormatError: It does not hold items.
            Stopped: It was waited for when the run was to stop.
        """
        if self._first is not None:
            first, self._first = self._first, None
            self.taken += len(first)
            yield Items(first)
        while True:
            if self._waits:
                chunk = await anyio.to_thread.run_sync(
                    next, self._chunks, None, abandon_on_cancel=True
                )
                if self._stopping:  # that is no end of the items
                    raise Stopped
            else:
                chunk = next(self._chunks, None)
                await anyio.lowlevel.checkpoint()
            if chunk is None:
                return
            self.taken += len(chunk)
            yield Items(chunk)

    def all(self) -> Items:
        """Return all items at once."""
        rows = [*(self._first or ()), *(row for chunk in self._chunks for row in chunk)]
        self.taken = len(rows)
        return Items(rows)

    def stop(self) -> None:
        """Wait for nothing more: a stream ends where it is."""
        self._stopping = True

    def fingerprint(self) -> str:
        """Return a text that differs if the items do; empty for a stream, which nobody can tell.

        It looks at the size of the file and its ends.

        Raises:
            CallError: It cannot be read.
        """
        if self.name == STREAM or not Path(self.name).is_file():
            return ""
        with opened(self.name) as file:
            size = os.fstat(file.fileno()).st_size
            digest = blake2b(file.read(ENDS), digest_size=16)
            file.seek(max(ENDS, size - ENDS))
            digest.update(file.read())
        only = "" if self.only is None else f"/{blake2b(repr(self.only).encode()).hexdigest()[:16]}"
        return f"{self.form}/{size}/{digest.hexdigest()}/{self.limit}{only}"


def is_stream(file: BinaryIO) -> bool:
    """Whether reading may have to wait: it is a pipe or a terminal, not a file."""
    try:
        return not Path(f"/dev/fd/{file.fileno()}").is_file()
    except (OSError, io.UnsupportedOperation):
        return False


class Patient(io.RawIOBase):
    """Reads a stream that may have nothing to say for long, and ends when the run is to stop.

    Args:
        handle: The number of the open file.
        stopping: Whether the run is to stop.
    """

    def __init__(self, handle: int, stopping: Callable[[], bool]) -> None:
        self.handle = handle
        self.stopping = stopping

    def readable(self) -> bool:
        """Whether it can be read: it can."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what there is; 0 at the end."""
        while not self.stopping():
            ready, _, _ = select.select([self.handle], [], [], LOOK)
            if ready:
                view = memoryview(buffer).cast("B")
                found = os.read(self.handle, len(view))
                view[: len(found)] = found
                return len(found)
        return 0
