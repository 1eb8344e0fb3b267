"""Groups of items by the values of fields, and what is worked out over each (n8n: Summarize)."""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from nodekit import Item, Items, Json, Sources

from .aggregations import counted, default_name, tally
from .columns import present
from .comparing import identity
from .javascript import json_of, text_of
from .paths import MISSING
from .summarize_params import SummarizeParams


class Part(NamedTuple):
    """Some of the items: the values to work with, and those that make groups, by column."""

    columns: Sequence[Sequence[Json]]
    by: Sequence[Sequence[Json]]
    rows: Items


class Group:
    """The items of one group: what is worked out over them, and the values that make it."""

    __slots__ = ("params", "sources", "tallies", "values")

    def __init__(self, params: SummarizeParams, values: Sequence[Json]) -> None:
        self.params = params
        self.values = values
        self.tallies = [tally(field.do, field.separator) for field in params.fields]
        self.sources = Sources()

    def add(self, part: Part, members: Sequence[int]) -> None:
        """Take some more items."""
        if self.params.layout == "items":
            self.sources.add(part.rows.links, members)
        for field, work, values in zip(self.params.fields, self.tallies, part.columns, strict=True):
            work.add(counted(field.do, [values[i] for i in members], field.include_empty))

    def all(self) -> Iterator["Group"]:
        """Yield the group itself, as those within others do."""
        yield self

    def json(self) -> dict[str, Json]:
        """Return what was worked out."""
        return {
            field.as_ or default_name(field.do, field.field): work.result()
            for field, work in zip(self.params.fields, self.tallies, strict=True)
        }

    def item(self) -> Item:
        """Return what was worked out, then the values that make the group."""
        named = zip(self.params.group_by, self.values, strict=True)
        made = {name: value for name, value in named if value is not MISSING}
        return Item({**self.json(), **made}, links=self.sources.link())


class Groups:
    """The groups that the values of one field make, in the order of first sight.

    Args:
        params: What to work out.
        depth: Which of the fields to group by it is; those behind it make groups within these.
    """

    __slots__ = ("depth", "groups", "params")

    def __init__(self, params: SummarizeParams, depth: int) -> None:
        self.params = params
        self.depth = depth
        self.groups: dict[Hashable, Group | Groups] = {}

    def add(self, part: Part, members: Sequence[int]) -> None:
        """Take some more items."""
        for name, found in split(part.by[self.depth], members).items():
            group = self.groups.get(name)
            if group is None:
                values = [column[found[0]] for column in part.by]
                group = self.groups[name] = groups_of(self.params, self.depth + 1, values)
            group.add(part, found)

    def all(self) -> Iterator[Group]:
        """Yield the groups, field by field."""
        for group in self.groups.values():
            yield from group.all()

    def json(self) -> dict[str, Json]:
        """Return the groups by the text of their values, field within field."""
        return {
            group_text(next(group.all()).values[self.depth]): group.json()
            for group in self.groups.values()
        }


def groups_of(
    params: SummarizeParams, depth: int = 0, values: Sequence[Json] = ()
) -> Group | Groups:
    """Return what is to hold the groups that the fields from one on make: one, if none is left."""
    return Groups(params, depth) if depth < len(params.group_by) else Group(params, values)


def chosen(found: Sequence[Sequence[Json]], count: int, params: SummarizeParams) -> Sequence[int]:
    """Return which of some items are in groups."""
    if not params.skip_empty_groups or not found:
        return range(count)
    return [i for i, row in enumerate(zip(*found, strict=True)) if all(map(present, row))]


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


def split(values: Sequence[Json], members: Sequence[int]) -> dict[Hashable, list[int]]:
    """Return the members by the value they have, in the order of first sight."""
    parts: dict[Hashable, list[int]] = {}
    for i in members:
        parts.setdefault(identity(values[i]), []).append(i)
    return parts
