"""The ways of the node ``merge`` to put items together, over all items or some of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import pairwise, product
from typing import Literal, TypeVar

from nodekit import Context, Items, NodeError, Sources

from .joins import Clash, Matches, find_matches
from .merge_params import All, Choose, Key, Position, Sql, TwoSides
from .paths import MISSING, get

NOTHING = "none"

SECONDS = 60
"""How long a query may take."""

T = TypeVar("T")


def by_position(inputs: Mapping[str, Items], params: Position) -> Items:
    """Make one item of the items at each position."""
    clash, lists = clash_by_position(list(inputs), params), list(inputs.values())
    return Items.join(
        clash.join([(at, lists[at][places.start : places.stop]) for at in there])
        for places, there in spans(list(map(len, lists)), params)
    )


def clash_by_position(names: Sequence[str], params: Position) -> Clash:
    """Return what becomes of fields that items of several inputs have, by the inputs' names.

    Raises:
        NodeError: None of them has the name of the one that shall win.
    """
    winners: dict[str, int | None] = {name: at for at, name in enumerate(names)}
    if params.clash not in winners:
        winners = {"left": 0, "right": len(names) - 1, "suffix": None}
    if params.clash not in winners:
        known = ", ".join(f'"{name}"' for name in names)
        raise NodeError(
            f'there is no input "{params.clash}"; there are {known}',
            hint="`clash` is left, right, suffix, or the name of an input.",
        )
    return Clash(winners[params.clash], params.deep, params.skip_empty)


def spans(sizes: Sequence[int], params: Position) -> Iterator[tuple[range, Sequence[int]]]:
    """Yield the positions at which there are items of the same inputs, and which inputs these are.

    ``sizes`` says how many items each input has.
    """
    counts = [*sizes, *[0] * (params.inputs - len(sizes))]
    limit = counted(counts, params.unpaired)
    ends = sorted({min(size, limit) for size in counts})
    for start, end in pairwise((0, *ends)):
        if start < end:
            yield range(start, end), [at for at, size in enumerate(sizes) if size >= end]


def counted(sizes: Sequence[int], unpaired: bool | Literal["first"]) -> int:
    """Return how many items come of inputs of these sizes."""
    if unpaired == "first":
        return sizes[0]
    return max(sizes) if unpaired else min(sizes)


def clash_of(params: TwoSides) -> Clash:
    """Return what becomes of fields that both sides have."""
    default = "left" if isinstance(params, Key) and params.join == "right" else "right"
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


def flat(rows: Items) -> Items:
    """Return items of several parts whose links are one list: quick to take some of, many times."""
    return rows if rows.links is None else rows.linked(list(rows.links))


def by_key(left: Items, right: Items, params: Key) -> Items:
    """Put out what belongs together by its fields, or what does not."""
    if params.must_exist:
        for side, rows in enumerate((left, right)):
            check_fields(lacking(rows, fields_of(params, side), params), side)
    found, marked = wanted(left, right, params), is_marked(len(left), len(right), params)
    return Items.join(
        [
            joined(found.pairs, left, right, clash_of(params)),
            single(left.take(found.left), 0, marked),
            single(right.take(found.right), 1, marked),
        ]
    )


def wanted(left: Items, right: Items, params: Key) -> Matches:
    """Return which pairs are put out, and which items of each side by themselves."""
    found = find_matches(
        left.json,
        right.json,
        names_of(params),
        every=params.multiple == "all",
        fuzzy=params.fuzzy,
        dots=params.dots,
    )
    if params.join == "unmatched":
        return one_side((), found.left, found.right, params.take)
    if params.join == "matches" and params.take != "both":
        matched = [sorted({pair[side] for pair in found.pairs}) for side in (0, 1)]
        return one_side((), matched[0], matched[1], params.take)
    sides = {"matches": "none", "outer": "both"}.get(params.join, params.join)
    return one_side(found.pairs, found.left, found.right, sides)


def one_side(
    pairs: Sequence[tuple[int, int]], left: Sequence[int], right: Sequence[int], sides: str
) -> Matches:
    """Return pairs and, of the other items, those of these sides: one of them, both or none."""
    return Matches(
        pairs,
        left if sides in ("left", "both") else (),
        right if sides in ("right", "both") else (),
    )


def is_marked(left: int, right: int, params: Key) -> bool:
    """Whether items say which input they are of, where the inputs have so many items."""
    unmatched = params.join == "unmatched" and params.take == "both"
    return unmatched and left > 0 and right > 0


def single(rows: Items, side: int, marked: bool) -> Items:
    """Return items of one side, if need be with a field that says of which (n8n: the same)."""
    if not marked:
        return rows
    return rows.with_json([{**row, "_source": f"input{side + 1}"} for row in rows.json])


def names_of(params: Key) -> list[tuple[str, str]]:
    """Return the fields to compare by, as each side calls them."""
    return [(on, on) if isinstance(on, str) else (on.left, on.right) for on in params.on]


def fields_of(params: Key, side: int) -> list[str]:
    """Return the fields to compare by of one side."""
    return [pair[side] for pair in names_of(params)]


def lacking(rows: Items, names: Sequence[str], params: Key) -> list[str]:
    """Return those of some fields that no item has."""
    return [
        name for name in names if all(get(row, name, params.dots) is MISSING for row in rows.json)
    ]


def check_fields(lacked: Sequence[str], side: int) -> None:
    """Make sure that there is no field that no item of a side has.

    Raises:
        NodeError: There is one.
    """
    if lacked:
        raise NodeError(f"Field '{lacked[0]}' is not present in any of items in 'Input {side + 1}'")


async def by_query(inputs: Mapping[str, Items], params: Sql, ctx: Context) -> Items:
    """Put out the rows of an SQL query."""
    from .sql import Query  # few merges speak SQL, and SQLite takes its time to load

    query = Query(params.query, inputs, min(SECONDS, ctx.deadline - ctx.now()))
    found = await ctx.thread(query.run)
    for name in query.missing:
        ctx.hint(f"no item has the field {name}")
    if not len(found) and params.if_empty == "success":
        return Items([{"success": True}])
    return found


def chosen(inputs: Mapping[str, Items], params: Choose) -> Items:
    """Put out the items of one input, or one empty item, once all that must have come have."""
    if not complete(inputs, params):
        return Items()
    if (rows := choice(inputs, params)) is not None:
        return rows
    sources = Sources()
    for rows in inputs.values():
        sources.add(rows.links, range(len(rows)))
    return empty_item(sources)


def complete(inputs: Mapping[str, Sized], params: Choose) -> bool:
    """Whether all inputs that must have items have some.

    Raises:
        NodeError: There is no such input.
    """
    required = params.require or list(inputs)[:2]
    return all(len(input_of(inputs, name)) for name in required)


def choice(inputs: Mapping[str, T], params: Choose) -> T | None:
    """Return the input whose items are put out; ``None`` if one empty item is instead.

    Raises:
        NodeError: There is no such input.
    """
    if params.take == NOTHING and NOTHING not in inputs:
        return None
    return input_of(inputs, params.take or next(iter(inputs)))


def input_of(inputs: Mapping[str, T], name: str) -> T:
    """Return the input of a name.

    Raises:
        NodeError: There is none of this name.
    """
    if name not in inputs:
        known = ", ".join(f'"{known}"' for known in inputs)
        raise NodeError(f'there is no input "{name}"; there are {known}')
    return inputs[name]


def empty_item(sources: Sources) -> Items:
    """Return one empty item that is linked to all of these."""
    return Items([{}], links=[sources.link()])
