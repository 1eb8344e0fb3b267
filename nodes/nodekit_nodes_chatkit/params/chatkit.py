"""The parameters of OpenAI's published ChatKit API: one model for each operation."""

from typing import Literal

from pydantic import Field

from nodekit import Json, Params

from .common import (
    ChosenSession,
    Common,
    Number,
    Paging,
    Sessions,
    Simplified,
    Streaming,
    Threading,
)


class SessionConfig(Params):
    """How a session behaves; what is left out is decided by the service."""

    expires_after_seconds: Number | None = None
    """How long it lives, 1 to 600 seconds (the service: 600)."""

    max_requests_per_minute: Number | None = None
    """How many messages a minute it takes (the service: 10)."""

    tracing: bool | None = None
    """Whether the workflow is traced (the service: yes)."""

    automatic_thread_titling: bool | None = None
    """Whether threads get a title by themselves (the service: yes)."""

    file_upload: bool | None = None
    """Whether files may be uploaded (the service: no)."""

    max_file_size: Number | None = None
    """The largest file in MB, 1 to 512 (the service: 512)."""

    max_files: Number | None = None
    """How many files a thread may have (the service: 10)."""

    history: bool | None = None
    """Whether earlier threads can be seen (the service: yes)."""

    recent_threads: Number | None = None
    """How many of them (the service: all)."""


class NewSession(Sessions):
    """What a session is opened with."""

    workflow_id: str = ""
    """The workflow that answers."""

    session_options: Json = ""
    """Further fields of the request, merged last, at your own risk: an object, or JSON of one."""

    workflow_version: str = ""
    """The version of the workflow; leave empty for the latest deployment."""

    state_variables: Json = None
    """Values for the workflow: an object, JSON of one, or a list of name, type, value."""

    session_config: SessionConfig = SessionConfig()
    """How the session behaves."""


class CreateSession(NewSession):
    """Open a session of a hosted workflow and remember it.

    Agent Builder, the host of these workflows, ends on 30 November 2026.
    """

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["session"] = "session"
    operation: Literal["create"] = "create"


class RefreshSession(ChosenSession):
    """Open another session for the same user and workflow, and cancel the one before."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["session"] = "session"
    operation: Literal["refresh"] = "refresh"


class CancelSession(ChosenSession):
    """Cancel a session, so that its secret is dead."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["session"] = "session"
    operation: Literal["cancel"] = "cancel"


class EndSession(Sessions):
    """Forget the remembered session; nothing is sent."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["session"] = "session"
    operation: Literal["end"] = "end"


class SendMessage(NewSession, ChosenSession, Threading, Streaming):
    """Say something through a hosted session and wait for the reply.

    This uses an endpoint that OpenAI does not document; it can change without notice, and hosted
    workflows end with Agent Builder on 30 November 2026.
    """

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["message"] = "message"
    operation: Literal["send"] = "send"

    input_text: str = ""
    """What is said."""

    attachments: Json = ()
    """Ids of uploaded files, as a list."""

    message_metadata: Json = ""
    """An object to send along with the request, or JSON of one."""


class ListThreads(Common, Paging, Simplified):
    """List the threads of the project, or of one user."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["thread"] = "thread"
    operation: Literal["list"] = "list"

    filter_user: str = Field(default="", max_length=512)
    """Only the threads of this user."""

    before: str = ""
    """End before this id."""


class GetThread(Common, Simplified):
    """Get one thread."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["thread"] = "thread"
    operation: Literal["get"] = "get"

    thread_id: str = ""
    """The thread."""


class ListItems(Common, Paging, Simplified):
    """List what was said in a thread."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["thread"] = "thread"
    operation: Literal["listItems"] = "listItems"

    thread_id: str = ""
    """The thread."""

    before: str = ""
    """End before this id."""


class DeleteThread(Common):
    """Delete a thread with all that was said in it."""

    api: Literal["chatkit"] = "chatkit"
    resource: Literal["thread"] = "thread"
    operation: Literal["delete"] = "delete"

    thread_id: str = ""
    """The thread."""


HostedOperation = (
    CreateSession
    | RefreshSession
    | CancelSession
    | EndSession
    | SendMessage
    | ListThreads
    | GetThread
    | ListItems
    | DeleteThread
)
