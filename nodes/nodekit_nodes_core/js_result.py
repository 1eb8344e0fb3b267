"""What JavaScript of a code node returned, as items (n8n: the rules of the Code node)."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping, Sequence
from typing import NoReturn

from nodekit import Binary, Item, ItemError, Items, Json, NodeError, PairedItem

from .javascript import truth_of
from .shapes import is_list, is_object

RESERVED = frozenset(("json", "binary", "pairedItem", "error", "index"))
"""The keys of an item; an object with none of them is the json of one."""

NO_ITEMS = "Code doesn't return items properly"
WANTED = "Return a list of objects, one for each item to put out."


def items_of(value: Json, rows: Items) -> list[Item]:
    """Return the items that code for all items gave.

    One item alone that does not say where it came from is linked to the first.

    Raises:
        NodeError: They are none.
    """
    if value is None:
        return []
    entries: Sequence[Json] = value if is_list(value) else [value]
    if not all(map(is_object, entries)):
        raise NodeError(NO_ITEMS, hint=WANTED)
    if not any(RESERVED & entry.keys() for entry in entries):
        found = [Item(entry) for entry in entries]
    else:
        found = [strict_item(entry, i, rows) for i, entry in enumerate(entries)]
    if len(found) == 1 and found[0].links is None:
        (one,) = found
        found = [Item(one.json, binary=one.binary, links=(PairedItem(0),), error=one.error)]
    return found


def strict_item(entry: Mapping[str, Json], place: int, rows: Items) -> Item:
    """Return one item, which may have the keys of an item only.

    Raises:
        NodeError: It has others, or they do not hold what they should.
    """
    other = next((key for key in entry if key not in RESERVED), None)
    if other is not None:
        raise NodeError(
            f"Unknown top-level item key: {other} [item {place}]",
            hint="The fields of an item stand under its `json`.",
            item=place,
        )
    return item_of(entry, place, rows)


def each_item(value: Json, place: int, rows: Items) -> list[Item]:
    """Return the item that code gave for one item, if it gave one, linked to that.

    Raises:
        NodeError: It is none.
    """
    if not truth_of(value):
        return []
    if not is_object(value):
        wrong("json", place)
    whole = value if "json" in value else {"json": value}
    made = item_of({key: part for key, part in whole.items() if key != "pairedItem"}, place, rows)
    return [Item(made.json, binary=made.binary, links=rows[place].links, error=made.error)]


def item_of(entry: Mapping[str, Json], place: int, rows: Items) -> Item:
    """Return an item from its keys.

    Raises:
        NodeError: A key does not hold what it should.
    """
    json: Json = entry.get("json", {})
    binary: Json = entry.get("binary") or {}
    if not is_object(json):
        wrong("json", place)
    if not is_object(binary):
        wrong("binary", place)
    links = links_in(entry.get("pairedItem"))
    near = [link.item for link in links or ()] or [place]
    files = {name: file_of(name, said, near, rows) for name, said in binary.items()}
    return Item(json, binary=files, links=links, error=error_in(entry.get("error")))


def wrong(key: str, place: int) -> NoReturn:
    """Say that a key of an item is no object.

    Raises:
        NodeError: Always.
    """
    raise NodeError(
        f"A '{key}' property isn't an object [item {place}]",
        hint=f"In what the code returns, every key named '{key}' holds an object.",
        item=place,
    )


def links_in(said: Json) -> tuple[PairedItem, ...] | None:
    """Return what an item says it came from: a number, ``{item: n}``, or a list of such."""
    if said is None:
        return None
    numbers = [
        part.get("item") if is_object(part) else part
        for part in (said if is_list(said) else [said])
    ]
    return tuple(
        PairedItem(int(n)) for n in dict.fromkeys(numbers) if isinstance(n, int | float) and n >= 0
    )


def error_in(said: Json) -> ItemError | None:
    """Return the error that an item says it has."""
    if not truth_of(said):
        return None
    message = said.get("message") if is_object(said) else said
    text = message if isinstance(message, str) else "an item failed"
    return ItemError(text, cause=NodeError(text))


def file_of(name: str, said: Json, near: Sequence[int], rows: Items) -> Binary:
    """Return a binary that an item says it has: of its own, in base64, or one of the input.

    Raises:
        NodeError: It is neither.
    """
    if not is_object(said):
        said = {}
    if isinstance(content := said.get("data"), str):
        return decoded(name, content, said)
    for i in (*(i for i in near if i < len(rows)), *rows.binary):
        for held in rows.binary.get(i, {}).values():
            if fits(held, said):
                return held
    raise NodeError(
        f"the binary {name!r} is none of the input, and has no content",
        hint="Give its content as base64 under `data`, and its `mimeType`.",
    )


def decoded(name: str, content: str, said: Mapping[str, Json]) -> Binary:
    """Return a binary from its content in base64, and what is said of it.

    Raises:
        NodeError: It is no base64.
    """
    try:
        found = b64decode(content)
    except (BadBase64, ValueError) as error:
        raise NodeError(f"the content of the binary {name!r} is no base64") from error
    media_type, file_name = said.get("mimeType"), said.get("fileName")
    return Binary(
        found,
        media_type=media_type if isinstance(media_type, str) else "application/octet-stream",
        file_name=file_name if isinstance(file_name, str) else None,
    )


def fits(held: Binary, said: Mapping[str, Json]) -> bool:
    """Whether a binary is the one that is described."""
    known = (held.media_type, held.file_name, held.size)
    return known == (said.get("mimeType"), said.get("fileName"), said.get("bytes"))
