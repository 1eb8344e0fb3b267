"""HTTP as nodes see it: JSON calls, texts, bytes and streams over the runtime's one session.

Importing this package imports nothing; a name is loaded when it is first used, and aiohttp by the
first request.
"""

from typing import TYPE_CHECKING

from nodekit.late import late_names

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

__getattr__ = late_names(__name__, _HOME_OF)
