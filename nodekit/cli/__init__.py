"""The command line: parses, calls one function of a lower layer, prints; decides nothing.

One module is one verb; only the verb that was called is imported. Verbs of plugins join by entry
point (:mod:`.plugins`). Data goes to standard output, words to standard error.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

GARBAGE = 50_000
"""Objects made before garbage is looked for: reading a file makes many, and most of them stay."""

COMPLETE = "_NODEKIT_COMPLETE"
"""The variable of the environment by which a shell asks how a line can go on."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit status."""
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it looks for some first
    given = list(sys.argv[1:] if args is None else args)
    command = loaded(given)
    gc.freeze()  # what was loaded stays, so nobody needs to look through it
    gc.set_threshold(GARBAGE)
    gc.enable()
    from .words import Unwritable, complain

    try:
        command()
    except Unwritable as error:
        complain(error.message)
        sys.exit(1)


def loaded(args: Sequence[str]) -> Callable[[], object]:
    """Load what the arguments ask for, and no more; return what does it and ends the process."""
    if args[:1] == ["run"] and COMPLETE not in os.environ:
        from .arguments import plain_call

        call = plain_call(args[1:])
        if call is not None:
            from .calling import finish

            return partial(finish, call)
    from .app import application, called

    return partial(application(called(args)), args=args, prog_name="nodekit")
