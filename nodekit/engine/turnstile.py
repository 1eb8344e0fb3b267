"""The order in which slices come to a step."""

import anyio


class Turnstile:
    """Lets slices into a step in order; knows where in the step's whole input each begins."""

    def __init__(self) -> None:
        self.next = 0
        self.offset = 0
        self._waiting: dict[int, anyio.Event] = {}
        self._over: dict[int, tuple[int, int]] = {}

    def begin(self, index: int, offset: int) -> None:
        """Begin with a later slice, that many items into the step's whole input."""
        self.next, self.offset = index, offset

    def skip(self, start: int, end: int, rows: int) -> None:
        """Do not wait for some later slices, which have brought so many items already."""
        self._over[start] = end, rows

    async def enter(self, index: int) -> int:
        """Wait for the slices before this one; return the position of its first item."""
        if index != self.next:
            await self._waiting.setdefault(index, anyio.Event()).wait()
        return self.offset

    def go_by(self, rows: int) -> None:
        """Count items that need not wait."""
        self.offset += rows

    def leave(self, rows: int) -> None:
        """Let the next slice in, behind so many items."""
        self.offset += rows
        self.next += 1
        while (over := self._over.pop(self.next, None)) is not None:
            self.next = over[0]
            self.offset += over[1]
        if (event := self._waiting.pop(self.next, None)) is not None:
            event.set()
