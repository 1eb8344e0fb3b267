"""Ctrl-C: once stops gently, twice at once."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio

from .words import say

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """What the signals ask for.

    ``asked`` says whether one has come; ``scope`` is canceled by the second.

    Args:
        stop: Called at the first signal: let nothing new begin.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self.stop = stop
        self.asked = False
        self.scope = anyio.CancelScope()

    def signalled(self) -> None:
        """Answer a signal."""
        if not self.asked:
            self.asked = True
            say("stopping; what is running may finish, Ctrl-C again stops it")
            self.stop()
        else:
            self.scope.cancel()
            release()


@contextmanager
def interruptible(stop: Callable[[], None]) -> Generator[Interruption, None, None]:
    """Answer the signals while the block runs; its ``scope`` surrounds the block.

    A third signal, where even cancellation takes too long, is Python's own affair.
    """
    interruption = Interruption(stop)
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, interruption.signalled)
    try:
        with interruption.scope:
            yield interruption
    finally:
        release()


def release() -> None:
    """Give the signals back to Python."""
    for number in SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
