"""What went wrong when a text is not YAML, in words for people who do not think in YAML."""

import re
from typing import Any

from .problem import Problem

BARE = re.compile(r"\s*(?:- +)*(?:[^\s:\"'#][^:]*:\s+)?(?P<value>[^\s\"'|>#].*\{\{.*)")
"""A line whose value holds ``{{`` and does not begin with a quote."""

INNER = re.compile(r"(?P<value>=?\{\{.*?\}\})")

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
    ("end of stream", "the file ends inside a text in quotes", "Close the quotes."),
    (
        "expected <block end>",
        "this does not fit what stands above",
        "Give all keys of a mapping, and all entries of a list, the same indentation.",
    ),
    (
        "could not find expected ':'",
        "a key without a colon",
        'Write "key: value", with a space after the colon.',
    ),
    ("expected ',' or '}'", "a comma or } is missing", "Separate entries by commas, end with }."),
    ("expected ',' or ']'", "a comma or ] is missing", "Separate entries by commas, end with ]."),
)
"""What ruamel.yaml says, what we say, and what to do."""


def explain(error: Exception, text: str, file: str | None) -> Problem:
    """Return the finding for a text that the YAML parser refuses."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        return unmarked(error, text, file)
    line, column = mark.line + 1, mark.column + 1
    for number in dict.fromkeys((mark.line, start_of(error, mark.line))):
        if bare := unquoted_in(text, number):
            start, written = bare
            message = "an expression must stand in quotes"
            hint = f"Write {in_quotes(written)}."
            return Problem(
                file, number + 1, start + 1, "error", "unquoted-expression", message, hint
            )
    problem = str(getattr(error, "problem", None) or error)
    for sign, message, hint in REASONS:
        if sign in problem:
            at = start_of(error, mark.line) + 1 if "end of stream" in sign else line
            column = column if at == line else error.context_mark.column + 1  # type: ignore[attr-defined]  # start_of found it
            return Problem(file, at, column, "error", "bad-yaml", message, hint)
    return Problem(file, line, column, "error", "bad-yaml", problem[:1].lower() + problem[1:])


def start_of(error: Exception, line: int) -> int:
    """Return the line (from 0) on which what the parser stumbled in begins."""
    mark: Any = getattr(error, "context_mark", None)
    return line if mark is None else int(mark.line)


def unmarked(error: Exception, text: str, file: str | None) -> Problem:
    """Return the finding for a character that is not allowed, or a fault without a place."""
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        message = f"this is not YAML: {str(error).splitlines()[0]}"
        return Problem(file, 1, 1, "error", "bad-yaml", message)
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    message = f"the character U+{ord(text[position]):04X} is not allowed"
    hint = 'Write it as an escape in double quotes, as in "\\u0000".'
    return Problem(file, line, column, "error", "bad-character", message, hint)


def unquoted_in(text: str, number: int) -> tuple[int, str] | None:
    """Return the column (from 0) and text of an expression without quotes on a line."""
    lines = text.splitlines()
    found = BARE.fullmatch(lines[number]) if number < len(lines) else None
    if found is None:
        return None
    start, value = found.start("value"), found["value"].strip()
    if value[0] in "{[" and not value.startswith("{{"):
        inner = INNER.search(value)
        return (start + inner.start(), as_expression(inner["value"])) if inner else None
    return start, as_expression(value)


def as_expression(text: str) -> str:
    """Return a text with the ``=`` that makes it an expression."""
    return text if text.startswith("=") else f"={text}"


def cut_expression(value: str, text: str, start: int) -> str | None:
    """Return the whole line of an expression without quotes that a comment has cut short."""
    if not value.startswith("=") or value.count("{{") <= value.count("}}"):
        return None
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].strip()


def in_quotes(text: str) -> str:
    """Return a text in the quotes in which YAML takes it as it is."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
