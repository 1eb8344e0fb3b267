"""Python's garbage collector, during a run less often: runs make many objects and few circles."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

THRESHOLD = 50_000
"""Objects made, less those gone, before the youngest are looked through."""

_runs: list[tuple[int, int, int]] = []


@contextmanager
def eased() -> Generator[None, None, None]:
    """Raise the collector's threshold until the last run that asked for it is over."""
    before = gc.get_threshold()
    _runs.append(_runs[0] if _runs else before)
    gc.set_threshold(THRESHOLD, *before[1:])
    try:
        yield
    finally:
        outermost = _runs.pop()
        if not _runs:
            gc.set_threshold(*outermost)
