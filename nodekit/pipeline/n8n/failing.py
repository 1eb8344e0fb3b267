"""The workflow that is run because this one failed (n8n: error workflow, error trigger)."""

import json
from collections.abc import Iterator, Mapping

from nodekit.items import Json
from nodekit.pipeline.problem import PipelineError, Problem
from nodekit.pipeline.values import is_list, is_mapping

from .called import Uncallable, text_of, with_called
from .options import WorkflowOptions
from .triggers import ON_FAILURE

KNOWN = "Give the folder of the workflow with --workflows, or remove it from the settings."


def error_workflow(value: Mapping[str, Json]) -> str | None:
    """Return the id of the workflow that the settings name for failures."""
    settings = value.get("settings")
    stated = settings.get("errorWorkflow") if is_mapping(settings) else None
    return stated if isinstance(stated, str) and stated not in ("", "DEFAULT") else None


def has_trigger(value: Mapping[str, Json]) -> bool:
    """Whether a workflow has a node that starts when it fails."""
    nodes = value.get("nodes")
    rows = nodes if is_list(nodes) else ()
    return any(
        is_mapping(row) and row.get("type") == ON_FAILURE and not row.get("disabled")
        for row in rows
    )


def text_for_failures(
    value: Mapping[str, Json], options: WorkflowOptions, file: str | None
) -> str | None:
    """Return the text of the workflow that a failed run starts; ``None`` if there is none.

    n8n: the one that the settings name, else the workflow itself, if it has an error trigger;
    neither for a manual run, nor for a run that is such an answer itself.

    Raises:
        PipelineError: The workflow that is named is not known.
    """
    if not options.production or options.failed:
        return None
    wanted = error_workflow(value)
    if wanted is None or wanted == value.get("id"):
        own = has_trigger(value) or wanted is not None
        return json.dumps(with_called(value, options), ensure_ascii=False) if own else None
    try:
        return text_of(wanted, options, ())
    except Uncallable as reason:
        message = str(reason).replace("that it calls", "for its failures")
        problem = Problem(file, None, None, "error", "n8n-workflow", message, KNOWN)
        raise PipelineError([problem]) from None


def notes_on_failures(value: Mapping[str, Json]) -> Iterator[str]:
    """Yield sentences on what a manual run does not start, as in n8n."""
    if error_workflow(value) is not None:
        yield f'the error workflow "{error_workflow(value)}" is run with --production only'
    elif has_trigger(value):
        yield "the error trigger is started by failed runs with --production only"
