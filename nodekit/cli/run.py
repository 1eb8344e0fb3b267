"""``nodekit run``: runs a pipeline over items."""

import logging

import orjson
import typer

from nodekit.engine import Run, RunFailed
from nodekit.errors import NodekitError
from nodekit.pipeline import PipelineError

from . import options
from .endpoints import STREAM
from .job import Call, deliver, output_format_of, prepared, went
from .tally import Tally
from .words import complain, print_line, say, showing

DONE, FAILED, REFUSED, TOO_MANY, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit statuses: 0 done, 1 the run failed, 2 nothing was started, 3 done with too many items
failed, 130 interrupted."""


def run(
    file: options.File,
    input: options.Input = None,
    output: options.Output = None,
    input_format: options.InputFormat = None,
    output_format: options.OutputFormat = None,
    record: options.Record = None,
    limit: options.Limit = None,
    timeout: options.Timeout = None,
    max_errors: options.MaxErrors = None,
    json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    no_progress: options.NoProgress = False,
) -> None:
    """Run a pipeline over items.

    Items are read from and written to JSON lines, JSON and CSV. Without -o they go to standard
    output, as JSON lines unless it is a terminal. Exit status: 0 done, 1 the run failed, 2 nothing
    was started, 3 more items failed than --max-errors allows, 130 interrupted.
    """
    call = Call(
        file=file,
        input=input,
        input_format=input_format,
        output=output or (None if json or showing() else STREAM),
        output_format=output_format,
        record=record,
        limit=limit,
        timeout=timeout,
        most_errors=max_errors,
        json=json,
        quiet=quiet,
        verbose=verbose,
        progress=not (no_progress or quiet),
    )
    raise typer.Exit(status_of(call))


def status_of(call: Call) -> int:
    """Do what a call asks for and return the exit status."""
    listen(call.verbose)
    try:
        form = output_format_of(call)
        pipeline, items = prepared(call)
    except PipelineError as error:
        refuse(call, error)
        return REFUSED
    except NodekitError as error:
        complain(error.message, error.hint)
        return REFUSED
    try:
        run, tally, interrupted = went(call, pipeline, items)
        if run is None:
            complain("interrupted")
            return INTERRUPTED
        deliver(call, form, run, tally)
    except NodekitError as error:
        complain(error.message, error.hint)
        return FAILED
    return verdict(call, run, tally, interrupted)


def refuse(call: Call, error: PipelineError) -> None:
    """Say what is wrong with the file of a pipeline."""
    if call.json:
        problems = [
            {
                "place": found.place,
                "level": found.level,
                "code": found.code,
                "message": found.message,
            }
            for found in error.problems
        ]
        print_line(orjson.dumps({"status": "refused", "problems": problems}).decode())
    say(error.message)


def verdict(call: Call, run: Run, tally: Tally, interrupted: bool) -> int:
    """Say why a run failed, if it did, and return the exit status."""
    if run.status != "success":
        failed = RunFailed(run)
        complain(failed.message, failed.hint)
        return INTERRUPTED if interrupted and run.status == "canceled" else FAILED
    if call.most_errors is not None and tally.failed > call.most_errors:
        complain(f"{tally.failed:,} items failed, --max-errors allows {call.most_errors:,}")
        return TOO_MANY
    return DONE


class Words(logging.Handler):
    """Prints log messages as words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message."""
        say(self.format(record))


LOG = Words()
LOG.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))


def listen(verbose: int) -> None:
    """Let log messages reach standard error: warnings, with -v more, with -vv all."""
    logger = logging.getLogger("nodekit")
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    logger.addHandler(LOG)
