"""Where items come from and where they go: files and the standard streams, by name."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from nodekit.errors import NodeError, NodekitError
from nodekit.files import Files, reason
from nodekit.formats import FORMATS, Format, format_of, read_items
from nodekit.items import Json

from .words import Unwritable, put

STREAM = "-"
"""The name of standard input and of standard output."""


class CallError(NodekitError):
    """The call is wrong: nothing was started."""


def chosen_format(name: str, given: Format | None = None, option: str = "") -> Format:
    """Return the format of a file: the given one, else the suffix's; JSON lines for a stream.

    ``option`` is the one that gives it, if there is one.

    Raises:
        CallError: Neither says.
    """
    found = given or ("jsonl" if name == STREAM else format_of(name))
    if found is None:
        raise CallError(
            f"the suffix of {name!r} says no format",
            hint=f"Say {option} {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
            if option
            else "Use a suffix that does: .jsonl, .json or .csv.",
        )
    return found


def items_of(name: str, form: Format, limit: int | None = None) -> list[dict[str, Json]]:
    """Return the items of a file or of standard input; no more than ``limit``.

    Raises:
        CallError: It cannot be read.
        FormatError: It does not hold items.
    """
    with opened(name) as file:
        shown = "<stdin>" if name == STREAM else name
        rows = (item for chunk in read_items(file, form, shown) for item in chunk)
        return list(islice(rows, limit))


@contextmanager
def opened(name: str) -> Generator[BinaryIO, None, None]:
    """Open a file, or standard input, for reading.

    Raises:
        CallError: It cannot be read; the message says why.
    """
    try:
        if name != STREAM:
            with Path(name).open("rb") as file:
                yield file
        elif sys.stdin is None:
            raise CallError("cannot read standard input: it is closed")
        else:
            yield sys.stdin.buffer
    except OSError as error:
        shown = "standard input" if name == STREAM else repr(name)
        raise CallError(f"cannot read {shown}: {reason(error)}") from error


def check_writable(name: str) -> None:
    """Refuse a place where no file can be written, before anything is started.

    Raises:
        CallError: It is none; the message says why.
    """
    path = Path(name)
    if name == STREAM:
        if sys.stdout is None:
            raise CallError("cannot write standard output: it is closed")
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir():
        raise CallError(f"cannot write {name!r}: is a directory")
    if not folder.is_dir():
        raise CallError(f"cannot write {name!r}: {str(folder)!r} is not a directory")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise CallError(f"cannot write {name!r}: permission denied")


def write(name: str, content: Callable[[BinaryIO], None]) -> None:
    """Write a file whole or not at all, or standard output.

    Raises:
        Unwritable: The system refuses; the message says why.
    """
    path = Path(name)
    if name == STREAM:
        put(content)
    elif path.exists() and not path.is_file():
        write_special(path, content)
    else:
        try:
            with Files(path.parent).replace(path.name) as file:
                content(file)
        except NodeError as error:
            raise Unwritable(error.message) from error


def write_special(path: Path, content: Callable[[BinaryIO], None]) -> None:
    """Write a device or a pipe, which cannot be replaced.

    Raises:
        Unwritable: The system refuses; the message says why.
    """
    try:
        with path.open("wb") as file:
            content(file)
    except OSError as error:
        raise Unwritable(f"cannot write {str(path)!r}: {reason(error)}") from error
