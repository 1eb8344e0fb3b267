"""Which process a run belongs to, and whether that process still lives."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

STARTED = 19
"""Where the start time stands in ``/proc/PID/stat``, counted behind the name of the program."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from every other one that has had, or will have, its number.

    ``boot`` names the start of the machine and the room of process numbers (a container has its
    own), ``start`` when the process began; both are empty where the system does not say.
    """

    host: str
    boot: str
    pid: int
    start: str

    @classmethod
    def here(cls) -> "Owner":
        """Return this process."""
        pid = os.getpid()
        return cls(socket.gethostname(), boot(), pid, started(pid) or "")

    def lives(self) -> bool:
        """Whether the process lives. Of another machine that cannot be known: it counts as alive.

        A process that has ended, and a number that another process has by now, are dead.
        """
        if self.host != socket.gethostname():
            return True
        if self.boot != boot() or not exists(self.pid):
            return False
        start = started(self.pid)
        return start == self.start if start is not None else not PROC.is_dir()


def boot() -> str:
    """Return what tells this start of the system from others; empty where it does not say."""
    with suppress(OSError):
        booted = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{booted} {(PROC / 'self/ns/pid').readlink()}"
    return ""


def started(pid: int) -> str | None:
    """Return when a process began; ``None`` if it is gone, a zombie, or the system does not say."""
    with suppress(OSError):
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[STARTED]
    return None


def exists(pid: int) -> bool:
    """Whether some process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
