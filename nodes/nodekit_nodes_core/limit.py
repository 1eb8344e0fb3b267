"""The node ``limit``."""

from typing import Literal

from pydantic import Field

from nodekit import BatchNode, Context, Inputs, Items, Params


class LimitParams(Params):
    """How many items to keep."""

    count: int = Field(default=1, ge=0)
    """The greatest number of items that go on."""

    from_: Literal["start", "end"] = Field(default="start", validation_alias="from")
    """Keep the first items, or the last."""


class Limit(BatchNode[LimitParams]):
    """Keep the first or the last items and drop the rest."""

    def run_batch(self, inputs: Inputs, params: LimitParams, ctx: Context) -> Items:
        rows = inputs.main
        total = len(rows)
        if params.count >= total:
            return rows
        if params.from_ == "start":
            return rows.take(range(params.count))
        return rows.take(range(total - params.count, total))
