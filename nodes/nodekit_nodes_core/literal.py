"""Reading text that is nearly JSON: JavaScript literals, and JSON with small faults.

Taken as meant are single quotes, names without quotes, commas too many or one missing between
entries, comments, a value that is not there (null), and quotes inside of a text that nobody escaped
(n8n repairs the same). What cannot be understood is refused.
"""

import json
import re
from typing import NoReturn

from nodekit import Json

from .javascript import number_in

SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.S)
WORD = re.compile(r"[A-Za-z_$][\w$]*", re.A)
NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)", re.A)
WORDS = {"true": True, "false": False, "null": None, "undefined": None}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
DEEPEST = 200
"""How deep lists and mappings may stand in each other."""


def read_json(text: str) -> Json:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON; NaN and infinities are not.
    """
    return json.loads(text, parse_constant=refuse_constant)


def refuse_constant(name: str) -> NoReturn:
    """Refuse the words that Python takes for numbers in JSON and the standard does not know."""
    raise ValueError(f"{name} is not JSON")


def read_literal(text: str) -> Json:
    """Return the value of a text that is JSON, a JavaScript literal, or nearly one.

    Raises:
        ValueError: It cannot be understood; the message says where.
    """
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return Reader(text).whole()


class Reader:
    """Reads one text from left to right; ``at`` is the place it has come to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Json:
        """Return the one value of the whole text."""
        value = self.value(0)
        if self.peek():
            self.fail("unexpected text")
        return value

    def peek(self) -> str:
        """Return the next character that is no space or comment, without taking it."""
        found = SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def fail(self, what: str) -> NoReturn:
        raise ValueError(f"{what} at character {self.at + 1}")

    def value(self, depth: int) -> Json:
        """Return the value that begins here."""
        if depth > DEEPEST:
            self.fail("too deep")
        first = self.peek()
        if first == "{":
            return self.mapping(depth)
        if first == "[":
            return self.sequence(depth)
        if first and first in "'\"`":
            return self.quoted(first)
        return self.bare()

    def bare(self) -> Json:
        """Return a number, or what a word stands for."""
        if number := NUMBER.match(self.text, self.at):
            self.at = number.end()
            return number_in(number.group())
        word = WORD.match(self.text, self.at)
        if word is None or word.group() not in WORDS:
            self.fail("no value")
        self.at = word.end()
        return WORDS[word.group()]

    def mapping(self, depth: int) -> dict[str, Json]:
        """Return a mapping; names may stand without quotes."""
        found: dict[str, Json] = {}
        self.at += 1
        while not self.closes("}"):
            name = self.name()
            if self.peek() != ":":
                self.fail("no colon")
            self.at += 1
            found[name] = None if self.peek() in (",", "}") else self.value(depth + 1)
        return found

    def sequence(self, depth: int) -> list[Json]:
        """Return a list."""
        found: list[Json] = []
        self.at += 1
        while not self.closes("]"):
            found.append(self.value(depth + 1))
        return found

    def closes(self, end: str) -> bool:
        """Whether the list or mapping ends here; commas before its next entry are taken."""
        while self.peek() == ",":
            self.at += 1
        if self.peek() == end:
            self.at += 1
            return True
        if not self.peek():
            self.fail(f"no {end!r}")
        return False

    def name(self) -> str:
        """Return the name of an entry."""
        first = self.peek()
        if first in ("'", '"'):
            return self.quoted(first)
        word = WORD.match(self.text, self.at) or NUMBER.match(self.text, self.at)
        if word is None:
            self.fail("no name")
        self.at = word.end()
        return word.group()

    def quoted(self, quote: str) -> str:
        """Return a text in quotes; a quote that nothing fitting follows belongs to the text."""
        found: list[str] = []
        self.at += 1
        while letter := self.text[self.at : self.at + 1]:
            self.at += 1
            if letter == quote and self.ends_text():
                break
            found.append(self.escaped() if letter == "\\" else letter)
        else:
            self.fail("text without an end")
        return "".join(found)

    def ends_text(self) -> bool:
        """Whether what follows a quote may follow a text."""
        here = self.at
        following = self.peek()
        self.at = here
        return following in ("", ",", ":", "}", "]")

    def escaped(self) -> str:
        """Return what stands behind a backslash."""
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter not in ("u", "x"):
            return ESCAPES.get(letter, letter)
        size = 4 if letter == "u" else 2
        digits = self.text[self.at : self.at + size]
        if not re.fullmatch(f"[0-9a-fA-F]{{{size}}}", digits):
            self.fail("no character of this number")
        self.at += size
        return chr(int(digits, 16))
