"""The record of a case is the same however its items are cut up and its expressions evaluated."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cases import Case, cases_below, ran, registry
from server import serving

from nodekit import PipelineError, WorkflowOptions, load
from nodekit.expressions import evaluation

HERE = Path(__file__).parent
CASES = [*cases_below(HERE / "n8n"), *cases_below(HERE / "own")]
HALF = frozenset(case.name for case in random.Random(4).sample(CASES, len(CASES) // 2))
"""The cases that are also run in the ways that take longer, and tell less."""

Vary = Callable[[pytest.MonkeyPatch], None]


def never_native(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every expression to JavaScript."""
    monkeypatch.setattr("nodekit.expressions.table.Table.is_able", lambda *_: False)


def whole_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand whole items to JavaScript, whatever fields an expression asks for."""
    monkeypatch.setattr(evaluation, "fields_of", lambda _: None)


def whole_and_never_native(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every expression to JavaScript, with whole items."""
    never_native(monkeypatch)
    whole_items(monkeypatch)


def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change nothing."""


GMT = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
"""The date of an answer, in its headers."""

EVERY: Mapping[str, tuple[int, Vary]] = {"in ones": (1, as_it_is), "in twos": (2, as_it_is)}
SOME: Mapping[str, tuple[int, Vary]] = {
    "never native": (1000, never_native),
    "whole items": (1000, whole_items),
    "whole items, never native, in twos": (2, whole_and_never_native),
}
"""How many items go into one call of expressions, and what else is changed."""


async def record_of(case: Case, chunk: int) -> str:
    """Run a case and return its record as text, but for its times, or why it is refused."""
    async with AsyncExitStack() as stack:
        routes = (case.value.get("http") or {}).get("routes", [])
        server = await stack.enter_async_context(serving(routes)) if routes else None
        base = server.base if server else ""
        filled = case.filled(base)
        folder = stack.enter_context(TemporaryDirectory())
        options = WorkflowOptions(
            start=filled.get("start"),
            workflows=filled.get("workflows"),
            variables=filled.get("variables") or {},
        )
        workflow = filled["workflow"]
        try:
            pipeline = load(workflow, registry=registry(), base=Path(folder), n8n=options)
        except PipelineError as error:
            return error.message
        record = dict(await ran(pipeline, workflow, chunk))
    text = timeless(record).replace(folder, "{FOLDER}")
    return text.replace(base, "{HTTP_BASE}") if base else text


def timeless(record: dict[str, Any]) -> str:
    """Return a record as text, but for what differs from run to run."""
    kept = {name: value for name, value in record.items() if name not in ("run", "started")}
    kept.pop("seconds")
    kept["steps"] = [
        {name: value for name, value in step.items() if name not in ("started", "seconds")}
        for step in record["steps"]
    ]
    return GMT.sub("{DATE}", json.dumps(kept, indent=1, ensure_ascii=False))


def ways(case: Case) -> Iterator[tuple[str, tuple[int, Vary]]]:
    """Yield how a case is run, each way by its name."""
    yield from EVERY.items()
    if case.name in HALF:
        yield from SOME.items()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_the_record_is_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = await record_of(case, 1000)
    for name, (chunk, vary) in ways(case):
        with monkeypatch.context() as patched:
            vary(patched)
            found = await record_of(case, chunk)
        assert found == wanted, name
