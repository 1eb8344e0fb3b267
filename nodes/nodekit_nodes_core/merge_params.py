"""What the node ``merge`` may be told: a form for each way to put items together."""

from typing import Literal, TypeAlias

from pydantic import Field

from nodekit import Fixed, Params


class Append(Params):
    """Put the items of all inputs one after another."""

    how: Literal["append"] = "append"
    """How items are put together."""


class ClashParams(Params):
    """What becomes of fields that items have both."""

    deep: bool = True
    """Whether mappings and lists that both have are merged, too; if not, one replaces the other."""

    skip_empty: bool = False
    """Whether null and empty text replace no other value."""


class Position(ClashParams):
    """Make one item of all first items, one of all second ones, and so on."""

    how: Literal["position"] = "position"
    """How items are put together."""

    clash: str = Field(default="right", examples=["left", "suffix"])
    """Whose fields win where several have the same: `left` the first input's, `right` the last's.

    The name of an input lets that one win. `suffix` gives every field the number of its input:
    `name_1`, `name_2`.
    """

    inputs: int = Field(default=0, ge=0)
    """How many inputs there are at least: one that is not connected has no items."""

    unpaired: bool | Literal["first"] = False
    """Whether items stay for which another input has none; `first`: those of the first input."""


class TwoSides(ClashParams):
    """What merges of the two inputs `left` and `right` have in common."""

    clash: Literal["left", "right", "suffix"] | None = None
    """Whose fields win where both have the same.

    `suffix` gives every field the number of its input: `name_1`, `name_2`. By default the right
    ones win, but for `join: right`.
    """


class All(TwoSides):
    """Make an item of every left item with every right one."""

    how: Literal["all"] = "all"
    """How items are put together."""


class FieldPair(Params):
    """Two fields whose values must be the same."""

    left: str = Field(examples=["id"])
    """The field of left items; a path."""

    right: str = Field(examples=["user.id"])
    """The field of right items; a path."""


class Key(TwoSides):
    """Make items of those left and right ones that have the same values in some fields."""

    how: Literal["key"] = "key"
    """How items are put together."""

    on: list[str | FieldPair] = Field(
        min_length=1, examples=[["id"], [{"left": "id", "right": "user_id"}]]
    )
    """The fields that must be the same: a name for both sides, or one for each.

    An item that lacks one of them belongs to no other. null belongs to null.
    """

    join: Literal["matches", "unmatched", "left", "right", "outer"] = "matches"
    """Which items are put out.

    `matches`: those that belong together, merged. `unmatched`: those that belong to none. `left`:
    the merged ones, then the left ones that belong to none; `right` likewise; `outer`: both.
    """

    take: Literal["both", "left", "right"] = "both"
    """For `matches` and `unmatched`: whether items of both sides are put out, or of one, unchanged.

    Unmatched items of both sides have a field `_source`, `input1` or `input2`, if both sides have
    items.
    """

    multiple: Literal["all", "first"] = "all"
    """Whether a left item is merged with every right one it belongs to, or only the first."""

    fuzzy: bool = False
    """Whether values are the same that say the same: 1 and "1", true and "true", null and ""."""

    dots: bool = True
    """Whether names with dots are paths; if not, they are names like any other."""

    must_exist: bool = False
    """Whether it is an error if no item of a side has one of the fields."""


class Choose(Params):
    """Wait for the inputs and put out the items of one."""

    how: Literal["choose"] = "choose"
    """How items are put together."""

    take: str = Field(default="", examples=["right", "none"])
    """The input whose items are put out; the first if empty.

    `none` puts out one empty item, linked to all items of all inputs.
    """

    require: Fixed[list[str]] = Field(default_factory=list, examples=[["left", "right"]])
    """The inputs that must have items; if empty, the first two. Otherwise nothing is put out."""


class Sql(Params):
    """Ask for items by an SQL query over all inputs.

    The inputs are the tables `input1`, `input2` and so on, in order; a field is a column. SQL is
    that of SQLite, of which a query may use what reads: SELECT and WITH. Lists and mappings are
    JSON text in it, true and false are 1 and 0; columns that are put out unchanged have their own
    values again. A field that an item lacks is null in the query, and left out of what comes of it.
    n8n has AlaSQL here. Unlike it, `+` does not put texts together (`||` does), a comparison gives
    1 or 0, a sum of nothing is nothing, names differ by more than capitals, and a query cannot
    change its tables. `/` divides as there: `1 / 2` is 0.5.
    """

    how: Literal["sql"] = "sql"
    """How items are put together."""

    query: str = Field(
        min_length=1,
        examples=["SELECT * FROM input1 LEFT JOIN input2 ON input1.id = input2.id"],
    )
    """The query. Where rows are of single items, and inputs go by their own names, items of it are
    linked to them."""

    if_empty: Literal["nothing", "success"] = "nothing"
    """What is put out where it gives no rows: nothing, or one item that says `success: true`."""


MergeParams: TypeAlias = Append | Position | Key | All | Choose | Sql
