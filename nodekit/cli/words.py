"""The two streams: words to standard error, data to standard output."""

import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from nodekit.errors import NodekitError
from nodekit.files import reason

RED, RESET = "\x1b[31m", "\x1b[0m"


def say(text: str) -> None:
    """Print a line of words; where nobody listens any more, say nothing."""
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        mute(2)


def complain(text: str, hint: str | None = None) -> None:
    """Print an error, and under it what to do."""
    say(f"{RED}error:{RESET} {text}" if colored() else f"error: {text}")
    if hint:
        say(f"  {hint}")


def colored() -> bool:
    """Whether words may have colors: on a terminal, unless ``NO_COLOR`` is set."""
    return talking() and not os.environ.get("NO_COLOR")


def talking() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def showing() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class Unwritable(NodekitError):
    """What should be written cannot be."""


def put(write: Callable[[BinaryIO], None]) -> bool:
    """Write data to standard output; return whether anybody reads it still.

    Raises:
        Unwritable: The system refuses, for another reason than that.
    """
    if sys.stdout is None:
        raise Unwritable("cannot write standard output: it is closed")
    try:
        write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        mute(1)
        return False
    except OSError as error:
        mute(1)
        raise Unwritable(f"cannot write standard output: {reason(error)}") from error
    return True


def print_line(text: str) -> None:
    """Write a line of data to standard output."""
    line = text.encode("utf-8", "backslashreplace") + b"\n"
    put(lambda file: write_bytes(file, line))


def write_bytes(file: BinaryIO, content: bytes) -> None:
    """Write bytes to a file."""
    file.write(content)


def mute(stream: int) -> None:
    """Send what is still to be written to a stream nowhere, so that closing it does not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)
