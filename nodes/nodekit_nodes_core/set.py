"""Set: give items new fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Fields,
    Inputs,
    ItemError,
    Items,
    Json,
    Params,
    always,
)

from .coerce import CONVERT, READY, FieldType, Misfit, described, misfit
from .paths import MISSING, drop, get, keys_of, put
from .rows import item_error, place_of
from .shapes import is_object

Keep: TypeAlias = Literal["none", "all"] | list[str]

IGNORE = "Change the type of the field, or set `ignore_conversion_errors` to keep its value."


class ComputedField(Params):
    """One field whose name is computed."""

    name: Each[str] = Field(examples=["={{ $json.kind }}"])
    """Where the value goes: a name, or a path."""

    value: Each[Json] = always(MISSING)
    """The value."""

    type: FieldType | None = None
    """What the value is converted to, as in `types`; without it the value stays as it is."""


class SetParams(Params):
    """What becomes of every item's fields."""

    types: Mapping[str, FieldType] = Field(default={}, examples=[{"user.age": "number"}])
    """What values of `fields` are converted to, by the name that stands there.

    `string`: any value as text, lists and mappings as JSON. `number`: also text that is a number,
    true (1) and false (0), empty text (0). `boolean`: also the words true and false, 1 and 0.
    `array` and `object`: also text of one, as JSON or JavaScript writes it. What cannot be
    converted fails the item. null stays null. `numeric` makes a number of text that is one and
    leaves everything else; `truth` is what JavaScript takes for true; `text` is `string`, but null
    fails.
    """

    fields: Mapping[str, Each[Json]] = Field(
        default={}, examples=[{"name": "={{ $json.first }} Doe", "address.city": "Rome"}]
    )
    """The fields to set, by name, in this order.

    A name is a path: `a.b` sets a field of the mapping `a`, `a[0]` an entry of the list `a`; both
    are made where they are missing. Every expression sees the item as it came in.
    """

    computed: list[ComputedField] = Field(
        default_factory=list[ComputedField], examples=[[{"name": "={{ $json.key }}", "value": 1}]]
    )
    """Fields whose names are computed; set after `fields`, in this order."""

    missing: Literal["null", "skip"] = "null"
    """What becomes of a field of `computed` whose value is undefined: null, or no field at all."""

    json_: Each[Json] = Field(
        default=always(None), validation_alias="json", examples=[{"id": "={{ $json.id }}", "n": 1}]
    )
    """All fields at once: a mapping, or JSON text of one. `fields` are set after it.

    Computed text may have small faults, such as quotes that are not escaped.
    """

    keep: Each[Keep] = Field(default=always("none"), examples=["all", ["id", "user.name"]])
    """Which fields of the item stay: none, all, or those named.

    A path keeps what it leads to, under its last name: `a.b` becomes `b`.
    """

    drop: Each[list[str]] = Field(default=always([]), examples=[["password", "user.secret"]])
    """Names or paths of fields that do not stay. All others do, unless `keep` names some."""

    dots: bool = True
    """Whether names with dots and brackets are paths; if not, they are names like any other."""

    ignore_conversion_errors: bool = False
    """Whether a value that cannot be converted stays as it is, instead of failing the item."""

    binary: Literal["auto", "keep", "drop"] = "auto"
    """Whether files stay with their item; `auto`: where other fields stay, too."""

    duplicates: int = Field(default=0, ge=0)
    """How many copies follow every item."""

    @field_validator("fields", mode="before")
    @classmethod
    def _typed_fields_exist(cls, raw: object, info: ValidationInfo) -> object:
        types: Mapping[str, FieldType] = info.data.get("types", {})
        unknown = [name for name in types if is_object(raw) and name not in raw]
        if unknown:
            raise ValueError(f'has no "{unknown[0]}", which "types" names')
        return raw


class Set(BatchNode[SetParams]):
    """Set fields of every item, and choose which of the others stay."""

    slices = "any"

    def run_batch(self, inputs: Inputs, params: SetParams, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        errors: dict[int, ItemError] = {}
        made = kept_fields(rows.json, params)
        put_json(made, rows, params, errors)
        for name, column in params.fields.items():
            values = converted(column, [name], params.types.get(name), rows, params, errors)
            put_column(made, name, values, params.dots)
        for field in params.computed:
            put_computed(made, field, rows, params, errors)
        return finished(rows, made, params, errors)


def finished(
    rows: Items,
    made: Sequence[Fields],
    params: SetParams,
    errors: Mapping[int, ItemError],
) -> Items:
    """Return the items with their new fields; a failing item goes out as it came in."""
    json = [rows.json[i] if i in errors else row for i, row in enumerate(made)] if errors else made
    binary = {i: row for i, row in rows.binary.items() if i in errors or stays(params, i)}
    items = Items(json, links=rows.links, binary=binary, errors=errors)
    if not params.duplicates:
        return items
    counts = [1 if i in errors else params.duplicates + 1 for i in range(len(items))]
    return items.take([i for i, count in enumerate(counts) for _ in range(count)])


def stays(params: SetParams, index: int) -> bool:
    """Whether the files of an item stay with it."""
    if params.binary != "auto":
        return params.binary == "keep"
    return params.keep[index] != "none" or bool(params.drop[index])


def kept_fields(rows: Sequence[Fields], params: SetParams) -> list[dict[str, Json]]:
    """Return, for every item, the fields that stay, as a dict of its own."""
    keep = params.keep[0]
    plain = params.keep.count(keep) == len(rows) and not any(params.drop)
    if plain and keep == "none":
        return [{} for _ in rows]
    if plain and keep == "all":
        return list(map(dict, rows))
    columns = zip(rows, params.keep, params.drop, strict=True)
    return [kept(row, keep, without, params.dots) for row, keep, without in columns]


def kept(row: Fields, keep: Keep, dropped: Sequence[str], dots: bool) -> dict[str, Json]:
    """Return the fields of one item that stay."""
    if isinstance(keep, list):
        found = {last_name(path, row, dots): get(row, path, dots) for path in keep}
        left = {name: value for name, value in found.items() if value is not MISSING}
    else:
        left = {} if keep == "none" and not dropped else dict(row)
    for path in dropped:
        drop(left, path, dots)
    return left


def last_name(path: str, row: Fields, dots: bool) -> str:
    """Return the name a kept field has: the last one of its path."""
    return path if not dots or path in row else keys_of(path)[-1]


def put_column(
    made: Sequence[dict[str, Json]], name: str, values: Iterable[Json], dots: bool
) -> None:
    """Set one field of every item."""
    if dots and ("." in name or "[" in name):
        for fields, value in zip(made, values, strict=True):
            put(fields, name, value)
    else:
        for fields, value in zip(made, values, strict=True):
            fields[name] = value


def put_computed(
    made: Sequence[dict[str, Json]],
    field: ComputedField,
    rows: Items,
    params: SetParams,
    errors: dict[int, ItemError],
) -> None:
    """Set one field of every item whose name is computed."""
    absent = {i for i, value in enumerate(field.value) if value is MISSING}
    column = [None if i in absent else value for i, value in enumerate(field.value)]
    skipped = absent if params.missing == "skip" and field.type != "truth" else frozenset[int]()
    values = converted(column, field.name, field.type, rows, params, errors)
    for i, (name, value) in enumerate(zip(field.name, values, strict=True)):
        if i not in skipped:
            put(made[i], name, value, params.dots)


def converted(
    column: Sequence[Json],
    names: Sequence[str],
    wanted: FieldType | None,
    rows: Items,
    params: SetParams,
    errors: dict[int, ItemError],
) -> Iterable[Json]:
    """Return a column of values as the type that is wanted; null stays null.

    ``names`` is the one name of the field, or a name for every item. Where a value cannot be
    converted, ``errors`` gets the item.
    """
    if wanted is None:
        return column
    convert, ready = CONVERT[wanted], READY[wanted]
    values = list(column)
    for i in [i for i, value in enumerate(values) if type(value) not in ready]:
        value = values[i]
        try:
            values[i] = convert(value)
        except Misfit:
            if not params.ignore_conversion_errors and i not in errors:
                place = place_of(rows, i)
                text = misfit(names[i if len(names) > 1 else 0], wanted, value)
                errors[i] = item_error(f"{text} [item {place}]", place, hint=IGNORE)
    return values


def put_json(
    made: Sequence[dict[str, Json]],
    rows: Items,
    params: SetParams,
    errors: dict[int, ItemError],
) -> None:
    """Set the fields of every item that the parameter ``json`` has for it, if it is given."""
    if "json_" not in params.model_fields_set:
        return
    for i, (fields, value) in enumerate(zip(made, params.json_, strict=True)):
        try:
            found = as_object(value)
        except ValueError as error:
            place = place_of(rows, i)
            errors[i] = item_error(f"the 'JSON Output' in item {place} {error}", place)
            continue
        for name, part in found.items():
            put(fields, name, part, params.dots)


def as_object(value: Json) -> Mapping[str, Json]:
    """Return a mapping, or the one that a text stands for.

    Raises:
        ValueError: It is none; the message says what there is.
    """
    found = value
    if isinstance(value, str):
        from .literal import read_literal  # few items hold JSON as text

        try:
            found = read_literal(value)
        except ValueError as error:
            raise ValueError(f"contains invalid JSON: {error}") from None
    if not is_object(found):
        raise ValueError(f"does not contain a valid JSON object but {described(found)}")
    return found
