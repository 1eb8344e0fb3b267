"""The command line as a process of its own: ``nodekit``, and ``python -m nodekit``."""

import atexit
import os
import sys
import threading

from .cli import main


def script() -> None:
    """Run the command line, and end the process with its exit status."""
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            leave(ended.code or 0)
        raise


def leave(status: int) -> None:
    """End the process as the interpreter does, but for freeing everything piece by piece.

    Threads have finished and what is registered for the end has been done; objects go with the
    process, for to free them takes longer than the work of a small run (mypy leaves the same way).
    Where a stream cannot take what was written to it, this returns: the interpreter says so.
    """
    # What the interpreter calls first when it ends; it offers neither under a public name.
    threading._shutdown()  # type: ignore[attr-defined]  # the stubs leave it out
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]  # see above
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        return
    os._exit(status)


if __name__ == "__main__":
    script()
