"""What a run has come across so far, so that a list can be compared slice by slice."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from nodekit import Fields, Json

from .columns import column
from .duplicates import Comparison, distinct, refuse_mixed
from .paths import MISSING
from .shapes import is_list, is_object

SIZE = 15
"""The bytes of a digest: so many that no two differ in fact, and that base64 needs no padding."""


def first_seen(rows: Sequence[Fields], comparison: Comparison, memory: dict[str, Any]) -> list[int]:
    """Return the positions of the rows that are the same as none before, in this slice or earlier.

    Raises:
        NodeError: Rows cannot be compared.
    """
    check_kinds(rows, comparison, memory)
    firsts = distinct(rows, replace(comparison, strict=False), last=False)
    if "_seen" not in memory:
        memory["_seen"] = set(remembered(memory))
    seen: set[bytes] = memory["_seen"]
    columns = [column([rows[i] for i in firsts], n, comparison.dots) for n in comparison.names]
    fresh: dict[bytes, int] = {}
    for i, *values in zip(firsts, *columns, strict=True):
        if (key := digest(values)) not in seen:
            fresh[key] = i
    seen.update(fresh)
    remember(memory, fresh)
    return list(fresh.values())


def check_kinds(rows: Sequence[Fields], comparison: Comparison, memory: dict[str, Any]) -> None:
    """Check that all rows so far have every field, and of one type, if that is asked for.

    Raises:
        NodeError: They have not.
    """
    if not comparison.strict:
        return
    count: int = memory.get("count", 0)
    kinds: dict[str, Any] = dict(memory.get("kinds", {}))
    for name in comparison.names:
        values = column(rows, name, comparison.dots)
        first = refuse_mixed(name, values, comparison, kinds.get(name), count)
        kinds |= {} if first is None else {name: list(first)}
    memory |= {"count": count + len(rows), "kinds": kinds}


def digest(values: Iterable[Json]) -> bytes:
    """Return what stands for values that hold the same, in any process."""
    shown = [0 if value is MISSING else [canonical(value)] for value in values]
    return blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=SIZE).digest()


def canonical(value: Json) -> Json:
    """Return a value with one form for each number, so that 1.0 is written as 1."""
    if is_list(value):
        return [canonical(part) for part in value]
    if is_object(value):
        return {key: canonical(part) for key, part in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def remember(memory: dict[str, Any], fresh: Iterable[bytes]) -> None:
    """Put digests behind those of earlier slices.

    They lie in blocks, each of as many slices as all before it and one more, so that what is
    written down with a slice is mostly new.
    """
    text, level = b64encode(b"".join(fresh)).decode(), 0
    while text and memory.get(f"seen{level}"):
        text = memory[f"seen{level}"] + text
        memory[f"seen{level}"] = ""
        level += 1
    if text:
        memory[f"seen{level}"] = text


def remembered(memory: dict[str, Any]) -> Iterator[bytes]:
    """Yield the digests of earlier slices."""
    for name, text in memory.items():
        if name.startswith("seen"):
            block = b64decode(text)
            yield from (block[start : start + SIZE] for start in range(0, len(block), SIZE))
