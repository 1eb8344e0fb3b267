"""Where a pipeline comes from: a file, a text, or a mapping."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from .mishaps import place_in
from .n8n import is_workflow
from .plain import from_python
from .problem import Problem
from .reader import Parsed, read

Source: TypeAlias = str | Path | Mapping[str, Any]
"""The path of a file, the text of one, or what it would hold."""

LIKE_YAML = r"\s*(?:\{|[\w-]+:(?:\s|$))"

TEXT = "<text>"
"""What a text without a file is called in findings."""


class Opened(NamedTuple):
    """What was read, what it is called, and where its relative paths start from."""

    parsed: Parsed
    file: str | None
    name: str
    base: Path


def open_source(source: Source, base: Path | None) -> Opened:
    """Read a source; whatever is wrong with it stands among the findings."""
    if isinstance(source, Mapping):
        return Opened(from_python(source), None, "pipeline", base or Path.cwd())
    if isinstance(source, str) and is_text(source):
        return Opened(parse(source, TEXT), TEXT, "pipeline", base or Path.cwd())
    path = Path(source)
    return Opened(read_file(path), str(source), path.stem, base or path.absolute().parent)


def is_text(source: str) -> bool:
    """Whether this is the text of a pipeline, not the path of one."""
    return "\n" in source or (not is_there(source) and re.match(LIKE_YAML, source) is not None)


def is_there(path: str) -> bool:
    """Whether there is a file of this name; a system may not even allow the name."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def read_file(path: Path) -> Parsed:
    """Read a file, in UTF-8."""
    file = str(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        message = f"cannot be read: {(reason or str(error)).lower()}"
        return Parsed(None, None, [Problem(file, None, None, "error", "no-file", message)])
    try:
        return parse(content.decode(), file)
    except UnicodeDecodeError as error:
        return Parsed(None, None, [badly_encoded(content, error, file)])


def badly_encoded(content: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    """Return the finding for a file that is not UTF-8."""
    before = content[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
    line, column = place_in(before, len(before))
    message = f"the byte 0x{content[error.start]:02X} is not UTF-8"
    hint = "Save the file in the encoding UTF-8."
    return Problem(file, line, column, "error", "not-utf8", message, hint)


def parse(text: str, file: str) -> Parsed:
    """Read a text: an n8n workflow by the quick reader of JSON, all else as YAML."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            value = json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            return read(text, file)
        if is_workflow(value):
            return from_python(value, file)
    return read(text, file)
