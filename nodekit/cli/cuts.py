"""``nodekit check --batch``: how a long input goes through a pipeline."""

from collections.abc import Iterator, Sequence

from nodekit.engine.plan import Cut, Plan, plan
from nodekit.pipeline import Pipeline, PipelineError, load

from .words import print_line


def show_cuts(files: Sequence[str]) -> None:
    """Print how a long input goes through pipelines, those that can be loaded."""
    for file in files:
        try:
            pipeline = load(file)
        except PipelineError:
            continue  # what is wrong with it stands above
        for line in lines(file, pipeline):
            print_line(line)


def lines(file: str, pipeline: Pipeline) -> Iterator[str]:
    """Yield a line for each step that needs all its items, and why; or one that there is none."""
    found = plan(pipeline)
    whole = in_one_piece(pipeline)
    if whole is not None:
        yield f"{file}: runs in one piece: {whole}"
        return
    for cut in found.cuts:
        yield f'{file}: step "{cut.step}" {needs(cut)}'
    for name in ordered(found):
        yield f'{file}: step "{name}" takes its slices one after another'
    if not found.cuts:
        yield f"{file}: every step works slice by slice"


def needs(cut: Cut) -> str:
    """Return how a step takes all its items, and why."""
    if cut.held is None:
        return f"takes all its items, a part at a time: {cut.reason}"
    more = "" if cut.held == cut.reason else f"; {cut.held}"
    return f"holds all its items in memory: {cut.reason}{more}"


def ordered(found: Plan) -> Iterator[str]:
    """Yield the steps that take slices in order, as they stand in the file."""
    return (step.name for step in found.pipeline.steps if step.name in found.in_order)


def in_one_piece(pipeline: Pipeline) -> str | None:
    """Return why a pipeline cannot run in slices at all; ``None`` if it can."""
    if pipeline.output is None:
        return "only the end of a run can tell which step's items it puts out"
    if pipeline.asked is None:
        return "an expression may ask for any step"
    return None
