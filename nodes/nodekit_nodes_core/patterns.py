"""Regular expressions as JavaScript writes them, for Python's engine."""

import re
from functools import lru_cache

FLAGS = {"i": re.I, "m": re.M, "s": re.S}
DELIMITED = re.compile(r"/(.*)/([a-z]*)", re.S)
PIECE = re.compile(r"\\.|\(\?<(?![=!])|\[\^?\]?|\]|\$|.", re.S)
"""What is looked at at once: an escape, the start of a named group or of a class, a character."""


@lru_cache(maxsize=256)
def pattern_of(text: str) -> re.Pattern[str]:
    """Return the pattern of a text: plain, or between slashes with flags behind.

    Raises:
        ValueError: It is no regular expression; the message says why.
    """
    delimited = DELIMITED.fullmatch(text)
    body, letters = delimited.groups() if delimited else (text, "")
    flags = re.A if "u" not in letters else re.NOFLAG
    for letter in letters:
        flags |= FLAGS.get(letter, re.NOFLAG)
    try:
        return re.compile(translated(body, "m" in letters), flags)
    except re.error as error:
        raise ValueError(f"invalid regular expression {text!r}: {error}") from None


def translated(body: str, multiline: bool) -> str:
    """Return a JavaScript pattern in Python's spelling.

    Named groups have another one, and `$` means the very end unless lines count.
    """
    found: list[str] = []
    in_class = False
    for piece in PIECE.findall(body):
        if in_class:
            in_class = piece != "]"
            found.append(r"\[" if piece.startswith("[") else piece)
        elif piece.startswith("["):
            in_class = not piece.endswith("]")
            found.append(EMPTY.get(piece, piece))
        elif piece == "$" and not multiline:
            found.append(r"\Z")
        elif piece == "(?<":
            found.append("(?P<")
        else:
            found.append(piece)
    return NAMED.sub(r"(?P=\1)", "".join(found))


EMPTY = {"[]": "(?!)", "[^]": r"[\s\S]"}
"""The classes of no and of every character, which Python does not have."""

NAMED = re.compile(r"\\k<(\w+)>")
