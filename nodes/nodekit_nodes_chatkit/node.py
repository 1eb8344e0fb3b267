"""The node: which family answers; nothing of HTTP."""

from collections.abc import Hashable

from nodekit import Context, Item, ItemNode

from .credentials import ChatKitServer, OpenAI
from .families import chat_sessions, chatkit, server
from .params import Operation
from .params.chat_sessions import (
    CreateSession,
    EndSession,
    RefreshSession,
    SendMessage as SendInSession,
)
from .params.common import Sessions, Threading
from .params.server import SelfHosted
from .sessions import ChatKitState, merge


class ChatKit(ItemNode[Operation, ChatKitState]):
    """Hold conversations with ChatKit, and read and manage them.

    Three APIs go by that name. Choose one with `api`:

    - `server`: a self-hosted ChatKit server. Choose this one for anything new.
    - `chatkit`: OpenAI's published API for hosted workflows and their threads. Agent Builder, the
      host of these workflows, ends on 30 November 2026.
    - `chat_sessions` (the default): the paths of the original n8n node, for services that offer
      them. OpenAI does not publish them.
    """

    credentials = (OpenAI, ChatKitServer)
    concurrency = 4

    async def run_item(
        self, item: Item, params: Operation, ctx: Context[ChatKitState]
    ) -> list[Item]:
        """Carry out one operation."""
        match params:
            case CreateSession() | RefreshSession() | EndSession() | SendInSession():
                rows = [await chat_sessions.run(params, ctx)]
            case SelfHosted():
                rows = await server.run(params, item, ctx)
            case _:
                rows = await chatkit.run(params, ctx)
        return [item.derive(row) for row in rows]

    def lane(self, item: Item, params: Operation) -> Hashable | None:
        """Return the thread, else whose session it is: two messages never cross there."""
        thread_id = getattr(params, "thread_id", "").strip()
        if isinstance(params, Threading):
            thread_id = thread_id if params.thread_mode == "parameter" else ""
            if params.thread_mode == "key" and params.thread_key.strip():
                return "key", getattr(params, "user_id", ""), params.thread_key.strip()
        if thread_id:
            return "thread", thread_id
        if isinstance(params, Sessions) and params.session_scope != "node":
            return params.session_scope, params.user_id or params.session_key
        return None

    @classmethod
    def merge_state(
        cls, base: ChatKitState | None, stored: ChatKitState, mine: ChatKitState
    ) -> ChatKitState:
        """Keep of every session the newest generation, of every thread the latest use."""
        return merge(base, stored, mine)
