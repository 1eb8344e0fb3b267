"""The node ``compression``."""

import gzip
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO, Literal

from pydantic import Field

from nodekit import Binary, Context, Item, ItemNode, NodeError, Params

from .file_formats import binary_of
from .units import Bytes

BLOCK = 1 << 16
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, so that equal files make equal archives."""


class CompressionParams(Params):
    """What both ways have."""

    binaries: list[str] = Field(default=["data"], min_length=1)
    """The names of the binaries to take."""

    keep_binaries: bool = False
    """Whether the item keeps its other binaries."""


class Pack(CompressionParams):
    """Make one file of binaries."""

    do: Literal["pack"] = "pack"
    """What to do."""

    format: Literal["zip", "gzip"] = "zip"
    """One archive of all of them, or each of them compressed."""

    file_name: str = ""
    """What the file is called; without it `data.zip`, or the binary's own name with `.gz`."""

    into: str = Field(default="data", min_length=1)
    """The binary that gets the file; several get a number behind it, from 0 on."""

    numbered: bool = False
    """Whether a single one of gzip gets a number, too."""

    level: int = Field(default=6, ge=0, le=9)
    """How hard to try: 0 not at all, 9 longest."""


class Unpack(CompressionParams):
    """Take the files out of archives."""

    do: Literal["unpack"] = "unpack"
    """What to do."""

    prefix: str = "file_"
    """What the names of the new binaries begin with; a number from 0 on follows."""

    max_size: Bytes = Field(default=100_000_000, ge=0)
    """How many bytes may come out of one item's archives; more is refused."""

    max_files: int = Field(default=1000, ge=0)
    """How many files may come out of one item's archives."""


class Compression(ItemNode[Pack | Unpack]):
    """Pack binaries into a zip archive or compress one by gzip; unpack either.

    What would come out larger than allowed is refused while it is unpacked, whatever the archive
    says of itself.
    """

    async def run_item(self, item: Item, params: Pack | Unpack, ctx: Context) -> Item:
        taken = [held(item, name) for name in params.binaries]
        if isinstance(params, Pack):
            made = await ctx.thread(packed, taken, params)
        else:
            files = await ctx.thread(unpacked, taken, params)
            made = {f"{params.prefix}{i}": file for i, file in enumerate(files)}
        kept = {
            name: binary
            for name, binary in item.binary.items()
            if params.keep_binaries and name not in params.binaries
        }
        return item.derive(item.json, binary={**kept, **made})


def held(item: Item, name: str) -> Binary:
    """Return a binary of an item.

    Raises:
        NodeError: It has none of this name.
    """
    if name not in item.binary:
        raise NodeError(f"has no binary {name!r}", hint="Name the binaries as `binaries`.")
    return item.binary[name]


def packed(binaries: Sequence[Binary], params: Pack) -> dict[str, Binary]:
    """Return what is made of binaries, by the names it gets."""
    if params.format == "zip":
        archive = Binary(
            zipped(binaries, params.level),
            media_type="application/zip",
            file_name=params.file_name or "data.zip",
        )
        return {params.into: archive}
    files = [gzipped(binary, params) for binary in binaries]
    if len(files) == 1 and not params.numbered:
        return {params.into: files[0]}
    return {f"{params.into}{i}": file for i, file in enumerate(files)}


def gzipped(binary: Binary, params: Pack) -> Binary:
    """Return a binary compressed by gzip."""
    return Binary(
        gzip.compress(binary.bytes(), params.level, mtime=0),
        media_type="application/gzip",
        file_name=params.file_name or f"{binary.file_name or 'data'}.gz",
    )


def zipped(binaries: Sequence[Binary], level: int) -> bytes:
    """Return a zip archive of binaries; a name that is taken gets a number."""
    content = BytesIO()
    method = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
    with zipfile.ZipFile(content, "w", method, compresslevel=level or None) as archive:
        names: set[str] = set()
        for i, binary in enumerate(binaries):
            name = free_name(binary.file_name or f"file_{i}", names)
            names.add(name)
            facts = zipfile.ZipInfo(name, BEGINNING)
            facts.compress_type = method
            archive.writestr(facts, binary.bytes(), compresslevel=level or None)
    return content.getvalue()


def free_name(name: str, taken: set[str]) -> str:
    """Return a file name that is not taken: the name itself, else as in ``a_2.txt``."""
    path, count, found = PurePosixPath(name), 2, name
    while found in taken:
        found = f"{path.stem}_{count}{path.suffix}"
        count += 1
    return found


def unpacked(binaries: Sequence[Binary], params: Unpack) -> list[Binary]:
    """Return the files in archives.

    Raises:
        NodeError: One is no archive, is damaged, or holds more than allowed.
    """
    found: list[Binary] = []
    left = params.max_size
    for binary in binaries:
        name = binary.file_name or ""
        with readable(name or "the binary"), binary.open() as file:
            for inner, stream in entries(file, name):
                if len(found) == params.max_files:
                    raise too_much(f"more than {params.max_files} files")
                content = limited(stream, left, params.max_size)
                left -= len(content)
                found.append(binary_of(inner, content))
    return found


def entries(file: BinaryIO, name: str) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the files in an archive, by name, open.

    Raises:
        NodeError: It is none.
    """
    start = file.read(4)
    file.seek(0)
    if start[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=file) as stream:
            yield name.removesuffix(".gz") or "data", stream  # type: ignore[misc]  # it is a BinaryIO in all but name
    elif start[:2] == b"PK":
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as stream:
                        yield entry.filename, stream  # type: ignore[misc]  # likewise
    else:
        raise NodeError(f"{name or 'the binary'}: is neither a zip archive nor compressed by gzip")


@contextmanager
def readable(name: str) -> Generator[None, None, None]:
    """Say which archive cannot be read, and why.

    Raises:
        NodeError: It is damaged, encrypted, or made by a method that is not known here.
    """
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, OSError, zlib.error) as error:
        raise NodeError(f"{name}: is damaged: {error}") from error
    except NotImplementedError as error:
        raise NodeError(f"{name}: is compressed in a way that is not supported: {error}") from error
    except RuntimeError as error:
        raise NodeError(f"{name}: is encrypted") from error


def limited(stream: BinaryIO, left: int, allowed: int) -> bytes:
    """Return all of a stream, if it is not too much.

    Raises:
        NodeError: It is.
    """
    content = bytearray()
    while block := stream.read(min(BLOCK, left - len(content) + 1)):
        content += block
        if len(content) > left:
            raise too_much(f"more than {allowed} bytes")
    return bytes(content)


def too_much(what: str) -> NodeError:
    """Say that an archive holds too much."""
    return NodeError(
        f"unpacks to {what}",
        hint="Raise `max_size` or `max_files` if the archive is one you trust.",
    )
