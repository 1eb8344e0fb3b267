"""Runs over slices that go on after their process was killed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import anyio

from nodekit.errors import StateError
from nodekit.items import Items, Json
from nodekit.json_values import is_object
from nodekit.pipeline.steps import Pipeline
from nodekit.store import RunRow, Store

from .answers import Answers
from .batches import run_sliced
from .durable import SINK, STATE, DurableLedger, places_of
from .packing import dumps, loads
from .piece import Slicing
from .running import Running
from .sinks import Sink


@dataclass(slots=True)
class Checkpoints:
    """Makes a run over slices one that survives its process: how far it is goes to a store.

    Args:
        store: The store; the runtime must keep its states there too.
        run: The id of the run.
        resume: Whether to go on with a run that has been begun.
        input_print: A text that differs if the input does.
        call: What is needed to call it again, as JSON; it is kept as long as the run is.
        force: Whether to go on although the pipeline or the input has changed, or its owner seems
            to be alive on another machine.
    """

    store: Store
    run: str
    resume: bool = False
    input_print: str = ""
    call: Json = None
    force: bool = False
    fence: int = 0

    async def begin(self, pipeline: Pipeline) -> None:
        """Begin the run, or go on with it.

        Raises:
            StateError: There is no such run, it is over, it goes on in another process, or what it
                runs over, or the pipeline, has changed since.
        """
        if self.resume:
            row = await self.store.run(self.run)
            check_unchanged(row, self.run, pipeline, self.input_print, self.force)
        self.fence = await self.store.begin(
            self.run,
            pipeline=pipeline.key,
            name=pipeline.name,
            input_print=self.input_print,
            pipeline_print=pipeline.fingerprint,
            force=self.force,
        )
        await self.store.commit(self.run, self.fence, places={CALL: dumps(self.call)})

    async def finish(self, running: Running) -> None:
        """Note how the run ended."""
        run = running.run
        summary = {**running.redactor.json(run.summary()), "call": self.call}
        await self.store.finish(self.run, self.fence, run.status, summary)

    async def steps(
        self, running: Running, source: AsyncIterator[Items], sink: Sink, slicing: Slicing
    ) -> None:
        """Run all steps over a long input, from where the run was when that was written down.

        Raises:
            Stopped: The run was asked to stop; it can go on later.
            NodekitError: The input cannot be read, or the output or the store be written.
        """
        places = places_of(await self.store.places(self.run))
        slicing = await self._kept(slicing, places.get(SLICING))
        ledger = DurableLedger(
            *(self.store, self.run, self.fence, running.states, sink, places),
            answers=Answers(running.clock),
        )
        await sink.restore(ledger.place(SINK))
        for name, row in places.items():
            if name.startswith(STATE):
                running.states.put(name.removeprefix(STATE), row)
        try:
            await self._guarded(running, source, sink, slicing, ledger)
        finally:
            with anyio.CancelScope(shield=True):
                await ledger.write_answers()
                if not ledger.torn:
                    await ledger.settle()
        if running.run.status == "success":
            await sink.finish()

    async def _kept(self, asked: Slicing, known: Json) -> Slicing:
        """Return how the run was cut when it began, as far as that must stay.

        Slices that are not in order are known by their numbers.
        """
        if is_object(known):
            began = Slicing(**cast("dict[str, Any]", known))
            return began._replace(size=asked.size) if began.ordered else began
        kept = dumps({"size": asked.size, "ordered": asked.ordered})
        await self.store.commit(self.run, self.fence, places={SLICING: kept})
        return asked

    async def _guarded(
        self,
        running: Running,
        source: AsyncIterator[Items],
        sink: Sink,
        slicing: Slicing,
        ledger: DurableLedger,
    ) -> None:
        """Run all steps, and write down answers as they come."""
        broken: list[Exception] = []
        async with anyio.create_task_group() as group:
            group.start_soon(keep_answers, ledger, broken, group.cancel_scope)
            try:
                await run_sliced(running, source, sink, slicing, ledger)
            except Exception as error:
                # A group would wrap it; what was written down so far is made sure of first.
                broken.append(error)
            group.cancel_scope.cancel()
        if broken:
            raise broken[0]


CALL = "call"
"""The name of the place that says how a run was called."""

SLICING = "slicing"
"""The name of the place that says how its input is cut."""


async def call_of(store: Store, row: RunRow) -> Json:
    """Return what is needed to call a kept run again, or ``None``."""
    packed = (await store.places(row.id)).get(CALL)
    if packed is not None:
        return loads(packed)
    return row.summary.get(CALL) if is_object(row.summary) else None


def check_unchanged(
    row: RunRow | None, run: str, pipeline: Pipeline, input_print: str, force: bool
) -> None:
    """Refuse to go on with a run that would not give what it would have given.

    Raises:
        StateError: It says what is in the way.
    """
    if row is None:
        raise StateError(f'there is no run "{run}"', hint="`nodekit runs ls` lists what is kept.")
    if row.status == "success":
        raise StateError(f'run "{run}" is over: nothing is left to do')
    changed = [
        what
        for what, before, now in (
            ("the pipeline", row.pipeline_print, pipeline.fingerprint),
            ("the input", row.input_print, input_print),
        )
        if before != now
    ]
    if changed and not force:
        raise StateError(
            f'{" and ".join(changed)} changed since run "{run}" began',
            hint="Undo the change, begin a new run, or go on all the same with --force.",
        )


async def keep_answers(
    ledger: DurableLedger, broken: list[Exception], scope: anyio.CancelScope
) -> None:
    """Write down answers as they come together; a store that cannot be written ends the run."""
    try:
        await ledger.keep_answers()
    except Exception as error:
        broken.append(error)
        scope.cancel()
