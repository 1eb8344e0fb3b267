"""What an entry point must offer to be fuzzed."""

from collections.abc import Sequence
from random import Random
from typing import Protocol


class Target(Protocol):
    """An entry point: it is given text, and says in short what came out."""

    words: Sequence[str]
    """What is worth putting into an input."""

    def seeds(self) -> Sequence[str]:
        """Return input that means something."""
        ...

    def take(self, text: str) -> str:
        """Give the entry point an input; return what came out, in short."""
        ...

    def mutated(self, text: str, other: str, chance: Random) -> str | None:
        """Damage an input in a way of this target's own, or return ``None``."""
        ...
