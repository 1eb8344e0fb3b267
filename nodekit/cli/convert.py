"""``nodekit convert``: writes an n8n workflow as a pipeline file."""

from typing import Annotated

import typer

from nodekit import pipeline
from nodekit.errors import NodekitError
from nodekit.pipeline import PipelineError
from nodekit.pipeline.n8n import coverage, read_workflow
from nodekit.registry import Registry

from . import options
from .endpoints import CallError, write
from .words import complain, say, write_bytes
from .workflows import Asked, workflow_in

STREAM = "-"


def convert(
    file: Annotated[str, typer.Argument(help="The n8n workflow.", metavar="FILE")],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where it goes; - is standard output."),
    ] = STREAM,
    start: options.Start = None,
    no_pin: options.NoPin = False,
    stub: options.Stub = None,
    workflows: options.Workflows = None,
    allow_python: options.AllowPython = False,
    production: options.Production = False,
) -> None:
    """Write an n8n workflow as a pipeline file, which gives the same when it is run.

    What will not be as in n8n is said on standard error. Exit status: 0 done, 1 the workflow holds
    what cannot be honoured, 2 the call is wrong.
    """
    asked = Asked(start, no_pin, stub, workflows, allow_python, production)
    try:
        text = converted(file, asked)
        write(output, lambda out: write_bytes(out, text.encode()))
    except PipelineError as error:
        say(error.message)
        raise typer.Exit(1) from error
    except NodekitError as error:
        complain(error.message, error.hint)
        raise typer.Exit(2) from error


def converted(file: str, asked: Asked) -> str:
    """Return the pipeline file for a workflow, and say what will differ.

    Raises:
        PipelineError: It holds what cannot be honoured.
        CallError: The file holds no workflow, or an option is wrong.
    """
    chosen = asked.options(file)
    value = workflow_in(file)
    if value is None:
        raise CallError(f"{file!r} is no n8n workflow", hint="Export it from n8n as JSON.")
    known = Registry.installed().n8n_names()
    document = read_workflow(value, file, chosen, known)
    for row in coverage(value, chosen, known):
        for difference in row.differences:
            say(f'node "{row.node}": {difference}')
    return pipeline.dump(document)
