"""How much of a run's record is kept: all of it, a sample of its items, or none of them."""

from typing import Literal, TypeAlias

from nodekit.items import Json
from nodekit.json_values import is_object

Keep: TypeAlias = Literal["all", "sample", "none"]

SAMPLE = 10
"""How many items of each output a sample holds: the first ones."""


def trimmed(record: dict[str, Json], keep: Keep) -> dict[str, Json]:
    """Return the record of a run with as many items as are to be kept.

    Where items are left out, a step also says how many there were, under ``counts``. What is said
    of errors, times and states stays.
    """
    if keep == "all":
        return record
    most = SAMPLE if keep == "sample" else 0
    return {**record, "steps": [_step(step, most) for step in record["steps"]]}


def _step(step: dict[str, Json], most: int) -> dict[str, Json]:
    outputs = step["outputs"]
    if not is_object(outputs):
        return step
    counts = {name: len(items) for name, items in outputs.items()}
    kept = {name: items[:most] for name, items in outputs.items()}
    return {**step, "outputs": kept, "counts": counts}
