"""What went wrong when a text is not YAML, in words for people who do not think in YAML."""

import re
from typing import Any

from .problem import Problem

BARE = r"\s*(?:- +)*(?>(?:[^\s:\"'#][^:]*:\s+)?)(?P<value>(?=[^\s\"'|>#]).*\{\{.*)"
"""A line whose value holds ``{{`` and does not begin with a quote."""

BEYOND = r"\\U(?!000|0010)[0-9A-Fa-f]{8}"
"""An escape for a character that Unicode does not have."""

INNER = r"(?P<value>=?\{\{.*?\}\})"

UNCLOSED = "end of stream"
NO_COLON = "could not find expected ':'"

REASONS = (
    ("'\\t' that cannot start", "a tab cannot indent", "Indent with spaces."),
    (
        "mapping values are not allowed here",
        'found ": " where no key can stand',
        "Check the indentation, or put the value in quotes.",
    ),
    ("'@' that cannot start", "a value cannot begin with @", "Put the value in quotes."),
    ("'`' that cannot start", "a value cannot begin with a backtick", "Put the value in quotes."),
    ("'%' that cannot start", "a value cannot begin with %", "Put the value in quotes."),
    (UNCLOSED, "the file ends inside a text in quotes", "Close the quotes."),
    (
        "expected <block end>",
        "this does not fit what stands above",
        "Give all keys of a mapping, and all entries of a list, the same indentation.",
    ),
    (
        NO_COLON,
        "a key without a colon",
        'Write "key: value", with a space after the colon.',
    ),
    ("expected ',' or '}'", "a comma or } is missing", "Separate entries by commas, end with }."),
    ("expected ',' or ']'", "a comma or ] is missing", "Separate entries by commas, end with ]."),
)
"""What ruamel.yaml says, what we say, and what to do."""


def explain(error: Exception, text: str, file: str | None) -> Problem:
    """Return the finding for a text that the YAML parser refuses."""
    there: Any = getattr(error, "problem_mark", None)
    if there is None:
        return unmarked(error, text, file)
    start: Any = getattr(error, "context_mark", None) or there
    for number in dict.fromkeys((int(there.line), int(start.line))):
        if bare := unquoted_in(text, number):
            return unquoted(file, number, *bare)
    said: Any = getattr(error, "problem", None)
    for sign, message, hint in REASONS:
        if sign in str(said):
            mark = start if sign in (UNCLOSED, NO_COLON) else there
            return Problem(file, mark.line + 1, mark.column + 1, "error", "bad-yaml", message, hint)
    problem = str(said)
    message = problem[:1].lower() + problem[1:]
    return Problem(file, there.line + 1, there.column + 1, "error", "bad-yaml", message)


def unquoted(file: str | None, line: int, column: int, text: str) -> Problem:
    """Return the finding for an expression without quotes; line and column count from 0."""
    message = "an expression must stand in quotes"
    hint = f"Write {in_quotes(text)}."
    return Problem(file, line + 1, column + 1, "error", "unquoted-expression", message, hint)


def unmarked(error: Exception, text: str, file: str | None) -> Problem:
    """Return the finding for a character or an escape that is not allowed."""
    position: Any = getattr(error, "position", None)
    if isinstance(position, int):
        line, column = place_in(text, position)
        message = f"the character U+{ord(text[position]):04X} is not allowed"
        hint = 'Write it as an escape in double quotes, as in "\\u0000".'
        return Problem(file, line, column, "error", "bad-character", message, hint)
    beyond = re.search(BEYOND, text)
    line, column = place_in(text, beyond.start() if beyond else 0)
    message = f"the escape {beyond[0]} is no character" if beyond else f"not YAML: {error}"
    return Problem(file, line, column, "error", "bad-yaml", message)


def place_in(text: str, position: int) -> tuple[int, int]:
    """Return the line and column of an offset; both count from 1."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def unquoted_in(text: str, number: int) -> tuple[int, str] | None:
    """Return the column (from 0) and text of an expression without quotes on a line."""
    lines = text.splitlines()
    found = re.fullmatch(BARE, lines[number]) if number < len(lines) else None
    if found is None:
        return None
    start, value = found.start("value"), found["value"].strip()
    if value[0] in "{[" and not value.startswith("{{"):
        inner = re.search(INNER, value)
        return (start + inner.start(), as_expression(inner["value"])) if inner else None
    return start, as_expression(value)


def as_expression(text: str) -> str:
    """Return a text with the ``=`` that makes it an expression."""
    return text if text.startswith("=") else f"={text}"


def cut_expression(value: str, text: str, start: int) -> str | None:
    """Return the whole line of an expression without quotes that a comment has cut short."""
    if not value.startswith("=") or value.count("{{") <= value.count("}}"):
        return None
    line = text[start:].split("\n", 1)[0].strip()
    cut = line.startswith(value) and line[len(value) :].lstrip().startswith("#")
    return line if cut else None


def in_quotes(text: str) -> str:
    """Return a text in the quotes in which YAML takes it as it is."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
