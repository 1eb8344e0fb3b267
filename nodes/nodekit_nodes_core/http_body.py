"""From the parameters and the item to what the HTTP request node sends."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias, TypedDict

from nodekit import Binary, Item, Json, NodeError

from .http_answer import is_object
from .http_fields import nested
from .http_params import BodyParams, HttpRequestParams, PartParams

ACCEPT = (
    "application/json,text/html,application/xhtml+xml,application/xml,"
    "text/*;q=0.9, image/*;q=0.8, */*;q=0.7"
)
"""What is asked for where the headers do not say (n8n: the same)."""

USUAL = {"Accept": ACCEPT}
"""The headers of a request for which nothing else is said."""

AUTHORITY = re.compile(r"\s*https?://([^/?#\\]*)", re.IGNORECASE)

Reach: TypeAlias = Literal["public", "host", "any"]


class Payload(TypedDict, total=False):
    """The body of a request, as ``ctx.http`` takes it."""

    json: Json
    form: Mapping[str, Json]
    multipart: list[tuple[str, str | bytes | Binary]]
    content: bytes | Binary


def payload(body: BodyParams | None, item: Item) -> tuple[Payload, str]:
    """Return the body and its media type; the type is empty where it goes without saying.

    Raises:
        NodeError: The item has no such file, or text is not JSON.
    """
    if body is None:
        return {}, ""
    if body.fields is not None:
        return {"json": nested(body.fields, body.dots)}, ""
    if body.form is not None:
        return {"form": body.form}, ""
    if body.multipart is not None:
        return {"multipart": [part(one, item) for one in body.multipart]}, ""
    if body.text is not None:
        media_type = body.media_type or "text/plain; charset=utf-8"
        return {"content": body.text.encode()}, media_type
    if body.binary is not None:
        file = file_of(item, body.binary)
        return {"content": file}, body.media_type
    return {"json": json_value(body.json_)}, ""


class Sending(TypedDict, total=False):
    """How a request is sent, as ``ctx.http`` takes it."""

    timeout: float
    redirects: int
    max_size: int
    proxy: str | None
    verify: bool
    arrays: Literal["repeat", "brackets", "indices", "comma"]
    limit: tuple[float | None, float, int | None, float | None, float] | None


SENDING = frozenset(Sending.__annotations__)


def options_of(params: HttpRequestParams) -> Sending:
    """Return how a request is sent; nothing where the author says nothing of it.

    ``ctx.http`` has the same defaults as the parameters.
    """
    if SENDING.isdisjoint(params.model_fields_set):
        return {}
    limit = params.limit
    return {
        "timeout": params.timeout,
        "redirects": params.redirects,
        "max_size": params.max_size,
        "proxy": params.proxy or None,
        "verify": params.verify,
        "arrays": params.arrays,
        "limit": None
        if limit is None
        else (limit.requests, limit.per, limit.at_once, limit.units, limit.weight),
    }


def with_fields(body: Payload, fields: Mapping[str, Json]) -> Payload:
    """Return a body with the fields of one page set in it.

    Raises:
        NodeError: It is neither a JSON object nor a form.
    """
    if not fields:
        return body
    if not body:
        return {"json": dict(fields)}
    if "form" in body:
        return {"form": {**body["form"], **fields}}
    whole = body.get("json")
    if is_object(whole):
        return {"json": {**whole, **fields}}
    raise NodeError("the fields of a page want a body that is a JSON object or a form")


def part(given: PartParams, item: Item) -> tuple[str, str | Binary]:
    """Return one part of a multipart body."""
    return given.name, file_of(item, given.file) if given.file else text_of(given.value)


def file_of(item: Item, name: str) -> Binary:
    """Return a file of the item.

    Raises:
        NodeError: It has none of that name.
    """
    if name in item.binary:
        return item.binary[name]
    known = ", ".join(f'"{key}"' for key in item.binary) or "none"
    raise NodeError(f'the item has no file "{name}"; it has {known}')


def json_value(given: Json) -> Json:
    """Return the JSON value that is sent: text is read as JSON.

    Raises:
        NodeError: Text is not JSON.
    """
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError as error:
        raise NodeError(
            f"the body is text that is not JSON: {str(error).lower()}",
            hint="Write JSON, or send it with `text`.",
        ) from error


def text_of(value: Json) -> str:
    """Return a value as text: lists and mappings as JSON, nothing for null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def headers_of(given: Mapping[str, Json], media_type: str, key: str | None) -> Mapping[str, str]:
    """Return the headers of a request; what is given goes before what we would say."""
    if not given and not media_type and key is None:
        return USUAL
    headers = {name: text_of(value) for name, value in given.items() if value is not None}
    lower = {name.lower() for name in headers}
    ours = {"Accept": ACCEPT, "Content-Type": media_type, "Idempotency-Key": key or ""}
    return headers | {k: v for k, v in ours.items() if v and k.lower() not in lower}


def reach_of(params: HttpRequestParams, source: Json) -> Reach:
    """Return which addresses may be reached: a host that stands in the pipeline may be any.

    Args:
        params: The parameters.
        source: The URL as it stands in the pipeline.
    """
    if params.allow_private:
        return "any"
    found = authority_of(params.url)
    known = found is not None and (found == written_authority(source) or found in params.hosts)
    return "host" if known else "public"


@lru_cache(maxsize=256)
def authority_of(url: str) -> str | None:
    """Return the host of a URL, with user and port; ``None`` if it is no URL of HTTP."""
    found = AUTHORITY.match(url)
    return None if found is None else found[1]


def written_authority(source: Json) -> str | None:
    """Return the host, with user and port, that stands in the pipeline; ``None`` if it is computed.

    It stands there if everything up to the end of it is literal text.
    """
    return authority_in(source) if isinstance(source, str) else None


@lru_cache(maxsize=256)
def authority_in(source: str) -> str | None:
    """Return the host in the literal beginning of a text, if all of it stands there."""
    literal, expression, _ = source.removeprefix("=").partition("{{")
    if not source.startswith("="):
        literal, expression = source, ""
    found = AUTHORITY.match(literal)
    if found is None or (expression and found.end() == len(literal)):
        return None
    return found[1]
