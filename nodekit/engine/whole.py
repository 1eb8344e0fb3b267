"""A run in one piece: every step gets all its items."""

from typing import Literal, TypeAlias

import anyio.lowlevel

from nodekit.items import Items

from .execute import Execution
from .run import StepRun
from .running import Running
from .schedule import Scheduler, Turn

Retain: TypeAlias = Literal["all", "output"]


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


async def run_whole(running: Running, retain: Retain) -> None:
    """Run all steps, and fill in the run.

    Raises:
        Stopped: The run was asked to stop.
    """
    scheduler = scheduler_of(running)
    while (turn := scheduler.next()) is not None:
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
            drop(running, scheduler.pending())
        await anyio.lowlevel.checkpoint()
    running.run.items = output_of(running)


def drop(running: Running, pending: set[tuple[str, int]]) -> None:
    """Forget the items that nothing will ask for any more."""
    output = running.pipeline.output
    for name, runs in running.history.items():
        if output is not None and name == output[0]:
            continue
        for at, step_run in enumerate(runs):
            last = output is None and step_run is running.run.steps[-1]
            if step_run.outputs and (name, at) not in pending and not last:
                step_run.outputs = dict.fromkeys(step_run.outputs, Items())


def output_of(running: Running) -> Items:
    """Return what the pipeline put out: of one step in all its runs, or of the last run."""
    if running.pipeline.output is None:
        steps = running.run.steps
        return next(iter((steps[-1].outputs or {}).values()), Items()) if steps else Items()
    step, output = running.pipeline.output
    runs = running.history.get(step, ())
    return Items.join((run.outputs or {}).get(output, Items()) for run in runs)
