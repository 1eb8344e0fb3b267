"""Loop: handle items in batches, one after another."""

from typing import Any, Literal, TypeAlias

from pydantic import Field

from nodekit import BatchNode, Context, Inputs, Items, Params, Send

Way: TypeAlias = Literal["done", "loop"]


class LoopParams(Params):
    """How items are handed to the body of the loop."""

    size: int = Field(default=1, ge=1)
    """How many items every round gets."""

    quiet: bool = False
    """Whether the loop ends without a word, instead of sending what came back to `done`."""

    reset: bool = False
    """Whether to begin anew with the items that arrive, instead of going on with the rest.

    An inner loop needs this when the outer one enters it again, as in
    `={{ $prevNode.name === 'Split' }}`.
    """


class Loop(BatchNode[LoopParams, None, Way]):
    """Send items to the output `loop` in batches, and what came back to `done` at the end.

    The last step of the body leads back here by `back:`. A body that puts out no items ends the
    loop for good. `$('Loop').context` has `currentRunIndex`, `maxRunIndex`, `noItemsLeft` (the
    round at hand is the last one) and `done`.
    """

    def run_batch(self, inputs: Inputs, params: LoopParams, ctx: Context) -> Send[Way] | None:
        rows, memory = inputs.main, ctx.memory
        if not len(rows):
            return Send.to({"done": Items(), "loop": Items()})
        if params.reset or "_rows" not in memory:
            begin(memory, rows, params.size)
        else:
            memory["currentRunIndex"] += 1
            memory["_processed"].append(rows)
        sent = next_round(memory, params.size)
        return None if params.quiet and memory["done"] else sent


def begin(memory: dict[str, Any], rows: Items, size: int) -> None:
    """Remember the items of a loop that begins."""
    memory.update(
        _rows=rows,
        _at=0,
        _processed=[],
        currentRunIndex=0,
        maxRunIndex=-(-len(rows) // size),
        done=False,
    )


def next_round(memory: dict[str, Any], size: int) -> Send[Way]:
    """Send the next batch on its way, or everything that came back if there is none.

    Items stay linked to the arrival that brought them (n8n: source overwrite).
    """
    rows: Items = memory["_rows"]
    start, end = memory["_at"], min(memory["_at"] + size, len(rows))
    memory.update(_at=end, noItemsLeft=end == len(rows), done=start == end)
    if start < end:
        return Send.to({"done": Items(), "loop": rows.take(range(start, end))})
    return Send.to({"done": Items.join(memory["_processed"]), "loop": Items()})
