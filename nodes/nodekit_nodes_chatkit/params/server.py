"""The parameters of self-hosted ChatKit servers: one model for each operation."""

from typing import Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from nodekit import Json, Params

from .common import Common, Paging, Simplified, Streaming, Threading

UploadMode = TypeAliasType("UploadMode", Literal["two_phase", "direct"])


class SelfHosted(Common):
    """What every operation of a self-hosted server takes."""

    user_id: str = ""
    """The end user; sent in the header that the credential names as `user_header`."""


class InThread(SelfHosted, Streaming):
    """What the operations take that go on with a thread."""

    thread_id: str = ""
    """The thread."""

    message_metadata: Json = ""
    """An object to send along with the request, or JSON of one."""


class Uploading(Params):
    """How files get to the server."""

    upload_mode: UploadMode = "two_phase"
    """Announce a file and send it where the server says, or send it to `direct_upload_url`."""

    direct_upload_url: str = ""
    """Where files go, with the mode `direct`."""


class SendMessage(SelfHosted, Threading, Streaming, Uploading):
    """Say something and wait for the reply."""

    api: Literal["server"] = "server"
    resource: Literal["message"] = "message"
    operation: Literal["send"] = "send"

    input_text: str = ""
    """What is said."""

    attachments: Json = ()
    """Ids of uploaded files, as a list."""

    binary_properties: str = ""
    """Names of the item's files to upload and attach, with commas between them."""

    message_metadata: Json = ""
    """An object to send along with the request, or JSON of one."""


class ToolOutput(InThread):
    """Answer a client tool call, and wait for the reply to go on."""

    api: Literal["server"] = "server"
    resource: Literal["message"] = "message"
    operation: Literal["toolOutput"] = "toolOutput"

    tool_result: Json = Field(default_factory=dict[str, Json])
    """What the tool found: a value, or JSON of one."""


class Answer(InThread):
    """Answer the questions of a reply, and wait for it to go on."""

    api: Literal["server"] = "server"
    resource: Literal["message"] = "message"
    operation: Literal["answer"] = "answer"

    item_id: str = ""
    """The item that asks."""

    answers: Json = Field(default_factory=dict[str, Json])
    """By question id: a text, a list of texts, or null to skip it."""

    skip_all: bool = False
    """Skip all questions."""


class Retry(InThread):
    """Have a message answered again; what came after it is dropped."""

    api: Literal["server"] = "server"
    resource: Literal["message"] = "message"
    operation: Literal["retry"] = "retry"

    item_id: str = ""
    """The user's message."""


class Action(InThread):
    """Do what a button of a widget does."""

    api: Literal["server"] = "server"
    resource: Literal["message"] = "message"
    operation: Literal["action"] = "action"

    action_type: str = ""
    """The kind of action."""

    action_payload: Json = Field(default_factory=dict[str, Json])
    """What it brings along: a value, or JSON of one."""

    action_item_id: str = ""
    """The widget it belongs to."""


class ListThreads(SelfHosted, Paging, Simplified):
    """List the threads of whoever the request belongs to."""

    api: Literal["server"] = "server"
    resource: Literal["thread"] = "thread"
    operation: Literal["list"] = "list"


class GetThread(SelfHosted, Simplified):
    """Get one thread with the first of its items."""

    api: Literal["server"] = "server"
    resource: Literal["thread"] = "thread"
    operation: Literal["get"] = "get"

    thread_id: str = ""
    """The thread."""


class ListItems(SelfHosted, Paging, Simplified):
    """List what was said in a thread."""

    api: Literal["server"] = "server"
    resource: Literal["thread"] = "thread"
    operation: Literal["listItems"] = "listItems"

    thread_id: str = ""
    """The thread."""


class RenameThread(SelfHosted, Simplified):
    """Give a thread another title."""

    api: Literal["server"] = "server"
    resource: Literal["thread"] = "thread"
    operation: Literal["rename"] = "rename"

    thread_id: str = ""
    """The thread."""

    title: str = ""
    """Its new title."""


class DeleteThread(SelfHosted):
    """Delete a thread with all that was said in it."""

    api: Literal["server"] = "server"
    resource: Literal["thread"] = "thread"
    operation: Literal["delete"] = "delete"

    thread_id: str = ""
    """The thread."""


class Feedback(SelfHosted):
    """Say that replies were good or bad."""

    api: Literal["server"] = "server"
    resource: Literal["item"] = "item"
    operation: Literal["feedback"] = "feedback"

    thread_id: str = ""
    """The thread."""

    item_ids: Json = ()
    """The replies, as a list of ids."""

    kind: str = "positive"
    """`positive` or `negative`."""


class Upload(SelfHosted, Uploading):
    """Upload a file of the item, to be attached to messages."""

    api: Literal["server"] = "server"
    resource: Literal["attachment"] = "attachment"
    operation: Literal["upload"] = "upload"

    binary_property: str = "data"
    """The name of the item's file."""


class DeleteAttachment(SelfHosted):
    """Delete an uploaded file."""

    api: Literal["server"] = "server"
    resource: Literal["attachment"] = "attachment"
    operation: Literal["delete"] = "delete"

    attachment_id: str = ""
    """The file."""


ServerOperation = (
    SendMessage
    | ToolOutput
    | Answer
    | Retry
    | Action
    | ListThreads
    | GetThread
    | ListItems
    | RenameThread
    | DeleteThread
    | Feedback
    | Upload
    | DeleteAttachment
)

Continuation = ToolOutput | Answer | Retry | Action
"""What goes on with a thread without a message of the user."""
