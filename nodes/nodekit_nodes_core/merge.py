"""Merge: items of several inputs, put together."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Literal, TypeAlias, assert_never

from pydantic import Field

from nodekit import BatchNode, Context, Fixed, Inputs, Item, Items, NodeError, Params

from .joins import Clash, Matches, find_matches
from .paths import MISSING, get

NOTHING = "none"
SIDES = ("left", "right")

SECONDS = 60
"""How long a query may take."""


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


class Merge(BatchNode[MergeParams]):
    """Put the items of several inputs together.

    The step runs once its inputs have come, or at the end with those that have.
    """

    inputs = "*"

    @classmethod
    def inputs_of(cls, params: MergeParams) -> tuple[str, ...] | Literal["*"]:
        return SIDES if isinstance(params, Key | All) else "*"

    @classmethod
    def required_of(cls, params: MergeParams) -> tuple[str, ...]:
        return tuple(params.require) if isinstance(params, Choose) else ()

    def run_batch(
        self, inputs: Inputs, params: MergeParams, ctx: Context
    ) -> Items | Awaitable[Items]:
        match params:
            case Append():
                return Items.join(inputs.values())
            case Position():
                return by_position(inputs, params)
            case All():
                return every_pair(*both(inputs), params)
            case Key():
                return by_key(*both(inputs), params)
            case Choose():
                return chosen(inputs, params)
            case Sql():
                return by_query(inputs, params, ctx)
            case _:
                assert_never(params)


def both(inputs: Inputs) -> tuple[Items, Items]:
    """Return the left and the right items; none where nothing is connected."""
    return inputs.get("left", Items()), inputs.get("right", Items())


def by_position(inputs: Inputs, params: Position) -> Items:
    """Make one item of the items at each position."""
    names = list(inputs)
    winners: dict[str, int | None] = {name: at for at, name in enumerate(names)}
    if params.clash not in winners:
        winners = {"left": 0, "right": len(names) - 1, "suffix": None}
    if params.clash not in winners:
        known = ", ".join(f'"{name}"' for name in names)
        raise NodeError(
            f'there is no input "{params.clash}"; there are {known}',
            hint="`clash` is left, right, suffix, or the name of an input.",
        )
    clash = Clash(winners[params.clash], params.deep, params.skip_empty)
    lists = list(enumerate(inputs.values()))
    sizes = [len(rows) for _, rows in lists] + [0] * (params.inputs - len(lists))
    ends = sorted({min(size, counted(sizes, params.unpaired)) for size in sizes})
    parts: list[Items] = []
    for start, end in pairwise((0, *ends)):
        there = [(at, rows[start:end]) for at, rows in lists if len(rows) >= end]
        parts.append(clash.join(there))
    return Items.join(parts)


def counted(sizes: Sequence[int], unpaired: bool | Literal["first"]) -> int:
    """Return how many items come of inputs of these sizes."""
    if unpaired == "first":
        return sizes[0]
    return max(sizes) if unpaired else min(sizes)


def clash_of(params: TwoSides, default: Literal["left", "right"] = "right") -> Clash:
    """Return what becomes of fields that both sides have."""
    winner = {"left": 0, "right": 1, "suffix": None}[params.clash or default]
    return Clash(winner, params.deep, params.skip_empty)


def every_pair(left: Items, right: Items, params: All) -> Items:
    """Make an item of every left item with every right one."""
    return joined(product(range(len(left)), range(len(right))), left, right, clash_of(params))


def joined(pairs: Iterable[tuple[int, int]], left: Items, right: Items, clash: Clash) -> Items:
    """Make an item of each of these pairs."""
    places = list(pairs)
    firsts, seconds = left.take([i for i, _ in places]), right.take([j for _, j in places])
    return clash.join([(0, firsts), (1, seconds)])


def by_key(left: Items, right: Items, params: Key) -> Items:
    """Put out what belongs together by its fields, or what does not."""
    names = [(on, on) if isinstance(on, str) else (on.left, on.right) for on in params.on]
    if params.must_exist:
        check_fields(left, [name for name, _ in names], params, 1)
        check_fields(right, [name for _, name in names], params, 2)
    found = find_matches(
        left.json,
        right.json,
        names,
        every=params.multiple == "all",
        fuzzy=params.fuzzy,
        dots=params.dots,
    )
    if params.join == "unmatched":
        if params.take == "both" and not (len(left) and len(right)):
            return left + right
        return unmatched(left.take(found.left), right.take(found.right), params)
    if params.join == "matches" and params.take != "both":
        return one_side(left, right, found, params.take)
    clash = clash_of(params, "left" if params.join == "right" else "right")
    parts = [joined(found.pairs, left, right, clash)]
    if params.join in ("left", "outer"):
        parts.append(left.take(found.left))
    if params.join in ("right", "outer"):
        parts.append(right.take(found.right))
    return Items.join(parts)


def one_side(left: Items, right: Items, found: Matches, take: str) -> Items:
    """Put out the items of one side that have a partner, in their order."""
    rows, at = (left, 0) if take == "left" else (right, 1)
    return rows.take(sorted({pair[at] for pair in found.pairs}))


def unmatched(left: Items, right: Items, params: Key) -> Items:
    """Put out the items that have no partner."""
    if params.take != "both":
        return left if params.take == "left" else right
    return Items.join([sourced(left, 1), sourced(right, 2)])


def sourced(rows: Items, number: int) -> Items:
    """Return items with a field that says which input they are of (n8n: the same)."""
    return rows.with_json([{**row, "_source": f"input{number}"} for row in rows.json])


def check_fields(rows: Items, names: Sequence[str], params: Key, number: int) -> None:
    """Make sure that some item has each of these fields.

    Raises:
        NodeError: None has one of them.
    """
    for name in names:
        if all(get(row, name, params.dots) is MISSING for row in rows.json):
            raise NodeError(f"Field '{name}' is not present in any of items in 'Input {number}'")


async def by_query(inputs: Inputs, params: Sql, ctx: Context) -> Items:
    """Put out the rows of an SQL query."""
    from .sql import Query  # few merges speak SQL, and SQLite takes its time to load

    query = Query(params.query, inputs, min(SECONDS, ctx.deadline - ctx.now()))
    found = await ctx.thread(query.run)
    for name in query.missing:
        ctx.hint(f"no item has the field {name}")
    if not len(found) and params.if_empty == "success":
        return Items([{"success": True}])
    return found


def chosen(inputs: Inputs, params: Choose) -> Items:
    """Put out the items of one input, or one empty item, once all that must have come have."""
    required = params.require or list(inputs)[:2]
    if any(not len(rows_of(inputs, name)) for name in required):
        return Items()
    if params.take != NOTHING or NOTHING in inputs:
        return rows_of(inputs, params.take) if params.take else inputs.main
    sources = (item for rows in inputs.values() for item in rows)
    return Items.of([Item.join({}, sources)])


def rows_of(inputs: Mapping[str, Items], name: str) -> Items:
    """Return the items of an input.

    Raises:
        NodeError: There is none of this name.
    """
    if name not in inputs:
        known = ", ".join(f'"{known}"' for known in inputs)
        raise NodeError(f'there is no input "{name}"; there are {known}')
    return inputs[name]
