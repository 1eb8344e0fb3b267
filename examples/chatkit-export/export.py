"""Which threads are still to be exported."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parent / "output"


def left(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the threads that have no file yet."""
    return [dict(row) for row in items if not (OUTPUT / f"{row['id']}.jsonl").exists()]
