"""One run of one step: take input, resolve params, run the node, link and collect."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from math import inf
from random import random
from typing import Any

import anyio

from nodekit.context import Context
from nodekit.errors import NodekitError
from nodekit.items import ItemError, Items
from nodekit.links import Arrival, PairedItem, Straight
from nodekit.node import BatchNode, Inputs, ItemNode
from nodekit.pipeline.steps import ERROR, Step

from .each import ItemLoop
from .events import StepFinished, StepRetried, StepStarted
from .failures import TimedOut, as_item_error, error_json, may_retry, wait_before
from .folding import begin, lasting, put_back
from .intake import Intake, take_in
from .linking import Linker
from .outcome import Outcome, StepFailed, batch_outcome, split_error_items
from .piece import WHOLE, Piece
from .resolve import Resolver
from .run import StepRun
from .running import Running, Stopped
from .schedule import Turn
from .view import RunView
from .world import StepWorld


@dataclass(slots=True, eq=False, repr=False)
class Execution:
    """One run of one step.

    Args:
        running: The run it belongs to.
        step: The step.
        turn: Its run index, and what feeds it.
        piece: Which part of its whole input it works on.
    """

    running: Running
    step: Step
    turn: Turn
    piece: Piece = WHOLE
    world: StepWorld = field(init=False)
    intake: Intake = field(init=False)
    tries: int = 1

    def __post_init__(self) -> None:
        self.world = StepWorld(self.running, self.step, self.turn, self.piece)
        self.intake = take_in(
            self.turn.sources,
            self.running.history,
            self.running.start,
            self.running.pipeline.order,
        )

    async def run(self) -> StepRun | None:
        """Run the step and return what happened; ``None`` if that is no run of it.

        It is none if it got no items, and if its node gave nothing at all.

        Raises:
            Stopped: The run was asked to stop before the step was through.
        """
        if not len(self.intake.rows) and self.step.pin is None:
            return None
        turn, clock = self.turn, self.running.clock
        self.running.emit(StepStarted(turn.step, turn.run, len(self.intake.rows)))
        began = time.monotonic()
        result = StepRun(turn.step, turn.run, turn.sources, clock.now())
        begin(self.step, self.piece, self.running.memory(turn.step))
        try:
            silent = await self._fill(result)
        finally:
            self.world.close()
        result.seconds = time.monotonic() - began
        result.tries = self.tries
        result.hints = self.world.hints
        self.running.emit(
            StepFinished(turn.step, turn.run, result.status, dict(result.counts), result.seconds)
        )
        return None if silent else result

    async def _fill(self, result: StepRun) -> bool:
        """Run the step, with its tries, and write down what came of it.

        Return whether that is nothing, not even an output without items.
        """
        try:
            outcome = await self._passed() or await self._tried()
        except StepFailed as failed:
            self.running.learn(self.step.name)
            result.status = "error"
            error = as_item_error(failed.cause, self.step.name, failed.item)
            result.error = self.running.redactor.error(error)
            if self.step.on_error == "stop" or failed.for_good:
                return False
            outcome = self._as_a_whole(error)
        self.running.learn(self.step.name)
        outputs = self._finished(outcome)
        result.outputs = outputs
        result.counts = {name: len(items) for name, items in outputs.items()}
        result.failed = len(outcome.failures)
        result.failures = [self.running.redactor.error(error) for error in outcome.failures]
        return outcome.silent and not any(result.counts.values())

    async def _passed(self) -> Outcome | None:
        """Return what a step puts out that is not run: it is disabled, or its items are pinned."""
        rows = self.intake.main
        first = self.step.outputs[0]
        if self.step.disabled:
            return Outcome({first: rows}, range(len(rows)), silent=not len(rows))
        if self.step.pin is None:
            return None
        pin = self.step.pin
        if pin.links is None:
            pin = pin.linked(Straight(Arrival(self.intake.first), [0] * len(pin)))
        return Outcome({first: pin}, range(len(rows)))

    async def _tried(self) -> Outcome:
        """Run the node; again as a whole, where the step's retry says so.

        Raises:
            StepFailed: It failed, and no try is left.
        """
        policy = self.step.retry
        if policy.of == "item" and self.step.type.is_item_node:
            return await self._once()
        memory = self.running.memory(self.step.name)
        before = lasting(memory) if self.step.type.folds and policy.tries > 1 else None
        for tried in range(1, policy.tries):
            try:
                outcome = await self._once()
            except StepFailed as failed:
                if failed.for_good or not may_retry(failed.cause, policy):
                    raise
                error = failed.cause
            else:
                soft = soft_failure(outcome, self.step) if policy.of == "step" else None
                if soft is None:
                    return outcome
                error = soft
            await self._wait(error, tried)
            if before is not None:
                put_back(memory, before)
        return await self._once()

    async def _wait(self, error: Exception, tried: int) -> None:
        self.running.check()
        self.tries = tried + 1
        seconds = wait_before(tried, error, self.step.retry, random())
        failure = self.running.failure(error, self.step.name, None)
        self.running.emit(StepRetried(self.step.name, self.turn.run, failure, tried, seconds))
        await self.running.clock.sleep(seconds)

    async def _once(self) -> Outcome:
        """Run the node once over all items."""
        view = RunView(
            self.running.pipeline,
            self.running.run.id,
            self.running.history,
            self.running.memories,
            self.running.clock,
            self.turn,
            self.intake.rows,
            self.intake.active,
            self.piece.offset,
            linked=self.running.linked,
            sliced=self.piece.sliced,
        )
        self.world.view = view
        resolver = Resolver(self.step, view, self.running.worker, self.running.chunk)
        try:
            outcome = await self._called(resolver)
        except StepFailed as failed:
            check_kept(view, resolver, failed.item)
            raise
        check_kept(view, resolver, None)
        return outcome

    async def _called(self, resolver: Resolver) -> Outcome:
        """Call the node, once for each item or for all."""
        inputs = self.intake.once() if self.step.once else self.intake.inputs
        node = self.step.type.node()
        if isinstance(node, ItemNode):
            rows = inputs.get(self.intake.first, Items())
            loop = ItemLoop(self.running, self.step, node, self.world, self.intake, rows, resolver)
            outcome = await loop.run()
            self.tries = max(self.tries, loop.tries)
            return outcome
        assert isinstance(node, BatchNode)
        return await self._batch(node, inputs, resolver)

    async def _batch(
        self, node: BatchNode[Any, Any, Any], inputs: Mapping[str, Items], resolver: Resolver
    ) -> Outcome:
        """Call a BatchNode with all items that have all values.

        Raises:
            StepFailed: It failed as a whole.
        """
        self.running.check()
        rows = inputs.get(self.intake.first, Items())
        try:
            found = await resolver.batch(len(rows))
            failed = {
                at: as_item_error(error, self.step.name, at + self.piece.offset)
                for at, error in found.failures.items()
            }
            given = dict(inputs)
            if failed:
                given[self.intake.first] = rows.take(
                    [i for i in range(len(rows)) if i not in failed]
                )
            result = await self._call(node, Inputs(given), found.params)
            return batch_outcome(result, self.step, rows, failed, self.piece.offset)
        except (StepFailed, Stopped):
            raise
        except Exception as error:
            raise StepFailed(error) from error

    async def _call(self, node: BatchNode[Any, Any, Any], inputs: Inputs, params: Any) -> Any:
        """Call a BatchNode under the step's deadline, with room for its background work."""
        timeout = self.step.timeout
        deadline = inf if timeout is None else self.world.now() + timeout
        ctx: Context[Any] = Context(self.world, None, deadline)
        if not self.step.type.waits:
            result = node.run_batch(inputs, params, ctx)
            return await result if isawaitable(result) else result
        answers: list[Any] = []
        async with anyio.create_task_group() as group:
            self.world.group = group
            with self.running.clock.scope(timeout):
                answers.append(await caught(node.run_batch(inputs, params, ctx)))
            group.cancel_scope.cancel()
        if self.world.broken is not None:
            raise self.world.broken
        if not answers:
            raise TimedOut(timeout or 0)
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]

    def _as_a_whole(self, error: ItemError) -> Outcome:
        """Return what goes on when the step failed as a whole and its ``on_error`` lets it."""
        rows = self.intake.main
        if self.step.on_error in ("continue", "pass_on"):
            return Outcome({self.step.outputs[0]: rows}, range(len(rows)))
        json = error_json(error)
        failing = Items.of([item.failed(error, {**item.json, **json}) for item in rows])
        return Outcome({ERROR: failing}, range(len(rows)))

    def _finished(self, outcome: Outcome) -> dict[str, Items]:
        """Return every output in declared order: error items moved, linked, and never nothing."""
        names = self.step.all_outputs
        outputs = {name: outcome.outputs.get(name, Items()) for name in names}
        if self.step.on_error == "error_output":
            outputs = split_error_items(outputs, self.intake.inputs)
        seen = range(len(self.intake.main)) if self.step.once else outcome.seen
        linked = Linker(self.intake.inputs, self.turn.sources, seen).link(outputs)
        first = names[0]
        if self.step.always_output and not len(linked[first]):
            linked[first] = Items([{}], links=[self._every_input()])
        return {name: self.running.redactor.items(linked[name]) for name in names}

    def _every_input(self) -> tuple[PairedItem, ...]:
        inputs = self.intake.inputs.items()
        return tuple(PairedItem(i, name) for name, items in inputs for i in range(len(items)))


def check_kept(view: RunView, resolver: Resolver, item: int | None) -> None:
    """End the run if something was asked for that it does not keep; a wrong answer is worse.

    Raises:
        StepFailed: It was.
    """
    found = [*resolver.not_kept, *view.missed]
    if found:
        raise StepFailed(found[0], item, for_good=True)


async def caught(call: Any) -> Any:
    """Await what a node does and return what it gives, or the exception it raises.

    Inside a task group an exception would come out as a group.
    """
    try:
        return await call
    except Exception as error:
        return error


def soft_failure(outcome: Outcome, step: Step) -> Exception | None:
    """Return why the first item of the first output is a failed one, if it is (n8n: retry)."""
    items = outcome.outputs.get(step.outputs[0], Items())
    if not len(items):
        return None
    error = items.errors.get(0)
    if error is not None:
        return error.cause or NodekitError(error.message)
    text = items.json[0].get("error")
    return None if text is None or text is False else NodekitError(str(text))
