"""Parameters that many operations share.

What a person may get wrong in an item's data (an empty text, a number out of range) is checked when
the item is at hand, by the functions of :mod:`.values`, in words that name the field as people know
it. So such fields take any text here.
"""

from typing import Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from nodekit import Fixed, Json, Params

# Choices are named types, not bare literals: a bare literal would choose the operation, and could
# not be an expression.
Source = TypeAliasType("Source", Literal["stored", "manual"])
Scope = TypeAliasType("Scope", Literal["node", "user", "custom"])
ThreadMode = TypeAliasType("ThreadMode", Literal["parameter", "new", "key"])
Output = TypeAliasType("Output", Literal["item", "text", "events"])
Pending = TypeAliasType("Pending", Literal["return", "error"])
Locked = TypeAliasType("Locked", Literal["error", "send", "newThread"])
Order = TypeAliasType("Order", Literal["desc", "asc"])

Number = float | str
"""A number that is checked when the item is at hand."""


class Common(Params):
    """What every operation takes."""

    timeout_ms: Number = 30_000
    """The longest wait for an answer (ms), at least 1000; of a stream, for its beginning."""

    max_retries: int = Field(default=2, ge=0, le=10)
    """How often a request is repeated that was refused and may be repeated."""

    max_retry_wait_ms: float = Field(default=120_000, ge=0)
    """The longest wait that the service may ask for (ms); beyond it the item fails."""

    concurrency: Fixed[int | None] = Field(default=None, ge=1, le=64)
    """Items in flight at once; the step's own `concurrency` is the better place to say it."""


class Sessions(Common):
    """What the operations take that work with a remembered session."""

    session_scope: Scope = "node"
    """One session for the step, one for each `user_id`, or one for each `session_key`."""

    session_key: str = ""
    """What a session is remembered by, with the scope `custom`."""

    user_id: str = ""
    """Your own identifier of the end user."""

    auto_create: bool | None = None
    """Open a session when none is remembered. Yes for `chatkit`, no for `chat_sessions`."""

    refresh_margin_seconds: float = Field(default=60, ge=0, le=300)
    """Renew a session this long before it ends; never earlier than half of its life."""

    cancel_replaced: bool = True
    """Cancel the session that a renewal has replaced (`chatkit` only)."""


class ChosenSession(Sessions):
    """What the operations take that need a session which is there already."""

    session_source: Source = "stored"
    """Use the remembered session, or the one given here."""

    manual_session_id: str = ""
    """The session to use, with the source `manual`."""

    manual_client_secret: str = ""
    """Its client secret, with the source `manual`."""


class Threading(Params):
    """Which thread a message goes to."""

    thread_id: str = ""
    """Continue this thread; leave empty to begin a new one."""

    thread_mode: ThreadMode = "parameter"
    """Use `thread_id` if given, always begin a new thread, or continue that of `thread_key`."""

    thread_key: str = ""
    """What a thread is remembered by, with the mode `key`: a customer, a ticket."""


class SendOptions(Params):
    """How a message is sent, and what is made of the reply."""

    quoted_text: str | None = None
    """The text the message replies to."""

    model: str | None = None
    """The model to ask for, if the server lets one choose."""

    tool_choice: str | None = None
    """The id of the tool to use."""

    tags: Json = None
    """Mentions: a list of objects with `id`, `text`, and perhaps `data` and `group`."""

    output: Output = "item"
    """One item with the whole reply, only its text, or one item for each event."""

    emit_deltas: bool = False
    """Show the text as it comes, as progress."""

    include_events: bool = False
    """Add the raw events to the item."""

    fail_on_stream_error: bool = True
    """Whether an error event in the reply fails the item."""

    pending: Pending = "return"
    """What to do when the reply waits for a tool or an answer: put it out, or fail."""

    locked_thread: Locked = "error"
    """What to do when the thread is locked or closed: fail, send all the same, begin another."""

    idle_timeout_ms: Number = 60_000
    """The longest silence inside a stream (ms), at least 1000."""

    max_stream_ms: Number = 600_000
    """The longest whole stream (ms), at least 1000."""


class Streaming(Params):
    """What the operations take whose answer is a stream."""

    send_options: SendOptions = SendOptions()
    """How the message is sent, and what is made of the reply."""

    retry_ambiguous_sends: bool = False
    """Repeat a message although the first may have arrived; see the page on ChatKit."""

    idempotency_header: bool = False
    """Send an `Idempotency-Key` header, for proxies that understand it."""


class Paging(Params):
    """Which part of a list is wanted."""

    return_all: bool = False
    """Return everything, page by page."""

    limit: int = Field(default=50, ge=1)
    """How many to return at most, unless everything is wanted."""

    order: Order = "desc"
    """Newest first, or oldest first."""

    after: str = ""
    """Begin behind this id."""


class Simplified(Params):
    """How threads and items of threads are put out."""

    simplify: bool = True
    """The same fields for every API; without it, the service's own object."""
