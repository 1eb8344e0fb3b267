"""A request as it goes over the wire: query, headers and body encoded. No I/O."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json import JSONEncoder
from typing import TypeAlias
from urllib.parse import quote

import orjson
from multidict import CIMultiDict

from nodekit.credentials import Part, Request
from nodekit.errors import NodeError, shortened
from nodekit.items import Binary, Json
from nodekit.json_values import is_list, is_object
from nodekit.params import UNDEFINED

from .options import Arrays

Body: TypeAlias = bytes | Binary | Sequence[Part] | None

Head: TypeAlias = Callable[[tuple[tuple[str, str], ...], str], "CIMultiDict[str]"]

ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

STRICT = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""Leaves to the standard library what is not plain JSON."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

UNFIT = re.compile(r"[\r\n\0]")
"""What would end a header early."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
"""What the name of a header, and a method, is made of."""


@dataclass(slots=True)
class Message:
    """An encoded request; the URL has its query."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Body


def head(given: tuple[tuple[str, str], ...], media_type: str) -> CIMultiDict[str]:
    """Return the headers of a request: those given, and the media type where they say none.

    Raises:
        NodeError: A name or a value would break out of its line.
    """
    headers = CIMultiDict(checked(dict(given)))
    if media_type:
        headers.setdefault("Content-Type", media_type)
    return headers


def encoded(request: Request, arrays: Arrays = "repeat", head: Head = head) -> Message:
    """Encode a request.

    Args:
        request: The request.
        arrays: How lists stand in its query, and in a form.
        head: Makes the headers; it may remember those it made before.

    Raises:
        NodeError: It has several bodies, a header that is none, or a body that is not JSON.
    """
    body, media_type = encoded_body(request, arrays)
    headers = head(tuple(request.headers.items()), media_type)
    if request.method not in METHODS and not TOKEN.match(request.method):
        raise NodeError(f"{shortened(request.method)} is not an HTTP method")
    return Message(request.method, with_query(request.url, request.query, arrays), headers, body)


def encoded_body(request: Request, arrays: Arrays) -> tuple[Body, str]:
    """Return the body and its media type; empty if the sender has to choose one.

    Raises:
        NodeError: There are several bodies, or one is not JSON.
    """
    others = (request.form, request.multipart, request.content)
    if others == (None, None, None):
        if request.json is UNDEFINED:
            return None, ""
        return json_bytes(request.json), "application/json"
    if sum(body is not None for body in others) + (request.json is not UNDEFINED) > 1:
        raise NodeError(
            "a request has one body, found several",
            hint="Give one of json, form, multipart and content.",
        )
    if request.form is not None:
        text = "&".join(
            f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs(request.form, arrays)
        )
        return text.encode(), "application/x-www-form-urlencoded"
    if isinstance(request.content, Binary):
        return request.content, request.content.media_type
    return request.multipart if request.multipart is not None else request.content, ""


def json_bytes(value: Json) -> bytes:
    """Return a value as JSON.

    Raises:
        NodeError: It holds something that JSON has not.
    """
    try:
        fast = orjson.dumps(value, option=STRICT)
    except TypeError:  # what it has no form for, the other may have, or say why not
        fast = b"null"
    if b"null" not in fast:  # which is also how it writes what is no number
        return fast
    try:
        return ENCODER.encode(value).encode()
    except (TypeError, ValueError) as error:
        raise NodeError(f"the body is not JSON: {str(error).lower()}") from error


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that can be sent.

    Raises:
        NodeError: A name or a value would break out of its line.
    """
    if not headers:
        return {}
    for name, value in headers.items():
        if not is_token(name):
            raise NodeError(f"{shortened(name)} is not the name of a header")
        if UNFIT.search(value):
            raise NodeError(f'header "{name}" has a line break in its value')
    return dict(headers)


@lru_cache(maxsize=1024)
def is_token(name: str) -> bool:
    """Whether a text can be the name of a header; there are few of them, often asked for."""
    return TOKEN.match(name) is not None


def with_query(url: str, query: Mapping[str, Json], arrays: Arrays) -> str:
    """Return a URL with more query parameters, and without its fragment."""
    bare = url.split("#", 1)[0] if "#" in url else url
    if not query:
        return bare
    found: list[str] = []
    for name, value in query.items():
        if type(value) is str or type(value) is int:
            found.append(f"{quoted(name, '[]')}={quoted(str(value))}")
        else:
            rows = spread(name, value, arrays)
            found += [f"{quoted(key, '[]')}={quoted(text)}" for key, text in rows]
    if not found:
        return bare
    mark = "" if bare.endswith(("?", "&")) else "&" if "?" in bare else "?"
    return f"{bare}{mark}{'&'.join(found)}"


def quoted(text: str, safe: str = "") -> str:
    """Return text as it stands in a query."""
    return text if text.isascii() and text.isalnum() else quote(text, safe=safe)


def pairs(values: Mapping[str, Json], arrays: Arrays) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of a query or a form; ``None`` and undefined are left out."""
    for name, value in values.items():
        yield from spread(name, value, arrays)


def spread(name: str, value: Json, arrays: Arrays) -> Iterator[tuple[str, str]]:
    """Yield one value of a query or a form: lists as ``arrays`` says, mappings as ``a[b]``."""
    if value is None or value is UNDEFINED:
        return
    if is_object(value):
        for key, part in value.items():
            yield from spread(f"{name}[{key}]", part, arrays)
    elif is_list(value) and arrays == "comma":
        yield name, ",".join(text_of(part) for part in value)
    elif is_list(value):
        ending = {"repeat": "", "brackets": "[]"}
        for i, part in enumerate(value):
            yield from spread(f"{name}{ending.get(arrays, f'[{i}]')}", part, arrays)
    else:
        yield name, text_of(value)


def text_of(value: Json) -> str:
    """Return one value as text, the way JavaScript writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return ENCODER.encode(value) if isinstance(value, Mapping | list) else str(value)
