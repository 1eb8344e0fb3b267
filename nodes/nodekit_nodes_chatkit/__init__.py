"""ChatKit and its credentials."""

from .credentials import ChatKitServer as ChatKitServer, OpenAI as OpenAI
from .node import ChatKit as ChatKit

__all__ = ["ChatKit", "ChatKitServer", "OpenAI"]
