"""Items from what an author's Python function returns, and plain copies for it to work on."""

from collections.abc import Sequence
from math import isfinite
from reprlib import repr as brief
from typing import TypeGuard

from nodekit import Fields, Items, Json, NodeError

from .shapes import is_list, is_object

SHAPES = "a dictionary, a list of dictionaries or None"


class NotJsonError(Exception):
    """A value that JSON cannot hold, and where it stands."""

    def __init__(self, value: object) -> None:
        super().__init__(value)
        self.value = value
        self.path: list[str | int] = []

    def sentence(self) -> str:
        """Say where it stands and what it is: ``field "a.b[0]" is set {1}``."""
        name = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)
        return f'field "{name.removeprefix(".")}" is {named(self.value)}, which JSON cannot hold'


def named(value: object) -> str:
    """Name a value by its type and a short form of itself."""
    return "None" if value is None else f"{type(value).__name__} {brief(value)}"


def plain(value: Json) -> Json:
    """Return a copy of a JSON value that shares nothing that can be changed."""
    if is_object(value):
        return {key: plain(part) for key, part in value.items()}
    if is_list(value):
        return [plain(part) for part in value]
    return value


def given(rows: Items, index: int, whole: bool) -> Json:
    """Return what a function gets of an item: a copy of its json, or of the whole item."""
    json = plain(rows.json[index])
    if not whole:
        return json
    linked = rows[index].links or ()
    files: dict[str, Json] = {
        name: {"mimeType": file.media_type, "fileName": file.file_name, "bytes": file.size}
        for name, file in rows.binary.get(index, {}).items()
    }
    item: dict[str, Json] = {"json": json}
    if files:
        item["binary"] = files
    if linked:
        item["pairedItem"] = [{"item": link.item} for link in linked]
    return item


def value_of(result: object) -> Json:
    """Return what a function gave, as JSON.

    Raises:
        NodeError: It holds what JSON cannot.
    """
    try:
        return as_json(result)
    except NotJsonError as error:
        where = error.sentence() if error.path else f"returned {named(error.value)}"
        raise NodeError(where) from error


def rows_of(result: object) -> list[Fields]:
    """Return what a function gave as the json of items.

    Raises:
        NodeError: It is none of the shapes a function may return, or holds what JSON cannot.
    """
    if result is None:
        return []
    if is_dictionary(result):
        return [fields_of(result, "")]
    if is_sequence(result):
        return entries_of(result)
    raise NodeError(f"returned {named(result)}, wanted {SHAPES}")


def entries_of(result: Sequence[object]) -> list[Fields]:
    """Return the dictionaries of a list as the json of items.

    Raises:
        NodeError: An entry is no dictionary, or holds what JSON cannot.
    """
    rows: list[Fields] = []
    for i, entry in enumerate(result):
        if not is_dictionary(entry):
            raise NodeError(f"entry {i} of the result is {named(entry)}, wanted a dictionary")
        rows.append(fields_of(entry, f"entry {i} of the result, "))
    return rows


def fields_of(result: dict[object, object], place: str) -> Fields:
    """Return a dictionary as JSON of its own.

    Raises:
        NodeError: It holds what JSON cannot; the message names the field.
    """
    try:
        return mapping(result)
    except NotJsonError as error:
        hint = "Return text, numbers, true and false, None, lists and dictionaries with text keys."
        raise NodeError(place + error.sentence(), hint=hint) from error
    except RecursionError as error:
        raise NodeError(f"{place}the dictionary is nested too deeply, or holds itself") from error


def mapping(value: dict[object, object]) -> dict[str, Json]:
    """Return a dictionary with text keys, its values as JSON."""
    fields: dict[str, Json] = {}
    for key, part in value.items():
        if not isinstance(key, str):
            raise within(NotJsonError(key), "(key)")
        try:
            fields[key] = as_json(part)
        except NotJsonError as error:
            raise within(error, key) from None
    return fields


def sequence(value: Sequence[object]) -> list[Json]:
    """Return a list or tuple as a list, its values as JSON."""
    entries: list[Json] = []
    for i, part in enumerate(value):
        try:
            entries.append(as_json(part))
        except NotJsonError as error:
            raise within(error, i) from None
    return entries


def within(error: NotJsonError, key: str | int) -> NotJsonError:
    """Note that a value stands under a key."""
    error.path.insert(0, key)
    return error


def as_json(value: object) -> Json:
    """Return a value as JSON: copied, tuples as lists, subclasses of text and numbers as such.

    Raises:
        NotJsonError: It is not JSON.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if is_dictionary(value):
        return mapping(value)
    if is_sequence(value):
        return sequence(value)
    raise NotJsonError(value)


def is_dictionary(value: object) -> TypeGuard[dict[object, object]]:
    """Whether a value is a dictionary, of whatever."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Whether a value is a list or a tuple."""
    return isinstance(value, list | tuple)
