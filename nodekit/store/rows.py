"""What a store is given and gives back, as values."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nodekit.items import Json
from nodekit.state import Row

from .owner import Owner

Status: TypeAlias = Literal["running", "success", "error", "canceled"]


@dataclass(frozen=True, slots=True)
class StateWrite:
    """A state to be kept in place of the one of this version (0: of none)."""

    pipeline: str
    step: str | None
    row: Row
    version: int


@dataclass(frozen=True, slots=True)
class StateRow:
    """A kept state to look at: secrets are masked.

    ``step`` is ``None`` for the pipeline's own, ``kept`` is seconds since the epoch, ``key`` names
    the key that seals its secrets, if it has some.
    """

    pipeline: str
    step: str | None
    version: int
    row: Row
    kept: float
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as it is kept.

    ``pipeline`` is the pipeline's key, ``input_print`` and ``pipeline_print`` are the fingerprints
    of what it ran over and of the pipeline. ``fence`` counts its owners; ``owner`` is the last one.
    ``summary`` is what it came to, as JSON. Times are seconds since the epoch.
    """

    id: str
    pipeline: str
    name: str
    input_print: str
    pipeline_print: str
    status: Status
    started: float
    ended: float | None
    fence: int
    owner: Owner
    summary: Json = None

    @property
    def live(self) -> bool:
        """Whether the run is going on: it has not ended, and its owner lives."""
        return self.status == "running" and self.owner.lives()


@dataclass(frozen=True, slots=True)
class FailedItem:
    """An item that failed in a step, to be run again.

    ``item`` is its index in the step's input, ``error`` why it failed, as JSON, and ``input`` the
    item as the caller packs it.
    """

    step: str
    item: int
    error: Json
    input: bytes
