"""From HTML to Markdown. Imported when it is first needed: it loads its libraries."""

from collections.abc import Callable, Collection
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import ATX, MarkdownConverter

from .markdown_style import ToMarkdown

UNSEEN = ("script", "style", "head", "noscript", "template")


def marked(mark: Callable[[ToMarkdown], str]) -> Callable[..., str]:
    """Return what puts a mark on both sides of a text, within the white space around it."""

    def convert(self: "Converter", _: Tag, text: str, parent_tags: Collection[str]) -> str:
        inner = text.strip()
        if not inner or "_noformat" in parent_tags:
            return text
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return f"{before}{mark(self.how)}{inner}{mark(self.how)}{after}"

    return convert


class Converter(MarkdownConverter):
    """Writes Markdown with the marks it is told."""

    def __init__(self, how: ToMarkdown) -> None:
        super().__init__(heading_style=ATX, bullets=how.bullet)
        self.how = how

    def convert(self, html: str) -> str:
        """Return HTML as Markdown; every tag must be closed."""
        soup = BeautifulSoup(html, "html.parser")
        for tag in soup.find_all([*UNSEEN, *self.how.ignore]):
            tag.decompose()
        if not self.how.data_images:
            for image in soup.find_all("img", src=is_held):
                image.decompose()
        return str(self.convert_soup(soup))

    def convert_pre(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """Return a block of code between fences, with its language where it says one."""
        code = text.strip("\n")
        if not code:
            return ""
        return f"\n\n{self.how.fence}{language_of(el)}\n{code}\n{self.how.fence}\n\n"

    convert_em = convert_i = marked(lambda how: how.emphasis)
    convert_strong = convert_b = marked(lambda how: how.strong)
    convert_del = convert_s = marked(lambda how: how.strike)


def is_held(source: Any) -> bool:
    """Whether an image is in the HTML itself."""
    return isinstance(source, str) and source.lower().startswith("data:")


def language_of(block: Tag) -> str:
    """Return the language of a block of code, as in ``<code class="language-python">``."""
    for tag in (block, *block.find_all("code")):
        for name in tag.get_attribute_list("class"):
            if name and str(name).startswith("language-"):
                return str(name).removeprefix("language-")
    return ""
