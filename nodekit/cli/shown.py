"""A run that is kept, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from nodekit.store import RunRow

from .kept import moment
from .summary import reasons, table
from .tally import Reason

HEADER = ("step", "in", "out", "failed", "retries", "waited", "seconds")


def words(row: RunRow, status: str, summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a run came to, line by line; of one that has not ended, what it has so far."""
    yield f'{row.id}, a run of "{row.name}": {status}'
    ended = "" if row.ended is None else f", ended {moment(row.ended)}"
    took = f", took {summary['seconds']:.2f} s" if "seconds" in summary else ""
    yield f"began {moment(row.started)}{ended}{took}"
    steps = summary.get("steps", [])
    if steps:
        yield from table([HEADER, *map(cells, steps)])
    if error := summary.get("error"):
        yield failure(error)
    yield from reasons([reason for step in steps for reason in reasons_of(step)])
    if "record" in summary:
        yield "items of its steps are kept: --json shows them"


def cells(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the counts of one run of a step as the cells of a row."""
    counts = step["counts"]
    several = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    out = f"{next(iter(counts.values())):,}" if len(counts) == 1 else several or "–"
    name = f"{step['step']} (run {step['run']})" if step["run"] else step["step"]
    whole = (f"{step.get(key, 0):,}" for key in ("failed", "retries"))
    times = (f"{step.get(key, 0):.2f}" for key in ("waited", "seconds"))
    return name, f"{step.get('in', 0):,}", out, *whole, *times


def failure(error: Mapping[str, Any]) -> str:
    """Return why a run ended early."""
    step, item = error.get("step"), error.get("item")
    where = f'step "{step}"' if step else "the run"
    return f"failed: {where}{'' if item is None else f', item {item}'}: {error['message']}"


def reasons_of(step: Mapping[str, Any]) -> Iterator[Reason]:
    """Yield why items failed in a run of a step."""
    for message, why in step["errors"].items():
        yield Reason(message, step["step"], why["first"], why["count"])
