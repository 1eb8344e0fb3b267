"""A run inside a run: which pipeline is meant, circles, and where what it put out came from."""

from collections.abc import Sequence
from pathlib import Path

from nodekit.context import SubPipeline
from nodekit.errors import NodeError, shortened
from nodekit.files import Files
from nodekit.items import ItemError, Items
from nodekit.links import Arrival, Link, PairedItem
from nodekit.pipeline import PipelineError, WorkflowOptions, load
from nodekit.pipeline.steps import Pipeline

from .linking import origins
from .run import Run, RunFailed, StepRun
from .running import Running

CALLED = WorkflowOptions(called=True, pins=False)
"""How an n8n workflow is read that another one calls: without its pinned data."""

FAILED = WorkflowOptions(failed=True, pins=False)
"""How an n8n workflow is read that is run because another one failed."""

DEPTH = 20
"""How many runs may go on inside each other."""


async def sub_run(running: Running, source: SubPipeline, items: Items) -> Items:
    """Run a pipeline inside a run, and return what it put out, linked to the items it was given.

    Raises:
        NodeError: There is no such pipeline, it is running already, or it failed.
        Stopped: The run was asked to stop.
    """
    running.check()
    pipeline = loaded(running, source)
    refuse_circles(pipeline, (*running.callers, running.pipeline))
    given = Items(items.json, binary=items.binary)
    try:
        run = await running.nested(pipeline, given, running)
    except RunFailed as failed:
        running.check()
        raise failure(failed.run) from failed
    return traced(run, pipeline)


def loaded(running: Running, source: SubPipeline) -> Pipeline:
    """Return the pipeline that is meant; one that was run before is not loaded again.

    Raises:
        NodeError: There is none, or something is wrong with it.
    """
    if source not in running.loaded:
        try:
            running.loaded[source] = running.load(source, running.pipeline.base)
        except PipelineError as error:
            raise NodeError(str(error), hint=error.hint) from error
    return running.loaded[source]


def load_below(source: SubPipeline, base: Path) -> Pipeline:
    """Load a pipeline from a file below a directory, or from the text of one.

    Raises:
        NodeError: There is no such file, or it stands elsewhere.
        PipelineError: Something is wrong with it.
    """
    options = FAILED if source.failed else CALLED
    if source.text:
        return load(f"{source.text}\n", base=base, n8n=options)
    path = Files(base).resolve(source.name)
    if not path.is_file():
        raise NodeError(
            f"there is no pipeline {shortened(source.name)}",
            hint="Name a file below the folder of the pipeline that runs it.",
        )
    return load(path, n8n=options)


def refuse_circles(pipeline: Pipeline, callers: Sequence[Pipeline]) -> None:
    """Refuse a pipeline in whose run this one goes on already, and runs too deep inside others.

    Raises:
        NodeError: It would never end.
    """
    if any(same(pipeline, caller) for caller in callers):
        names = " > ".join(f'"{one.name}"' for one in (*callers, pipeline))
        raise NodeError(
            f"the pipelines run each other in a circle: {names}",
            hint="Let one of them end without running the next.",
        )
    if len(callers) >= DEPTH:
        raise NodeError(f"{DEPTH} pipelines run inside each other; that is as deep as it goes")


def same(one: Pipeline, other: Pipeline) -> bool:
    """Whether two pipelines, perhaps loaded at different times, are one."""
    return one is other or (
        (one.key, one.base) == (other.key, other.base)
        and [(step.name, step.type.name, step.template.source) for step in one.steps]
        == [(step.name, step.type.name, step.template.source) for step in other.steps]
    )


def failure(run: Run) -> NodeError:
    """Return why a run failed, as the step that asked for it fails (n8n: the error of the run)."""
    error = run.error or ItemError("failed")
    place = f'step "{run.failed_step}" of ' if run.failed_step else ""
    return NodeError(
        error.message,
        hint=f'It was raised in {place}the pipeline "{run.pipeline}".'
        + (f" {error.hint}" if error.hint else ""),
    )


def traced(run: Run, pipeline: Pipeline) -> Items:
    """Return what a run put out, each item linked to the one of the run's input it came from."""
    history: dict[str, list[StepRun]] = {}
    for step_run in run.steps:
        history.setdefault(step_run.step, []).append(step_run)
    if pipeline.output is not None:
        name, output = pipeline.output
        runs = history.get(name, [])
    else:
        runs = run.steps[-1:]
        output = next(iter(runs[0].outputs or {}), "") if runs else ""
    links: list[Link] = []
    for one in runs:
        count = len((one.outputs or {}).get(output, ()))
        places = origins(history, Arrival("", one.step, output, one.run), count, 0)
        links += [None if place is None else (PairedItem(place),) for place in places]
    return run.items.linked(links)
