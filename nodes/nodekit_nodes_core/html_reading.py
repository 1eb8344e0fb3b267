"""HTML read as browsers read it, and what is found in it by CSS selectors."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from nodekit import NodeError

from .extras import needing

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

    Node: TypeAlias = LexborNode

UNSEEN = frozenset(("head", "script", "style", "noscript", "template"))
"""Elements whose content is not read."""

BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div"),
        *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
"""Elements that begin on a line of their own."""

CELLS = frozenset(("td", "th"))
BREAK = "\0"
SPACES = re.compile(r"\s+")
CONTAINS = re.compile(r":contains\(")


def parsed(html: str) -> "LexborHTMLParser":
    """Return a document; there is none that cannot be read.

    Raises:
        NodeError: The library is not installed.
    """
    with needing("html"):
        from selectolax.lexbor import LexborHTMLParser
    return LexborHTMLParser(html)


def select(document: "LexborHTMLParser | LexborNode", selector: str) -> "Sequence[Node]":
    """Return the elements that a CSS selector matches, in the order of the document.

    Raises:
        NodeError: It is no selector.
    """
    from selectolax.lexbor import SelectolaxError

    try:
        return document.css(CONTAINS.sub(":lexbor-contains(", selector))
    except SelectolaxError as error:
        raise NodeError(
            f"{selector!r} is no CSS selector",
            hint='Selectors of CSS level 4 work, and `:contains("text")`.',
        ) from error


def readable_text(element: "Node", skip: "Sequence[Node]" = ()) -> str:
    """Return the text of an element as people read it: blocks on lines, white space as one space.

    Args:
        element: The element.
        skip: Elements inside it that are left out.
    """
    left_out = {node.mem_id for node in skip}
    parts: list[str] = []
    todo: list[LexborNode | str] = [element]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            parts.append(node)
        elif node.is_text_node:
            parts.append(node.text_content or "")
        elif node.tag == "br":
            parts.append(BREAK)
        elif node.tag not in UNSEEN and node.mem_id not in left_out:
            around = BREAK if node.tag in BLOCKS else " " if node.tag in CELLS else ""
            parts.append(around)
            todo += [around, *reversed(list(node.iter(include_text=True)))]
    lines = "".join(parts).split(BREAK)
    spaced = (SPACES.sub(" ", line).strip() for line in lines)
    return "\n".join(line for line in spaced if line)


def value_of(element: "Node") -> str | None:
    """Return the value of a field of a form, as a browser would send it."""
    if element.tag == "textarea":
        return element.text(deep=True)
    if element.tag != "select":
        return element.attributes.get("value")
    options = element.css("option")
    chosen = next(
        (o for o in options if "selected" in o.attributes), options[0] if options else None
    )
    if chosen is None:
        return None
    said = chosen.attributes.get("value")
    return chosen.text(deep=True).strip() if said is None else said
