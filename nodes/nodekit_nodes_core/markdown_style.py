"""How HTML becomes Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToMarkdown:
    """The marks to use, and what to leave out."""

    bullet: str = "*"
    emphasis: str = "_"
    strong: str = "**"
    strike: str = "~~"
    fence: str = "```"
    ignore: tuple[str, ...] = ()
    """Tags whose content is left out."""
    data_images: bool = False
    """Whether images that the HTML holds itself are kept."""
    blank_lines: int = 2
    """How many empty lines may follow each other."""
