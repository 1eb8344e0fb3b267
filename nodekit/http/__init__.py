"""HTTP as nodes see it: JSON calls, texts, bytes and streams over the runtime's one session.

Importing this package imports nothing; a name is loaded when it is first used, and aiohttp by the
first request.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import Http
    from .events import ServerSentEvent
    from .options import Arrays, Limit, Options, Reach
    from .response import Response
    from .session import Session
    from .stream import Stream
    from .trial import Trial, try_credential

__all__ = [
    "Arrays",
    "Http",
    "Limit",
    "Options",
    "Reach",
    "Response",
    "ServerSentEvent",
    "Session",
    "Stream",
    "Trial",
    "try_credential",
]

_HOME_OF = {
    "Arrays": "options",
    "Http": "client",
    "Limit": "options",
    "Options": "options",
    "Reach": "options",
    "Response": "response",
    "ServerSentEvent": "events",
    "Session": "session",
    "Stream": "stream",
    "Trial": "trial",
    "try_credential": "trial",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value
