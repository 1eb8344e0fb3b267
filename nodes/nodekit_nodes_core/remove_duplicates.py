"""The node ``remove_duplicates``."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Inputs,
    ItemError,
    Items,
    NodeError,
    Params,
    Send,
    always,
)

from .duplicates import Comparison, compared_names, distinct, fields_only
from .names import Names
from .repeats import first_seen
from .rows import failing, taken
from .seen import Memory, Rule, Seen, both, forget, judged

Output = Literal["main", "discarded"]


class Except(Params):
    """All fields but some."""

    except_: Names = Field(validation_alias="except")
    """The fields that may differ."""

    deep: bool = True
    """Whether all that is in an object or list of this name may differ too (n8n: no)."""


class SeenParams(Params):
    """What earlier runs have seen."""

    value: Each[str | None] = Field(default=always(None))
    """What is remembered of an item, such as its id; a number for `above`, a time for `after`."""

    rule: Rule = "new"
    """Which items are new: those whose value was not seen by an earlier run, is above the greatest
    seen, or a time after the latest seen."""

    size: int = Field(default=10_000, ge=1)
    """How many values `new` remembers; the oldest go first."""

    scope: Literal["step", "pipeline"] = "step"
    """Whether the step remembers for itself, or together with others of the pipeline."""

    clear: bool = False
    """Forget everything instead, and put out all items."""

    @model_validator(mode="after")
    def has_value(self) -> "SeenParams":
        """Refuse a rule without anything to remember."""
        if "value" not in self.model_fields_set and not self.clear:
            raise ValueError("needs a value to remember")
        return self


class RemoveDuplicatesParams(Params):
    """What makes two items the same, or what earlier runs have seen."""

    by: Literal["all"] | Annotated[Names, Field(min_length=1)] | Except = Field(
        default="all", examples=[["id"], {"except": ["at"]}]
    )
    """The fields that two items share if they are the same; a dot leads into nested objects."""

    keep: Literal["first", "last"] = "first"
    """Which of several that are the same goes on."""

    mixed: Literal["fail", "differ"] = "fail"
    """What to make of a field that some items lack, or that has values of several types: an error,
    or a difference like others."""

    null_is_type: bool = False
    """Whether null is a type of its own, so that it does not mix with others (n8n: version 1)."""

    only_compared: bool = False
    """Whether the items keep only the fields that were compared."""

    linked_by: Literal["item", "place"] = "item"
    """With `only_compared`: whether an item is linked to the one it was, or to the one that has its
    place in the input (n8n: by place)."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects, and those are compared field by
    field."""

    seen: SeenParams | None = None
    """Compare with earlier runs instead; what is not new leaves by `discarded`."""


class RemoveDuplicates(BatchNode[RemoveDuplicatesParams, Memory, Output]):
    """Drop items that are the same as others, or that an earlier run has seen.

    With `seen`, items of one run are compared with earlier runs only, not with each other. What has
    been seen is kept when the run succeeds.
    """

    slices = "fold"
    state_kept = "on_success"

    @classmethod
    def outputs_of(cls, params: RemoveDuplicatesParams) -> tuple[str, ...]:
        return ("main",) if params.seen is None else ("main", "discarded")

    @classmethod
    def slices_of(cls, params: RemoveDuplicatesParams) -> Literal["any", "fold", "all"]:
        # What all items have in common, or which is the last, only all of them can tell.
        by_place = params.linked_by != "item" and params.only_compared is not False
        local = isinstance(params.by, list) and params.keep == "first" and not by_place
        return "fold" if local and params.seen is None else "all"

    @classmethod
    def merge_state(cls, base: Memory | None, stored: Memory, mine: Memory) -> Memory:
        return both(stored, mine)

    def run_batch(
        self, inputs: Inputs, params: RemoveDuplicatesParams, ctx: Context[Memory]
    ) -> Items | Send[Output]:
        if params.seen is not None:
            return unseen(inputs.main, params.seen, ctx)
        return without_duplicates(inputs.main, params, ctx.memory)


def without_duplicates(
    rows: Items, params: RemoveDuplicatesParams, memory: dict[str, Any]
) -> Items:
    """Return the first or last of all items that are the same, in input order.

    Where items cannot be compared the first of them stands for the error, as in n8n: when errors
    are passed on, it is all that goes on.
    """
    by = params.by
    names = compared_names(
        rows.json,
        by if isinstance(by, list) else None,
        by.except_ if isinstance(by, Except) else (),
        deep=isinstance(by, Except) and by.deep,
        dots=params.dots,
    )
    comparison = Comparison(names, params.dots, params.mixed == "fail", params.null_is_type)
    try:
        if isinstance(by, list) and params.keep == "first":
            chosen = first_seen(rows.json, comparison, memory)
        else:
            chosen = distinct(rows.json, comparison, last=params.keep == "last")
    except NodeError as error:
        why = ItemError(error.message, hint=error.hint, cause=error)
        return failing(rows.take(range(1)), {0: why})
    kept = taken(rows, chosen, {})
    if params.only_compared:
        fields = [fields_only(json, comparison) for json in kept.json]
        if params.linked_by == "place":
            return rows.take(range(len(kept))).with_json(fields)
        return kept.with_json(fields)
    return kept


def unseen(rows: Items, seen: SeenParams, ctx: Context[Memory]) -> Send[Output]:
    """Send items by whether an earlier run has seen them, and remember them."""
    memory = Seen(ctx, seen.scope)
    if seen.clear:
        forget(memory)
        return Send.to({"main": rows})
    flags, errors = judged(rows, seen.value, seen.rule, seen.size, memory)
    new = [i for i, flag in enumerate(flags) if flag]
    old = [i for i, flag in enumerate(flags) if not flag and i not in errors]
    outputs: dict[Output, Items] = {"main": taken(rows, new, errors), "discarded": rows.take(old)}
    return Send.to(outputs)
