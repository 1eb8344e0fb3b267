"""The node ``sort``."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import cmp_to_key
from math import isnan
from random import Random
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from nodekit import (
    BatchNode,
    Context,
    ExpressionError,
    Fixed,
    Inputs,
    Items,
    Json,
    NeedsAll,
    NodeError,
    Params,
    Scratch,
    Stream,
)

from .columns import column
from .comparing import identity, less, units
from .paths import MISSING
from .shapes import is_list
from .sorted_runs import RUN, as_run, merged


class SortKey(Params):
    """One field to sort by."""

    field: str = Field(min_length=1)
    """The field; a dot leads into nested objects."""

    order: Literal["asc", "desc"] = "asc"
    """The smallest value first, or the greatest."""


class SortParams(Params):
    """How to order the items."""

    by: list[SortKey] = Field(default=[], examples=[[{"field": "age", "order": "desc"}]])
    """The fields to sort by; a later one decides where the earlier ones are equal."""

    random: bool = False
    """Shuffle the items instead."""

    javascript: Fixed[str | None] = Field(
        default=None, examples=["return a.json.size - b.json.size"]
    )
    """Or the body of a comparison of two items `a` and `b`: less than 0 if `a` comes first, more
    than 0 if `b` does (n8n: Sort by code)."""

    seed: str | None = None
    """Makes a shuffle repeatable: the same seed gives the same order."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""

    @field_validator("javascript")
    @classmethod
    def returns(cls, javascript: str | None) -> str | None:
        """Refuse a comparison that never returns anything."""
        if javascript is not None and not re.search(r"\breturn\b", javascript):
            raise ValueError("wants a return in it")
        return javascript

    @model_validator(mode="after")
    def one_way(self) -> "SortParams":
        """Refuse several ways at once, and none."""
        if [bool(self.by), self.random, self.javascript is not None].count(True) != 1:
            raise ValueError('give one of "by", with at least one field, "random" and "javascript"')
        return self


class Sort(BatchNode[SortParams]):
    """Put the items in order, by fields, by a comparison in JavaScript, or at random.

    Values compare as in JavaScript: numbers by size, texts without regard to case, and where types
    differ as numbers; what cannot be compared, such as a missing field, stays where the
    comparison leaves it. Items that are equal keep their order.
    """

    slices = "stream"

    @classmethod
    def slices_of(cls, params: SortParams) -> Literal["any", "fold", "stream", "all"]:
        return "all" if params.random or params.javascript is not None else "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: SortParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        (stream,) = inputs.values()
        runs = await sorted_runs(stream, params, ctx)
        async for part in merged(ctx, runs, lambda rows, _: merge_keys(rows, params)):
            yield part

    async def run_batch(self, inputs: Inputs, params: SortParams, ctx: Context) -> Items:
        rows = inputs.main
        if params.javascript is not None:
            return rows.take(await compared(rows, params.javascript, ctx))
        if params.random:
            order = list(range(len(rows)))
            Random(params.seed).shuffle(order)
        else:
            order = ordered(rows, params)
        return rows.take(order)


SORTED = """const compare = (a, b) => {%s
};
const rows = $input.all().map((item, place) => ({ item, place }));
return rows.sort((one, other) => compare(one.item, other.item)).map((row) => row.place);"""
"""Sorts the places of the items by a comparison, whose lines count from 1."""


async def compared(rows: Items, comparison: str, ctx: Context) -> list[int]:
    """Return the positions of the rows in the order that JavaScript says.

    Raises:
        NodeError: The comparison raised something, or took too long.
    """
    if not len(rows):
        return []
    try:
        (result,) = await ctx.javascript(SORTED.replace("%s", comparison), rows)
    except ExpressionError as error:
        raise NodeError(error.message, hint=error.hint) from error
    if isinstance(result, ExpressionError):
        raise NodeError(result.message, hint=result.hint) from result
    order: Json = result.get("value")
    if not is_list(order) or sorted(map(str, order)) != sorted(map(str, range(len(rows)))):
        raise NodeError(
            "the comparison does not compare",
            hint="`javascript` is the body of a function of `a` and `b`, and returns a number.",
        )
    return order


def ordered(rows: Items, params: SortParams) -> list[int]:
    """Return the positions of the rows in sorted order.

    Raises:
        NodeError: No item has one of the fields.
    """
    columns = values_of(rows, params)
    for key, values in zip(params.by, columns, strict=True):
        if values and all(value is MISSING for value in values):
            raise NodeError(
                f"no item has the field {key.field!r} to sort by",
                hint="Check the spelling of the field's name, also its case.",
            )
    falling = [key.order == "desc" for key in params.by]
    keys = [sort_keys(values) for values in columns]
    order = list(range(len(rows)))
    if any(key is None for key in keys):
        return sorted(order, key=cmp_to_key(comparison(columns, falling)))
    for sorting, reverse in reversed(list(zip(keys, falling, strict=True))):
        if sorting is not None:
            order.sort(key=sorting.__getitem__, reverse=reverse)
    return order


def values_of(rows: Items, params: SortParams) -> list[list[Json]]:
    """Return the values to sort by, a column for each field; case does not count."""
    columns = (column(rows.json, key.field, params.dots) for key in params.by)
    return [[v.lower() if isinstance(v, str) else v for v in values] for values in columns]


def sort_keys(values: Sequence[Json]) -> list[Json] | None:
    """Return keys that order as JavaScript does, where all are of one kind; else None."""
    kinds = set(map(type, values))
    if kinds <= {int, float}:
        return None if any(isnan(value) for value in values) else list(values)
    if kinds == {str}:
        return list(values) if all(map(str.isascii, values)) else [units(v) for v in values]
    return list(values) if kinds == {bool} else None


def comparison(
    columns: Sequence[Sequence[Json]], falling: Sequence[bool]
) -> Callable[[int, int], int]:
    """Return a comparison of two rows: the first column in which they differ decides."""
    names = [[identity(value) for value in values] for values in columns]

    def compare(a: int, b: int) -> int:
        for values, same, reverse in zip(columns, names, falling, strict=True):
            if same[a] != same[b]:
                return -1 if less(values[a], values[b]) != reverse else 1
        return 0

    return compare


async def sorted_runs(stream: Stream, params: SortParams, ctx: Context) -> list[Scratch]:
    """Return the items of a stream as runs on disk, each in order.

    Raises:
        NeedsAll: The values of a field are of several kinds, which do not order by themselves.
    """
    runs: list[Scratch] = []
    held: list[Items] = []
    kinds: list[set[type]] = [set() for _ in params.by]
    async for rows in stream:
        for seen, values in zip(kinds, values_of(rows, params), strict=True):
            seen |= kinds_of(values)
            if len(seen) > 1:
                raise NeedsAll
        held.append(rows)
        if sum(map(len, held)) >= RUN:
            runs.append(run_of(held, params, ctx))
            held = []
    return [*runs, run_of(held, params, ctx)]


def run_of(held: Sequence[Items], params: SortParams, ctx: Context) -> Scratch:
    """Return some items in order, on disk."""
    rows = Items.join(held)
    return as_run(ctx, rows.take(ordered(rows, params)))


def kinds_of(values: Sequence[Json]) -> set[type]:
    """Return what kinds of values there are: one, where they order by themselves."""
    found = {float if kind is int else kind for kind in map(type, values)}
    return found if sort_keys(values) is not None else {*found, object}


def merge_keys(rows: Items, params: SortParams) -> Sequence[Any]:
    """Return what orders items of several runs, all of whose values order by themselves."""
    keys: list[Sequence[Any]] = []
    for key, values in zip(params.by, values_of(rows, params), strict=True):
        plain = [units(value) if isinstance(value, str) else value for value in values]
        keys.append(list(map(Falling, plain)) if key.order == "desc" else plain)
    return list(zip(*keys, strict=True))


class Falling:
    """A value that orders the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Falling) and self.value == other.value

    def __lt__(self, other: "Falling") -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]  # it orders, and is never looked up
