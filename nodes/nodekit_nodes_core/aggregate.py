"""The node ``aggregate``."""

from collections import Counter
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from nodekit import (
    BatchNode,
    Binary,
    Context,
    Fields,
    Inputs,
    Item,
    Items,
    Json,
    Params,
    Sources,
    Stream,
)

from .columns import column
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

    slices = "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: AggregateParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        (stream,) = inputs.values()
        whole = Whole(params)
        async for rows in stream:
            whole.add(rows)
        yield whole.items()

    def run_batch(self, inputs: Inputs, params: AggregateParams, ctx: Context) -> Items:
        whole = Whole(params)
        whole.add(inputs.main)
        return whole.items()


class Whole:
    """The one item that is made of all, which come a part at a time."""

    def __init__(self, params: AggregateParams) -> None:
        self.params = params
        self.count = 0
        self.lists: list[list[Json]] = [[] for _ in params.fields]
        self.entries: list[Fields] = []
        self.binary: dict[str, Binary] = {}
        self.seen: set[Hashable] = set()
        self.linked = False
        self.sources = Sources()

    def add(self, rows: Items) -> None:
        """Take some more items."""
        params = self.params
        self.count += len(rows)
        members = self._add_values(rows) if params.into is None else self._add_items(rows)
        if params.binaries:
            self._add_binaries(rows, members)
        if params.linked_to == "all":
            self.sources.add(rows.links, members)
        elif members and not self.linked:
            self.sources.add(rows.links, members[:1])
            self.linked = True

    def _add_values(self, rows: Items) -> Sequence[int]:
        """Put the values of every field into its list; return which items go along: all."""
        params = self.params
        for field, values in zip(params.fields, self.lists, strict=True):
            values += gathered(column(rows.json, field.field, params.dots), params)
        return range(len(rows))

    def _add_items(self, rows: Items) -> Sequence[int]:
        """Put what goes along of the items into the list of them; return which items do."""
        params = self.params
        entire = params.keep == "all" and not params.drop
        entries = rows.json if entire else [part_of(json, params) for json in rows.json]
        members = [i for i, json in enumerate(entries) if json]
        self.entries += [entries[i] for i in members]
        return members

    def _add_binaries(self, rows: Items, members: Sequence[int]) -> None:
        """Put the binaries of items beside the others, under names of their own."""
        for name, binary in ((n, b) for i in members for n, b in rows.binary.get(i, {}).items()):
            if self.params.unique_binaries:
                identity = (binary.file_name, binary.media_type, binary.sha256())
                if identity in self.seen:
                    continue
                self.seen.add(identity)
            self.binary[free_name(name, self.binary)] = binary

    def items(self) -> Items:
        """Return the item; none, if there was none to make it of."""
        if not self.count:
            return Items()
        return Items.of([Item(self._json(), binary=self.binary, links=self.sources.link())])

    def _json(self) -> dict[str, Json]:
        """Return the fields of the item."""
        params = self.params
        if params.into is not None:
            return {params.into: self.entries}
        json: dict[str, Json] = {}
        for field, values in zip(params.fields, self.lists, strict=True):
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


def part_of(json: Fields, params: AggregateParams) -> Fields:
    """Return the fields of an item that go along."""
    kept = params.keep
    return {
        name: value
        for name, value in json.items()
        if (kept == "all" or name in kept) and name not in params.drop
    }


def free_name(name: str, taken: dict[str, Binary]) -> str:
    """Return a name that is not taken: the name itself, else with a number behind it."""
    if name not in taken:
        return name
    count = 1
    while f"{name}_{count}" in taken:
        count += 1
    return f"{name}_{count}"
