"""How much of a run's record is kept: all of it, a sample of its items, or none of them."""

from typing import Literal, TypeAlias

Keep: TypeAlias = Literal["all", "sample", "none"]

SAMPLE = 10
"""How many items of each output a sample holds: the first ones."""
