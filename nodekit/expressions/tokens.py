"""JavaScript as tokens: enough to see what an expression asks for, and where it ends.

It knows strings, templates with code in them, regular expressions, comments, numbers, names and
punctuators, and which brackets belong together. Whether the whole is valid is for the engine.
"""

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "name", "number", "string", "template", "head", "middle", "tail", "regex", "punct"
]

WHITE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""White space and line ends, as JavaScript has them."""

SPACE = re.compile(rf"(?:[{WHITE}]|//[^\n\r\u2028\u2029]*|/\*[\s\S]*?\*/)+")
LINE = re.compile(r"[\n\r\u2028\u2029]")
ESCAPED = r"\\u(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})"
NAME = re.compile(rf"#?(?:\$|[^\W\d]|{ESCAPED})(?:[$\w\u200c\u200d]|{ESCAPED})*")
NUMBER = re.compile(
    r"0[xX][\da-fA-F_]+n?|0[oO][0-7_]+n?|0[bB][01_]+n?"
    r"|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?n?"
)
STRING = re.compile(r"'(?:[^'\\\n\r]|\\(?:\r\n|[\s\S]))*'|\"(?:[^\"\\\n\r]|\\(?:\r\n|[\s\S]))*\"")
REGEX = re.compile(
    r"/(?![*/])(?:[^\\/\[\n\r\u2028\u2029]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+/[$\w]*"
)
PIECE = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)")
PUNCT = re.compile(
    r">>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?"
    r"|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()\[\];,<>+\-*/%&|^!~?:=.@]"
)


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


OPERATORS = words("return typeof instanceof in of new delete void throw case do else yield await")
"""Names after which an operand is expected, so that a slash begins a regular expression."""
HEADS = frozenset(("if", "while", "for", "with"))
BLOCK_WORDS = frozenset(("else", "do", "try", "finally"))
CLOSERS = {"(": ")", "[": "]", "{": "}"}


class UnreadableError(Exception):
    """The text is not JavaScript, or forbidden; ``position`` is where that was seen."""

    def __init__(self, position: int, message: str = "invalid syntax") -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its text, where it stands, and whether a line ends before it."""

    kind: Kind
    text: str
    start: int
    after_line: bool

    @property
    def end(self) -> int:
        """The offset behind the token."""
        return self.start + len(self.text)


@dataclass(slots=True)
class Script:
    """The tokens of a text.

    ``mates`` has the index of the closing bracket for each opening one (also of ``${``);
    ``parents`` has for each token the index of the bracket it stands in, or -1.
    """

    text: str
    tokens: list[Token] = field(default_factory=list[Token])
    mates: dict[int, int] = field(default_factory=dict[int, int])
    parents: list[int] = field(default_factory=list[int])

    def punct(self, index: int) -> str:
        """Return the text of a punctuator, or ``""`` for anything else, also beyond the ends."""
        if 0 <= index < len(self.tokens) and self.tokens[index].kind == "punct":
            return self.tokens[index].text
        return ""

    def name(self, index: int) -> str:
        """Return the text of a name, or ``""`` for anything else, also beyond the ends."""
        if 0 <= index < len(self.tokens) and self.tokens[index].kind == "name":
            return self.tokens[index].text
        return ""

    def is_property(self, index: int) -> bool:
        """Tell whether a name stands behind a dot."""
        return self.punct(index - 1) in (".", "?.")

    def is_key(self, index: int) -> bool:
        """Tell whether a name is the key of an object literal."""
        return (
            self.punct(index + 1) == ":"
            and self.punct(index - 1) in ("{", ",")
            and self.punct(self.parents[index]) == "{"
        )

    def is_free(self, index: int) -> bool:
        """Tell whether a token is a name that stands for a variable."""
        found = self.tokens[index].kind == "name"
        return found and not self.is_property(index) and not self.is_key(index)


class Tokenizer:
    """Reads one text into a :class:`Script`."""

    def __init__(self, text: str) -> None:
        self.script = Script(text)
        self.text = text
        self.at = 0
        self.open: list[int] = []  # indexes of opening tokens
        self.blocks: set[int] = set()  # openers behind whose closer a statement begins

    def read(self) -> Script:
        """Read all of it.

        Raises:
            UnreadableError: A literal does not end, brackets do not match, or a character is no
                part of JavaScript.
        """
        while (line := self._skip()) is not None:
            self._next(line)
        if self.open:
            raise UnreadableError(self.script.tokens[self.open[-1]].start)
        return self.script

    def _skip(self) -> bool | None:
        """Skip space and comments; return whether a line ended, ``None`` at the end."""
        start = self.at
        if space := SPACE.match(self.text, start):
            self.at = space.end()
        if self.at == len(self.text):
            return None
        return LINE.search(self.text, start, self.at) is not None

    def _next(self, line: bool) -> None:
        char = self.text[self.at]
        if char == "`":
            self._piece(line, opens=True)
        elif char == "}" and self.open and self.script.tokens[self.open[-1]].text[-2:] == "${":
            self._piece(line, opens=False)
        elif not any(self._take(kind, rule, line) for kind, rule in self._rules(char)):
            self._punct(line)

    def _rules(self, char: str) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
        if char in "'\"":
            return (("string", STRING),)
        if char == "/":
            return (("regex", REGEX),) if self._wants_operand() else ()
        return (("number", NUMBER), ("name", NAME))

    def _take(self, kind: Kind, rule: re.Pattern[str], line: bool) -> bool:
        if match := rule.match(self.text, self.at):
            self._add(kind, match.group(), line)
        return match is not None

    def _add(self, kind: Kind, text: str, line: bool) -> None:
        self.script.parents.append(self.open[-1] if self.open else -1)
        self.script.tokens.append(Token(kind, text, self.at, line))
        self.at += len(text)

    def _piece(self, line: bool, *, opens: bool) -> None:
        """Take a template up to its end or its next code."""
        match = PIECE.match(self.text, self.at + 1)
        if match is None:
            raise UnreadableError(self.at)
        more = match.group().endswith("${")
        if not opens:
            self._close()
        kind: Kind = ("head" if more else "template") if opens else ("middle" if more else "tail")
        self._add(kind, self.text[self.at : match.end()], line)
        if more:
            self.open.append(len(self.script.tokens) - 1)

    def _punct(self, line: bool) -> None:
        match = PUNCT.match(self.text, self.at)
        if match is None:
            raise UnreadableError(self.at)
        text = match.group()
        index = len(self.script.tokens)
        if text in CLOSERS:
            self._note_block(text, index)
        elif text in CLOSERS.values():
            self._check(text)
            self._close()
        self._add("punct", text, line)
        if text in CLOSERS:
            self.open.append(index)

    def _check(self, closer: str) -> None:
        opener = self.script.punct(self.open[-1]) if self.open else ""
        if CLOSERS.get(opener) != closer:
            raise UnreadableError(self.at)

    def _close(self) -> None:
        self.script.mates[self.open.pop()] = len(self.script.tokens)

    def _note_block(self, opener: str, index: int) -> None:
        """Note the brackets behind which a statement begins: of ``if (…)``, and blocks."""
        last = self.script.name(index - 1) if not self.script.is_property(index - 1) else ""
        if opener == "(" and last in HEADS:
            self.blocks.add(index)
        if opener == "{" and (
            last in BLOCK_WORDS or self.script.punct(index - 1) in (")", "=>", ";", "{", "}")
        ):
            self.blocks.add(index)

    def _wants_operand(self) -> bool:
        """Tell whether an operand must come next, so that ``/`` begins a regular expression."""
        if not self.script.tokens:
            return True
        index = len(self.script.tokens) - 1
        last = self.script.tokens[index]
        if last.kind == "name":
            return last.text in OPERATORS and not self.script.is_property(index)
        if last.text in (")", "}") and last.kind == "punct":
            opener = next(o for o, closer in self.script.mates.items() if closer == index)
            return opener in self.blocks
        if last.kind == "punct":
            return last.text not in ("]", "++", "--")
        return last.kind in ("head", "middle")


def tokenize(text: str) -> Script:
    """Read JavaScript into tokens.

    Raises:
        UnreadableError: It is not JavaScript.
    """
    return Tokenizer(text).read()
