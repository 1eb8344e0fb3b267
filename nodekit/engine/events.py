"""Small frozen records of what is going on, for progress displays."""

from typing import NamedTuple, TypeAlias

from nodekit.items import ItemError


class StepStarted(NamedTuple):
    """A step begins to run over ``items`` items."""

    step: str
    run: int
    items: int


class StepProgress(NamedTuple):
    """So many items of a step are done, so many failed; ``text`` is the node's own word."""

    step: str
    run: int
    done: int
    failed: int
    items: int
    text: str = ""


class ItemFailed(NamedTuple):
    """An item failed and was sent on all the same."""

    step: str
    run: int
    error: ItemError


class StepRetried(NamedTuple):
    """A try failed and another follows after ``wait`` seconds."""

    step: str
    run: int
    error: ItemError
    tries: int
    wait: float


class StepFinished(NamedTuple):
    """A step has run; ``outputs`` counts the items that left by each output."""

    step: str
    run: int
    status: str
    outputs: dict[str, int]
    seconds: float


Event: TypeAlias = StepStarted | StepProgress | ItemFailed | StepRetried | StepFinished
