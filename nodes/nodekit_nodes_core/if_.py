"""If: one of two ways for every item."""

from typing import Literal, TypeAlias

from nodekit import BatchNode, Context, Inputs, Send

from .conditions import ConditionParams, judge
from .rows import taken

Branch: TypeAlias = Literal["true", "false"]


class IfParams(ConditionParams):
    """What must hold for an item to leave by `true`."""


class If(BatchNode[IfParams, None, Branch]):
    """Send every item to the output `true` or `false`.

    An item for which that cannot be told leaves by `false` under `on_error: continue`.
    """

    failed = "false"
    slices = "any"

    def run_batch(self, inputs: Inputs, params: IfParams, ctx: Context) -> Send[Branch]:
        rows = inputs.main
        if params.condition is not None:
            return Send.split(rows, params.condition, "true", "false")
        verdict = judge(params, rows, range(len(rows)))
        decided = {*verdict.holding, *verdict.errors}
        rest = [i for i in range(len(rows)) if i not in decided]
        no = taken(rows, rest, verdict.errors)
        return Send.to({"true": taken(rows, verdict.holding, {}), "false": no})
