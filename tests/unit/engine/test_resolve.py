"""From raw parameters to params: what is resolved how often, and what fails."""

from typing import Any

import pytest
from pydantic import Field, ValidationError

from nodekit import (
    BatchNode,
    Context,
    Each,
    ExpressionError,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    NodeError,
    Params,
    always,
)
from nodekit.engine.resolve import field_at, misfit
from nodekit.params import Hole
from nodekit.testing import raises_node_error, run_node


class Inner(Params):
    """A part."""

    number: int = 0
    """A number."""


class Given(Params):
    """Some parameters."""

    text: str = "none"
    """A text."""

    inner: Inner = Inner()
    """A part."""

    parts: list[Inner] = Field(default=[])
    """Parts."""


class Show(ItemNode[Given]):
    """Show the params of every item."""

    def run_item(self, item: Item, params: Given, ctx: Context) -> Item:
        """Show them."""
        return Item(params.model_dump())


class Columns(Params):
    """Values for every item, and for all."""

    value: Each[int] = always(7)
    """A number."""

    limit: int = 0
    """One number for all."""

    fields: dict[str, Each[Json]] = Field(default={})
    """Whatever."""


class ShowAll(BatchNode[Columns]):
    """Show the params of all items."""

    def run_batch(self, inputs: Inputs, params: Columns, ctx: Context) -> Items:
        """Show them."""
        fields = {name: list(column) for name, column in params.fields.items()}
        shown = {"value": list(params.value), "limit": params.limit, "fields": fields}
        return Items([{**shown, "rows": list(inputs.main.json)}])


ROWS: list[dict[str, Json]] = [{"n": 1, "t": "a"}, {"n": 2}, {"n": None, "t": 5}]


async def test_every_item_has_its_own_params() -> None:
    params = {
        "text": "={{ $json.t }}",
        "inner": {"number": "={{ $json.n ?? 9 }}"},
        "parts": [{"number": "={{ $itemIndex }}"}, {}],
    }
    result = await run_node(Show, params, ROWS)
    assert [row["text"] for row in result.json] == ["a", "none", "5"]
    assert [row["inner"]["number"] for row in result.json] == [1, 2, 9]
    assert [row["parts"] for row in result.json] == [
        [{"number": n}, {"number": 0}] for n in range(3)
    ]


async def test_null_is_null_and_fails_its_item_with_the_parameter() -> None:
    with raises_node_error('item 2: parameter "inner.number" wants a whole number, found null'):
        await run_node(Show, {"inner": {"number": "={{ $json.n }}"}}, ROWS)


STOPS = "={{ $('x' + $json.t).first().json.n }}"
"""Asks for a step there is none of, which only a run can tell."""

STOPPED = f"{STOPS!r}: Referenced node doesn't exist"


async def test_an_expression_that_stops_fails_its_item_with_the_parameter() -> None:
    result = await run_node(Show, {"text": STOPS}, ROWS, on_error="error_output")
    (first, *_) = result.errors
    assert first.type == "ExpressionError"
    assert first.message == f'parameter "text", {STOPPED}'


async def test_each_is_a_column_and_the_rest_is_resolved_for_the_first_item() -> None:
    params = {
        "value": "={{ $json.n ?? 9 }}",
        "limit": "={{ $json.n }}",
        "fields": {"a": ["={{ $json.t }}", "k"], "b": 1},
    }
    result = await run_node(ShowAll, params, ROWS)
    (row,) = result.json
    assert (row["value"], row["limit"]) == ([1, 2, 9], 1)
    assert row["fields"] == {"a": [["a", "k"], [None, "k"], [5, "k"]], "b": [1, 1, 1]}


async def test_undefined_is_the_default_of_an_each_parameter() -> None:
    result = await run_node(ShowAll, {"value": "={{ $json.x }}"}, [{"x": 1}, {}])
    assert result.json[0]["value"] == [1, 7]


async def test_a_column_leaves_out_the_items_that_failed() -> None:
    params = {"value": "={{ $json.n }}", "fields": {"a": "={{ $json.t }}"}}
    result = await run_node(ShowAll, params, ROWS, on_error="error_output")
    assert result.json[0]["value"] == [1, 2]
    assert result.json[0]["fields"] == {"a": ["a", None]}
    assert result.json[0]["rows"] == ROWS[:2]
    assert [error.message for error in result.errors] == [
        'parameter "value" wants a whole number, found null'
    ]


async def test_a_value_that_is_resolved_once_fails_the_step() -> None:
    with raises_node_error("parameter \"limit\" wants a whole number, found text 'a'"):
        await run_node(ShowAll, {"limit": "={{ $json.t }}"}, ROWS)


async def test_an_expression_that_is_evaluated_once_fails_the_step() -> None:
    with raises_node_error(f'parameter "limit", {STOPPED}'):
        await run_node(ShowAll, {"limit": STOPS}, ROWS)


async def test_an_expression_that_stops_in_a_column_fails_its_item() -> None:
    result = await run_node(ShowAll, {"value": STOPS}, ROWS, on_error="error_output")
    assert [error.message for error in result.errors] == [f'parameter "value", {STOPPED}'] * 3


async def test_an_expression_that_stops_within_a_value_of_a_column_fails_its_item() -> None:
    value = ["={{ $json.n }}", {"deep": "={{ $json.n === null ? [1].chunk(0) : $json.t }}"}]
    result = await run_node(ShowAll, {"fields": {"a": value}}, ROWS, on_error="continue")
    (shown,) = [row for row in result.json if "fields" in row]
    assert shown["fields"] == {"a": [[1, {"deep": "a"}], [2, {}]]}
    assert [error.item for error in result.errors] == [2]


async def test_params_without_an_expression_are_read_once_and_shared() -> None:
    seen: list[Given] = []

    class Reads(ItemNode[Given]):
        """Take the params down."""

        def run_item(self, item: Item, params: Given, ctx: Context) -> Item:
            """Take them down."""
            seen.append(params)
            return item

    await run_node(Reads, {"text": "x"}, [{}, {}])
    assert [params.text for params in seen] == ["x", "x"]
    assert seen[0] is seen[1]


HOLE = Hole(0, ("value",), "={{ $json.n }}")


def test_the_error_of_an_expression_stands_as_it_is() -> None:
    error = ExpressionError("no")
    assert misfit(HOLE, error) is error
    refused = NodeError("no")
    assert misfit(HOLE, refused) is refused


def test_what_does_not_fit_is_said_with_the_parameter() -> None:
    with pytest.raises(ValidationError) as failed:
        Inner.model_validate({"number": "x"})
    found = misfit(HOLE, failed.value)
    assert found.message == "parameter \"value\" wants a whole number, found text 'x'"


def test_what_else_is_raised_by_a_model_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        misfit(HOLE, ZeroDivisionError())


@pytest.mark.parametrize(
    ("path", "default"),
    [
        (("text",), "none"),
        (("inner", "number"), 0),
        (("parts", 0, "number"), 0),
        (("nothing",), None),
        (("text", "more"), None),
        ((), None),
    ],
    ids=str,
)
def test_the_field_at_a_path_is_found(path: tuple[str | int, ...], default: Any) -> None:
    info = field_at(Given, path)
    assert (None if info is None else info.default) == default
