"""What a node remembers from one run to the next (n8n: static data), typed and small."""

from typing import NamedTuple, Protocol, TypeAlias

from pydantic import ConfigDict

from .described import Described
from .items import Json


class State(Described):
    """The memory of a node. Declare fields with defaults; change them through ``ctx.state``.

    It is read when the run begins and kept when it ends, also when the run failed, but not when it
    was canceled.
    """

    model_config = ConfigDict(extra="ignore", validate_assignment=True)


Row: TypeAlias = dict[str, Json]
"""A state at rest: JSON values, and :class:`~pydantic.SecretStr` for what is a secret."""


class Kept(NamedTuple):
    """A row as it is kept, and its version: how often it has been written."""

    row: Row
    version: int


class Keeper(Protocol):
    """Whatever keeps states between runs. A row is a step's, or the pipeline's (``None``)."""

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return the row, or ``None`` if nothing is kept.

        Raises:
            StateError: The row cannot be read.
        """
        ...

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a row in place of the one of this version (0: of none).

        Return whether it is kept; it is not if another writer came first.

        Raises:
            StateError: The row cannot be written.
        """
        ...


class MemoryKeeper:
    """Keeps states as long as it lives itself."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str | None], Kept] = {}

    async def read(self, pipeline: str, step: str | None) -> Kept | None:
        """Return the row, or ``None`` if nothing is kept."""
        return self.rows.get((pipeline, step))

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        """Keep a row in place of the one of this version."""
        kept = self.rows.get((pipeline, step))
        if (kept.version if kept else 0) != version:
            return False
        self.rows[pipeline, step] = Kept(row, version + 1)
        return True
