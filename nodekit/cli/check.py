"""``nodekit check``: all findings of all files, or one expression tried on one item."""

import sys
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer

from nodekit import pipeline
from nodekit.errors import ExpressionError, NodekitError
from nodekit.expressions import try_expression
from nodekit.items import Fields, Json
from nodekit.params import UNDEFINED
from nodekit.pipeline import PipelineError, Problem
from nodekit.pipeline.n8n.failing import notes_on_failures
from nodekit.registry import Registry

from .endpoints import CallError, chosen_format, items_of
from .stubs import stub_lines
from .words import complain, print_line, say
from .workflows import workflow_in


def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Pipelines.", show_default=False)
    ] = None,
    expression: Annotated[
        str | None,
        typer.Option("--eval", metavar="EXPR", help="Try an expression: '={{ $json.a }}'."),
    ] = None,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="ITEM", help="A file whose first item is $json."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Say which steps need all items of a long input.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print findings as JSON.")] = False,
) -> None:
    """Find what is wrong with pipelines, without running them.

    Exit status: 0 nothing worse than warnings, 1 errors, 2 the call is wrong.
    """
    if not files and expression is None:
        complain("nothing to check", "Name the file of a pipeline, or give --eval an expression.")
        raise typer.Exit(2)
    failed = False
    if expression is not None:
        failed = not tried(expression if expression.startswith("=") else f"={expression}", input)
    if files:
        failed = checked(files, json) or failed
        if not json:
            for file in files:
                tell_coverage(file)
        if batch:
            from .cuts import show_cuts

            show_cuts(files)
    raise typer.Exit(1 if failed else 0)


def checked(files: Sequence[str], json: bool) -> bool:
    """Print the findings of files; return whether there are errors among them."""
    found = [problem for file in files for problem in pipeline.check(file)]
    if json:
        print_line(orjson.dumps([as_json(problem) for problem in found]).decode())
    else:
        for problem in found:
            print_line(str(problem))
    errors = sum(problem.level == "error" for problem in found)
    say(counts(errors, len(found) - errors, len(files)))
    return errors > 0


def tell_coverage(file: str) -> None:
    """Print what becomes of every node, if a file holds an n8n workflow."""
    value = workflow_in(file)
    if value is None:
        return
    try:
        rows = pipeline.coverage(value, known=Registry.installed().n8n_names())
    except PipelineError:
        return  # it cannot be read, which stands among the findings
    for note in notes_on_failures(value):
        print_line(f"{file}: {note}")
    for row in rows:
        reach = "" if row.reachable else ", never reached"
        print_line(f'{file}: {row.level}: "{row.node}" ({row.type} {row.version:g}{reach})')
        notes = [*row.differences, *filter(None, (row.reason, row.way_out))]
        for note in notes:
            print_line(f"  {note}")
    stub = list(stub_lines(value, Registry.installed()))
    if stub:
        print_line(f"{file}: fill in for a file that --credentials names (TOML):")
    for line in stub:
        print_line(f"  {line}")


def as_json(problem: Problem) -> dict[str, Json]:
    """Return a finding as JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "level": problem.level,
        "code": problem.code,
        "step": problem.step,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint,
    }


def counts(errors: int, warnings: int, files: int) -> str:
    """Return how much was found, as words: ``2 errors, 1 warning in 1 file``."""
    return f"{some(errors, 'error')}, {some(warnings, 'warning')} in {some(files, 'file')}"


def some(count: int, word: str) -> str:
    """Return a number of things: ``1 file``, ``2 files``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def tried(expression: str, input: str | None) -> bool:
    """Print the value of an expression on one item; return whether it has one."""
    try:
        value = try_expression(expression, item_of(input))
    except ExpressionError as error:
        complain(error.message, error.hint)
        mark(expression, error.position)
        return False
    except NodekitError as error:
        complain(error.message, error.hint)
        raise typer.Exit(2) from error
    option = orjson.OPT_INDENT_2 if sys.stdout and sys.stdout.isatty() else 0
    text = orjson.dumps(value, default=repr, option=option).decode()
    print_line("undefined" if value is UNDEFINED else text)
    return True


def mark(expression: str, position: int | None) -> None:
    """Print an expression of one line with a mark under the fault."""
    if position is not None and "\n" not in expression:
        say(f"  {expression}\n  {' ' * position}^")


def item_of(name: str | None) -> Fields:
    """Return the first item of a file; without a file, an empty one.

    Raises:
        CallError: The file cannot be read, or holds no item.
        FormatError: It does not hold items.
    """
    if name is None:
        return {}
    items = items_of(name, chosen_format(name), 1)
    if not items:
        raise CallError(f"there is no item in {name!r}")
    return items[0]
