"""Between Markdown and HTML. The libraries are loaded when they are first needed."""

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from nodekit import NodeError

from .extras import needing
from .html_reading import parsed
from .markdown_style import ToMarkdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Ids = Literal["none", "plain", "github"]

NOT_WORD = re.compile(r"[^\w]")
NOT_GITHUB = re.compile(r"[^\w\- ]")
BETWEEN_TAGS = re.compile(r"(?:^|(?<=>))[^<]+")
"""Text, in which quotes need not be escaped."""
LINES = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True)
class ToHtml:
    """How Markdown becomes HTML."""

    ids: Ids = "plain"
    """What headings get as their id: nothing, or their text without or with dashes."""
    id_prefix: str = ""
    heading_from: int = 1
    """The level of a heading with one sign."""
    raw_html: bool = False
    """Whether HTML in it passes through; else it is shown as it is."""
    tables: bool = True
    strikethrough: bool = True
    task_lists: bool = True
    line_breaks: bool = False
    """Whether every end of a line is a line break."""
    code_class: Literal["language", "both"] = "language"
    """The class of code in a language: ``language-py``, or ``py language-py`` as in Showdown."""
    new_window: bool = False
    """Whether links open in a new window."""
    document: bool = False
    """Whether the result is a whole document."""


def to_html(markdown: str, how: ToHtml) -> str:
    """Return Markdown as HTML.

    Raises:
        NodeError: The library is not installed.
    """
    reader = reader_of(how)
    tokens = reader.parse(markdown)
    finish(tokens, how)
    rendered = str(reader.renderer.render(tokens, reader.options, {})).rstrip("\n")
    html = BETWEEN_TAGS.sub(lambda found: found[0].replace("&quot;", '"'), rendered)
    if not how.document:
        return html
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n</head>\n<body>\n'
        f"{html}\n</body>\n</html>"
    )


@lru_cache(maxsize=8)
def reader_of(how: ToHtml) -> "MarkdownIt":
    """Return what reads Markdown in this way."""
    with needing("markdown"):
        from markdown_it import MarkdownIt
        from mdit_py_plugins.tasklists import tasklists_plugin

    reader = MarkdownIt("commonmark", {"html": how.raw_html, "breaks": how.line_breaks})
    if how.tables:
        reader.enable("table")
    if how.strikethrough:
        reader.enable("strikethrough")
    if how.task_lists:
        reader.use(tasklists_plugin)
    return reader


def finish(tokens: "Sequence[Token]", how: ToHtml) -> None:
    """Give headings their level and id, code its class, and links their target."""
    taken: MutableMapping[str, int] = {}
    for i, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + how.heading_from - 1, 6)}"
        if token.type == "heading_open" and how.ids != "none":
            token.attrSet("id", heading_id(text_in(tokens[i + 1]), how, taken))
        if token.type == "fence" and token.info.strip() and how.code_class == "both":
            token.attrJoin("class", token.info.split()[0])
        for inner in token.children or ():
            finish_inner(inner, how)


def finish_inner(token: "Token", how: ToHtml) -> None:
    """Give a link its target, and struck text the tag it has on GitHub."""
    if token.type == "link_open" and how.new_window:
        token.attrSet("rel", "noopener noreferrer")
        token.attrSet("target", "_blank")
    elif token.type in ("s_open", "s_close"):
        token.tag = "del"


def text_in(token: "Token") -> str:
    """Return the text of a heading, without its marks."""
    return "".join(part.content for part in token.children or ())


def heading_id(text: str, how: ToHtml, taken: MutableMapping[str, int]) -> str:
    """Return the id of a heading; one that is taken gets a number."""
    if how.ids == "github":
        name = NOT_GITHUB.sub("", text).lower().replace(" ", "-")
    else:
        name = NOT_WORD.sub("", text).lower()
    found = how.id_prefix + name
    count = taken.get(found, 0)
    taken[found] = count + 1
    return f"{found}-{count}" if count else found


def to_markdown(html: str, how: ToMarkdown) -> str:
    """Return HTML as Markdown.

    Raises:
        NodeError: The library is not installed, or the HTML is too deep for it.
    """
    with needing("markdown"):
        from .markdown_converter import Converter

    try:
        markdown = Converter(how).convert(parsed(html).html or "").strip()
    except RecursionError as error:
        raise NodeError("the HTML has elements too deep in each other") from error
    most = "\n" * (how.blank_lines + 1)
    return LINES.sub(lambda found: most if len(found[0]) > len(most) else found[0], markdown)
