"""The node ``markdown``."""

import re
from typing import Literal

from pydantic import Field

from nodekit import Context, Item, ItemNode, Params

from .markdown_style import ToMarkdown
from .markdown_writing import ToHtml, to_html, to_markdown
from .paths import put

TITLE = re.compile(r"(#{1,6})(?=[^#\s])")
FENCE = re.compile(r" {0,3}(?:```|~~~)")


class MarkdownParams(Params):
    """What both ways have."""

    keep: Literal["all", "none"] = "all"
    """Whether the fields of the item stay beside the result."""


class MarkdownToHtml(MarkdownParams):
    """From Markdown to HTML."""

    do: Literal["to_html"] = "to_html"
    """What to do."""

    markdown: str = Field(examples=["={{ $json.text }}"])
    """The Markdown."""

    as_: str = Field(default="html", min_length=1, validation_alias="as")
    """The field that gets the result; a dot leads into nested objects."""

    ids: Literal["none", "plain", "github"] = "plain"
    """The ids of headings: `none`; `plain` as in `mytitle`; `github` as in `my-title`."""

    id_prefix: str = ""
    """What the ids begin with."""

    heading_from: int = Field(default=1, ge=1, le=6)
    """The level of a heading with one `#`."""

    loose_headings: bool = False
    """Whether a heading needs no space behind its `#`."""

    raw_html: bool = False
    """Whether HTML in the Markdown passes through. Only for text you trust; else it is shown as
    it is written."""

    tables: bool = True
    """Whether there are tables."""

    strikethrough: bool = True
    """Whether `~~text~~` is struck through."""

    task_lists: bool = True
    """Whether `- [x]` is a box to tick."""

    line_breaks: bool = False
    """Whether every end of a line is a line break."""

    code_class: Literal["language", "both"] = "language"
    """The class of code in a language: `language-py`, or `both` as in `py language-py`."""

    new_window: bool = False
    """Whether links open in a new window."""

    document: bool = False
    """Whether the result is a whole document, with head and body."""


class HtmlToMarkdown(MarkdownParams):
    """From HTML to Markdown."""

    do: Literal["to_markdown"] = "to_markdown"
    """What to do."""

    html: str = Field(examples=["={{ $json.page }}"])
    """The HTML."""

    as_: str = Field(default="markdown", min_length=1, validation_alias="as")
    """The field that gets the result; a dot leads into nested objects."""

    bullet: str = Field(default="*", min_length=1)
    """What begins an entry of a list."""

    emphasis: str = "_"
    """What stands around emphasized text."""

    strong: str = "**"
    """What stands around strong text."""

    strike: str = "~~"
    """What stands around text that is struck through."""

    fence: str = "```"
    """What stands around blocks of code."""

    ignore: list[str] = Field(default=[])
    """Tags whose content is left out; that of scripts and styles always is."""

    data_images: bool = False
    """Whether images that the HTML holds itself are kept."""

    blank_lines: int = Field(default=2, ge=1)
    """How many empty lines may follow each other."""


class Markdown(ItemNode[MarkdownToHtml | HtmlToMarkdown]):
    """Make HTML of Markdown, or Markdown of HTML."""

    def run_item(self, item: Item, params: MarkdownToHtml | HtmlToMarkdown, ctx: Context) -> Item:
        if isinstance(params, MarkdownToHtml):
            text = html_of(params)
        else:
            text = to_markdown(params.html, style_of(params))
        json = dict(item.json) if params.keep == "all" else {}
        put(json, params.as_, text)
        return item.derive(json, binary=item.binary if params.keep == "all" else {})


def html_of(params: MarkdownToHtml) -> str:
    """Return the HTML of a step's Markdown."""
    how = ToHtml(
        ids=params.ids,
        id_prefix=params.id_prefix,
        heading_from=params.heading_from,
        raw_html=params.raw_html,
        tables=params.tables,
        strikethrough=params.strikethrough,
        task_lists=params.task_lists,
        line_breaks=params.line_breaks,
        code_class=params.code_class,
        new_window=params.new_window,
        document=params.document,
    )
    return to_html(loosened(params.markdown) if params.loose_headings else params.markdown, how)


def loosened(markdown: str) -> str:
    """Return Markdown with a space behind the signs of headings, but for blocks of code."""
    lines: list[str] = []
    code = False
    for line in markdown.split("\n"):
        if FENCE.match(line):
            code = not code
        found = None if code else TITLE.match(line)
        lines.append(f"{found[1]} {line[found.end() :]}" if found else line)
    return "\n".join(lines)


def style_of(params: HtmlToMarkdown) -> ToMarkdown:
    """Return how a step writes Markdown."""
    return ToMarkdown(
        bullet=params.bullet,
        emphasis=params.emphasis,
        strong=params.strong,
        strike=params.strike,
        fence=params.fence,
        ignore=tuple(params.ignore),
        data_images=params.data_images,
        blank_lines=params.blank_lines,
    )
