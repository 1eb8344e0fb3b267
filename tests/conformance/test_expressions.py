"""What n8n's expressions give, one by one: the tables of ``expression_table``, and variables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
import pytest_asyncio
from expression_table import SECTIONS, Json, Row, Stops

from nodekit import RunFailed, Runtime, load

ROWS = [(section, *row) for section, rows in SECTIONS.items() for row in rows]
LENIENT = {"expressions": "lenient", "mode": "test", "vars": {"key": "value"}}
"""The settings of a workflow of n8n's."""

MODULE = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runtime() -> AsyncIterator[Runtime]:
    async with Runtime() as made:
        yield made


def pipeline(text: str) -> dict[str, Json]:
    """Return a workflow with one expression, a step above it, and one that has not run yet."""
    return {
        "id": "w1",
        "name": "flow",
        "settings": LENIENT,
        "steps": [
            {"name": "A", "type": "no_op"},
            {"name": "S", "type": "set", "params": {"fields": {"v": text}}},
            {"name": "Later", "type": "no_op"},
        ],
        "output": "S",
    }


async def found(runtime: Runtime, text: str, items: Sequence[Mapping[str, Json]]) -> list[Json]:
    """Return what an expression gives for some items, or the error that stops it."""
    try:
        run = await runtime.run(load(pipeline(text)), [dict(item) for item in items])
    except RunFailed as failed:
        error: Any = failed.run.record()["error"]
        return [Stops(error["message"].removeprefix(f'parameter "fields.v", {text!r}: '))]
    record: Any = run.record()
    (step,) = (step for step in record["steps"] if step["step"] == "S")
    return [item["json"].get("v") for item in step["outputs"]["main"]]


def same(wanted: Json, got: Json) -> bool:
    """Whether a value is what it should be: in JSON, or by the beginning of its error."""
    if isinstance(wanted, Stops):
        return isinstance(got, Stops) and wanted.message in got.message
    if isinstance(wanted, float):
        return isinstance(got, float) and abs(wanted - got) <= 1e-9 * wanted
    return type(got) is type(wanted) and bool(got == wanted)


@MODULE
@pytest.mark.parametrize(
    ("text", "item", "wanted"), [row[1:] for row in ROWS], ids=[f"{r[0]}: {r[1]}" for r in ROWS]
)
async def test_expression(
    text: str, item: Mapping[str, Json], wanted: Json, runtime: Runtime
) -> None:
    (got,) = await found(runtime, text, [item])
    assert same(wanted, got), f"{text} gave {got!r}, not {wanted!r}"


TWO = [{"n": 1}, {"n": 2}]
VARIABLES: Sequence[tuple[str, Json]] = [
    ("$json", TWO),
    ("$data.n", [1, 2]),
    ("$binary", [{}, {}]),
    ("$itemIndex", [0, 1]),
    ("$position + $thisItemIndex", [0, 2]),
    ("$thisItem.json.n", [1, 2]),
    ("$runIndex", [0, 0]),
    ("$input.item.json.n", [1, 2]),
    ("$input.first().json.n", [1, 1]),
    ("$input.last().json.n", [2, 2]),
    ("$input.all().length", [2, 2]),
    ("$input.all().map((i) => i.json.n).sum()", [3, 3]),
    ("$input.first(0)", Stops("$input.first() should have no arguments")),
    ("$('A').item.json.n", [1, 2]),
    ("$('A').first().json.n", [1, 1]),
    ("$('A').last().json.n", [2, 2]),
    ("$('A').all().map((i) => i.json.n)", [[1, 2], [1, 2]]),
    ("$('A').isExecuted", [True, True]),
    ("$('A').itemMatching(1).json.n", [2, 2]),
    ("$('A').itemMatching()", Stops("Missing item index for .itemMatching()")),
    ("$('A').pairedItem().json.n", [1, 2]),
    ("$('A').pairedItem(0).json.n", [1, 1]),
    ("$().item.json.n", [1, 2]),
    ("$('Later').isExecuted", [False, False]),
    ("$('Later').first()", Stops("Node 'Later' hasn't been executed")),
    ("$if($('Later').isExecuted, $('Later').first(), 'no')", ["no", "no"]),
    ("$('Nowhere').first()", Stops("Referenced node doesn't exist")),
    ("$('No' + 'where').first()", Stops("Referenced node doesn't exist")),
    ("$('a'.toUpperCase()).item.json.n", [1, 2]),
    ("$node['A'].json.n", [1, 2]),
    ("$node.A.json.n", [1, 2]),
    ("$node['A'].runIndex", [0, 0]),
    ("$items('A').length", [2, 2]),
    ("$items()[1].json.n", [2, 2]),
    ("$item(0).$json.n", [1, 1]),
    ("$prevNode", [{"name": "A", "outputIndex": 0, "runIndex": 0}] * 2),
    ("$workflow.name", ["flow", "flow"]),
    ("$workflow.id", ["w1", "w1"]),
    ("$workflow.active", [False, False]),
    ("$execution.mode", ["test", "test"]),
    ("typeof $execution.id", ["string", "string"]),
    ("$vars.key", ["value", "value"]),
    ("$vars.none", [None, None]),
    ("$('A').params", [{}, {}]),
    ("$json.n === $input.item.json.n && $json.n === $('A').item.json.n", [True, True]),
]


@MODULE
@pytest.mark.parametrize(("text", "wanted"), VARIABLES, ids=[row[0] for row in VARIABLES])
async def test_variable(text: str, wanted: Json, runtime: Runtime) -> None:
    got = await found(runtime, f"={{{{ {text} }}}}", TWO)
    if isinstance(wanted, Stops):
        assert same(wanted, got[0]), got
    else:
        assert got == wanted


def test_there_are_many_of_them() -> None:
    assert len({row[1] for row in ROWS}) + len(VARIABLES) >= 250


def row(text: str) -> Row:
    """Return the row of an expression."""
    return next(found for rows in SECTIONS.values() for found in rows if found[0] == text)


@MODULE
@pytest.mark.parametrize("text", ["={{ (1.6).toInt() }}", "={{ }}", "=x{{ 0 }}"])
async def test_another_expectation_is_found(text: str, runtime: Runtime) -> None:
    _, item, wanted = row(text)
    (got,) = await found(runtime, text, [item])
    assert same(wanted, got)
    assert not same("another", got)
    assert not same(Stops("another"), got)
