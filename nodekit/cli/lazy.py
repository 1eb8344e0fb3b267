"""The store of a run, which is opened only when there is something in it, or for it."""

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nodekit.state import Kept, Row

if TYPE_CHECKING:
    from nodekit.store import Store  # most runs keep nothing


FOLDER, NAME = ".nodekit", "nodekit.db"


def store_beside(pipeline: str | Path | None) -> Path:
    """Return the usual place of the store: beside the file of a pipeline, or here."""
    folder = Path.cwd() if pipeline is None else Path(pipeline).absolute().parent
    return folder / FOLDER / NAME


def place_of(pipeline: str | None, store: str | None) -> Path:
    """Return the store that is meant: the given one, else the one beside the pipeline, or here."""
    if store is not None:
        return Path(store)
    return store_beside(pipeline if pipeline is not None and Path(pipeline).is_file() else None)


class LazyStore:
    """Keeps states in a store.

    Use it as an async context manager.

    Args:
        path: The file of the store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store: Store | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def opened(self) -> "Store":
        """Return the store.

        Raises:
            StateError: The file is damaged, another program's, or too new.
        """
        if self._store is None:
            from nodekit.store import Store

            self._store = await self._stack.enter_async_context(Store.open(self.path))
        return self._store

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return a state, or ``None`` if nothing is kept."""
        if self._store is None and not self.path.exists():
            return None
        return await (await self.opened()).read(pipeline, step)

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a state in place of the one of this version (0: of none)."""
        return await (await self.opened()).write(pipeline, step, row, version)
