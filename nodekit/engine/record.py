"""The record of a run: version 1 of the JSON that reports, tests and people read."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime

from nodekit.items import Binary, ItemError, Items, Json
from nodekit.links import Link, PairedItem
from nodekit.pipeline.wiring import START

from .schedule import Source

VERSION = 1

INLINE = 64 * 1024
"""Binaries up to this size, in bytes, stand in the record with their content."""


def source_record(source: Source | None) -> dict[str, Json] | None:
    """Return what fed an input; ``None`` for nothing, and for the start of the run."""
    if source is None or source.step == START:
        return None
    return {"step": source.step, "output": source.output, "run": source.run}


def items_record(items: Items) -> list[dict[str, Json]]:
    """Return the items of one output as JSON."""
    rows: list[dict[str, Json]] = []
    for item in items:
        row: dict[str, Json] = {"json": item.json, "from": links_record(item.links)}
        if item.binary:
            row["binary"] = {name: binary_record(value) for name, value in item.binary.items()}
        if item.error is not None:
            row["error"] = error_record(item.error)
        rows.append(row)
    return rows


def sampled(items: Items, most: int) -> list[dict[str, Json]]:
    """Return the first items of an output as JSON that can be kept, whatever a node put into it."""
    text = json.dumps(items_record(items[:most]), default=repr, skipkeys=True)
    rows: list[dict[str, Json]] = json.loads(text)
    return rows


def links_record(links: Link) -> list[dict[str, Json]] | None:
    """Return the links of an item; ``None`` where they are unknown."""
    return None if links is None else [link_record(link) for link in links]


def link_record(link: PairedItem) -> dict[str, Json]:
    """Return one link; a loop's also says step, output and run."""
    row: dict[str, Json] = {"input": link.input, "item": link.item}
    if link.step is not None:
        row |= {"step": link.step, "output": link.output, "run": link.run}
    return row


def binary_record(binary: Binary) -> dict[str, Json]:
    """Return what a binary is, and its content if that is small."""
    row: dict[str, Json] = {
        "media_type": binary.media_type,
        "file_name": binary.file_name,
        "size": binary.size,
        "sha256": binary.sha256(),
    }
    if binary.size <= INLINE:
        row["data"] = b64encode(binary.bytes()).decode()
    return row


def error_record(error: ItemError) -> dict[str, Json]:
    """Return what is known of an error."""
    known: Mapping[str, Json] = {
        "type": error.type,
        "message": error.message,
        "hint": error.hint,
        "item": error.item,
        "status": error.status,
        "details": error.details,
        "outcome": error.outcome,
    }
    return {name: value for name, value in known.items() if value is not None}


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 text in UTC, with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
