"""What is kept between runs: states with sealed secrets, runs, and how far a killed run was."""

from .keeping import Keep, trimmed
from .memory import MemoryStore
from .owner import Owner
from .rows import FailedItem, RunRow, StateRow, StateWrite
from .store import Journaled, Spooled, Store

__all__ = [
    "FailedItem",
    "Journaled",
    "Keep",
    "MemoryStore",
    "Owner",
    "RunRow",
    "Spooled",
    "StateRow",
    "StateWrite",
    "Store",
    "trimmed",
]
