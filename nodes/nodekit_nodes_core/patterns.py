"""Regular expressions as JavaScript writes them, for Python's engine."""

import re
from functools import lru_cache

FLAGS = {"i": re.I, "m": re.M, "s": re.S}
DELIMITED = re.compile(r"/(.*)/([a-z]*)", re.S)

PIECE = re.compile(r"\\k<\w+>|\\.|\(\?<(?![=!])|\[\^?(?:\\.|[^\]\\])*\]|\$|.", re.S)
"""What is looked at at once: an escape, the start of a named group, a class, a character."""

IN_CLASS = re.compile(r"\\.|[\[&|~]|[^\\\[&|~]+", re.S)
"""The same inside of a class."""

PLAIN = {
    "(?<": "(?P<",
    "[]": "(?!)",
    "[^]": r"[\s\S]",
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
}
"""What Python writes otherwise; its digits and letters are those of every script."""

PLAIN_IN_CLASS = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}


@lru_cache(maxsize=256)
def pattern_of(text: str) -> re.Pattern[str]:
    """Return the pattern of a text: plain, or between slashes with flags behind.

    Raises:
        ValueError: It is no regular expression; the message says why.
    """
    delimited = DELIMITED.fullmatch(text)
    body, letters = delimited.groups() if delimited else (text, "")
    flags = re.NOFLAG
    for letter in letters:
        flags |= FLAGS.get(letter, re.NOFLAG)
    try:
        return re.compile(translated(body, "m" in letters), flags)
    except re.error as error:
        raise ValueError(f"invalid regular expression {text!r}: {error}") from None


def translated(body: str, multiline: bool) -> str:
    """Return a JavaScript pattern in Python's spelling."""
    return "".join(translated_piece(piece, multiline) for piece in PIECE.findall(body))


def translated_piece(piece: str, multiline: bool) -> str:
    """Return one piece of a pattern; `$` means the very end unless lines count."""
    if piece in PLAIN:
        return PLAIN[piece]
    if piece == "$":
        return "$" if multiline else r"\Z"
    if piece.startswith(r"\k<"):
        return f"(?P={piece[3:-1]})"
    if piece.startswith("[") and len(piece) > 1:
        return f"[{''.join(map(translated_in_class, IN_CLASS.findall(piece[1:-1])))}]"
    return piece


def translated_in_class(piece: str) -> str:
    """Return one piece of a class; Python would take some signs for operators."""
    return f"\\{piece}" if piece in ("[", "&", "|", "~") else PLAIN_IN_CLASS.get(piece, piece)
