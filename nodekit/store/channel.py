"""One connection to the file of a store; calls go through it one after another, in a thread."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from sqlite3 import Connection  # it waits until there is a file

T = TypeVar("T")


class Channel:
    """A connection that is opened by the first call that needs it.

    A call that waits for its turn can be canceled; one that has begun is finished first, so that it
    has happened whole or not at all.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turns = anyio.CapacityLimiter(1)
        self._connection: Connection | None = None
        self._changed = False

    async def look(self, work: "Callable[[Connection], T]", otherwise: T) -> T:
        """Return what reading gives, or something else where there is no file."""
        return await anyio.to_thread.run_sync(self._look, work, otherwise, limiter=self._turns)

    async def change(self, work: "Callable[[Connection], T]") -> T:
        """Do something in one transaction; make the file if there is none."""
        return await anyio.to_thread.run_sync(self._change, work, limiter=self._turns)

    async def mend(self, work: "Callable[[Connection], T]", otherwise: T) -> T:
        """Do something in one transaction, or return something else where there is no file."""
        if self._connection is None and not self.path.exists():
            return otherwise
        return await self.change(work)

    async def aclose(self) -> None:
        """Close the connection. The channel can be used again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close, limiter=self._turns)

    def _look(self, work: "Callable[[Connection], T]", otherwise: T) -> T:
        if self._connection is None and not self.path.exists():
            return otherwise
        from .file import connect, explained  # the door of sqlite3

        with explained(self.path):
            if self._connection is None:
                self._connection = connect(self.path, make=False)
            return work(self._connection)

    def _change(self, work: "Callable[[Connection], T]") -> T:
        from .file import connect, explained, transaction  # the door of sqlite3

        with explained(self.path):
            if self._connection is None:
                self._connection = connect(self.path, make=True)
            self._changed = True
            with transaction(self._connection):
                return work(self._connection)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        from .file import explained, give_back  # the door of sqlite3

        try:
            with explained(self.path):
                if self._changed:
                    give_back(connection)
        finally:
            connection.close()
