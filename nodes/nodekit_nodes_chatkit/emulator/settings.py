"""How the emulator behaves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class EmulatorClock:
    """The emulator's time: another clock's, moved by some seconds.

    Args:
        now: What time it is, in seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.offset = 0.0

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self._now() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.offset += seconds


@dataclass
class Settings:
    """How the emulator behaves. Everything may be changed while it runs.

    ``api_key`` is the key that the first two APIs want, ``token`` the self-hosted server's, empty
    for none. Sessions live ``lifetime`` seconds where the request does not say; a rotated secret
    is good for another ``old_secret_grace``. ``per_minute`` limits the sessions of the original
    node's API; published ones have their own limit, kept if ``enforce_limits``. ``skew`` is how far
    the clock is ahead that answers show. ``reply`` answers a text instead of the echo.
    """

    api_key: str = "sk-emulator"
    token: str = ""
    lifetime: float = 600.0
    old_secret_grace: float = 0.0
    per_minute: int | None = None
    enforce_limits: bool = True
    rotate_on_send: bool = False
    session_form: str = "nested"
    skew: float = 0.0
    prefix: str = "chatkit."
    upload_method: str = "POST"
    upload_origin: str = ""
    slow_seconds: float = 0.0
    reply: Callable[[str], str] | None = None
    seed: int = 1
    clock: EmulatorClock = field(default_factory=EmulatorClock)
