"""Items and answers as bytes, for what must outlive the process."""

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from nodekit.errors import ExpressionError
from nodekit.items import Binary, Item, ItemError, Items, Json
from nodekit.json_values import is_object
from nodekit.links import Arrival, Link, Many, PairedItem

from .piece import Answer
from .reasons import Reasons
from .record import error_record
from .run import Ancestor, Carried, StepRun
from .schedule import Sources

SLOW = b"\n"
"""Stands before JSON that orjson does not read as it was, and nowhere in what orjson writes."""


def dumps(value: Json) -> bytes:
    """Return a JSON value as bytes; numbers of any length keep all their digits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return SLOW + json.dumps(value, separators=(",", ":")).encode()


def loads(packed: bytes) -> Any:
    """Return what :func:`dumps` was given, alone or as a part of other JSON."""
    return json.loads(packed) if SLOW in packed else orjson.loads(packed)


def pack_item(item: Item) -> dict[str, Json]:
    """Return an item as JSON, without its links."""
    packed: dict[str, Json] = {"json": item.json}
    if item.binary:
        packed["binary"] = {name: pack_binary(value) for name, value in item.binary.items()}
    if item.error is not None:
        packed["error"] = pack_error(item.error)
    return packed


def pack_binary(binary: Binary) -> list[Json]:
    """Return a binary as JSON."""
    return [binary.media_type, binary.file_name, b64encode(binary.bytes()).decode()]


def unpack_binary(packed: Sequence[Any]) -> Binary:
    """Return the binary that was packed."""
    media_type, file_name, content = packed
    return Binary(b64decode(content), media_type=media_type, file_name=file_name)


def pack_error(error: ItemError) -> dict[str, Json]:
    """Return an error as JSON; its cause is lost."""
    return {**error_record(error), "step": error.step}


def unpack_item(packed: Mapping[str, Any], links: Link = None) -> Item:
    """Return the item that was packed, with these links."""
    binary = {name: unpack_binary(value) for name, value in packed.get("binary", {}).items()}
    error = packed.get("error")
    return Item(
        packed["json"], binary=binary, links=links, error=ItemError(**error) if error else None
    )


def pack_rows(items: Items, carried: Carried) -> list[bytes]:
    """Return items, with what each takes along, a row each."""
    rows: list[bytes] = []
    for i, item in enumerate(items):
        row = pack_linked(item, None)
        row["origin"] = carried.origins[i]
        if carried.ancestors:
            row["ancestors"] = {
                name: pack_ancestor(found[i]) for name, found in carried.ancestors.items()
            }
        rows.append(dumps(row))
    return rows


def pack_ancestor(found: Ancestor | ExpressionError) -> dict[str, Json]:
    """Return an ancestor, or why there is none, as JSON."""
    if isinstance(found, ExpressionError):
        return {"message": found.message, "kind": found.kind, "hint": found.hint}
    return {**pack_item(found.item), "place": list(found.place)}


def unpack_ancestor(packed: Mapping[str, Any]) -> Ancestor | ExpressionError:
    """Return the ancestor that was packed, or why there is none."""
    if "message" in packed:
        return ExpressionError(packed["message"], kind=packed["kind"], hint=packed["hint"])
    output, run, position = packed["place"]
    return Ancestor(unpack_item(packed), (output, run, position))


def pack_part(first: int, rows: Sequence[bytes]) -> bytes:
    """Return packed items, the first of which stands at a position, as one piece."""
    return b'{"first":%d,"rows":[%b]}' % (first, b",".join(rows))


def unpack_parts(parts: Sequence[bytes], start: int, stop: int) -> tuple[Items, Carried]:
    """Return the items at the positions from ``start`` to ``stop`` of pieces that hold them."""
    rows: list[Mapping[str, Any]] = []
    for part in map(loads, parts):
        first = part["first"]
        rows += part["rows"][max(0, start - first) : max(0, stop - first)]
    return unpack_rows(rows)


def unpack_rows(packed: Sequence[Mapping[str, Any]]) -> tuple[Items, Carried]:
    """Return the items that were packed, with what they take along."""
    names: Mapping[str, Any] = packed[0].get("ancestors", {}) if packed else {}
    ancestors: dict[str, list[Ancestor | ExpressionError]] = {
        name: [unpack_ancestor(row["ancestors"][name]) for row in packed] for name in names
    }
    return (
        Items.of([unpack_item(row, links_of(row.get("links"))) for row in packed]),
        Carried([row["origin"] for row in packed], ancestors),
    )


def pack_answer(answer: Answer, own: Link) -> bytes:
    """Return what a step put out for one item as bytes; links to that item itself are implied."""
    sent = [[name, [pack_linked(item, own) for item in items]] for name, items in answer.sent]
    return dumps({"sent": sent, "error": answer.error and pack_error(answer.error)})


def pack_linked(item: Item, own: Link) -> dict[str, Json]:
    """Return an item with its links, where it has others than its own, which are implied."""
    packed = pack_item(item)
    if item.links is not None and item.links != own:
        packed["links"] = pack_links(item.links)
    return packed


def unpack_answer(packed: bytes) -> Answer:
    """Return what a step put out for one item."""
    found = loads(packed)
    sent = [
        (name, [unpack_item(item, links_of(item.get("links"))) for item in items])
        for name, items in found["sent"]
    ]
    error = found["error"]
    return Answer(sent, ItemError(**error) if error else None)


def pack_links(links: tuple[PairedItem, ...] | Many) -> Json:
    """Return the links of an item as JSON; many to one list are little more than positions."""
    if isinstance(links, Many):
        to = links.arrival
        return {"to": [to.input, to.step, to.output, to.run], "at": list(links.positions)}
    return [[link.item, link.input, link.step, link.output, link.run] for link in links]


def links_of(packed: Any) -> Link:
    """Return links that were packed."""
    if is_object(packed):
        return Many(Arrival(*packed["to"]), array("q", packed["at"]))
    return None if packed is None else tuple(PairedItem(*link) for link in packed)


def pack_run(run: StepRun) -> dict[str, Json]:
    """Return what is known of a run of a step as JSON, without its items."""
    return {
        "started": run.started,
        "seconds": run.seconds,
        "status": run.status,
        "error": run.error and pack_error(run.error),
        "tries": run.tries,
        "counts": dict(run.counts),
        "hints": run.hints,
        "failures": [pack_error(error) for error in run.failures],
        "failed": run.failed,
        "taken": run.taken,
        "reasons": run.reasons.pack(),
        "retries": run.retries,
        "waited": run.waited,
    }


def unpack_run(packed: Mapping[str, Any], step: str, run: int, sources: Sources) -> StepRun:
    """Return the run of a step that was packed; its items are elsewhere."""
    error = packed["error"]
    return StepRun(
        step,
        run,
        sources,
        packed["started"],
        seconds=packed["seconds"],
        status=packed["status"],
        error=ItemError(**error) if error else None,
        tries=packed["tries"],
        outputs={},
        counts=packed["counts"],
        hints=packed["hints"],
        failures=[ItemError(**failure) for failure in packed["failures"]],
        failed=packed["failed"],
        taken=packed.get("taken", 0),
        reasons=Reasons.unpack(packed.get("reasons", ())),
        retries=packed.get("retries", 0),
        waited=packed.get("waited", 0.0),
    )
