"""What a node remembers from one run to the next (n8n: static data), typed and small."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from .items import Json


class State(BaseModel):
    """The memory of a node. Declare fields with defaults; change them through ``ctx.state``.

    It is read when the run begins and kept when it ends, also when the run failed, but not when it
    was canceled.
    """

    model_config = ConfigDict(
        extra="ignore", validate_assignment=True, use_attribute_docstrings=True
    )


class Keeper(Protocol):
    """Whatever keeps states between runs. A row belongs to a step, or to the pipeline (``None``)."""

    async def read(self, pipeline: str, step: str | None) -> dict[str, Json] | None:
        """Return the row, or ``None`` if nothing is kept.

        Raises:
            StateError: The row cannot be read.
        """
        ...

    async def write(self, pipeline: str, step: str | None, row: dict[str, Json]) -> None:
        """Keep a row in place of the one before.

        Raises:
            StateError: The row cannot be written.
        """
        ...


class MemoryKeeper:
    """Keeps states as long as it lives itself."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str | None], dict[str, Json]] = {}

    async def read(self, pipeline: str, step: str | None) -> dict[str, Json] | None:
        """Return the row, or ``None`` if nothing is kept."""
        return self.rows.get((pipeline, step))

    async def write(self, pipeline: str, step: str | None, row: dict[str, Json]) -> None:
        """Keep a row in place of the one before."""
        self.rows[pipeline, step] = row
