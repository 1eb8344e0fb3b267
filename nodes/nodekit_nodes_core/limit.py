"""The node ``limit``."""

from collections.abc import AsyncGenerator, Mapping
from typing import Literal

from pydantic import Field

from nodekit import BatchNode, Context, Inputs, Items, Params, Stream


class LimitParams(Params):
    """How many items to keep."""

    count: int = Field(default=1, ge=0)
    """The greatest number of items that go on."""

    from_: Literal["start", "end"] = Field(default="start", validation_alias="from")
    """Keep the first items, or the last."""


class Limit(BatchNode[LimitParams]):
    """Keep the first or the last items and drop the rest."""

    slices = "fold"

    @classmethod
    def slices_of(cls, params: LimitParams) -> Literal["any", "fold", "stream", "all"]:
        return "fold" if params.from_ == "start" else "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: LimitParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        (stream,), count = inputs.values(), params.count
        start = max(0, len(stream) - count) if params.from_ == "end" else 0
        at = 0
        async for rows in stream:
            kept = rows[max(0, start - at) : max(0, start + count - at)]
            at += len(rows)
            if len(kept):
                yield kept

    def run_batch(self, inputs: Inputs, params: LimitParams, ctx: Context) -> Items:
        rows = inputs.main
        total = len(rows)
        if params.from_ == "end":
            return rows if params.count >= total else rows[total - params.count :]
        taken: int = ctx.memory.get("taken", 0)
        kept = rows[: max(params.count - taken, 0)]
        ctx.memory["taken"] = taken + len(kept)
        return kept
