"""Paths into items: ``a.b[0].c``, ``a["x.y"]``.

A name that an item has literally is that field, dots or not (n8n: so do lodash's get and set).
Nothing is changed in place: what lies on a path is copied before it is written to.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

from nodekit import Fields, Json

from .shapes import is_list, is_object

Keys: TypeAlias = tuple[str, ...]

PART = r"""\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\]"']*))\]|([^.\[\]]+)"""
ESCAPED = r"\\(.)"


class Missing:
    """The value of a field that is not there (JavaScript: ``undefined``)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "missing"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()
"""The one missing value."""


@lru_cache(maxsize=1024)
def keys_of(path: str) -> Keys:
    """Return the keys that a path names one after another."""
    if "[" not in path:
        return tuple(path.split("."))
    found: list[str] = []
    for part in re.finditer(PART, path):
        double, single, bare, plain = part.groups()
        quoted = double if double is not None else single
        if quoted is not None:
            found.append(re.sub(ESCAPED, r"\1", quoted))
        else:
            found.append(bare if bare is not None else plain)
    return tuple(found) or (path,)


def is_index(key: str) -> bool:
    """Whether a key is the position of an entry of a list, as JavaScript writes it."""
    return key == "0" or (key[:1] != "0" and key.isascii() and key.isdecimal())


def keys_in(fields: Fields, path: str, dots: bool = True) -> Keys:
    """Return the keys of a path in these fields: the path itself where there is such a field."""
    return (path,) if not dots or path in fields else keys_of(path)


def get(fields: Fields, path: str, dots: bool = True) -> Json:
    """Return what stands at a path; :data:`MISSING` if nothing does."""
    found: Json = fields
    for key in keys_in(fields, path, dots):
        if is_object(found) and key in found:
            found = found[key]
        elif is_list(found) and is_index(key) and int(key) < len(found):
            found = found[int(key)]
        else:
            return MISSING
    return found


def put(fields: dict[str, Json], path: str, value: Json, dots: bool = True) -> None:
    """Set what stands at a path of these fields, which are the caller's own.

    Lists and mappings on the way are copied, and made where there are none: a list where the next
    key is a number.
    """
    keys = keys_in(fields, path, dots)
    at: Any = fields
    for key, following in pairwise(keys):
        inner = copied(child(at, key), following)
        if not write(at, key, inner):
            return
        at = inner
    write(at, keys[-1], value)


def child(container: Any, key: str) -> Json:
    """Return what a list or mapping has under a key, or ``None``."""
    if is_object(container):
        return container.get(key)
    return container[int(key)] if is_index(key) and int(key) < len(container) else None


def copied(value: Json, following: str) -> Json:
    """Return a container of our own to write the next key into."""
    if is_object(value) or is_list(value):
        return value.copy()
    return [] if is_index(following) else {}


def write(container: Any, key: str, value: Json) -> bool:
    """Set one key of a container; a list has no named fields and takes none.

    Places before an index that a list does not have yet are filled with null.
    """
    if isinstance(container, dict):
        container[key] = value
        return True
    if not is_index(key):
        return False
    index = int(key)
    container.extend([None] * (index + 1 - len(container)))
    container[index] = value
    return True


def drop(fields: dict[str, Json], path: str, dots: bool = True) -> None:
    """Remove what stands at a path of these fields, which are the caller's own.

    A place in a list becomes null.
    """
    keys = keys_in(fields, path, dots)
    at: Any = fields
    for key in keys[:-1]:
        inner = child(at, key)
        if not (is_object(inner) or is_list(inner)):
            return
        own: Json = inner.copy()
        write(at, key, own)
        at = own
    if is_object(at):
        at.pop(keys[-1], None)
    elif is_index(keys[-1]) and int(keys[-1]) < len(at):
        at[int(keys[-1])] = None
