"""The node ``split_out``."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Literal

from pydantic import Field, field_validator, model_validator

from nodekit import BatchNode, Binary, Context, Fields, Inputs, Items, Json, Params

from .collected import Collected
from .names import Names
from .paths import MISSING, drop, get
from .shapes import is_list, is_object

BINARY = "$binary"
"""The name that stands for an item's binaries among the fields to split."""

NO_BINARIES: Mapping[str, Binary] = {}


class SplitOutParams(Params):
    """What to split, and what goes along."""

    fields: Names = Field(min_length=1, examples=[["lines"]])
    """The fields that hold lists; a dot leads into nested objects. Several are split side by side.
    `$binary` stands for the item's binaries; `$json.` before a name may be left out."""

    as_: Names = Field(default=[], validation_alias="as")
    """The fields that get the entries, one for each of `fields`; without it the same names, dots
    and all. Objects from a single field are then spread over the item."""

    keep: Literal["none", "all"] | Names = "none"
    """The other fields that go along with every entry."""

    binaries: bool = False
    """Whether the item's binaries go along with every entry."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""

    @field_validator("fields")
    @classmethod
    def bare(cls, fields: list[str]) -> list[str]:
        """Leave out what stands for the item itself."""
        return [name.removeprefix("$json.") for name in fields]

    @model_validator(mode="after")
    def one_each(self) -> "SplitOutParams":
        """Refuse names that do not go with the fields one by one."""
        if self.as_ and len(self.as_) != len(self.fields):
            raise ValueError(f'"as" has {len(self.as_)} names for {len(self.fields)} fields')
        return self


class SplitOut(BatchNode[SplitOutParams]):
    """Make an item of every entry of a list.

    An object is split into its values; any other value counts as a list of one; an item without
    the field gives no items. Of several lists, the shorter ones leave their fields out at the end.
    """

    slices = "any"

    def run_batch(self, inputs: Inputs, params: SplitOutParams, ctx: Context) -> Items:
        rows = inputs.main
        collected = Collected(rows)
        found: set[str] = set()
        for i, json in enumerate(rows.json):
            columns = [entries_of(rows, i, name, params, found) for name in params.fields]
            rest = kept(json, params)
            parts = side_by_side(columns, params)
            if BINARY not in params.fields and not (params.binaries and i in rows.binary):
                collected.add(i, [{**rest, **own} for own, _ in parts])
                continue
            along = rows.binary.get(i, NO_BINARIES) if params.binaries else NO_BINARIES
            for own, files in parts:
                collected.add_file(i, {**rest, **own}, {**along, **files})
        report_missing(params, found, ctx)
        return collected.items()


def report_missing(params: SplitOutParams, found: set[str], ctx: Context) -> None:
    """Say which fields no item has."""
    for name in params.fields:
        if name not in found and name != BINARY:
            ctx.hint(f"no item has the field {name!r}")


def entries_of(
    rows: Items, index: int, name: str, params: SplitOutParams, found: set[str]
) -> Sequence[Json]:
    """Return the entries of one field of an item; a field that is there is added to ``found``."""
    if name == BINARY:
        return [{key: binary} for key, binary in rows.binary.get(index, {}).items()]
    value = get(rows.json[index], name, params.dots)
    if value is MISSING:
        return []
    found.add(name)
    if is_object(value):
        return list(value.values())
    return value if is_list(value) else [value]


def kept(json: Fields, params: SplitOutParams) -> dict[str, Json]:
    """Return the other fields of an item that go along with every entry."""
    if params.keep == "none":
        return {}
    if params.keep == "all":
        rest = dict(json)
        for name in params.fields:
            drop(rest, name, params.dots)
        return rest
    found = ((name, get(json, name, params.dots)) for name in params.keep)
    return {name: value for name, value in found if value is not MISSING}


def side_by_side(
    columns: Sequence[Sequence[Json]], params: SplitOutParams
) -> Iterator[tuple[dict[str, Json], dict[str, Binary]]]:
    """Yield the fields and binaries that the entries at each place give."""
    names = params.as_ or params.fields
    spread = len(columns) == 1 and not params.as_ and params.keep == "none"
    for entries in zip_longest(*columns, fillvalue=MISSING):
        own: dict[str, Json] = {}
        files: dict[str, Binary] = {}
        for field, name, entry in zip(params.fields, names, entries, strict=True):
            if entry is MISSING:
                continue
            if field == BINARY:
                files.update(entry)
            elif spread and is_object(entry):
                own.update(entry)
            else:
                own[name] = entry
        yield own, files
