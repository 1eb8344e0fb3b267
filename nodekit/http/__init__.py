"""HTTP as nodes see it: JSON calls, texts, bytes and streams over the runtime's one session.

Importing this package does not import aiohttp; the first request does.
"""

from .client import Http
from .events import ServerSentEvent
from .options import Arrays, Limit, Options, Reach
from .response import Response, Stream
from .session import Session
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
