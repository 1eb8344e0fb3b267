"""The loop of fuzzing: take an input, damage it, look at what comes out, keep what is new."""

import hashlib
import random
import re
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from nodekit import NodekitError
from tests.fuzz.mutation import mutated
from tests.fuzz.target import Target

HERE = Path(__file__).parent
LONGEST = 20_000
"""How long an input may grow."""
MOST = 2_000
"""How many inputs are kept from one time to the next."""
SLOW = 10.0
"""Seconds within which every input must have been dealt with."""


@dataclass(frozen=True)
class Find:
    """An input that brought out what must not come out."""

    text: str
    reason: str

    def told(self) -> str:
        """Return it for people."""
        return f"{self.reason}\ninput: {self.text!r}"


def outcome(target: Target, text: str) -> tuple[str, str | None]:
    """Give a target an input; return what came out in short, and why that is a find."""
    began = time.monotonic()
    try:
        said = target.take(text)
    except NodekitError as error:
        said = f"{type(error).__name__}: {error}"
    except Exception as error:
        return type(error).__name__, "".join(traceback.format_exception(error, limit=-6))
    seconds = time.monotonic() - began
    return said, f"it took {seconds:.1f} s" if seconds > SLOW else None


def shape(said: str) -> str:
    """Return what came out without what depends on the input: quoted parts, names, numbers."""
    said = re.sub(r"(\"[^\"]*\"|'[^']*'|`[^`]*`)", "_", said)
    return re.sub(r"\d+", "0", said)[:200]


@dataclass
class Fuzzing:
    """One target being fuzzed.

    Args:
        target: What is fuzzed.
        name: What it is called.
        chance: Where chance comes from.
        kept: The folder of further input; nothing is written where it is ``None``.
    """

    target: Target
    name: str
    chance: random.Random
    kept: Path | None = None
    seen: set[str] = field(default_factory=set[str])
    corpus: list[str] = field(default_factory=list[str])
    finds: list[Find] = field(default_factory=list[Find])
    rounds: int = 0

    def run(self, seconds: float) -> None:
        """Go on for so long, or until there are ten finds."""
        end = time.monotonic() + seconds
        self.corpus += [*self.target.seeds(), *texts_in(HERE / "corpus" / self.name)]
        self.corpus += texts_in(self.kept) if self.kept else ()
        while time.monotonic() < end and len(self.finds) < 10:
            base = self.chance.choice(self.corpus)
            other = self.chance.choice(self.corpus)
            self.take(mutated(self.target, base, other, self.chance)[:LONGEST])

    def take(self, text: str) -> None:
        """Try an input, and keep it if it brings out something new."""
        self.rounds += 1
        said, reason = outcome(self.target, text)
        new = shape(said) not in self.seen
        self.seen.add(shape(said))
        if reason is not None and new:
            self.finds.append(Find(text, reason))
        if new and reason is None:
            self.corpus.append(text)
            if self.kept is not None and len(self.corpus) < MOST:
                write(self.kept, text)

    def told(self) -> str:
        """Return in short what has been done."""
        kinds = f"{self.rounds} inputs, {len(self.seen)} kinds of outcome"
        return f"{kinds}, {len(self.corpus)} kept, {len(self.finds)} finds"


def texts_in(folder: Path) -> list[str]:
    """Return the inputs in a folder, by name."""
    return [path.read_bytes().decode() for path in sorted(folder.glob("*.txt"))]


def write(folder: Path, text: str) -> None:
    """Write an input into a folder, under a name made of what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    body = text.encode("utf-8", "surrogatepass")
    if body.decode("utf-8", "ignore") == text:
        (folder / f"{hashlib.sha256(body).hexdigest()[:16]}.txt").write_bytes(body)
