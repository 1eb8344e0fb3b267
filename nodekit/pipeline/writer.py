"""A document as YAML text; reading it again gives the same document."""

import json
import re
from collections.abc import Iterator, Mapping

from nodekit.items import Json

from .document import Document
from .scalars import plain
from .values import is_list, is_mapping

SIMPLE = r"(?a:[A-Za-z_](?:[\w./@-]| (?=[\w./@-]))*|(?:[0-9]+(?:ms|s|m|h|d))+)"
"""Text that needs no quotes, unless it is a word like ``null``."""

UNPRINTABLE = r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
BLOCK = (
    r"[^\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
    r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*\n?"
)
"""Text of several lines that can stand in a block as it is."""

LONGEST_KEY = 1000
"""YAML takes no longer key on one line (it says 1024)."""


def dump(document: Document) -> str:
    """Write a document as YAML text, with what it states and nothing else."""
    stated = {"nodekit": document.nodekit, **document.model_dump(exclude_unset=True)}
    return "".join(f"{line}\n" for line in mapping(stated, ""))


def mapping(value: Mapping[str, Json], indent: str) -> Iterator[str]:
    """Yield the lines of a mapping."""
    for key, inner in value.items():
        name = scalar(key)
        if len(name) > LONGEST_KEY:
            yield f"{indent}? {name}"
            yield from entry(f"{indent}:", inner, indent)
        else:
            yield from entry(f"{indent}{name}:", inner, indent)


def entry(opening: str, value: Json, indent: str) -> Iterator[str]:
    """Yield the lines of a value that follows a key or a dash."""
    deeper = indent + "  "
    if is_mapping(value) and value:
        yield opening
        yield from mapping(value, deeper)
    elif is_list(value) and value:
        yield opening
        for row in value:
            yield from element(row, deeper)
    elif isinstance(value, str) and stands_in_block(value):
        yield f"{opening} |" if value.endswith("\n") else f"{opening} |-"
        lines = value.removesuffix("\n").split("\n")
        yield from (f"{deeper}{line}" if line else "" for line in lines)
    else:
        yield f"{opening} {scalar(value)}"


def stands_in_block(value: str) -> bool:
    """Whether a text has several lines, and a block would give it back as it is."""
    inner = value.removesuffix("\n")
    return "\n" in inner and not inner.endswith("\n") and re.fullmatch(BLOCK, value) is not None


def element(value: Json, indent: str) -> Iterator[str]:
    """Yield the lines of one entry of a list; a mapping begins beside the dash."""
    if is_mapping(value) and value:
        lines = mapping(value, indent + "  ")
        yield f"{indent}- {next(lines).lstrip(' ')}"
        yield from lines
    else:
        yield from entry(f"{indent}-", value, indent)


def scalar(value: Json) -> str:
    """Return a value on one line."""
    match value:
        case str():
            return value if re.fullmatch(SIMPLE, value) and is_text(value) else quoted(value)
        case {}:
            return "{}"
        case []:
            return "[]"
        case _:
            return json.dumps(value, allow_nan=False)


def is_text(value: str) -> bool:
    """Whether a plain word is read as text, by YAML 1.2 and by older readers."""
    return plain(value) == value and value.lower() not in ("yes", "no", "on", "off", "y", "n")


def quoted(value: str) -> str:
    """Return a text in double quotes."""
    written = json.dumps(value, ensure_ascii=False)
    return re.sub(UNPRINTABLE, lambda found: f"\\u{ord(found[0]):04x}", written)
