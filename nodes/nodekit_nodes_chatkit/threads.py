"""Threads that are remembered under a key, so that a conversation goes on where it stopped."""

from .sessions import ChatKitState, Thread

MOST_THREADS = 10_000
UNUSED_SECONDS = 30 * 86_400.0


class Threads:
    """The threads of one step.

    Args:
        state: What the step remembers.
    """

    def __init__(self, state: ChatKitState) -> None:
        self.state = state

    def find(self, key: str, now: float) -> Thread | None:
        """Return the thread of a key, unless it has not been used for a month."""
        thread = self.state.threads.get(key)
        if thread is not None and now - thread.used_at > UNUSED_SECONDS:
            del self.state.threads[key]
            return None
        return thread

    def remember(self, key: str, thread_id: str, now: float, locked: str | None = None) -> None:
        """Remember the thread of a key; the least recently used one gives way."""
        self.state.threads.pop(key, None)
        self.state.threads[key] = Thread(id=thread_id, used_at=now, locked=locked)
        while len(self.state.threads) > MOST_THREADS:
            del self.state.threads[next(iter(self.state.threads))]

    def forget(self, key: str) -> None:
        """Forget the thread of a key."""
        self.state.threads.pop(key, None)
