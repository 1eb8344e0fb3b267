"""No-op: a place in the pipeline."""

from nodekit import BatchNode, Context, Inputs, Items, Params


class NoOpParams(Params):
    """There is nothing to say."""


class NoOp(BatchNode[NoOpParams]):
    """Pass the items on as they are."""

    slices = "any"

    def run_batch(self, inputs: Inputs, params: NoOpParams, ctx: Context) -> Items:
        return inputs.main
