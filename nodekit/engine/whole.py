"""A run in one piece: every step gets all its items."""

from typing import Literal, TypeAlias

import anyio.lowlevel

from nodekit.items import ItemError, Items

from .execute import Execution
from .run import StepRun
from .running import Running
from .schedule import Scheduler, Turn

Retain: TypeAlias = Literal["all", "output"]
Held: TypeAlias = dict[tuple[str, int], StepRun]
"""The runs of steps that still hold items, by step and run."""


def scheduler_of(running: Running) -> Scheduler:
    """Return the scheduler of a run."""
    pipeline = running.pipeline
    required = {step.name: step.required for step in pipeline.steps}
    return Scheduler(pipeline.wiring, required, pipeline.order)


def written(running: Running, turn: Turn, result: StepRun) -> bool:
    """Write down what came of a turn; return whether the run goes on."""
    run = running.run
    running.add(result)
    if result.outputs is not None:
        return True
    run.status, run.error, run.failed_step = "error", result.error, turn.step
    return False


def endless(running: Running, turn: Turn) -> bool:
    """Whether a step has run as often as it may; then the run fails here.

    n8n knows no such limit; its loops end with the memory.
    """
    most = running.pipeline.max_runs
    if turn.run < most:
        return False
    running.run.status, running.run.failed_step = "error", turn.step
    running.run.error = ItemError(
        f"ran {most} times, as often as a step may",
        hint="Look for a loop that does not end, or set settings.max_runs to more.",
        step=turn.step,
    )
    return True


async def run_whole(running: Running, retain: Retain) -> None:
    """Run all steps, and fill in the run.

    Raises:
        Stopped: The run was asked to stop.
    """
    scheduler = scheduler_of(running)
    held: Held = {}
    while (turn := scheduler.next()) is not None and not endless(running, turn):
        running.check()
        step = running.pipeline.step(turn.step)
        result = await Execution(running, step, turn).run()
        if result is None:
            scheduler.skipped(turn)
        elif written(running, turn, result):
            scheduler.done(turn, {name for name, count in result.counts.items() if count})
        else:
            break
        if retain == "output" and running.pipeline.asked == frozenset():
            if result is not None:
                held[turn.step, turn.run] = result
            drop(running, held, scheduler.pending())
        await anyio.lowlevel.checkpoint()
    running.run.items = output_of(running)


def drop(running: Running, held: Held, pending: set[tuple[str, int]]) -> None:
    """Forget the items that nothing will ask for any more, of the runs that still hold some."""
    output = running.pipeline.output
    for key, step_run in list(held.items()):
        last = output is None and step_run is running.run.steps[-1]
        if last or key in pending:
            continue
        del held[key]
        if step_run.outputs and (output is None or output[0] != step_run.step):
            step_run.outputs = dict.fromkeys(step_run.outputs, Items())


def output_of(running: Running) -> Items:
    """Return what the pipeline put out: of one step in all its runs, or of the last run."""
    if running.pipeline.output is None:
        steps = running.run.steps
        return next(iter((steps[-1].outputs or {}).values()), Items()) if steps else Items()
    step, output = running.pipeline.output
    runs = running.history.get(step, ())
    return Items.join((run.outputs or {}).get(output, Items()) for run in runs)
