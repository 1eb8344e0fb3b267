"""The states of one run: read when it begins, kept when it ends (n8n: static data)."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from copy import deepcopy
from logging import getLogger
from random import random
from typing import Any, TypeGuard

import anyio
from pydantic import SecretStr
from pydantic_core import to_jsonable_python

from nodekit.errors import StateError
from nodekit.items import Json
from nodekit.json_values import is_list, is_object
from nodekit.pipeline.steps import Pipeline, Step
from nodekit.state import Keeper, Kept, Row, State

log = getLogger(__name__)

TRIES = 50
"""How often a row is merged with one that another run has kept in the meantime."""

PAUSE = 0.02
"""How long it waits at most before it tries again, in seconds, so that others come through."""


class States:
    """What the steps of a pipeline, and the pipeline itself, remember from run to run.

    Args:
        pipeline: The pipeline.
        keeper: Whatever keeps the rows.
    """

    def __init__(self, pipeline: Pipeline, keeper: Keeper) -> None:
        self.pipeline = pipeline
        self.keeper = keeper
        self.shared: dict[str, Json] = {}
        self.steps: dict[str, State] = {}
        self._kept: dict[str | None, Kept] = {}
        self._keeping = anyio.Lock()

    async def read(self) -> None:
        """Read every row that a step, or the pipeline, may have kept.

        Raises:
            StateError: A row cannot be read, or does not fit the state a node declares.
        """
        self.shared = deepcopy(await self._read(None))
        for step in self.pipeline.steps:
            if step.type.state is not None:
                self.steps[step.name] = self._parsed(step, await self._read(step.name))

    async def _read(self, step: str | None) -> Row:
        kept = await self.keeper.read(self.pipeline.key, step)
        if kept is not None:
            self._kept[step] = kept
        return kept.row if kept is not None else {}

    def _parsed(self, step: Step, row: Row) -> State:
        assert step.type.state is not None
        try:
            return step.type.state.model_validate(row)
        except ValueError as error:
            raise StateError(
                f'step "{step.name}": the kept state does not fit {step.type.state.__name__}',
                hint="Remove it with `nodekit state clear`, or install the version that kept it.",
            ) from error

    def version(self, step: str | None) -> int:
        """Return the version of the row that was read or kept last; 0 for none."""
        kept = self._kept.get(step)
        return kept.version if kept else 0

    def last(self, step: str | None) -> Row:
        """Return the row that was read or kept last."""
        kept = self._kept.get(step)
        return kept.row if kept else {}

    def waits_for_success(self, step: str) -> bool:
        """Whether a step's state may be kept only where the run was a success."""
        return self.pipeline.step(step).type.node.state_kept == "on_success"

    def put(self, step: str, row: Row) -> None:
        """Take a row for the state of a step, as if the run had come that far.

        Raises:
            StateError: It does not fit the state that the node declares.
        """
        self.steps[step] = self._parsed(self.pipeline.step(step), row)

    def kept(self, step: str | None, row: Row, version: int) -> None:
        """Take note that a row is kept, as this version."""
        self._kept[step] = Kept(deepcopy(row), version)

    async def keep(self, step: str | None = None) -> None:
        """Keep the state of one step, and the pipeline's, where they have changed."""
        async with self._whole():
            await self._keep(None, self.shared, self._take_shared)
            if step in self.steps:
                await self._keep_step(self.pipeline.step(step or ""))

    async def keep_all(self, success: bool) -> None:
        """Keep every state that has changed; a watermark only if the run was a success."""
        async with self._whole():
            await self._keep(None, self.shared, self._take_shared)
            for step in self.pipeline.steps:
                always = step.type.node.state_kept == "always"
                if step.name in self.steps and (success or always):
                    await self._keep_step(step)

    @asynccontextmanager
    async def _whole(self) -> AsyncGenerator[None, None]:
        """Keep rows one after another, and to the end even if that is canceled.

        Who has been canceled in between would not know what is kept, and merge with it again.
        """
        async with self._keeping:
            with anyio.CancelScope(shield=True):
                yield

    async def _keep_step(self, step: Step) -> None:
        def merged(stored: Row) -> Row:
            base = self._kept.get(step.name)
            known = self._parsed(step, base.row) if base else None
            mine = self.steps[step.name]
            state = step.type.node.merge_state(known, self._parsed(step, stored), mine)
            if state is None:
                log.warning(
                    'step "%s": another run kept its state; this one takes its place', step.name
                )
                return row_of(mine)
            self.steps[step.name] = state
            return row_of(state)

        await self._keep(step.name, row_of(self.steps[step.name]), merged)

    def _take_shared(self, stored: Row) -> Row:
        """Join what another run has kept with what this one has set; this one wins."""
        kept = self._kept.get(None)
        base = kept.row if kept else {}
        changed = {key: value for key, value in self.shared.items() if base.get(key) != value}
        left = {
            key: value for key, value in stored.items() if key in self.shared or key not in base
        }
        self.shared = {**left, **changed}
        return self.shared

    async def _keep(self, step: str | None, row: Row, merge: Callable[[Row], Row]) -> None:
        kept = self._kept.get(step)
        if row == (kept.row if kept else {}):
            return
        version = kept.version if kept else 0
        for tried in range(TRIES):
            if tried > 1:
                await anyio.sleep(PAUSE * random())
            if await self.keeper.write(self.pipeline.key, step, deepcopy(row), version):
                self._kept[step] = Kept(deepcopy(row), version + 1)
                return
            stored = await self.keeper.read(self.pipeline.key, step)
            version = 0
            if stored is not None:
                version, row = stored.version, merge(stored.row)
                self._kept[step] = stored  # what has been merged is not to be merged again
        raise StateError(
            f'the state of "{step or self.pipeline.key}" is kept by others all the time'
        )

    def record(self) -> dict[str, Json]:
        """Return the states as JSON for the run's record; secrets are masked."""
        steps = {name: masked(row_of(state)) for name, state in self.steps.items()}
        return {"pipeline": masked(self.shared), "steps": steps}

    def secrets(self, step: str | None = None) -> list[str]:
        """Return the texts in the states that are secrets; with a step, in its state alone."""
        states = [self.steps[step]] if step in self.steps else () if step else self.steps.values()
        return [text for state in states for text in secrets_in(row_of(state))]


def row_of(state: State) -> Row:
    """Return a state as it is kept: JSON values, secrets as ``SecretStr``."""
    row: Row = plain(state.model_dump())
    return row


def is_any_dict(value: object) -> TypeGuard[dict[object, object]]:
    """Whether a dumped value is a dict, with keys of whatever kind."""
    return isinstance(value, dict)


def is_many(value: object) -> TypeGuard[Iterable[object]]:
    """Whether a dumped value is a list, or another kind of value that JSON has lists for."""
    return isinstance(value, list | tuple | set | frozenset)


def plain(value: Any) -> Any:
    """Return a dumped value as JSON, but leave secrets wrapped."""
    if isinstance(value, SecretStr):
        return value
    if is_any_dict(value):
        return {str(to_jsonable_python(key)): plain(part) for key, part in value.items()}
    if is_many(value):
        return [plain(part) for part in value]
    return to_jsonable_python(value)


def masked(value: Json) -> Json:
    """Return a row with ``***`` for every secret."""
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if is_object(value):
        return {key: masked(part) for key, part in value.items()}
    return [masked(part) for part in value] if is_list(value) else value


def secrets_in(value: Json) -> list[str]:
    """Return the secrets of a row, in clear."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if is_object(value):
        return [text for part in value.values() for text in secrets_in(part)]
    return [text for part in value for text in secrets_in(part)] if is_list(value) else []
