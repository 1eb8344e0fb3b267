"""Filter: let only some items pass."""

from typing import Literal, TypeAlias

from nodekit import BatchNode, Context, Inputs, Send

from .conditions import ConditionParams, judge
from .rows import taken

Kept: TypeAlias = Literal["main", "discarded"]


class FilterParams(ConditionParams):
    """What must hold for an item to pass."""


class Filter(BatchNode[FilterParams, None, Kept]):
    """Let the items pass for which a condition holds; the others leave by `discarded`.

    An item for which that cannot be told is discarded under `on_error: continue`.
    """

    failed = "discarded"
    slices = "any"

    def run_batch(self, inputs: Inputs, params: FilterParams, ctx: Context) -> Send[Kept]:
        rows = inputs.main
        if params.condition is not None:
            return Send.split(rows, params.condition, "main", "discarded")
        verdict = judge(params, rows, range(len(rows)))
        decided = {*verdict.holding, *verdict.errors}
        rest = [i for i in range(len(rows)) if i not in decided]
        out = taken(rows, rest, verdict.errors)
        return Send.to({"main": taken(rows, verdict.holding, {}), "discarded": out})
