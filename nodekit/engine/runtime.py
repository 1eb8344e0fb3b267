"""The owner of resources: runs pipelines."""

import asyncio
import secrets
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, cast

import anyio

from nodekit.context import SubPipeline
from nodekit.expressions import Worker
from nodekit.http import Session
from nodekit.items import Fields, Item, ItemError, Items
from nodekit.pipeline.steps import Pipeline
from nodekit.redact import Redactor
from nodekit.state import Keeper, MemoryKeeper

from .aftermath import run_aftermath
from .clock import Clock
from .events import Event
from .garbage import eased
from .meters import Meters
from .piece import Slicing
from .run import Run, RunFailed
from .running import Loader, Running, Stopped
from .sinks import Calling, Collecting, Sink
from .states import States
from .whole import Retain, run_whole

if TYPE_CHECKING:
    from nodekit.http import Limit  # it waits for the first request

Rows: TypeAlias = Sequence[Item] | Sequence[Fields]
"""Items, or their json."""

SIZE = 500
"""How many items make a slice, if nothing else is said."""

CHUNK = 1000
"""How many items expressions are evaluated for in one call."""


class Survival(Protocol):
    """Writes down how far a run over slices is; see ``nodekit.engine.surviving``."""

    @property
    def run(self) -> str: ...
    async def begin(self, pipeline: Pipeline) -> None: ...
    async def finish(self, running: Running) -> None: ...
    async def steps(
        self, running: Running, source: AsyncIterator[Items], sink: Sink, slicing: Slicing
    ) -> None: ...


class Runtime:
    """Runs pipelines. It owns the HTTP session, the JavaScript child and the states.

    Use it as an async context manager. One runtime can serve several runs at once; two runs of one
    pipeline take turns if a step of it keeps state.

    Args:
        store: What keeps states from one runtime to the next; without it they live as long as the
            runtime.
        on_event: Called with a small record whenever something happens; see
            ``nodekit.engine.events``.
        clock: The clock of its runs; tests put another in its place.
        chunk: How many items expressions are evaluated for in one call.
        load: Loads a pipeline that a step runs inside its run: by the name of a file below a
            directory, by an id, or from the text of a file. Without it, there are no ids.
        limits: How fast hosts may be called, by host name; ``"*"`` is every other host.
    """

    def __init__(
        self,
        *,
        store: Keeper | None = None,
        on_event: Callable[[Event], None] | None = None,
        clock: Clock | None = None,
        chunk: int = CHUNK,
        load: Loader | None = None,
        limits: "Mapping[str, Limit] | None" = None,
    ) -> None:
        self._keeper = store or MemoryKeeper()
        self._load = load or loaded_below
        self._emit = on_event or ignore
        self._clock = clock or Clock()
        self._chunk = chunk
        self._session = Session(limits=limits, learn=self._learn)
        self._worker = Worker()
        self._locks: dict[str, anyio.Lock] = {}
        self._active: list[Running] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._worker.aclose()
            await self._session.aclose()

    async def run(
        self,
        pipeline: Pipeline,
        items: Rows | None = None,
        *,
        retain: Retain = "all",
        sample: int = 0,
    ) -> Run:
        """Run a pipeline over items and return what happened.

        Args:
            pipeline: What :func:`nodekit.load` returned.
            items: The items its first steps get; ``None`` for one empty item.
            retain: ``all`` keeps what every step put out; ``output`` drops a step's items as soon
                as nothing will ask for them.
            sample: How many items of each output of a step the run's summary holds.

        Raises:
            RunFailed: It ended early; the exception carries the unfinished run.
        """

        async def steps(running: Running) -> None:
            running.run.sample = sample
            await run_whole(running, retain)

        return await self._run(pipeline, as_items(items), steps)

    async def run_batches(
        self,
        pipeline: Pipeline,
        source: AsyncIterable[Rows] | Iterable[Rows],
        sink: Sink | Callable[[Items], Awaitable[None]] | None = None,
        *,
        size: int = SIZE,
        ordered: bool = True,
        checkpoints: Survival | None = None,
        sample: int = 0,
    ) -> Run:
        """Run a pipeline over a long input, in slices wherever that gives the same items.

        Memory stays bounded by the slices under way, but for steps that need all their items: see
        ``nodekit check --batch``.

        Args:
            pipeline: What :func:`nodekit.load` returned.
            source: The items or their json, in lists of any length.
            sink: Takes the output, a part at a time. Without it the run keeps all in ``items``.
            size: How many items make a slice.
            ordered: Whether slices leave in order; else a slow one holds up no others.
            checkpoints: Makes it a run that survives its process: ``engine.surviving.Checkpoints``.
            sample: How many items of each output of a step the run's summary holds.

        Raises:
            RunFailed: It ended early; the exception carries the unfinished run.
            StateError: The run cannot be begun, or gone on with.
        """
        kept, rows = Collecting(), lists_of(source)
        into: Sink = kept if sink is None else Calling(sink) if callable(sink) else sink

        async def steps(running: Running) -> None:
            running.run.sample = sample
            if checkpoints is None:
                await fleeting(running, rows, into, Slicing(size, ordered))
            else:
                await checkpoints.steps(running, rows, into, Slicing(size, ordered))

        return await self._run(pipeline, Items(), steps, kept=kept, checkpoints=checkpoints)

    async def _nested(self, pipeline: Pipeline, start: Items, outer: Running) -> Run:
        return await self._run(pipeline, start, lambda r: run_whole(r, "all"), outer)

    async def _run(
        self,
        pipeline: Pipeline,
        start: Items,
        steps: Callable[[Running], Awaitable[None]],
        outer: Running | None = None,
        kept: Collecting | None = None,
        checkpoints: Survival | None = None,
    ) -> Run:
        run = Run(new_id(), pipeline.name, self._clock.now())
        if checkpoints is not None:
            run.id = checkpoints.run
        running = self._begin(pipeline, run, start, outer)
        self._active.append(running)  # also while it waits for its turn, so that it can be stopped
        try:
            async with self._turn_of(pipeline, running.callers):
                if checkpoints is not None:
                    await checkpoints.begin(pipeline)
                with eased():
                    await self._through(running, steps, lasting=checkpoints is not None)
                judge(running)
                if checkpoints is not None:
                    await checkpoints.finish(running)
        finally:
            self._active.remove(running)
            if kept is not None:
                run.items = kept.items
            running.cover()
        await run_aftermath(running)
        if run.status != "success":
            raise RunFailed(run)
        return run

    def stop(self) -> None:
        """Ask every run to stop: nothing new is started, states are kept, :meth:`run` raises."""
        for running in self._active:
            running.signal.stopping = True

    def _learn(self, secret: str) -> None:
        """Let no run that goes on show a secret that one of them has got."""
        for running in self._active:
            running.redactor.add(secret)

    def _begin(self, pipeline: Pipeline, run: Run, start: Items, outer: Running | None) -> Running:
        """Return a run that begins; within another one it shares what must not be seen."""
        redactor = Redactor() if outer is None else outer.redactor
        credentials = [step.credential for step in pipeline.steps if step.credential]
        meters = Meters()
        for text in (*self._session.secrets(), *(s for c in credentials for s in c.secrets())):
            redactor.add(text)
        return Running(
            pipeline=pipeline,
            run=run,
            start=start,
            clock=self._clock,
            session=self._session,
            worker=self._worker,
            states=States(pipeline, self._keeper),
            emit=meters.counting(ignore if outer else self._emit),
            meters=meters,
            chunk=self._chunk,
            redactor=redactor,
            load=self._load,
            nested=self._nested,
            callers=(*outer.callers, outer.pipeline) if outer else (),
        )

    @asynccontextmanager
    async def _turn_of(
        self, pipeline: Pipeline, callers: tuple[Pipeline, ...]
    ) -> AsyncGenerator[None, None]:
        """Let two runs of a pipeline that keeps state take turns, but for one inside the other."""
        if not pipeline.keeps_state or any(caller.key == pipeline.key for caller in callers):
            yield
            return
        async with self._locks.setdefault(pipeline.key, anyio.Lock()):
            yield

    async def _through(
        self, running: Running, steps: Callable[[Running], Awaitable[None]], *, lasting: bool
    ) -> None:
        """Run all steps, keep the states, and fill in the run.

        A run that is ``lasting`` and can be gone on with has kept the states of its steps with its
        progress: what they remember beyond that would count again.
        """
        run, began = running.run, time.monotonic()
        await running.states.read()
        for text in running.states.secrets():
            running.redactor.add(text)
        timeout = running.pipeline.timeout
        keep = True
        with running.clock.scope(timeout) as scope:
            try:
                await steps(running)
            except Stopped:
                run.status, run.error = "canceled", ItemError("stopped", type="Stopped")
        if scope.cancelled_caught:
            keep = False
            text = f"timed out after {timeout:g} s"
            run.status, run.error = "canceled", ItemError(text, type="TimedOut")
        if keep and lasting and run.status != "success":
            await running.states.keep()
        elif keep:
            await running.states.keep_all(run.status == "success")
        run.state = running.redactor.json(running.states.record())
        run.seconds = time.monotonic() - began


def loaded_below(source: SubPipeline, base: Path) -> Pipeline:
    """Load a pipeline that a step runs, from a file below a directory or from text."""
    from .subrun import load_below  # few runs have others inside

    return load_below(source, base)


async def fleeting(
    running: Running, source: AsyncIterator[Items], sink: Sink, slicing: Slicing
) -> None:
    """Run all steps over a long input, and write nothing down: the run ends with its process."""
    from .batches import run_sliced  # the door of slices: most runs take all at once
    from .ledger import MemoryLedger

    with closing(MemoryLedger()) as ledger:
        await run_sliced(running, source, sink, slicing, ledger)
    if running.run.status == "success":
        await sink.finish()


async def lists_of(source: AsyncIterable[Rows] | Iterable[Rows]) -> AsyncIterator[Items]:
    """Yield the lists of a source as items."""
    if isinstance(source, AsyncIterable):
        async for rows in source:
            yield as_items(rows)
    else:
        for rows in source:
            yield as_items(rows)


def as_items(given: Rows | None) -> Items:
    """Return what a run was given as items."""
    if given is None:
        return Items([{}])
    if isinstance(given, Items):
        return given
    rows: list[Item | Fields] = list(given)
    if set(map(type, rows)) == {dict}:
        return Items(cast("list[Fields]", rows))
    return Items.of([row if isinstance(row, Item) else Item(row) for row in rows])


def ignore(event: Event) -> None:
    """Take an event and do nothing."""


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """Return a new id for a run: 26 characters that sort by time (a ULID)."""
    number = int(time.time() * 1000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def run_sync(
    pipeline: Pipeline,
    items: Rows | None = None,
    *,
    store: Keeper | None = None,
    on_event: Callable[[Event], None] | None = None,
    retain: Retain = "all",
) -> Run:
    """Run a pipeline over items from synchronous code, also inside a running event loop.

    Raises:
        RunFailed: It ended early; the exception carries the unfinished run.
    """

    async def go() -> Run:
        async with Runtime(store=store, on_event=on_event) as runtime:
            return await runtime.run(pipeline, items, retain=retain)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return anyio.run(go)
    from concurrent.futures import ThreadPoolExecutor  # few call from within an event loop

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(anyio.run, go).result()


def judge(running: Running) -> None:
    """Let a run fail whose last step failed as a whole, where that counts (n8n: it does)."""
    run = running.run
    last = run.steps[-1] if run.steps else None
    if running.pipeline.last_failure == "passes" or run.status != "success" or last is None:
        return
    if last.status == "error":
        run.status, run.error, run.failed_step = "error", last.error, last.step
