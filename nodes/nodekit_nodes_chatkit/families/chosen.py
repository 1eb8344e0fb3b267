"""The thread that a message goes to, and what is remembered of it."""

from typing import Literal

from nodekit import NodeError
from nodekit_nodes_chatkit.params.common import Threading
from nodekit_nodes_chatkit.params.values import required
from nodekit_nodes_chatkit.sessions import Ctx, Pool, hashed
from nodekit_nodes_chatkit.threads import Threads


class ChosenThread:
    """The thread of one message.

    Args:
        params: Which thread is wanted.
        ctx: The item's context.
        place: The API and whose account it is: what threads must not be mixed across.
        user: The end user.

    Raises:
        NodeError: A thread is to be remembered by an empty key.
    """

    def __init__(self, params: Threading, ctx: Ctx, place: tuple[str, ...], user: str) -> None:
        self.ctx = ctx
        self.pool = Pool.of(ctx)
        self.key: str | None = None
        self.id = params.thread_id.strip() if params.thread_mode == "parameter" else ""
        if params.thread_mode == "key":
            name = required(params.thread_key, "Thread Key is empty.").strip()
            self.key = hashed(*place, "thread", user.strip(), name)
            found = self.threads.find(self.key, ctx.now())
            if found is not None:
                self.id = found.id
                if found.locked:
                    self.pool.locked.setdefault(found.id, found.locked)

    @property
    def threads(self) -> Threads:
        """The remembered threads; others' may have been merged in since the last look."""
        return Threads(self.ctx.state)

    @property
    def mapped(self) -> bool:
        """Whether the thread is one that was remembered, and not one that the author gave."""
        return self.key is not None and bool(self.id)

    def remember(self, thread_id: str | None) -> None:
        """Note the thread that the message went to, under its key if there is one."""
        if not thread_id:
            return
        self.id = thread_id
        if self.key is not None:
            why = self.pool.locked.get(thread_id)
            self.threads.remember(self.key, thread_id, self.ctx.now(), why)

    def forget(self) -> None:
        """Begin a new thread."""
        if self.key is not None:
            self.threads.forget(self.key)
        self.id = ""

    def lock(self, kind: str, reason: str | None) -> None:
        """Note that the thread takes no more messages."""
        self.pool.locked[self.id] = f"{kind}: {reason}" if reason else kind
        self.remember(self.id)

    def open_for(self, locked: Literal["error", "send", "newThread"]) -> None:
        """Deal with a thread that takes no more messages as the author says.

        Raises:
            NodeError: That is an error.
        """
        why = self.pool.locked.get(self.id) if self.id else None
        if why is None or locked == "send":
            return
        if locked == "newThread":
            self.forget()
            return
        raise NodeError(
            f"Thread {self.id} is {why}",
            hint="Set locked_thread to newThread to go on in another one, or to send.",
        )
