"""What earlier runs have seen of items, and which items are new to them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from math import isfinite
from typing import Literal

from pydantic import Field

from nodekit import Context, ItemError, Items, Json, State

from .javascript import number_in
from .rows import item_error, place_of

Rule = Literal["new", "above", "after"]

SHARED = "remove_duplicates"
"""The name under which a pipeline remembers for all of its steps."""


class Memory(State):
    """What a step has seen: digests of values, the greatest number, the latest time."""

    digests: list[str] = Field(default=[])
    greatest: float | None = None
    latest: float | None = None


def both(stored: Memory, mine: Memory) -> Memory:
    """Return what two runs have seen together."""
    return Memory(
        digests=list(dict.fromkeys((*stored.digests, *mine.digests))),
        greatest=greatest((stored.greatest, mine.greatest)),
        latest=greatest((stored.latest, mine.latest)),
    )


def greatest(values: Iterable[float | None]) -> float | None:
    """Return the greatest of the numbers there are."""
    return max((value for value in values if value is not None), default=None)


class Seen:
    """The memory of a step or of its pipeline, and how it was when this run of the step began."""

    def __init__(self, ctx: Context[Memory], scope: Literal["step", "pipeline"]) -> None:
        self.ctx = ctx
        self.shared = scope == "pipeline"
        self.before = self.read()

    def read(self) -> Memory:
        """Return what has been seen."""
        if self.shared:
            return Memory.model_validate(self.ctx.pipeline_state.get(SHARED, {}))
        return self.ctx.state.model_copy()

    def keep(self, memory: Memory) -> None:
        """Remember."""
        if self.shared:
            self.ctx.pipeline_state[SHARED] = memory.model_dump()
            return
        self.ctx.state.digests = memory.digests
        self.ctx.state.greatest = memory.greatest
        self.ctx.state.latest = memory.latest


def forget(seen: Seen) -> None:
    """Remember nothing any more."""
    seen.keep(Memory())


def judged(
    rows: Items, values: Sequence[str | None], rule: Rule, size: int, seen: Seen
) -> tuple[list[bool], Mapping[int, ItemError]]:
    """Return whether each row is new to earlier runs, and which fail; remember all of them."""
    errors: dict[int, ItemError] = {}
    known: list[Json] = []
    for i, value in enumerate(values):
        found = reading(value, rule)
        known.append(found)
        if found is None:
            errors[i] = item_error(complaint(value, rule), place_of(rows, i))
    before = seen.before
    if rule == "new":
        old = set(before.digests)
        flags = [digest is not None and digest not in old for digest in known]
        fresh = [d for d in dict.fromkeys(known) if d is not None and d not in old]
        seen.keep(before.model_copy(update={"digests": [*before.digests, *fresh][-size:]}))
        return flags, errors
    mark = before.greatest if rule == "above" else before.latest
    flags = [number is not None and (mark is None or number > mark) for number in known]
    top = greatest((mark, *known))
    name = "greatest" if rule == "above" else "latest"
    seen.keep(before.model_copy(update={name: top}))
    return flags, errors


def reading(value: str | None, rule: Rule) -> Json:
    """Return what is remembered of a value: a digest or a number; ``None`` if it does not fit."""
    if value is None or value == "":
        return None
    if rule == "new":
        return blake2b(value.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return number(value) if rule == "above" else moment(value)


def number(value: str) -> float | None:
    """Return the number a text stands for, if it does."""
    found = number_in(value.strip())
    return found if isfinite(found) else None


def moment(value: str) -> float | None:
    """Return the time a text stands for, in seconds since the epoch, if it does.

    It is ISO 8601, in UTC where it has no zone, or a number of milliseconds since the epoch.
    """
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        milliseconds = number(value)
        return None if milliseconds is None else milliseconds / 1000
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def complaint(value: str | None, rule: Rule) -> str:
    """Say that a value cannot be remembered."""
    if value is None or value == "":
        return "the value to compare with earlier runs is empty"
    wanted = "a number" if rule == "above" else "a time in ISO 8601"
    return f"the value to compare with earlier runs is {value!r}, wanted {wanted}"
