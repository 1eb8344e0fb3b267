"""An offline twin of the three APIs, for development and tests.

One process, in memory, no network, no model. It is deterministic: ids count up, secrets come from a
seeded generator, and time comes from a clock that can be moved. It only ever binds to loopback,
because its log shows requests with their secrets.
"""

from .app import Emulator as Emulator, create_emulator as create_emulator, serving as serving
from .faults import Fault as Fault
from .settings import Settings as Settings

__all__ = ["Emulator", "Fault", "Settings", "create_emulator", "serving"]
