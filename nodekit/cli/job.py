"""What a call of ``nodekit run`` does: looks, runs, delivers."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import anyio
import orjson

from nodekit.engine import Run, RunFailed, Runtime
from nodekit.engine.whole import Retain
from nodekit.formats import Format, write_items
from nodekit.items import Items
from nodekit.pipeline import Pipeline, load
from nodekit.pipeline.document import seconds

from . import summary
from .endpoints import STREAM, CallError, check_writable, chosen_format, items_of, write
from .interrupt import interruptible
from .preview import preview
from .progress import Display, Lines, Nothing, Watch
from .tally import Tally
from .words import print_line, say, talking, write_bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What a call of ``nodekit run`` asks for.

    ``output`` is a file, ``-`` for standard output, or ``None`` for a preview or nothing.
    """

    file: str
    input: str | None
    input_format: Format | None
    output: str | None
    output_format: Format | None
    record: str | None
    limit: int | None
    timeout: str | None
    most_errors: int | None
    json: bool
    quiet: bool
    verbose: int
    progress: bool


def output_format_of(call: Call) -> Format:
    """Return how items are written, after a look at whether they can be.

    Raises:
        CallError: The call asks for what cannot be.
    """
    if call.json and call.output == STREAM:
        raise CallError("--json and -o - both want standard output", hint="Give -o a file.")
    for name in (call.output, call.record):
        if name is not None:
            check_writable(name)
    if call.output is None:
        return "jsonl"
    return chosen_format(call.output, call.output_format, "--output-format")


def prepared(call: Call) -> tuple[Pipeline, Items | None]:
    """Return the pipeline and the items of a call.

    Raises:
        PipelineError: The pipeline cannot be used.
        CallError: The call is wrong.
        FormatError: The input does not hold items.
    """
    pipeline = load(call.file)
    if call.timeout is not None:
        pipeline = replace(pipeline, timeout=timeout_of(call.timeout))
    if call.input is None:
        if call.limit is not None:
            raise CallError("--limit counts the items of an input, and there is none")
        return pipeline, None
    form = chosen_format(call.input, call.input_format, "--input-format")
    return pipeline, Items(items_of(call.input, form, call.limit))


def timeout_of(text: str) -> float:
    """Return a length of time from the command line in seconds; a bare number is seconds.

    Raises:
        CallError: It is none.
    """
    try:
        return seconds(float(text) if text.replace(".", "", 1).isdecimal() else text)
    except ValueError:
        raise CallError(f"--timeout {text!r} is no length of time like 90s or 10m") from None


def went(call: Call, pipeline: Pipeline, items: Items | None) -> tuple[Run | None, Tally, bool]:
    """Run; return the run, or ``None`` where it was stopped at once, and whether signals came."""
    retain: Retain = "all" if call.record else "output"

    async def go() -> tuple[Run | None, bool]:
        async with Runtime(on_event=watch) as runtime:
            with interruptible(runtime.stop) as interruption:
                try:
                    return await runtime.run(pipeline, items, retain=retain), interruption.asked
                except RunFailed as error:
                    return error.run, interruption.asked
        return None, True

    gc.freeze()  # what is loaded stays: the collector need not look at it
    with displayed(call) as display:
        watch = Watch(display, verbose=call.verbose > 0)
        run, interrupted = anyio.run(go)
    if run is not None:
        watch.tally.settle(run)
    return run, watch.tally, interrupted


@contextmanager
def displayed(call: Call) -> Generator[Display, None, None]:
    """Show progress as the call and the terminal allow."""
    display = display_of(call)
    try:
        yield display
    finally:
        display.close()


def display_of(call: Call) -> Display:
    """Return the display for a call: live on a terminal, else a plain line now and then."""
    if not call.progress:
        return Nothing()
    if not talking():
        return Lines()
    from .live import Live

    return Live()


def deliver(call: Call, form: Format, run: Run, tally: Tally) -> None:
    """Write the record, the items and the summary.

    Raises:
        Unwritable: One of them cannot be written.
        FormatError: An item holds what the format cannot say.
    """
    written: list[str] = []
    if call.record is not None:
        record = orjson.dumps(run.record(), default=repr, option=orjson.OPT_APPEND_NEWLINE)
        write(call.record, lambda file: write_bytes(file, record))
        written.append(call.record)
    if run.status == "success" and call.output is not None:
        write(call.output, lambda file: write_items(file, run.items.json, form))
        written += [call.output] if call.output != STREAM else []
    elif run.status == "success" and not call.json:
        preview(run.items.json)
    if call.json:
        print_line(orjson.dumps(summary.summary(run, tally, written)).decode())
    if not call.quiet:
        for line in summary.lines(run, tally, written):
            say(line)
