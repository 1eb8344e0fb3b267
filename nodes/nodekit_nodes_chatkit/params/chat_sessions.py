"""The parameters of the chat-sessions API: one model for each operation."""

from typing import Literal

from typing_extensions import TypeAliasType

from nodekit import Json

from .common import ChosenSession, Sessions, Threading

Role = TypeAliasType("Role", Literal["user", "assistant", "system"])


class CreateSession(Sessions):
    """Open a session and remember it."""

    api: Literal["chat_sessions"] = "chat_sessions"
    resource: Literal["session"] = "session"
    operation: Literal["create"] = "create"

    workflow_id: str = ""
    """The workflow that answers."""

    session_metadata: Json = ""
    """An object to keep with the session, or JSON of one."""

    session_options: Json = ""
    """An object of further options, or JSON of one."""


class RefreshSession(ChosenSession):
    """Give a session a new secret."""

    api: Literal["chat_sessions"] = "chat_sessions"
    resource: Literal["session"] = "session"
    operation: Literal["refresh"] = "refresh"


class EndSession(Sessions):
    """Forget the remembered session; nothing is sent."""

    api: Literal["chat_sessions"] = "chat_sessions"
    resource: Literal["session"] = "session"
    operation: Literal["end"] = "end"


class SendMessage(ChosenSession, Threading):
    """Say something in a session and wait for the answer."""

    api: Literal["chat_sessions"] = "chat_sessions"
    resource: Literal["message"] = "message"
    operation: Literal["send"] = "send"

    message_workflow_id: str = ""
    """The workflow that answers, if it is not the session's."""

    message_role: Role = "user"
    """Who says it."""

    input_text: str = ""
    """What is said."""

    system_prompt: str = ""
    """How the answer should be given."""

    message_metadata: Json = ""
    """An object to keep with the message, or JSON of one."""

    retry_ambiguous_sends: bool = False
    """Repeat a message blindly although the first may have arrived: this API has no history."""

    idempotency_header: bool = False
    """Send an `Idempotency-Key` header, for proxies that understand it."""


ChatSessionsOperation = CreateSession | RefreshSession | EndSession | SendMessage
