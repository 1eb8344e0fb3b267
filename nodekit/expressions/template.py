"""Templates: text with JavaScript between double braces, as n8n cuts it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nodekit.errors import ExpressionError

OPENING = re.compile(r"\\?\{\{")
CLOSING = re.compile(r"\\?\}\}")


@dataclass(frozen=True, slots=True)
class Code:
    """The JavaScript between one pair of braces; ``start`` is its offset into the whole text."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Template:
    """An expression cut into text and code.

    ``single`` means one code chunk and nothing around it: its value keeps its type. Anything else
    is text.
    """

    text: str
    parts: tuple[str | Code, ...]
    single: bool


def parse(text: str) -> Template:
    """Cut an expression, with its leading ``=``, into text and code.

    n8n: the first unescaped ``{{`` opens, the first unescaped ``}}`` closes, whatever stands
    between; a closer missing at the end is tolerated; the backslash of an escaped opener stays.

    Raises:
        ExpressionError: A chunk is empty.
    """
    parts = tuple(part for part in cut(text) if part != "")
    return Template(text, parts, len(parts) == 1 and isinstance(parts[0], Code))


def cut(text: str) -> Iterator[str | Code]:
    """Yield text and code in turn; the text may be empty.

    Raises:
        ExpressionError: A chunk is empty.
    """
    at = 1
    while (start := unescaped(OPENING, text, at)) is not None:
        yield text[at:start]
        end = unescaped(CLOSING, text, start + 2)
        at = len(text) if end is None else end + 2
        yield code(text, start + 2, len(text) if end is None else end)
    yield text[at:]


def unescaped(braces: re.Pattern[str], text: str, at: int) -> int | None:
    """Return where the first braces without a backslash before them stand."""
    for match in braces.finditer(text, at):
        if match.end() - match.start() == 2:
            return match.start()
    return None


def code(text: str, start: int, end: int) -> Code:
    """Return the code of a chunk; ``\\}}`` stands for ``}}`` in it.

    Raises:
        ExpressionError: There is nothing in it.
    """
    chunk = text[start:end]
    if not chunk.strip():
        raise ExpressionError(
            "invalid syntax",
            text=text,
            position=start - 2,
            kind="syntax",
            hint="Write an expression between {{ and }}, or take the braces away.",
        )
    return Code(chunk.replace("\\}}", "}}"), start)
