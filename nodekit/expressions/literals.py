"""The values of JavaScript's literals."""

import re

SAFE = 2**53 - 1
"""The largest integer that JavaScript tells from its neighbours."""

PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})"
    r"|(\r\n|[\n\r\u2028\u2029])|(0(?!\d)|[^\dux]))|(\\)"
)


def unescape(text: str) -> str | None:
    """Return text with JavaScript's escapes replaced; ``None`` if one of them is not plain."""
    if "\\" not in text:
        return text
    faults: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        wide, four, two, line, char, wrong = match.groups()
        if wrong or (wide and int(wide, 16) > 0x10FFFF):
            faults.append(match.group())
            return ""
        if digits := wide or four or two:
            return chr(int(digits, 16))
        return "" if line else PLAIN.get(char, char)

    joined = ESCAPE.sub(replaced, text)
    return None if faults else well_formed(joined)


def well_formed(text: str) -> str | None:
    """Return text with surrogate pairs joined; ``None`` if half of a pair is left."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def string(token: str) -> str | None:
    """Return what a string literal, with its quotes, stands for."""
    return unescape(token[1:-1])


def template_piece(token: str) -> str | None:
    """Return the text of a template's piece, with what encloses it; lines end in ``\\n``."""
    inner = token[1:-2] if token.endswith("${") else token[1:-1]
    return unescape(inner.replace("\r\n", "\n").replace("\r", "\n"))


def number(token: str) -> int | float | None:
    """Return the value of a number literal; ``None`` if it is a bigint, old octal or too large."""
    digits = token.replace("_", "")
    if "__" in token or token.endswith(("_", "n")) or re.match(r"0\d", digits):
        return None
    if digits[:2].lower() in ("0x", "0o", "0b"):
        value = int(digits, 0)
        return value if value <= SAFE else None
    decimal = float(digits)
    if not decimal.is_integer():
        return decimal if decimal != float("inf") else None
    return int(decimal) if decimal <= SAFE else None
