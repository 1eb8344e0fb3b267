"""The node ``compare_datasets``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import Field

from nodekit import BatchNode, Context, Fields, Inputs, Items, Json, NodeError, Params, Send

from .alike import alike
from .comparing import identity
from .joins import find_matches, links_of_all
from .paths import MISSING, drop, get, put

Output: TypeAlias = Literal["left_only", "same", "different", "right_only"]
Side: TypeAlias = Literal["left", "right"]
Pair: TypeAlias = tuple[Fields, Fields]


class SameFields(Params):
    """Fields that say the same on each side."""

    left: str = Field(min_length=1)
    """The field of the left items."""

    right: str = Field(min_length=1)
    """The field of the right ones."""


class CompareParams(Params):
    """How two lists of items are compared."""

    on: list[str | SameFields] = Field(min_length=1, examples=[["id"]])
    """The fields whose values say which items belong together."""

    multiple: Literal["first", "all"] = "first"
    """Whether an item is compared with its first partner, or with each."""

    fuzzy: bool = False
    """Whether values of different types are the same if they say the same, as 1 and "1" do."""

    skip: list[str] = Field(default=[])
    """Fields that may differ."""

    put_out: Literal["both", "left", "right", "mix"] = "both"
    """What is put out where two differ: an object of what is the same and what is not, the item of
    one side, or one of the fields of both."""

    prefer: Side = "left"
    """With `mix`: whose fields are taken."""

    except_: list[str] = Field(default=[], validation_alias="except")
    """With `mix`: the fields that are taken from the other side."""

    labels: tuple[str, str] = ("left", "right")
    """What the sides are called in such an object."""

    must_exist: bool = False
    """Whether it is an error if no item of a side has one of the fields in `on`."""

    keep_empty: bool = False
    """Whether items without any field are compared, too."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""


class CompareDatasets(BatchNode[CompareParams, None, Output]):
    """Compare the items of two inputs, and send them where they belong.

    What has no partner leaves by `left_only` or `right_only`; of two that belong together, the left
    one leaves by `same` if they are; else what `put_out` says, linked to both, by `different`.
    """

    inputs = ("left", "right")

    def run_batch(self, inputs: Inputs, params: CompareParams, ctx: Context) -> Send[Output]:
        left, right = (filled(inputs.get(side, Items()), params) for side in ("left", "right"))
        names = [(on, on) if isinstance(on, str) else (on.left, on.right) for on in params.on]
        if params.must_exist:
            check_fields(left, "left", [name for name, _ in names], params)
            check_fields(right, "right", [name for _, name in names], params)
        found = find_matches(
            left.json,
            right.json,
            names,
            every=params.multiple == "all",
            fuzzy=params.fuzzy,
            dots=params.dots,
        )
        compared = [
            Comparison.of(left.json[i], right.json[j], params, names) for i, j in found.pairs
        ]
        same = [i for (i, _), one in zip(found.pairs, compared, strict=True) if not one.different]
        differing = [at for at, one in enumerate(compared) if one.different]
        pairs = [found.pairs[at] for at in differing]
        outputs: dict[Output, Items] = {
            "left_only": left.take(found.left),
            "same": left.take(same),
            "different": put_out(pairs, [compared[at] for at in differing], left, right, params),
            "right_only": right.take(found.right),
        }
        return Send.to(outputs)


def filled(rows: Items, params: CompareParams) -> Items:
    """Return the items that are compared."""
    if params.keep_empty:
        return rows
    return rows.take([i for i, json in enumerate(rows.json) if json])


def check_fields(rows: Items, side: Side, names: Sequence[str], params: CompareParams) -> None:
    """Make sure that some item has each of these fields.

    Raises:
        NodeError: None has.
    """
    for name in names:
        if all(get(json, name, params.dots) is MISSING for json in rows.json):
            raise NodeError(
                f"no item of the {side} input has the field {name!r}",
                hint="Check the spelling of the field's name, also its case.",
            )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two items that belong together have in common, and what not."""

    keys: Mapping[str, Json]
    same: Mapping[str, Json]
    different: Mapping[str, tuple[Json, Json]]
    skipped: Mapping[str, tuple[Json, Json]]

    @classmethod
    def of(
        cls, left: Fields, right: Fields, params: CompareParams, names: Sequence[tuple[str, str]]
    ) -> "Comparison":
        """Compare two items field by field."""
        keys: dict[str, Json] = {}
        for name, _ in names:
            put(keys, name, get(left, name, params.dots), params.dots)
        skipped: dict[str, tuple[Json, Json]] = {}
        first, second = dict(left), dict(right)
        for name in params.skip:
            values = get(left, name, params.dots), get(right, name, params.dots)
            if values != (MISSING, MISSING):
                skipped[name] = values
            drop(first, name, params.dots)
            drop(second, name, params.dots)
        same: dict[str, Json] = {}
        different: dict[str, tuple[Json, Json]] = {}
        for ours, theirs in names:
            if ours != theirs:
                drop(first, ours, params.dots)
                drop(second, theirs, params.dots)
        for name in dict.fromkeys((*first, *second)):
            values = first.get(name, MISSING), second.get(name, MISSING)
            if equal(*values, params.fuzzy):
                same[name] = plain(values[0])
            else:
                different[name] = values
        for ours, theirs in names:
            if ours != theirs:
                put(same, ours, get(left, ours, params.dots), params.dots)
        return cls(keys, same, different, skipped)


def equal(one: Json, other: Json, fuzzy: bool) -> bool:
    """Whether two values are the same, or say the same."""
    if one is MISSING or other is MISSING:
        return fuzzy and alike(plain(one), plain(other))
    return alike(one, other) if fuzzy else identity(one) == identity(other)


def plain(value: Json) -> Json:
    """Return a value that may be missing, null if it is."""
    return None if value is MISSING else value


def put_out(
    pairs: Sequence[tuple[int, int]],
    compared: Sequence[Comparison],
    left: Items,
    right: Items,
    params: CompareParams,
) -> Items:
    """Return what leaves where two items differ."""
    firsts, seconds = left.take([i for i, _ in pairs]), right.take([j for _, j in pairs])
    links = links_of_all([firsts, seconds])
    match params.put_out:
        case "both":
            return Items([described(one, params) for one in compared], links=links)
        case "left":
            return firsts.linked(links)
        case "right":
            return seconds.linked(links)
        case "mix":
            rows = zip(firsts.json, seconds.json, strict=True)
            taken, binary = [mixed(pair, params) for pair in rows], firsts.binary
            if params.prefer == "right":
                binary = seconds.binary
            return Items(taken, links=links, binary=binary)


def described(one: Comparison, params: CompareParams) -> dict[str, Json]:
    """Return what was found as the json of an item."""
    found: dict[str, Json] = {
        "keys": one.keys,
        "same": one.same,
        "different": {name: sides(values, params) for name, values in one.different.items()},
    }
    if one.skipped:
        found["skipped"] = {name: sides(values, params) for name, values in one.skipped.items()}
    return found


def sides(values: tuple[Json, Json], params: CompareParams) -> dict[str, Json]:
    """Return the values of both sides by what they are called."""
    return dict(zip(params.labels, map(plain, values), strict=True))


def mixed(pair: Pair, params: CompareParams) -> dict[str, Json]:
    """Return the fields of both sides as one item."""
    preferred, other = pair if params.prefer == "left" else pair[::-1]
    json = {**other, **preferred}
    for name in params.except_:
        value = get(other, name, params.dots)
        if value is not MISSING:
            put(json, name, value, params.dots)
    return json
