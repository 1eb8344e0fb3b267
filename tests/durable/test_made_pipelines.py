"""Slices of any size give the same as one piece, in pipelines that nobody has thought of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit import Pipeline, Registry, Run, RunFailed, Runtime, load
from nodekit.engine import spooling
from nodekit.engine.record import items_record
from nodekit.testing import FakeClock
from tests.unit.engine.test_batches import Refuse, Repeat, Sum, Turned

Fields: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

SIZES = (1, 7, 64, 500)

NAMES = [f"S{i}" for i in range(7)]

NUMBER = "={{ Number($json.n) || 0 }}"

VALUES = [
    "={{ $json.n }}",
    "={{ ($json.t ?? '').toUpperCase() }}",
    "={{ $itemIndex }}",
    "={{ $runIndex }}",
    "={{ $json.g ?? null }}",
    "is {{ $json.n }}",
    "={{ $('@').item.json.n }}",
    "={{ $('@').first().json.n }}",
    "={{ $('@').all().length }}",
    "={{ $input.all().length }}",
    "={{ $('@').isExecuted }}",
    7,
]
"""Values of a field; ``@`` stands for an earlier step."""

CONDITIONS = ["={{ $json.n > 3 }}", "={{ $itemIndex % 2 === 0 }}", "={{ $json.g === 'a' }}"]

PARAMS: Mapping[str, Sequence[Fields]] = {
    "filter": [{"condition": condition} for condition in CONDITIONS],
    "if": [{"condition": condition} for condition in CONDITIONS],
    "sort": [
        {"by": [{"field": "n"}]},
        {"by": [{"field": "g", "order": "desc"}, {"field": "n"}]},
        {"by": [{"field": "t"}]},
    ],
    "limit": [{"count": 5}, {"count": 9, "from": "end"}],
    "remove_duplicates": [{"by": ["n"], "mixed": "differ"}, {"by": "all"}],
    "aggregate": [{"fields": [{"field": "n"}]}, {"into": "data", "keep": ["n", "g"]}],
    "summarize": [
        {"fields": [{"field": "n", "do": "sum"}], "group_by": ["g"]},
        {"fields": [{"field": "n", "do": "average"}, {"field": "t", "do": "append"}]},
    ],
    "split_out": [{"fields": ["data"]}],
    "no_op": [{}],
    "test.sum": [{"n": NUMBER}],
    "test.repeat": [{"n": "={{ ($json.n ?? 0) % 3 }}"}],
    "test.refuse": [{"n": NUMBER}],
    "test.turned": [{}],
    "merge": [
        {"how": "append"},
        {"how": "position"},
        {"how": "key", "on": ["n"]},
        {"how": "key", "on": ["g"], "join": "outer"},
    ],
}

OUTPUTS = {"if": ("true", "false")}


def registry() -> Registry:
    """Return what is installed, and what the tests of slices use."""
    known = Registry.installed()
    known.add("test.sum", Sum)
    known.add("test.repeat", Repeat)
    known.add("test.refuse", Refuse)
    known.add("test.turned", Turned)
    return known


@st.composite
def pipelines(draw: Draw) -> Fields:
    """Make a pipeline: each step is fed by any output of those before it."""
    outputs, steps = [".start"], list[Fields]()
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        type = draw(st.sampled_from(["set", *PARAMS]))
        steps.append({"name": name, "type": type, **draw(settings_of(type, outputs, len(steps)))})
        outputs += [f"{name}.{output}" for output in OUTPUTS.get(type, ("main",))]
    return {"nodekit": 1, "name": "made", "steps": steps, "output": outputs[-1]}


@st.composite
def settings_of(draw: Draw, type: str, outputs: Sequence[str], before: int) -> Fields:
    """Make the parameters, inputs and settings of a step."""
    source = st.sampled_from(outputs)
    more: Fields = {"params": draw(fields(before)) if type == "set" else None}
    if type != "set":
        more["params"] = draw(st.sampled_from(PARAMS[type]))
    if type == "merge":
        more["input"] = {"left": draw(source), "right": draw(source)}
    else:
        more["input"] = draw(st.lists(source, min_size=1, max_size=2, unique=True))
    if type in ("set", "test.refuse", "test.repeat"):
        more["on_error"] = draw(st.sampled_from(["stop", "continue", "error_output"]))
        more["concurrency"] = draw(st.sampled_from([1, 3]))
    return more


@st.composite
def fields(draw: Draw, before: int) -> Fields:
    """Make the parameters of a step that sets fields."""
    value = draw(st.sampled_from(VALUES))
    if isinstance(value, str) and "@" in value:
        value = value.replace("@", draw(st.sampled_from(NAMES[:before]))) if before else 1
    return {"keep": "all", "fields": {draw(st.sampled_from(["n", "t", "x"])): value}}


rows = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.integers(0, 9),
            "t": st.sampled_from(["b", "A", "ä", "c"]),
            "g": st.sampled_from(["a", "b"]),
        }
    ),
    min_size=1,
    max_size=90,
)


async def went(flow: Pipeline, given: Sequence[Fields], size: int | None) -> Run:
    """Run a pipeline, in one piece or in slices."""

    def lists() -> Iterator[list[Fields]]:
        for start in range(0, len(given), 10):
            yield list(given[start : start + 10])

    async with Runtime(clock=FakeClock()) as runtime:
        try:
            if size is None:
                return await runtime.run(flow, given)
            return await runtime.run_batches(flow, lists(), size=size)
        except RunFailed as failed:
            return failed.run


def facts(run: Run) -> Fields:
    """Return what must be the same; which of several errors ends a run may differ."""
    if run.status != "success":
        return {"status": run.status}
    return {
        "steps": sorted((step.step, step.run, dict(step.counts)) for step in run.steps),
        "errors": sorted((e.step or "", e.item or 0, e.message) for e in run.errors),
        "items": items_record(run.items),
        "state": run.state,
    }


@given(made=pipelines(), given=rows, held=st.sampled_from([0, 10, spooling.HELD]))
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
async def test_made_pipelines(made: Fields, given: list[Fields], held: int) -> None:
    flow = load(made, registry=registry())
    whole = facts(await went(flow, given, None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spooling, "HELD", held)
        patch.setattr(spooling, "PART", 7)
        for size in SIZES:
            assert facts(await went(flow, given, size)) == whole
