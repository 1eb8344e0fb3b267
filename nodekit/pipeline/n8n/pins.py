"""Items that nodes put out instead of running: pinned data, and stubs."""

from collections.abc import Mapping, Sequence

from nodekit.items import Json
from nodekit.pipeline.values import is_list, is_mapping

from .options import WorkflowOptions

KEYS = frozenset(("json", "binary", "pairedItem"))
"""What a pinned item may hold; one with other keys is a bare object of an old export."""


def pins_of(value: Mapping[str, Json], options: WorkflowOptions) -> dict[str, Sequence[Json]]:
    """Return the items that nodes put out instead of running, by the name of the node."""
    found = value.get("pinData") if options.pins and not options.production else None
    stated = found.items() if is_mapping(found) else ()
    pins: dict[str, Sequence[Json]] = {name: rows for name, rows in stated if is_list(rows)}
    return pins | dict(options.stubs)


def pinned(rows: Sequence[Json]) -> dict[str, Json]:
    """Return the keys of a step for its pinned items: their fields, and files or links if any."""
    items = [item_of(row) for row in rows]
    keys: dict[str, Json] = {"pin": [item["json"] for item in items]}
    more = [{name: item[name] for name in ("files", "links") if name in item} for item in items]
    return keys | ({"pin_more": more} if any(more) else {})


def item_of(row: Json) -> dict[str, Json]:
    """Return a pinned item: its fields, files and links."""
    if not is_mapping(row):
        return {"json": {}}
    if not is_mapping(row.get("json")) or not row.keys() <= KEYS:
        inner = row.get("json")
        return {"json": inner if is_mapping(inner) else row}
    item: dict[str, Json] = {"json": row["json"]}
    if is_mapping(row.get("binary")):
        item["files"] = {name: file_of(part) for name, part in row["binary"].items()}
    if "pairedItem" in row:
        item["links"] = links_of(row["pairedItem"])
    return item


def file_of(part: Json) -> dict[str, Json]:
    """Return a pinned file: its content in base64, its media type and name."""
    stated = part if is_mapping(part) else {}
    names = {"data": "data", "mimeType": "media_type", "fileName": "file_name"}
    return {
        ours: stated[theirs]
        for theirs, ours in names.items()
        if isinstance(stated.get(theirs), str)
    }


def links_of(value: Json) -> list[int]:
    """Return the positions of the input items that a pinned item is linked to."""
    listed = value if is_list(value) else [value]
    places = [link.get("item") if is_mapping(link) else link for link in listed]
    return [place for place in places if isinstance(place, int) and not isinstance(place, bool)]
