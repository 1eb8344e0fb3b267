"""From JSON to XML: fields become elements, as the builder of xml2js has them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from nodekit import Json, NodeError

from .javascript import text_of
from .shapes import is_list, is_object

NAME = re.compile(r"[A-Za-z_:\u00c0-\ufffd\U00010000-\U000effff][\w:.\-\u00b7]*")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
DEPTH = 200

IN_TEXT = {"\r": "&#xD;"}
IN_ATTRIBUTES = {'"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Writing:
    """How JSON becomes elements."""

    attributes: str = "$"
    """The field that holds the attributes of an element."""
    text: str = "_"
    """The field that holds its text."""
    root: str = ""
    """The name of the root element; without it the only field's name, else `root`."""
    declaration: bool = True
    """Whether the document begins with the XML declaration."""
    cdata: bool = False
    """Whether text that needs it stands in CDATA sections."""
    pretty: bool = True
    """Whether every element has a line of its own."""


def write_xml(json: Mapping[str, Json], how: Writing) -> str:
    """Return JSON as XML.

    Raises:
        NodeError: It has a name or character that XML does not allow, or is too deep.
    """
    name, value = how.root or "root", json
    if not how.root and len(json) == 1:
        ((name, value),) = json.items()
    lines = "".join(element(name, value, how, 0))
    return (DECLARATION if how.declaration else "") + lines.removesuffix("\n")


def element(name: str, value: Json, how: Writing, depth: int) -> Iterator[str]:
    """Yield an element, with what is in it."""
    if depth > DEPTH:
        raise NodeError(f"the item has fields more than {DEPTH} deep in each other")
    if not NAME.fullmatch(name):
        raise NodeError(
            f"{name!r} cannot be the name of an XML element",
            hint="Rename the field: letters, digits, '.', '-' and '_', a letter first.",
        )
    indent = "  " * depth if how.pretty else ""
    end = "\n" if how.pretty else ""
    opening, text, children = opened(name, value, how)
    if not children:
        yield f"{indent}{opening}{f'>{text}</{name}>' if text else '/>'}{end}"
        return
    yield f"{indent}{opening}>{end}"
    if text:
        yield f"{indent}  {text}{end}" if how.pretty else text
    for child, inner in children:
        yield from element(child, inner, how, depth + 1)
    yield f"{indent}</{name}>{end}"


def opened(name: str, value: Json, how: Writing) -> tuple[str, str, list[tuple[str, Json]]]:
    """Return the beginning of a tag, the text, and the elements inside."""
    tag, text, children = f"<{name}", "", list[tuple[str, Json]]()
    if is_list(value):
        value = merged(value)
    if not is_object(value):
        return tag, written(value, how), children
    for key, part in value.items():
        if key == how.attributes and is_object(part):
            tag += "".join(attribute(key, inner) for key, inner in part.items())
        elif key == how.text:
            text += written(part, how)
        else:
            children += [(key, one) for one in (part if is_list(part) else [part])]
    return tag, text, children


def merged(parts: list[Json]) -> Json:
    """Return a list that stands for one element: the fields of its objects, each a list."""
    if not all(map(is_object, parts)):
        return " ".join(text_of(part) for part in parts)
    fields: dict[str, list[Json]] = {}
    for part in parts:
        for key, value in part.items():
            fields.setdefault(key, []).append(value)
    return fields


def attribute(name: str, value: Json) -> str:
    """Return an attribute.

    Raises:
        NodeError: XML does not allow its name.
    """
    if not NAME.fullmatch(name):
        raise NodeError(f"{name!r} cannot be the name of an XML attribute")
    return f' {name}="{escape(legal(value), IN_ATTRIBUTES)}"'


def written(value: Json, how: Writing) -> str:
    """Return a value as the text of an element."""
    text = legal(value)
    if how.cdata and re.search("[<>&]", text):
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    return escape(text, IN_TEXT)


def legal(value: Json) -> str:
    """Return a value as text.

    Raises:
        NodeError: XML does not allow one of its characters.
    """
    text = "" if value is None else text_of(value)
    found = ILLEGAL.search(text)
    if found:
        raise NodeError(f"XML does not allow the character {found.group()!r}")
    return text
