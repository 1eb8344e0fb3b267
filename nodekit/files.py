"""Files as a node may use them: below the base directory, written whole or not at all."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from .errors import NodeError, shortened

MAGIC = r"[*?\[]"
"""What makes a path a pattern."""


BLOCK = 1 << 22
"""How many bytes that are to be appended are held in memory, and written at once."""

NAME, PATH = 255, 3000
"""How many bytes a name has at most, as everywhere, and a path, with room for the directory."""


def may_name(path: str) -> bool:
    """Whether a system can have a file of this name."""
    try:
        named = os.fsencode(path)
    except UnicodeEncodeError:
        return False
    parts = named.split(b"/")
    fits = len(named) <= PATH and max(map(len, parts)) <= NAME
    return bool(path) and b"\0" not in named and fits


class Files:
    """Opens files below one directory, and nothing outside it, also not through symbolic links.

    Args:
        base: The directory of the pipeline's file. Relative paths start here.
    """

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()

    def resolve(self, path: str) -> Path:
        """Return the real path of a file, whether it exists or not.

        Raises:
            NodeError: The path is empty or leads outside the base directory.
        """
        if not may_name(path):
            raise NodeError(f"path {shortened(path)} is not a file name")
        real = Path(os.path.realpath(self.base / path))
        if not real.is_relative_to(self.base):
            raise self.outside(path)
        return real

    def outside(self, path: str) -> NodeError:
        """Return the error that a path leads outside the base directory."""
        return NodeError(
            f"path {shortened(path)} leads outside {str(self.base)!r}",
            hint="Files are read and written below the pipeline's own directory only.",
        )

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            NodeError: It cannot be opened; the message says why.
        """
        real = self.resolve(path)
        try:
            return plain(real).open("rb")
        except OSError as error:
            raise NodeError(f"cannot read {path!r}: {reason(error)}") from error

    def glob(self, pattern: str) -> list[str]:
        """Return the files below the base directory that match, sorted, as relative paths.

        Raises:
            NodeError: The pattern leads outside the base directory, or is none.
        """
        self.resolve(re.split(MAGIC, pattern, maxsplit=1)[0] or ".")
        relative = os.path.relpath(self.base / pattern, self.base)
        if relative.split(os.sep, 1)[0] == os.pardir:
            raise self.outside(pattern)
        try:
            found = [] if relative == os.curdir else sorted(self.base.glob(relative))
            files = [path for path in found if path.is_file()]
        except ValueError as error:
            raise NodeError(f"pattern {shortened(pattern)} cannot be used: {error}") from error
        except OSError as error:
            raise NodeError(f"cannot read {shortened(pattern)}: {reason(error)}") from error
        inside = [path for path in files if path.resolve().is_relative_to(self.base)]
        return [path.relative_to(self.base).as_posix() for path in inside]

    @contextmanager
    def append(self, path: str) -> Generator[BinaryIO, None, None]:
        """Write behind what a file holds, all of the block or nothing; the file may be new.

        The bytes are held until the block ends, many of them on disk, then written and synced.

        Raises:
            NodeError: It cannot be written; the message says why.
        """
        real = self.resolve(path)
        try:
            with tempfile.SpooledTemporaryFile(BLOCK, prefix="nodekit-") as content:
                yield cast("BinaryIO", content)
                content.seek(0)
                real.parent.mkdir(parents=True, exist_ok=True)
                write_behind(plain(real), iter(lambda: content.read(BLOCK), b""))
        except OSError as error:
            raise NodeError(f"cannot write {path!r}: {reason(error)}") from error

    @contextmanager
    def replace(self, path: str) -> Generator[BinaryIO, None, None]:
        """Write a file whole: readers see the old content until the block ends, or for ever.

        The bytes go to a temporary file beside it, which is synced and takes the name at the end.
        If the block raises, nothing has changed.

        Raises:
            NodeError: It cannot be written; the message says why.
        """
        real = self.resolve(path)
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                dir=real.parent, prefix=f".{real.name}.", suffix=".part"
            )
        except OSError as error:
            raise NodeError(f"cannot write {path!r}: {reason(error)}") from error
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.chmod(permissions(real))
            part.replace(real)
            sync_directory(real.parent)
        except OSError as error:
            raise NodeError(f"cannot write {path!r}: {reason(error)}") from error
        finally:
            part.unlink(missing_ok=True)


def plain(real: Path) -> Path:
    """Return a path unless a pipe or a device stands there, which may never end.

    Raises:
        OSError: One does.
    """
    with suppress(FileNotFoundError):
        mode = real.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OSError(errno.EINVAL, "is no plain file")
    return real


def write_behind(real: Path, blocks: Iterable[bytes]) -> None:
    """Append blocks to a file and sync it; if that fails, cut it back to what it held before.

    Raises:
        OSError: The system refused.
    """
    with real.open("ab", buffering=0) as file:
        before, written = file.tell(), False
        try:
            for block in blocks:
                rest = memoryview(block)
                while rest:
                    rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
            written = True
        finally:
            if not written:
                file.truncate(before)


def permissions(path: Path) -> int:
    """Return the permission bits a new version of a file gets: the old one's, else the usual."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def sync_directory(path: Path) -> None:
    """Make a renaming last through a power cut, where directories can be synced."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """Return why the system refused, in its own words: ``no such file or directory``."""
    return (error.strerror or str(error)).lower()
