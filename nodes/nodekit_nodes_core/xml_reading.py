"""From XML to JSON: elements become fields, as xml2js has them.

The parser is the standard library's expat. A document that declares entities is refused before
anything is expanded, external ones are never fetched, and depth is limited.
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

from nodekit import Json, NodeError

from .shapes import is_list

DEPTH = 200
"""How deep elements may stand in each other."""

SPACES = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Reading:
    """How elements become JSON."""

    attributes: str = "$"
    """The field that gets the attributes, where they are not merged."""
    text: str = "_"
    """The field that gets the text beside attributes and elements."""
    lists: bool = False
    """Whether every element is a list of one, even alone."""
    merge: bool = True
    """Whether attributes become fields beside the elements."""
    ignore: bool = False
    """Whether attributes are left out."""
    root: bool = True
    """Whether the root element is a field, or the whole."""
    trim: bool = False
    """Whether white space around text is cut off."""
    normalize: bool = False
    """Whether white space within text becomes one space."""
    lower: bool = False
    """Whether the names of elements are put in lower case."""


class Element:
    """An element that is being read."""

    __slots__ = ("fields", "literal", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, Json] = {}
        self.text: list[str] = []
        self.literal = False
        """Whether some of its text is a CDATA section, which is kept as it is."""


class Builder:
    """Takes what the parser finds, and makes JSON of it."""

    def __init__(self, how: Reading) -> None:
        self.how = how
        self.stack: list[Element] = []
        self.whole: dict[str, Json] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if len(self.stack) >= DEPTH:
            raise NodeError(f"the XML has elements more than {DEPTH} deep in each other")
        element = Element(name.lower() if self.how.lower else name)
        if attributes and not self.how.ignore:
            if self.how.merge:
                for key, value in attributes.items():
                    self.assign(element.fields, key, value)
            else:
                element.fields[self.how.attributes] = attributes
        self.stack.append(element)

    def data(self, text: str) -> None:
        """Take some text."""
        if self.stack:
            self.stack[-1].text.append(text)

    def cdata(self) -> None:
        """Begin a CDATA section."""
        self.stack[-1].literal = True

    def end(self, _: str) -> None:
        """End an element: it becomes a field of the one around it."""
        element = self.stack.pop()
        value = self.value_of(element)
        if self.stack:
            self.assign(self.stack[-1].fields, element.name, value)
        elif self.how.root:
            self.whole = {element.name: value}
        else:
            self.whole = value if isinstance(value, dict) else {self.how.text: value}

    def value_of(self, element: Element) -> Json:
        """Return what an element becomes: text where it has nothing else, else an object."""
        text = "".join(element.text)
        if not text.strip() and not element.literal:
            return element.fields or text
        if self.how.normalize:
            text = SPACES.sub(" ", text).strip()
        if self.how.trim:
            text = text.strip()
        return {self.how.text: text, **element.fields} if element.fields else text

    def assign(self, fields: dict[str, Json], key: str, value: Json) -> None:
        """Set a field; what comes again makes it a list."""
        if key not in fields:
            fields[key] = [value] if self.how.lists else value
            return
        if not is_list(fields[key]):
            fields[key] = [fields[key]]
        fields[key].append(value)


def read_xml(source: str | bytes, how: Reading) -> dict[str, Json]:
    """Return XML as JSON.

    Raises:
        NodeError: It is not well formed, declares entities, or is too deep.
    """
    builder = Builder(how)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartCdataSectionHandler = builder.cdata
    parser.EntityDeclHandler = refuse_entities
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise NodeError(f"is not XML: {place}: {expat.ErrorString(error.code)}") from error
    except (LookupError, ValueError) as error:
        raise NodeError(f"is not XML: {error}") from error
    return builder.whole


def refuse_entities(name: str, *_: object) -> None:
    """Refuse a document that declares an entity: a few can expand to more than memory holds.

    Raises:
        NodeError: Always.
    """
    raise NodeError(
        f"the XML declares the entity {name!r}",
        hint="Documents with entities of their own are refused; replace them by their text.",
    )
