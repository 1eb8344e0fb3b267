"""What a call of ``nodekit run`` does: looks, runs, delivers."""

import gc
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import orjson

from nodekit.engine import Run, RunFailed, Runtime
from nodekit.engine.runtime import new_id
from nodekit.engine.whole import Retain
from nodekit.errors import NodekitError
from nodekit.formats import CHUNK, write_items
from nodekit.items import Items
from nodekit.pipeline import Pipeline, Secrets, load

from . import summary
from .accounts import Lookup, lookup_of, with_ids
from .call import Call, limits_of, timeout_of
from .endpoints import STREAM, chosen_format, write
from .interrupt import interruptible
from .lazy import LazyStore, place_of
from .outputs import Output, Shown, Stream, output_to
from .progress import Display, Lines, Nothing, Watch
from .tally import Tally
from .words import print_line, say, showing, talking, write_bytes

if TYPE_CHECKING:
    from nodekit.engine.surviving import Checkpoints  # most runs keep no progress

    from .inputs import Input  # not every run is given items
    from .static import Static


@dataclass(eq=False, repr=False)
class Job:
    """A call that is ready to be done.

    ``only`` are the positions of the items it is about, ``going_on`` is the run it goes on with.
    """

    call: Call
    pipeline: Pipeline
    store: Path
    only: Sequence[int] | None = None
    going_on: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the run is to go in one piece, because somebody wants all of its items."""
        return self.everything or (self.call.input is None and self.call.batch is None)

    @property
    def everything(self) -> bool:
        """Whether somebody wants what every step puts out."""
        return self.call.record is not None or self.call.keep == "all"

    @property
    def sample(self) -> int:
        """How many items of what a step puts out are kept with the run."""
        if self.call.keep != "sample":
            return 0
        from nodekit.store.keeping import SAMPLE

        return SAMPLE

    def static(self) -> "Static | None":
        """Return n8n's static data, if the call names a file for it.

        Raises:
            CallError: It cannot be read.
        """
        if self.call.static is None:
            return None
        from .static import Static

        return Static(self.call.static, self.pipeline, lasting=self.call.batch is not None)

    def input(self) -> "Input | None":
        """Return the items it is given; ``None`` for one empty item.

        Raises:
            CallError: Nothing says their format.
        """
        call = self.call
        if call.input is None:
            return None
        from .inputs import Input

        form = chosen_format(call.input, call.input_format, "--input-format")
        return Input(call.input, form, call.limit, self.only)


def prepared(call: Call) -> Job:
    """Return what a call asks for, after a look at whether it can be done.

    Raises:
        PipelineError: The pipeline cannot be used.
        CallError: The call is wrong.
        StateError: The store cannot be read.
    """
    call.check()
    store, going_on, only = place_of(call.file, call.store), None, None
    if call.resume or call.retry_failed:
        from .batch import found_again

        call, going_on, only = anyio.run(found_again, call, store)
    accounts: Lookup = lookup_of(call.credentials, call.env_file)
    asked = call.asked
    pipeline = load(
        call.file,
        environ=accounts.environ,
        secrets=secrets_for(call.file, accounts),
        n8n=None if asked is None else asked.options(call.file),
    )
    if call.timeout is not None:
        pipeline = replace(pipeline, timeout=timeout_of(call.timeout))
    job = Job(call, pipeline, store, only, going_on)
    if job.call.output is None and not call.json and not showing():
        job.call = job.call._replace(output=STREAM)
    job.call.check()
    if job.call.batch is not None:
        from .batch import check_begun

        check_begun(job.call)
        if job.call.static is not None and going_on is None:
            anyio.run(check_static, job)
    _ = job.call.form_out
    return job


def secrets_for(file: str, accounts: Lookup) -> Secrets | None:
    """Return where the credentials of a file come from; those of n8n's may go by their ids."""
    if accounts.secrets is None or not file.endswith(".json"):
        return accounts.secrets
    from nodekit.pipeline.n8n.credentials import credential_ids

    from .workflows import workflow_in

    value = workflow_in(file)
    return accounts.secrets if value is None else with_ids(accounts.secrets, credential_ids(value))


@dataclass(eq=False, repr=False)
class Done:
    """What came of a job.

    ``run`` is ``None`` where it was stopped at once; ``interrupted`` says whether signals came,
    ``lost`` whether the reader of the output has gone. ``broken`` is what ended it from outside,
    ``faults`` what was in the way of keeping it.
    """

    id: str
    output: Output
    tally: Tally
    run: Run | None = None
    taken: int = 0
    interrupted: bool = False
    broken: NodekitError | None = None
    faults: Sequence[NodekitError] = ()

    @property
    def lost(self) -> bool:
        """Whether the reader of the output has gone."""
        return isinstance(self.output, Stream) and self.output.lost

    @property
    def count(self) -> int:
        """How many items are in the output."""
        failed = self.run is not None and self.run.status == "error"
        return 0 if failed and not self.output.finished else self.output.count


def went(job: Job) -> Done:
    """Do a job and return what came of it.

    Raises:
        CallError: The input cannot be read.
        FormatError: The input does not hold items.
        Unwritable: The output cannot be opened.
    """
    call, stops = job.call, list[Callable[[], None]]()

    def stop() -> None:
        for one in stops:
            one()

    with ExitStack() as stack:
        given = job.input()
        if given is not None:
            stack.enter_context(given)
            stops.append(given.stop)
        name = None if job.whole else call.output
        lasting = call.batch is not None
        output = stack.enter_context(output_to(name, call.form_out, lasting=lasting, gone=stop))
        done = Done(job.going_on or new_id(), output, Tally())
        gc.freeze()  # what is loaded stays: the collector need not look at it
        display = stack.enter_context(displayed(call))
        watch = Watch(display, verbose=call.verbose > 0)
        done.tally = watch.tally
        anyio.run(go, job, given, done, watch, stops, stop)
        done.taken = 1 if given is None else given.taken
    if done.run is not None:
        done.tally.settle(done.run)
    return done


async def check_static(job: Job) -> None:
    """Refuse to let n8n's static data take the place of other states in the store.

    Raises:
        CallError: There are such.
    """
    static = job.static()
    if static is not None and job.store.exists():
        async with LazyStore(job.store) as lazy:
            await static.check(lazy)


async def go(
    job: Job,
    given: "Input | None",
    done: Done,
    watch: Watch,
    stops: list[Callable[[], None]],
    stop: Callable[[], None],
) -> None:
    """Run the pipeline, and write down what came of it."""
    limits, static = limits_of(job.call.rate), job.static()
    keeper = None if static is None else static.keeper
    async with (
        LazyStore(job.store) as store,
        Runtime(store=keeper or store, on_event=watch, limits=limits) as runtime,
    ):
        stops.append(runtime.stop)
        with interruptible(stop) as interruption:
            try:
                done.run = await one_run(job, given, done, runtime, store, static)
            except RunFailed as error:
                done.run = error.run
            except NodekitError as error:
                done.broken = error
            if static is not None and done.run is not None:
                await static.end(done.run, store)
            done.interrupted = interruption.asked
            if done.run is not None:
                done.faults = await kept(job, done.run, store)
            return
        done.interrupted = True


async def one_run(
    job: Job,
    given: "Input | None",
    done: Done,
    runtime: Runtime,
    store: LazyStore,
    static: "Static | None",
) -> Run:
    """Run the pipeline, in slices or in one piece.

    Raises:
        RunFailed: It ended early.
        NodekitError: The input cannot be read, or the output or the store be written.
    """
    call, pipeline = job.call, job.pipeline
    if job.whole:
        items = None if given is None else given.all()
        retain: Retain = "all" if job.everything else "output"
        run = await runtime.run(pipeline, items, retain=retain, sample=job.sample)
        await done.output.write(run.items)
        return run
    return await runtime.run_batches(
        pipeline,
        nothing() if given is None else given.chunks(),
        done.output,
        size=call.batch or CHUNK,
        ordered=not call.unordered,
        checkpoints=await checkpoints(job, given, done, store, static),
        sample=job.sample,
    )


async def checkpoints(
    job: Job, given: "Input | None", done: Done, store: LazyStore, static: "Static | None"
) -> "Checkpoints | None":
    """Return what makes the run one that can be gone on with, if it is to be."""
    if job.call.batch is None:
        return None
    from .batch import checkpoints_of

    if static is not None and job.going_on is None:
        await static.begin(store)
    return checkpoints_of(
        job.call,
        await store.opened(),
        done.id,
        resume=job.going_on is not None,
        input_print="" if given is None else given.fingerprint(),
        only=job.only,
    )


async def kept(job: Job, run: Run, store: LazyStore) -> Sequence[NodekitError]:
    """Keep a run, if that is asked for; return what was in the way."""
    call = job.call
    if call.keep is None and call.batch is None:
        return ()
    from .keeping import keep

    return await keep(job.pipeline, run, store, call.keep if call.batch is None else None)


async def nothing() -> AsyncIterator[Items]:
    """Yield one empty item."""
    yield Items([{}])


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
    if call.no_progress or call.quiet:
        return Nothing()
    if not talking():
        return Lines()
    from .live import Live

    return Live()


def deliver(job: Job, done: Done, run: Run) -> None:
    """Write the record, the items that are not written yet, and the summary.

    Raises:
        Unwritable: One of them cannot be written.
        FormatError: An item holds what the format cannot say.
    """
    call, written = job.call, list[str]()
    if call.record is not None:
        record = orjson.dumps(run.record(), default=repr, option=orjson.OPT_APPEND_NEWLINE)
        write(call.record, lambda file: write_bytes(file, record))
        written.append(call.record)
    if run.status == "success" and call.output is not None:
        if job.whole:
            write(call.output, lambda file: write_items(file, run.items.json, call.form_out))
        written += [call.output] if call.output != STREAM else []
    elif run.status == "success" and not call.json and isinstance(done.output, Shown):
        from .preview import preview

        preview(done.output.first, done.output.count)
    if call.json:
        print_line(orjson.dumps(summary.summary(run, done.tally, written, done.count)).decode())
    if not call.quiet:
        for line in summary.lines(run, done.tally, written, done.count):
            say(line)
