"""``nodekit run``: runs a pipeline over items."""

import re
from collections.abc import Iterator, Sequence

import typer
from typer.core import TyperCommand

from . import options
from .call import LAST, Call
from .calling import status_of

RUN_ID = re.compile(r"last|[0-9A-HJKMNP-TV-Z]{4,26}")


class Command(TyperCommand):
    """The verb, whose ``--resume`` may stand without the id of a run."""

    def parse_args(  # type: ignore[override]  # the context's class depends on typer's version
        self, ctx: typer.Context, args: list[str]
    ) -> list[str]:
        """Read the arguments."""
        return super().parse_args(ctx, list(with_last(args)))


def with_last(args: Sequence[str]) -> Iterator[str]:
    """Yield arguments, ``--resume`` with the word for the last run where no id follows it."""
    for i, arg in enumerate(args):
        following = args[i + 1] if i + 1 < len(args) else ""
        lone = arg == "--resume" and not RUN_ID.fullmatch(following)
        yield f"{arg}={LAST}" if lone else arg


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
    rate: options.Rate = None,
    batch: options.Batch = None,
    unordered: options.Unordered = False,
    resume: options.Resume = None,
    retry_failed: options.RetryFailed = None,
    force: options.Force = False,
    store: options.Store = None,
    keep: options.Kept = None,
    credentials: options.Credentials = None,
    env_file: options.EnvFile = None,
    start: options.Start = None,
    no_pin: options.NoPin = False,
    stub: options.Stub = None,
    workflows: options.Workflows = None,
    allow_python: options.AllowPython = False,
    production: options.Production = False,
    static: options.Static = None,
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
    raise typer.Exit(status_of(Call(**locals())))
