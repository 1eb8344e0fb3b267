"""The node ``aggregate``."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Literal

from pydantic import Field, model_validator

from nodekit import BatchNode, Binary, Context, Fields, Inputs, Items, Json, Params

from .columns import column, links_of
from .names import Names
from .paths import MISSING, keys_of, put
from .shapes import is_list


class AggregatedField(Params):
    """One field whose values become a list."""

    field: str = Field(min_length=1)
    """The field; a dot leads into nested objects."""

    as_: str = Field(default="", validation_alias="as")
    """The field that gets the list; without it the last part of the field's name."""


class AggregateParams(Params):
    """What to put together."""

    fields: list[AggregatedField] = Field(default=[], examples=[[{"field": "id", "as": "ids"}]])
    """The fields whose values become lists."""

    into: str | None = Field(default=None, min_length=1, examples=["data"])
    """Or the field that gets a list of all items."""

    keep: Literal["all"] | Names = "all"
    """With `into`: the fields of each item that go along. An item that has none of them is left
    out."""

    drop: Names = Field(default=[])
    """With `into`: the fields of each item that do not go along."""

    keep_missing: bool = False
    """With `fields`: put null where a field is missing or null. Otherwise such values are left out,
    also from lists among the values."""

    merge_lists: bool = False
    """With `fields`: where a value is a list, add its entries one by one."""

    binaries: bool = False
    """Whether the item gets the binaries of all items; clashing names get a number."""

    unique_binaries: bool = False
    """Whether a binary with the same name, media type and content as another is left out."""

    linked_to: Literal["all", "first"] = "all"
    """Which of the items in it the new item is linked to (n8n: `first` in Item Lists 1)."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""

    @model_validator(mode="after")
    def one_way(self) -> "AggregateParams":
        """Refuse both ways at once, none, and two lists for one field."""
        if bool(self.fields) == (self.into is not None):
            raise ValueError('give either "fields", with at least one, or "into"')
        names = Counter(self.output_of(field) for field in self.fields)
        for name in (name for name, count in names.items() if count > 1):
            raise ValueError(f'two of "fields" go to the field {name!r}')
        return self

    def output_of(self, field: AggregatedField) -> str:
        """Return the field that gets the values of another."""
        return field.as_ or (keys_of(field.field)[-1] if self.dots else field.field)


class Aggregate(BatchNode[AggregateParams]):
    """Make one item of all: lists of the values of fields, or a list of the items.

    The item is linked to those that are in it.
    """

    def run_batch(self, inputs: Inputs, params: AggregateParams, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        members: Sequence[int] = range(len(rows))
        if params.into is not None:
            members, entries = whole_items(rows.json, params)
            json: dict[str, Json] = {params.into: entries}
        else:
            json = lists(rows.json, params)
        binary = binaries(rows, members, params) if params.binaries else {}
        sources = members if params.linked_to == "all" else members[:1]
        return Items([json], links=[links_of(rows, sources)], binary={0: binary} if binary else {})


def lists(rows: Sequence[Fields], params: AggregateParams) -> dict[str, Json]:
    """Return the values of every field as a list."""
    json: dict[str, Json] = {}
    for field in params.fields:
        values = gathered(column(rows, field.field, params.dots), params)
        put(json, params.output_of(field), values, params.dots)
    return json


def gathered(values: Sequence[Json], params: AggregateParams) -> list[Json]:
    """Return the values of one field as they stand in the list."""
    found: list[Json] = []
    for value in values:
        if value is MISSING or value is None:
            found += [None] if params.keep_missing else []
        elif is_list(value):
            kept = [part for part in value if part is not None or params.keep_missing]
            found += kept if params.merge_lists else [kept]
        else:
            found.append(value)
    return found


def whole_items(
    rows: Sequence[Fields], params: AggregateParams
) -> tuple[Sequence[int], list[Fields]]:
    """Return which items go along, and what of them."""
    if params.keep == "all" and not params.drop:
        members = [i for i, json in enumerate(rows) if json]
        return members, [rows[i] for i in members]
    entries = [part_of(json, params) for json in rows]
    members = [i for i, json in enumerate(entries) if json]
    return members, [entries[i] for i in members]


def part_of(json: Fields, params: AggregateParams) -> Fields:
    """Return the fields of an item that go along."""
    kept = params.keep
    return {
        name: value
        for name, value in json.items()
        if (kept == "all" or name in kept) and name not in params.drop
    }


def binaries(rows: Items, members: Sequence[int], params: AggregateParams) -> dict[str, Binary]:
    """Return the binaries of items under names of their own."""
    found: dict[str, Binary] = {}
    seen: set[Hashable] = set()
    for i in members:
        for name, binary in rows.binary.get(i, {}).items():
            if params.unique_binaries:
                identity = (binary.file_name, binary.media_type, binary.sha256())
                if identity in seen:
                    continue
                seen.add(identity)
            found[free_name(name, found)] = binary
    return found


def free_name(name: str, taken: dict[str, Binary]) -> str:
    """Return a name that is not taken: the name itself, else with a number behind it."""
    if name not in taken:
        return name
    count = 1
    while f"{name}_{count}" in taken:
        count += 1
    return f"{name}_{count}"
