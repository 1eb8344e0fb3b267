"""Runs one node through the real engine, as a pipeline of one step."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nodekit.credentials import Credential
from nodekit.engine import Clock, Event, Run, RunFailed, Runtime, StepRuns
from nodekit.items import Fields, Item, ItemError, Items, Json
from nodekit.node import BatchNode, Inputs, Node
from nodekit.params import Params
from nodekit.pipeline import Pipeline, Step, load
from nodekit.registry import Registry
from nodekit.state import Kept, MemoryKeeper, State

Given = Sequence[Fields] | Sequence[Item]


class NoParams(Params):
    """No parameters."""


class Feed(BatchNode[NoParams]):
    """Put out the pinned items, to feed one input of the node under test."""

    def run_batch(self, inputs: Inputs, params: NoParams, ctx: object) -> Items:
        """Pass the items on."""
        return inputs.main


@dataclass(frozen=True)
class NodeRun:
    """What came of running one node."""

    run: Run
    step: Step
    state: State | None
    """What the node remembers for the next run."""

    @property
    def outputs(self) -> Mapping[str, Items]:
        """What left by each output, also by those that got nothing."""
        return {name: self._runs.output(name) for name in self.step.all_outputs}

    @property
    def _runs(self) -> StepRuns:
        return self.run.step(self.step.name)

    @property
    def items(self) -> Items:
        """What left by the first output."""
        return self._runs.items

    @property
    def json(self) -> list[dict[str, Json]]:
        """The json of what left by the first output."""
        return [dict(row) for row in self.items.json]

    @property
    def errors(self) -> list[ItemError]:
        """Why items, or the step, failed that went on all the same."""
        return self._runs.errors

    @property
    def hints(self) -> list[str]:
        """What the node said to the author of the pipeline."""
        return [hint for run in self._runs for hint in run.hints]


async def run_node(
    node: type[Node[Any, Any, Any]],
    params: Mapping[str, Json],
    items: Given | Mapping[str, Given] | None = None,
    *,
    credential: Credential | None = None,
    state: State | None = None,
    base: Path | None = None,
    clock: Clock | None = None,
    vars: Mapping[str, Json] | None = None,
    on_event: Callable[[Event], None] | None = None,
    **settings: Json,
) -> NodeRun:
    """Run a node over items through the real engine, and return what happened.

    Args:
        node: The class.
        params: Raw parameters, as in a pipeline; expressions included.
        items: Items or their json, ``None`` for one empty item; by input where there are several.
        credential: The step's credential.
        state: What the node remembers from an earlier run.
        base: The directory below which files are read and written.
        clock: In place of the system's; see :class:`FakeClock`.
        vars: What ``$vars`` holds.
        on_event: Called with a record of everything that happens.
        settings: Settings of the step.

    Raises:
        RunFailed: The step failed; see :func:`raises_node_error`.
        PipelineError: The parameters or settings do not fit.
    """
    name = node.__name__
    pipeline = bound(node, params, items, base, vars or {}, settings)
    *others, step = pipeline.steps
    pipeline = replace(pipeline, steps=(*others, replace(step, credential=credential)))
    keeper = keeping(pipeline, name, state)
    async with Runtime(store=keeper, clock=clock, on_event=on_event) as runtime:
        run = await runtime.run(pipeline, None if isinstance(items, Mapping) else items)
    return NodeRun(run, pipeline.step(name), kept_state(pipeline, name, keeper))


def bound(
    node: type[Node[Any, Any, Any]],
    params: Mapping[str, Json],
    items: Given | Mapping[str, Given] | None,
    base: Path | None,
    vars: Mapping[str, Json],
    settings: Mapping[str, Json],
) -> Pipeline:
    """Return the pipeline of one step, with a pinned step for each of several inputs."""
    registry = Registry()
    registry.add("node", node)
    registry.add("feed", Feed)
    step: dict[str, Json] = {"name": node.__name__, "type": "node", "params": params, **settings}
    steps: list[dict[str, Json]] = []
    if isinstance(items, Mapping):
        filled = {name: list(map(fields, rows)) for name, rows in items.items() if len(rows)}
        step["input"] = {name: f"feed {name}" if name in filled else None for name in items}
        steps = [
            {"name": f"feed {name}", "type": "feed", "input": ".start", "pin": rows}
            for name, rows in filled.items()
        ]
    document = {
        "nodekit": 1,
        "name": "test",
        "settings": {"vars": dict(vars)},
        "steps": [*steps, step],
    }
    return load(document, registry=registry, base=base)


def fields(row: Fields | Item) -> dict[str, Json]:
    """Return the json of an item that is given either way."""
    return dict(row.json) if isinstance(row, Item) else dict(row)


def keeping(pipeline: Pipeline, step: str, state: State | None) -> MemoryKeeper:
    """Return a keeper that holds what a step remembers from an earlier run."""
    keeper = MemoryKeeper()
    if state is not None:
        keeper.rows[pipeline.key, step] = Kept(state.model_dump(), 1)
    return keeper


def kept_state(pipeline: Pipeline, step: str, keeper: MemoryKeeper) -> State | None:
    """Return what the node remembers, as its own model."""
    model: type[State] | None = pipeline.step(step).type.state
    if model is None:
        return None
    kept = keeper.rows.get((pipeline.key, step))
    return model.model_validate(kept.row if kept else {})


@contextmanager
def raises_node_error(message: str) -> Generator[None, None, None]:
    """Expect that a node fails with exactly this message.

    It begins with ``item 3: `` where an item failed, and not where the whole step did.

    Raises:
        AssertionError: It did not fail, or with another message.
    """
    try:
        yield
    except RunFailed as failed:
        error = failed.run.error
        assert error is not None
        found = error.message if error.item is None else f"item {error.item}: {error.message}"
        assert found == message, f"the node failed with {found!r}"
        return
    raise AssertionError(f"the node did not fail with {message!r}")
