"""Does a call of ``nodekit run`` from start to end, and says how it ended."""

import logging
import sys
from typing import NoReturn

import orjson

from nodekit.engine import Run, RunFailed
from nodekit.errors import NodekitError
from nodekit.pipeline import PipelineError

from .call import Call, allowed_errors
from .job import Done, Job, deliver, prepared, went
from .words import complain, print_line, say

DONE, FAILED, REFUSED, TOO_MANY, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit statuses: 0 done, 1 the run failed, 2 nothing was started, 3 done with too many items
failed, 130 interrupted."""


def finish(call: Call) -> NoReturn:
    """Do what a call asks for and end the process with the exit status."""
    try:
        status = status_of(call)
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


def status_of(call: Call) -> int:
    """Do what a call asks for and return the exit status."""
    listen(call.verbose)
    try:
        job = prepared(call)
        warn(job)
        done = went(job)
    except PipelineError as error:
        refuse(call, error)
        return REFUSED
    except NodekitError as error:
        complain(error.message, error.hint)
        return REFUSED
    return ended(job, done)


def warn(job: Job) -> None:
    """Say what was found when the pipeline was loaded."""
    if not job.call.quiet:
        for warning in job.pipeline.warnings:
            say(str(warning))


def ended(job: Job, done: Done) -> int:
    """Write what is to be written, say how it ended, and return the exit status."""
    for fault in done.faults:
        complain(fault.message, fault.hint)
    try:
        if done.broken is not None:
            raise done.broken
        if done.run is not None:
            deliver(job, done, done.run)
    except NodekitError as error:
        complain(error.message, error.hint)
        tell_how_to_go_on(job, done)
        return FAILED
    if done.run is None:
        complain("interrupted")
        tell_how_to_go_on(job, done)
        return INTERRUPTED
    return verdict(job, done, done.run)


def tell_how_to_go_on(job: Job, done: Done) -> None:
    """Say how the run is gone on with, if it can be."""
    if job.call.batch is not None:
        import shlex  # few runs are gone on with

        say(f"go on with it: nodekit run {shlex.quote(job.call.file)} --resume {done.id}")


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


def verdict(job: Job, done: Done, run: Run) -> int:
    """Say why a run failed, if it did, and return the exit status."""
    if run.status != "success":
        if done.lost and run.status == "canceled" and job.call.batch is None:
            return DONE  # whoever read the output has enough
        failed = RunFailed(run)
        complain(failed.message, failed.hint)
        tell_how_to_go_on(job, done)
        stopped = run.status == "canceled" and (done.interrupted or done.lost)
        return INTERRUPTED if stopped else FAILED
    allowed = allowed_errors(job.call.max_errors, done.taken)
    if done.tally.failed > allowed:
        complain(f"{done.tally.failed:,} items failed, --max-errors allows {job.call.max_errors}")
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
