"""The first statement of a chunk: the only one n8n evaluates."""

import re

from nodekit.errors import ExpressionError

from .literals import string, template_piece
from .template import Code
from .tokens import OPERATORS, Script, Token, UnreadableError, tokenize, words

STATEMENTS = words(
    "var const throw if for while do switch return break continue try debugger import export "
    "function class with else catch finally case default"
)
"""Words that begin a statement which is no expression."""

FORBIDDEN = words(
    "__proto__ prototype constructor getPrototypeOf setPrototypeOf defineProperty "
    "defineProperties getOwnPropertyDescriptor getOwnPropertyDescriptors "
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
)
"""Names that lead out of a sandbox (n8n refuses them, so that a pipeline behaves the same)."""

CONSTRUCTOR = re.compile(r"\.\s*constructor\b")
CONTINUES = frozenset(("in", "instanceof"))
EXPECTING = OPERATORS | {"function", "class", "async", "extends"}
"""Words that do not end an operand."""


def first_statement(code: Code, text: str) -> Script:
    """Return the tokens of the first statement of a chunk; its text can stand in ``return (…)``.

    ``$if(test, a, b)`` is written out as a conditional. A leading brace is an object's.

    Args:
        code: The chunk.
        text: The expression it is from, for the error.

    Raises:
        ExpressionError: It is no expression, or asks for what n8n forbids.
    """
    try:
        script = tokenize(code.text)
        check_names(script)
        end = statement_end(script)
        return tokenize(rewritten(script, 0, end))
    except UnreadableError as error:
        raise ExpressionError(
            error.message,
            text=text,
            position=code.start + error.position,
            kind="syntax" if error.message == "invalid syntax" else "security",
        ) from None


def statement_end(script: Script) -> int:
    """Return the index behind the last token of the first statement.

    Raises:
        UnreadableError: There is none, or it is no expression.
    """
    tokens = script.tokens
    if not tokens:
        raise UnreadableError(0)
    if tokens[0].text == ";" or begins_statement(script):
        raise UnreadableError(tokens[0].start)
    for index in range(1, len(tokens)):
        if script.parents[index] == -1 and (
            script.punct(index) == ";" or inserts_semicolon(script, index)
        ):
            return index
    return len(tokens)


def begins_statement(script: Script) -> bool:
    """Tell whether the first word makes it a statement that is no expression."""
    first, second = script.name(0), script.name(1)
    if first == "let":
        return bool(second) or script.punct(1) in ("[", "{")
    return first in STATEMENTS or (first == "async" and second == "function")


def inserts_semicolon(script: Script, index: int) -> bool:
    """Tell whether JavaScript ends the statement before this token because a line ends there."""
    token = script.tokens[index]
    if not token.after_line or not ends_operand(script, index - 1):
        return False
    if token.kind == "name":
        return token.text not in CONTINUES
    return token.kind in ("number", "string", "regex") or token.text in ("++", "--", "!", "~")


def ends_operand(script: Script, index: int) -> bool:
    """Tell whether an operand may end with this token."""
    token = script.tokens[index]
    if token.kind == "punct":
        return token.text in (")", "]", "}", "++", "--")
    return token.text not in EXPECTING or script.is_property(index)


def check_names(script: Script) -> None:
    """Refuse names that lead out of a sandbox.

    Raises:
        UnreadableError: There is one.
    """
    if found := CONSTRUCTOR.search(script.text):
        message = "Expression contains invalid constructor function call"
        raise UnreadableError(found.start(), message)
    for index, token in enumerate(script.tokens):
        name = spelled(token) if token.kind == "name" else bracketed(script, index)
        if name in FORBIDDEN:
            raise UnreadableError(token.start, f'Cannot access "{name}" due to security concerns')


def spelled(token: Token) -> str:
    """Return a name with its escapes replaced."""
    if "\\" not in token.text:
        return token.text
    return re.sub(r"\\u\{?([0-9a-fA-F]+)\}?", lambda m: chr(int(m[1], 16) % 0x110000), token.text)


def bracketed(script: Script, index: int) -> str | None:
    """Return the text a literal alone in square brackets stands for, or ``None``."""
    if script.punct(index - 1) != "[" or script.punct(index + 1) != "]":
        return None
    return literal_text(script.tokens[index])


def literal_text(token: Token) -> str | None:
    """Return the text a string literal, or a template without code, stands for, or ``None``."""
    if token.kind == "string":
        return string(token.text)
    return template_piece(token.text) if token.kind == "template" else None


def rewritten(script: Script, start: int, end: int) -> str:
    """Return the text of some tokens with each ``$if(…)`` written as a conditional.

    Raises:
        UnreadableError: It has fewer than two arguments.
    """
    tokens = script.tokens
    pieces: list[str] = []
    index, copied = start, tokens[start].start
    while index < end:
        if tokens[index].text == "$if" and script.is_free(index) and script.punct(index + 1) == "(":
            pieces += (script.text[copied : tokens[index].start], conditional(script, index))
            index = script.mates[index + 1]
            copied = tokens[index].end
        index += 1
    pieces.append(script.text[copied : tokens[end - 1].end])
    return "".join(pieces)


def conditional(script: Script, index: int) -> str:
    """Return ``$if(test, a, b)``, which begins at this token, as ``((test) ? (a) : (b))``.

    Raises:
        UnreadableError: It has fewer than two arguments.
    """
    spans = arguments(script, index + 1)
    if len(spans) < 2:
        raise UnreadableError(script.tokens[index].start)
    texts = [rewritten(script, start, end) for start, end in spans]
    return f"(({texts[0]}) ? ({texts[1]}) : ({texts[2] if len(texts) > 2 else 'false'}))"


def arguments(script: Script, opener: int) -> list[tuple[int, int]]:
    """Return where the arguments of a call stand, without empty ones, by index of token."""
    close = script.mates[opener]
    commas = [
        i for i in range(opener, close) if script.parents[i] == opener and script.punct(i) == ","
    ]
    starts = [opener + 1, *(comma + 1 for comma in commas)]
    return [(a, b) for a, b in zip(starts, [*commas, close], strict=True) if a < b]
