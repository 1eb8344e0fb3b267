"""What is kept between runs: states with sealed secrets, runs, and how far a killed run was.

A name is loaded when it is first used: a run that keeps nothing does without all of this.
"""

from typing import TYPE_CHECKING

from nodekit.late import late_names

if TYPE_CHECKING:
    from .keeping import Keep
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
]

_HOME_OF = {
    "FailedItem": "rows",
    "Journaled": "store",
    "Keep": "keeping",
    "MemoryStore": "memory",
    "Owner": "owner",
    "RunRow": "rows",
    "Spooled": "store",
    "StateRow": "rows",
    "StateWrite": "rows",
    "Store": "store",
}

__getattr__ = late_names(__name__, _HOME_OF)
