"""The forms that the nodes `read_file` and `write_file` know, and what files are called."""

import mimetypes
from codecs import lookup
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from nodekit import Binary, Json

Form: TypeAlias = Literal["jsonl", "json", "csv", "text", "binary"]

SUFFIXES: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    **dict.fromkeys(
        (".txt", ".text", ".md", ".log", ".html", ".htm", ".xml", ".yaml", ".yml", ".toml"), "text"
    ),
}

KINDS = (
    ("application/json", "json"),
    ("text/html", "html"),
    ("image/", "image"),
    ("audio/", "audio"),
    ("video/", "video"),
    ("text/", "text"),
    ("application/javascript", "text"),
    ("application/pdf", "pdf"),
)
"""What n8n calls a file by how its media type begins."""

UNITS = ("B", "kB", "MB", "GB", "TB")


MEDIA_TYPES: dict[str, Form] = {
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "text/csv": "csv",
}


def form_of(path: str, form: Form | Literal["auto"], media_type: str = "") -> Form:
    """Return the form of a file: the one asked for, else what its suffix or media type says."""
    if form != "auto":
        return form
    suffix = PurePosixPath(path).suffix.lower()
    plain = media_type.partition(";")[0].strip()
    said: Form = "text" if plain.startswith("text/") else "binary"
    return SUFFIXES.get(suffix) or MEDIA_TYPES.get(plain) or said


def delimiter_of(path: str, delimiter: str | None) -> str:
    """Return what stands between two cells: what was asked for, else by the suffix."""
    return delimiter or ("\t" if path.lower().endswith(".tsv") else ",")


def known_encoding(name: str) -> str:
    """Return the name by which Python knows an encoding.

    Raises:
        ValueError: There is no such encoding.
    """
    try:
        return lookup(name).name
    except LookupError:
        raise ValueError(f"is no known encoding: {name!r}") from None


def binary_of(path: str, content: bytes, media_type: str = "") -> Binary:
    """Return the content of a file as a binary that knows its name and media type."""
    name = PurePosixPath(path).name
    kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Binary(content, media_type=kind, file_name=name)


def facts_of(binary: Binary) -> dict[str, Json]:
    """Return what n8n says of a file it has read: its name, media type and size, as text."""
    facts: dict[str, Json] = {"mimeType": binary.media_type}
    for opening, kind in KINDS:
        if binary.media_type.startswith(opening):
            facts["fileType"] = kind
            break
    name = binary.file_name or ""
    facts["fileName"] = name
    facts["fileExtension"] = PurePosixPath(name).suffix.removeprefix(".")
    facts["fileSize"] = size_text(binary.size)
    return facts


def size_text(size: int) -> str:
    """Return a number of bytes for people: ``17 B``, ``1.23 kB``."""
    step = next((i for i in range(len(UNITS)) if size < 1000 ** (i + 1)), len(UNITS) - 1)
    return f"{size / 1000**step:.3g} {UNITS[step]}"
