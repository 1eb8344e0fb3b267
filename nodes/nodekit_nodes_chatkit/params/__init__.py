"""The declared parameters: a module for each API, a model for each operation."""

from .chat_sessions import ChatSessionsOperation as ChatSessionsOperation
from .chatkit import HostedOperation as HostedOperation
from .server import ServerOperation as ServerOperation

Operation = ChatSessionsOperation | HostedOperation | ServerOperation
