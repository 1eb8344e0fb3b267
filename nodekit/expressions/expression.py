"""An expression, compiled: what it asks for, its meaning in Python if any, its JavaScript."""

from functools import lru_cache
from typing import TypeAlias

from nodekit.errors import ExpressionError

from .grammar import tree
from .nodes import Node
from .reading import Reading, read_scripts
from .statement import first_statement
from .template import Code, Template, parse
from .tokens import Script

Native: TypeAlias = tuple[str | Node, ...]
"""The parts of a template, with a tree for each chunk of code."""


class Expression:
    """A value computed for each item: text that begins with ``=``.

    Args:
        template: Its text and code.
        scripts: The first statement of each chunk of code.
    """

    __slots__ = ("fault", "native", "reading", "sources", "template", "text")

    text: str
    """The whole, with the leading ``=``."""

    template: Template
    """Its text and code."""

    reading: Reading
    """What it asks for."""

    native: Native | None
    """Its meaning in Python, or ``None`` where only JavaScript can say."""

    sources: tuple[str, ...]
    """For each chunk the JavaScript of its first statement, ready to stand in ``return (…)``."""

    fault: ExpressionError | None
    """Why it can never be evaluated; whoever asks for its value gets this."""

    def __init__(self, template: Template, scripts: tuple[Script, ...]) -> None:
        self.text = template.text
        self.template = template
        self.reading = read_scripts(scripts)
        self.native = native(template, scripts)
        self.sources = tuple(script.text for script in scripts)
        self.fault = None

    @classmethod
    def failing(cls, text: str, fault: ExpressionError) -> "Expression":
        """Return an expression that cannot be read, and says so wherever it is evaluated."""
        expression = cls(Template(text, (), False), ())
        expression.native, expression.fault = None, fault
        return expression

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def native(template: Template, scripts: tuple[Script, ...]) -> Native | None:
    """Return the meaning of a template in Python, or ``None`` if some chunk has none."""
    rest = iter(scripts)
    parts = [part if isinstance(part, str) else tree(next(rest)) for part in template.parts]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else None


@lru_cache(maxsize=4096)
def compile_value(text: str) -> Expression:
    """Compile an expression, with its leading ``=``.

    Raises:
        ExpressionError: It is no expression, as far as can be seen without an engine.
    """
    template = parse(text)
    codes = [part for part in template.parts if isinstance(part, Code)]
    return Expression(template, tuple(first_statement(code, text) for code in codes))
