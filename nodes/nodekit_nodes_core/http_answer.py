"""From an answer to items, and from a refusal to the error that n8n's node gives."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from nodekit import ApiError, Binary, Item, Json

from .http_params import HttpRequestParams

FILES = re.compile(
    r"image/|audio/|video/|application/(octet-stream|gzip|zip|x-zip|vnd\.rar|epub\+zip|x-bzip|"
    r"x-bzip2|x-cdf|vnd\.amazon\.ebook|msword|vnd\.ms-excel|vnd\.ms-powerpoint|"
    r"vnd\.openxmlformats-officedocument|pdf|x-tar|x-7z-compressed)|font/"
)
"""Media types whose content is a file."""

NAME = re.compile(r"filename\*=(?:utf-8|iso-8859-1)'[^']*'([^;]+)|filename=\"?([^\";]+)", re.I)


@dataclass(slots=True)
class Page:
    """One answer, read: its content as a JSON value or text, or as a file."""

    status: int
    reason: str
    headers: Mapping[str, str]
    url: str
    body: Json
    is_text: bool = False
    file: Binary | None = None

    def facts(self) -> dict[str, Json]:
        """Return what expressions see as ``$response``."""
        return {"body": self.body, "headers": named(self.headers), "statusCode": self.status}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it (n8n: response is empty)."""
        return self.file is None and not self.body


def is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether a JSON value is an object."""
    return type(value) is dict or isinstance(value, Mapping)  # what it mostly is goes first


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


def named(headers: Mapping[str, str]) -> dict[str, Json]:
    """Return headers with lower-case names; several of one name are one, cookies are a list."""
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), []).append(value)
    return {
        name: values if name == "set-cookie" else ", ".join(values)
        for name, values in found.items()
    }


def kind_of(params: HttpRequestParams, headers: Mapping[str, str]) -> str:
    """Return what an answer is: ``json``, ``text`` or ``binary``."""
    if params.response != "auto":
        return params.response
    return kind_by(headers.get("Content-Type", ""))


@lru_cache(maxsize=256)
def kind_by(content_type: str) -> str:
    """Return what an answer of a media type is: ``json``, ``text`` or ``binary``."""
    media_type = content_type.lower()
    if "application/json" in media_type:
        return "json"
    return "binary" if FILES.match(media_type) else "text"


def file_name_of(url: str, headers: Mapping[str, str]) -> str | None:
    """Return the name a file came with: from its header, else from the path of its URL."""
    found = NAME.search(headers.get("Content-Disposition", ""))
    path = unquote(found[1]) if found and found[1] else found[2] if found else ""
    path = path or unquote(urlsplit(url).path)
    return path.replace("\\", "/").rsplit("/", 1)[-1].strip() or None


def items_of(page: Page, params: HttpRequestParams, item: Item) -> list[Item]:
    """Return the items of an answer."""
    if is_object(page.body) and not params.full:
        return [item.derive(page.body)]  # what it mostly is goes first
    if page.file is not None:
        kept = item.derive(head_of(page) if params.full else item.json, binary=item.binary)
        return [kept.with_binary(**{params.into: page.file})]
    if page.is_text:
        text: dict[str, Json] = {params.into: page.body} if page.body else {}
        return [item.derive({**text, **head_of(page)} if params.full else text)]
    if params.full:
        return [item.derive({"body": page.body, **head_of(page)})]
    if params.split and is_list(page.body):
        return [item.derive(fields_of(row, params.into)) for row in page.body]
    return [item.derive(fields_of(page.body, params.into))]


def head_of(page: Page) -> dict[str, Json]:
    """Return what an answer says beside its content."""
    return {
        "headers": named(page.headers),
        "statusCode": page.status,
        "statusMessage": page.reason,
    }


def fields_of(row: Json, into: str) -> Mapping[str, Json]:
    """Return the fields of an item for a JSON value: an object as it is, null as none."""
    if is_object(row):
        return row
    return {} if row is None else {into: row}


def error_object(error: ApiError, read: bool = False) -> dict[str, Json]:
    """Return what an item holds that goes on although its request failed (n8n: the same).

    Args:
        error: Why it failed.
        read: Whether the answer is shown as the JSON it is, not as text.
    """
    if error.status is None:
        return {"error": {"message": error.message, "name": "AxiosError"}}
    body = error.details
    shown = body if read or isinstance(body, str) else compact(body)
    said = compact("" if body is None else shown)
    code = "ERR_BAD_RESPONSE" if error.status >= 500 else "ERR_BAD_REQUEST"
    return {
        "error": {
            "message": f"{error.status} - {said}",
            "name": "AxiosError",
            "code": code,
            "status": error.status,
        }
    }


def compact(value: Json) -> str:
    """Return a value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
