"""The node type ``conformance.counter``, written with the public authoring API."""

from typing import Any, Literal

from pydantic import ConfigDict

from nodekit import BatchNode, Context, Each, Inputs, Items, NodeError, Params, State, always


class Counts(State):
    """What the counter remembers: any key, and how far it has counted."""

    model_config = ConfigDict(extra="allow")


class CounterParams(Params):
    """What is counted, and where."""

    scope: Literal["node", "global"] = "node"
    """Whose memory it is: the step's, or that of the whole pipeline."""

    key: Each[str] = always("count")
    """The key of the count, and the field it is put into."""

    per: Literal["item", "run"] = "item"
    """What is counted: items, or tries of the step."""

    fail_until: int = 0
    """The count below which a try fails."""


class Counter(BatchNode[CounterParams, Counts]):
    """Count items, or tries, from run to run."""

    slices = "all"

    def run_batch(self, inputs: Inputs, params: CounterParams, ctx: Context[Counts]) -> Items:
        rows = inputs.main
        per_run = params.per == "run" or params.fail_until > 0
        if per_run:
            value = added(params, ctx, params.key[0])
            if value < params.fail_until:
                raise NodeError(f"counter at {value}")
            counts = [value] * len(rows)
        else:
            counts = [added(params, ctx, key) for key in params.key]
        named = zip(rows.json, params.key, counts, strict=True)
        return rows.with_json([{**row, key: count} for row, key, count in named])


def added(params: CounterParams, ctx: Context[Counts], key: str) -> int:
    """Add 1 to a count and return it."""
    if params.scope == "global":
        count = int(ctx.pipeline_state.get(key, 0)) + 1
        ctx.pipeline_state[key] = count
        return count
    known: dict[str, Any] = ctx.state.__pydantic_extra__ or {}
    count = int(known.get(key, 0)) + 1
    setattr(ctx.state, key, count)
    return count
