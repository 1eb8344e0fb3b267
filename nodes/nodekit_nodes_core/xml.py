"""The node ``xml``."""

from typing import Literal

from pydantic import Field, model_validator

from nodekit import Context, Item, ItemNode, Json, NodeError, Params

from .paths import MISSING, get, put
from .xml_reading import Reading, read_xml
from .xml_writing import Writing, write_xml


class XmlParams(Params):
    """What both ways have."""

    attributes: str = Field(default="$", min_length=1)
    """The field that stands for the attributes of an element."""

    text: str = Field(default="_", min_length=1)
    """The field that stands for the text of an element that has more than text."""

    dots: bool = True
    """Whether a dot in `field` or `into` leads into nested objects."""


class Parse(XmlParams):
    """From XML to JSON."""

    do: Literal["parse"] = "parse"
    """What to do."""

    field: str = Field(default="data", min_length=1)
    """The field that holds the XML."""

    binary: str | None = None
    """Or the binary that does."""

    into: str = ""
    """The field that gets the result; without it, the item is the result."""

    bad: Literal["fail", "skip"] = "fail"
    """What to do with an item whose XML cannot be had or read: fail, or leave it out."""

    merge_attributes: bool = True
    """Whether attributes become fields beside the elements; else they stand under `attributes`."""

    ignore_attributes: bool = False
    """Whether attributes are left out."""

    lists: bool = False
    """Whether every element is a list, also one that comes once."""

    root: bool = True
    """Whether the root element is a field; else its fields are the result."""

    trim: bool = False
    """Whether white space around text is cut off."""

    normalize: bool = False
    """Whether white space within text becomes single spaces."""

    lower_case: bool = False
    """Whether the names of elements are put in lower case."""


class Build(XmlParams):
    """From JSON to XML."""

    do: Literal["build"] = "build"
    """What to do."""

    into: str = Field(default="data", min_length=1)
    """The field that gets the XML."""

    keep: Literal["all", "none"] = "none"
    """Whether the fields of the item stay beside it."""

    root: str = ""
    """The name of the root element; without it the name of the item's only field, else `root`."""

    declaration: bool = True
    """Whether it begins with the XML declaration."""

    cdata: bool = False
    """Whether text with `<`, `>` or `&` in it stands in a CDATA section."""

    pretty: bool = True
    """Whether every element stands on a line of its own."""

    @model_validator(mode="after")
    def differ(self) -> "Build":
        """Refuse one field for attributes and text."""
        if self.attributes == self.text:
            raise ValueError('"attributes" and "text" cannot be the same field')
        return self


class Xml(ItemNode[Parse | Build]):
    """Make JSON of XML, or XML of the item's JSON.

    An element with nothing but text is that text; one that comes several times is a list; all
    values are text. Documents that declare entities are refused.
    """

    def run_item(self, item: Item, params: Parse | Build, ctx: Context) -> Item | None:
        if isinstance(params, Parse):
            try:
                return parsed(item, params)
            except NodeError:
                if params.bad == "fail":
                    raise
                return None
        how = Writing(
            params.attributes,
            params.text,
            params.root,
            params.declaration,
            params.cdata,
            params.pretty,
        )
        json = dict(item.json) if params.keep == "all" else {}
        put(json, params.into, write_xml(item.json, how), params.dots)
        return item.derive(json, binary=item.binary if params.keep == "all" else {})


def parsed(item: Item, params: Parse) -> Item:
    """Return the item with the XML as JSON.

    Raises:
        NodeError: There is no XML, or it cannot be read.
    """
    how = Reading(
        attributes=params.attributes,
        text=params.text,
        lists=params.lists,
        merge=params.merge_attributes,
        ignore=params.ignore_attributes,
        root=params.root,
        trim=params.trim,
        normalize=params.normalize,
        lower=params.lower_case,
    )
    found = read_xml(source_of(item, params), how)
    if not params.into:
        return item.derive(found)
    json: dict[str, Json] = dict(item.json)
    put(json, params.into, found, params.dots)
    return item.derive(json, binary=item.binary)


def source_of(item: Item, params: Parse) -> str | bytes:
    """Return the XML of an item.

    Raises:
        NodeError: It has none, or something that is no text.
    """
    if params.binary is not None:
        if params.binary not in item.binary:
            raise NodeError(f"has no binary {params.binary!r} with XML in it")
        return item.binary[params.binary].bytes()
    value = get(item.json, params.field, params.dots)
    if value is MISSING:
        raise NodeError(
            f"has no field {params.field!r} with XML in it",
            hint="Name the field that holds the XML as `field`.",
        )
    if not isinstance(value, str):
        raise NodeError(f"field {params.field!r} is not text")
    return value
