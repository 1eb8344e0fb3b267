"""What a run came to: as words at its end, and as JSON."""

from collections.abc import Iterator, Sequence

from nodekit.engine import Run
from nodekit.engine.record import error_record
from nodekit.items import Json

from .tally import Reason, StepTally, Tally

REASONS = 10
"""How many different errors the words name."""


def summary(
    run: Run, tally: Tally, written: Sequence[str], count: int | None = None
) -> dict[str, Json]:
    """Return the summary as JSON.

    ``written`` names the files that were written, ``count`` is how many items were put out where
    the run itself does not have them.
    """
    return {
        "run": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "error": run.error and {**error_record(run.error), "step": run.failed_step},
        "items": len(run.items) if count is None else count,
        "failed": tally.failed,
        "seconds": round(run.seconds, 3),
        "steps": [step.record() for step in tally.steps.values()],
        "errors": [reason.record() for reason in tally.reasons.values()],
        "hints": [{"step": step, "text": text} for step, text in hints(run)],
        "written": list(written),
    }


def hints(run: Run) -> dict[tuple[str, str], None]:
    """Return what nodes had to say, each once, in order."""
    return dict.fromkeys((step.step, text) for step in run.steps for text in step.hints)


def lines(
    run: Run, tally: Tally, written: Sequence[str], count: int | None = None
) -> Iterator[str]:
    """Yield the summary as words."""
    yield from table([HEADER, *(row(step) for step in tally.steps.values())])
    yield from reasons(list(tally.reasons.values()))
    for step, text in hints(run):
        yield f"{step}: {text}"
    for name in written:
        yield f"written: {name}"
    yield total(run, len(run.items) if count is None else count)


HEADER = ("step", "in", "out", "failed", "seconds")


def row(step: StepTally) -> tuple[str, ...]:
    """Return the counts of a step as the cells of a row."""
    name = step.step if step.runs == 1 else f"{step.step} (run {step.runs} times)"
    seconds = f"{step.seconds:.2f}"
    return name, f"{step.taken:,}", given(step), f"{step.failed:,}", seconds


def given(step: StepTally) -> str:
    """Return what a step put out, by output where it has several."""
    if step.status == "error" and not step.given:
        return "–"
    if len(step.given) == 1:
        return f"{next(iter(step.given.values())):,}"
    return ", ".join(f"{name} {count:,}" for name, count in step.given.items())


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines whose columns stand under each other, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        first, *rest = zip(cells, widths, strict=True)
        yield "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def reasons(found: Sequence[Reason]) -> Iterator[str]:
    """Yield the messages that items failed with, the most frequent first."""
    ranked = sorted(found, key=lambda reason: -reason.count)
    for reason in ranked[:REASONS]:
        first = "" if reason.item is None else f", first at item {reason.item}"
        yield f'failed {reason.count:,} × in step "{reason.step}"{first}: {reason.message}'
    if len(ranked) > REASONS:
        yield f"and {len(ranked) - REASONS:,} other errors"


def total(run: Run, count: int) -> str:
    """Return the last line: how it ended, with how much, in what time."""
    word = {"success": "done", "error": "failed", "canceled": "canceled"}[run.status]
    return f"{word}: {count:,} item{'' if count == 1 else 's'} in {run.seconds:.2f} s"
