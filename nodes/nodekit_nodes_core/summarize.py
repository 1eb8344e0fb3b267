"""The node ``summarize``."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from nodekit import BatchNode, Context, Inputs, Items, Json, NodeError, Params

from .aggregations import default_name, worked_out
from .columns import column, links_of, present
from .comparing import identity
from .javascript import json_of, text_of
from .names import Names
from .paths import MISSING

Do = Literal["append", "average", "concatenate", "count", "count_unique", "max", "min", "sum"]


class Aggregation(Params):
    """One value to work out from a field of all items of a group."""

    field: str = Field(min_length=1)
    """The field; a dot leads into nested objects."""

    do: Do = "count"
    """What to work out. `sum` and `average` see numbers only; `min` and `max` compare as in
    JavaScript."""

    as_: str = Field(default="", validation_alias="as")
    """The field it goes to; n8n's name if it is not given, such as `sum_amount`."""

    include_empty: bool = False
    """Whether `append`, `concatenate`, `count` and `count_unique` also see null, missing and empty
    text."""

    separator: str = ","
    """What `concatenate` puts between two values."""


class SummarizeParams(Params):
    """What to work out, and for which groups."""

    fields: list[Aggregation] = Field(min_length=1, examples=[[{"field": "amount", "do": "sum"}]])
    """The values to work out for each group."""

    group_by: Names = Field(default=[])
    """The fields whose values make the groups; none puts all items in one group."""

    layout: Literal["items", "one"] = "items"
    """An item for each group, or one item that holds the groups by their values."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""

    skip_empty_groups: bool = False
    """Leave out items in which a field to group by is null, missing or an empty text."""

    group_as_text: bool = False
    """Turn the values that make groups into text (n8n: version 1)."""

    missing: Literal["hint", "fail"] = "hint"
    """What to do about a field that no item has (n8n: version 1 fails)."""


class Summarize(BatchNode[SummarizeParams]):
    """Work out sums, counts, averages, lists and extremes, over all items or for groups of them.

    Groups come in the order in which their values are first seen, field by field. A group's item
    is linked to all of its members.
    """

    def run_batch(self, inputs: Inputs, params: SummarizeParams, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return Items()
        columns = [column(rows.json, field.field, params.dots) for field in params.fields]
        report_missing(params, columns, ctx)
        found = [column(rows.json, name, params.dots) for name in params.group_by]
        members = [i for i in range(len(rows)) if not skipped(found, i, params)]
        by = [grouping(values, params) for values in found]
        if params.layout == "one":
            json = nested(by, members, params, columns)
            return Items([json], links=[links_of(rows, members)])
        groups = grouped(by, members)
        return Items(
            [group_json(group, by, params, columns) for group in groups],
            links=[links_of(rows, group) for group in groups],
        )


def report_missing(
    params: SummarizeParams, columns: Sequence[Sequence[Json]], ctx: Context
) -> None:
    """Say which fields no item has.

    Raises:
        NodeError: There is one, and it is to be an error.
    """
    for field, values in zip(params.fields, columns, strict=True):
        if any(value is not MISSING for value in values):
            continue
        problem = f"no item has the field {field.field!r}"
        if params.missing == "fail":
            raise NodeError(problem, hint="Check the spelling of the field's name, also its case.")
        ctx.hint(problem)


def grouping(values: Sequence[Json], params: SummarizeParams) -> list[Json]:
    """Return the values of a field as they group; objects and lists stand as their JSON text."""
    if params.group_as_text:
        return [group_text(value) for value in values]
    return [group_text(v) if isinstance(v, list | dict) else v for v in values]


def group_text(value: Json) -> str:
    """Return the text that stands for a value in a group's name."""
    if value is MISSING:
        return "undefined"
    return json_of(value) if isinstance(value, list | dict) else text_of(value)


def skipped(by: Sequence[Sequence[Json]], row: int, params: SummarizeParams) -> bool:
    """Whether a row is in no group."""
    return params.skip_empty_groups and not all(present(values[row]) for values in by)


def grouped(by: Sequence[Sequence[Json]], members: list[int]) -> list[list[int]]:
    """Return the members of every group; groups in the order of first sight, field by field."""
    if not by:
        return [members] if members else []
    parts = split(by[0], members)
    return [group for part in parts for group in (grouped(by[1:], part) if by[1:] else [part])]


def split(values: Sequence[Json], members: Sequence[int]) -> list[list[int]]:
    """Return the members by the value they have, in the order of first sight."""
    parts: dict[object, list[int]] = {}
    for i in members:
        parts.setdefault(identity(values[i]), []).append(i)
    return list(parts.values())


def nested(
    by: Sequence[Sequence[Json]],
    members: list[int],
    params: SummarizeParams,
    columns: Sequence[Sequence[Json]],
) -> dict[str, Json]:
    """Return one object that holds the groups by the text of their values, field within field."""
    if not by:
        return summary(members, params, columns)
    return {
        group_text(by[0][part[0]]): nested(by[1:], part, params, columns)
        for part in split(by[0], members)
    }


def group_json(
    group: Sequence[int],
    by: Sequence[Sequence[Json]],
    params: SummarizeParams,
    columns: Sequence[Sequence[Json]],
) -> dict[str, Json]:
    """Return the item of one group: what was worked out, then the values that make the group."""
    json = summary(group, params, columns)
    for name, values in zip(params.group_by, by, strict=True):
        if values[group[0]] is not MISSING:
            json[name] = values[group[0]]
    return json


def summary(
    group: Sequence[int], params: SummarizeParams, columns: Sequence[Sequence[Json]]
) -> dict[str, Json]:
    """Return what was worked out for one group."""
    json: dict[str, Json] = {}
    for field, values in zip(params.fields, columns, strict=True):
        name = field.as_ or default_name(field.do, field.field)
        chosen = [values[i] for i in group]
        json[name] = worked_out(field.do, chosen, field.include_empty, field.separator)
    return json
