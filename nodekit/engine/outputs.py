"""A file of items as the output of a run: complete or not there, and gone on with after a kill."""

import os
import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import anyio.to_thread

from nodekit.errors import NodeError, StateError
from nodekit.files import Files, permissions, reason, sync_directory
from nodekit.item_writers import Format, writer_of
from nodekit.items import Items, Json
from nodekit.json_values import is_object

BLOCK = 1 << 20
"""Bytes that are read at once."""


class FileSink:
    """Writes items to a file beside the output, which takes its name when the run was a success.

    Use it as a context manager: what a run without checkpoints has not finished is removed.

    Args:
        path: The output.
        form: Its format.
        lasting: Whether the file is one that a run can go on with: ``NAME.part``.
    """

    def __init__(self, path: Path, form: Format, *, lasting: bool = False) -> None:
        self.path = path
        self.lasting = lasting
        self.writer = writer_of(form)
        self.finished = False
        self._part = path.with_name(f"{path.name}.part") if lasting else None
        self._file: BinaryIO | None = None
        self._size = 0
        self._digest = blake2b(digest_size=16)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            with suppress(OSError):  # what it still holds was not written either
                self._file.close()
        if self._part is not None and (self.finished or not self.lasting):
            self._part.unlink(missing_ok=True)

    @property
    def count(self) -> int:
        """How many items have been written."""
        return self.writer.count

    async def write(self, items: Items) -> None:
        """Take some items, behind the others.

        Raises:
            NodeError: The system refuses.
            FormatError: An item holds what the format cannot say.
        """
        part = self.writer.part(items.json)
        with self._explained():
            self._put(part)

    def _put(self, part: bytes) -> None:
        self._opened().write(part)
        self._size += len(part)
        if self.lasting:
            self._digest.update(part)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._part is None:
                handle, name = tempfile.mkstemp(
                    dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".part"
                )
                self._part, self._file = Path(name), os.fdopen(handle, "w+b")
            else:
                self._file = self._part.open("w+b")
        return self._file

    async def flush(self) -> Json:
        """Make sure of everything written so far; return where that ends, and what it is.

        Raises:
            NodeError: The system refuses.
        """
        with self._explained():
            file = self._opened()
            file.flush()
            await anyio.to_thread.run_sync(os.fsync, file.fileno())
        place: dict[str, Json] = {"size": self._size, "digest": self._digest.hexdigest()}
        return {**place, **self.writer.place()}

    async def restore(self, place: Json) -> None:
        """Begin behind a place; what was written after it is cut off.

        Raises:
            StateError: The file is gone, shorter, or another one.
            NodeError: The system refuses.
        """
        if is_object(place):
            await anyio.to_thread.run_sync(self._restore, place)

    def _restore(self, place: Mapping[str, Any]) -> None:
        part = self._part
        assert part is not None
        with self._explained():
            if not part.exists() and self.path.is_file():
                # The file had taken its name before the end of the run was written down.
                check_same(self.path, place)
                self.path.rename(part)
            check_same(part, place)
            self._file = part.open("r+b")
            self._digest = digest_of(self._file, place["size"])
            self._file.truncate(place["size"])
        self._size = place["size"]
        self.writer.restore(place)

    async def finish(self) -> None:
        """Complete the file and give it its name.

        Raises:
            NodeError: The system refuses.
        """
        with self._explained():
            file = self._opened()
            file.write(self.writer.end())
            file.flush()
            file.seek(0)
            mended = self.writer.mended(file)
            if mended is not None:
                self._mend(mended)
            else:
                await anyio.to_thread.run_sync(self._name, file)
        self.finished = True

    def _mend(self, content: Iterable[bytes]) -> None:
        """Write the content anew, as the output; the parts stay until the run is over."""
        with Files(self.path.parent).replace(self.path.name) as file:
            file.writelines(content)

    def _name(self, file: BinaryIO) -> None:
        assert self._part is not None
        os.fsync(file.fileno())
        self._part.chmod(permissions(self.path))
        self._part.replace(self.path)
        sync_directory(self.path.parent)

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        """Turn what the system refuses into a NodeError with the place."""
        try:
            yield
        except OSError as error:
            raise NodeError(f"cannot write {str(self.path)!r}: {reason(error)}") from error


HINT = "Put the file back as it was, or begin a new run."


def check_same(path: Path, place: Mapping[str, Any]) -> None:
    """Refuse a file that does not begin with what was written.

    Raises:
        StateError: It does not; the message says how.
        OSError: The system refuses.
    """
    if not path.exists():
        raise StateError(f"the output {str(path)!r} is gone: the run cannot go on", hint=HINT)
    size = path.stat().st_size
    if size < place["size"]:
        raise StateError(
            f"the output {str(path)!r} has {size:,} bytes, the run had written {place['size']:,}",
            hint=HINT,
        )
    with path.open("rb") as file:
        found = digest_of(file, place["size"]).hexdigest()
    if found != place["digest"]:
        raise StateError(f"the output {str(path)!r} was changed since the run wrote it", hint=HINT)


def digest_of(file: BinaryIO, size: int) -> blake2b:
    """Return the digest of the first bytes of a file, which is left behind them."""
    digest = blake2b(digest_size=16)
    file.seek(0)
    while size and (block := file.read(min(size, BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest
