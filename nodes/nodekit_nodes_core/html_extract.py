"""The node ``html_extract``."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from nodekit import Context, Item, ItemNode, Json, NodeError, Params

from .file_formats import known_encoding
from .html_reading import parsed, readable_text, select, value_of
from .shapes import is_list

if TYPE_CHECKING:
    from .html_reading import Node

SPACES = re.compile(r"\s+")
LINE_ENDS = re.compile(r"[\r\n]")


class Extracted(Params):
    """One value to take out."""

    as_: str = Field(min_length=1, validation_alias="as")
    """The field that gets it."""

    select: str = Field(min_length=1, examples=["h1", "ul.items > li", "a[href]"])
    """The CSS selector of the elements."""

    take: Literal["text", "html", "attribute", "value"] = "text"
    """What of them: their text, the HTML inside, an attribute, or the value of a form's field."""

    attribute: str = ""
    """The name of the attribute."""

    which: Literal["first", "all", "joined"] = "first"
    """The first element, a list of all, or the texts of all put together."""

    skip: list[str] = Field(default=[])
    """CSS selectors of elements inside, whose text is left out."""

    @model_validator(mode="after")
    def names_an_attribute(self) -> "Extracted":
        """Refuse to take an attribute without a name."""
        if (self.take == "attribute") != bool(self.attribute):
            raise ValueError('"take: attribute" and "attribute" go together')
        return self


class HtmlExtractParams(Params):
    """What to take out of which HTML."""

    html: Json = Field(default=None, examples=["={{ $json.page }}"])
    """The HTML: a text, or a list of texts, each of which gives an item."""

    field: str = ""
    """Or the name of the field that holds the HTML, dots and all."""

    binary: str | None = None
    """Or the name of the binary that holds it."""

    encoding: str = "utf-8"
    """The encoding of the binary."""

    fields: list[Extracted] = Field(min_length=1)
    """What to take out."""

    text: Literal["readable", "raw"] = "readable"
    """Whether text is as people read it, blocks on lines of their own and white space as one
    space, or as it stands in the document."""

    trim: bool = True
    """Whether white space around a value is cut off."""

    tidy: bool | Literal["joined"] = False
    """Whether white space within a value, line ends too, becomes one space; `joined` drops line
    ends before that, so that lines run into each other (n8n)."""

    keep: Literal["none", "all"] = "none"
    """Whether the fields of the item stay beside the values."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)

    @model_validator(mode="after")
    def one_source(self) -> "HtmlExtractParams":
        """Refuse two sources, and none."""
        given = ("html" in self.model_fields_set, bool(self.field), self.binary is not None)
        if sum(given) != 1:
            raise ValueError('give either "html" or "field" or "binary"')
        return self


class HtmlExtract(ItemNode[HtmlExtractParams]):
    """Take values out of HTML by CSS selectors.

    Where nothing matches, a text is empty, a list is empty, and other fields are not there.
    """

    def run_item(self, item: Item, params: HtmlExtractParams, ctx: Context) -> list[Item]:
        found: list[Item] = []
        for html in documents(item, params):
            json: dict[str, Json] = dict(item.json) if params.keep == "all" else {}
            json.update(extracted(html, params))
            found.append(item.derive(json, binary=item.binary if params.keep == "all" else {}))
        return found


def documents(item: Item, params: HtmlExtractParams) -> list[str]:
    """Return the HTML of an item.

    Raises:
        NodeError: It has none, or something that is no text.
    """
    if params.binary is not None:
        return [from_binary(item, params.binary, params.encoding)]
    if params.field and params.field not in item.json:
        raise NodeError(
            f"has no field {params.field!r} with HTML in it",
            hint="Name the field that holds the HTML as `field`.",
        )
    html: Json = item.json[params.field] if params.field else params.html
    texts: Sequence[Json] = html if is_list(html) else [html]
    if not all(isinstance(text, str) for text in texts):
        raise NodeError(
            "what should be HTML is not text",
            hint="Give a text, or a list of texts.",
        )
    return list(texts)


def from_binary(item: Item, name: str, encoding: str) -> str:
    """Return a binary as text.

    Raises:
        NodeError: There is none of this name, or it is no text in this encoding.
    """
    if name not in item.binary:
        raise NodeError(f"has no binary {name!r} with HTML in it")
    try:
        return item.binary[name].bytes().decode(encoding)
    except UnicodeError as error:
        raise NodeError(f"the binary {name!r} is not text in {encoding}: {error}") from error


def extracted(html: str, params: HtmlExtractParams) -> dict[str, Json]:
    """Return the values that a document has."""
    document = parsed(html)
    json: dict[str, Json] = {}
    for field in params.fields:
        elements = select(document, field.select)
        values = [taken(element, field, params) for element in elements]
        texts = [cleaned(value, params) for value in values if value is not None]
        if field.which == "all":
            json[field.as_] = texts
        elif field.which == "joined":
            json[field.as_] = cleaned("".join(value for value in values if value), params)
        elif elements and values[0] is not None:
            json[field.as_] = texts[0]
        elif field.take == "text":
            json[field.as_] = ""
    return json


def taken(element: "Node", field: Extracted, params: HtmlExtractParams) -> str | None:
    """Return what is taken of one element; ``None`` where it does not have it."""
    match field.take:
        case "text":
            skip = [node for selector in field.skip for node in select(element, selector)]
            if params.text == "readable" or skip:
                return readable_text(element, skip)
            return element.text(deep=True)
        case "html":
            return element.inner_html
        case "attribute":
            return element.attributes.get(field.attribute, None)
        case "value":
            return value_of(element)


def cleaned(value: str, params: HtmlExtractParams) -> str:
    """Return a value without the white space that is not wanted."""
    text = LINE_ENDS.sub("", value.strip()) if params.tidy == "joined" else value
    text = SPACES.sub(" ", text) if params.tidy else text
    return text.strip() if params.trim else text
