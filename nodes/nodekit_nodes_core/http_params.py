"""The parameters of the HTTP request node."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nodekit import Deferred, Fixed, Json, Params

from .http_fields import FormFields, NamedFields
from .units import Bytes, Seconds

BODIES = ("json_", "fields", "form", "multipart", "text", "binary")


class PartParams(Params):
    """One part of a multipart body: a text or a file."""

    name: str = Field(examples=["title"])
    """The name of the part."""

    value: Json = None
    """The text; a list or a mapping is sent as JSON."""

    file: str = Field(default="", examples=["data"])
    """The name of the item's file that is sent instead."""


class BodyParams(Params):
    """What is sent: one of `json`, `fields`, `form`, `multipart`, `text`, `binary`."""

    json_: Json = Field(default=None, validation_alias="json", examples=[{"id": "={{ $json.id }}"}])
    """A JSON value, or text of one."""

    fields: NamedFields | None = Field(default=None, examples=[{"name.first": "Ada"}])
    """Fields of a JSON object, by name or as a list of `{name, value}`."""

    dots: bool = True
    """Whether a dot in a name of `fields` leads into nested objects."""

    form: FormFields | None = Field(default=None, examples=[{"name": "Ada"}])
    """Fields, sent as a web form does: by name, as a list of `{name, value}`, or as text."""

    multipart: list[PartParams] | None = Field(
        default=None, examples=[[{"name": "title", "value": "Report"}]]
    )
    """Parts, sent as a web form with files does."""

    text: str | None = None
    """Text as it stands; say what it is with `media_type`."""

    binary: str | None = Field(default=None, examples=["data"])
    """The name of the item's file that is sent."""

    media_type: str = Field(default="", examples=["text/csv"])
    """The media type of `text` (without it `text/plain`), or of `binary` in place of the file's."""

    @model_validator(mode="after")
    def one_body(self) -> Self:
        """Refuse a body of several kinds, or of none."""
        if len(self.model_fields_set.intersection(BODIES)) != 1:
            raise ValueError("wants one of json, fields, form, multipart, text and binary")
        return self


class PageParams(Params):
    """What differs from page to page. Every value may use `$pageCount` and `$response`."""

    query: dict[str, Deferred] = Field(default={}, examples=[{"page": "={{ $pageCount + 1 }}"}])
    """Query parameters, set for every page."""

    headers: dict[str, Deferred] = Field(default={}, examples=[{"X-Page": "={{ $pageCount }}"}])
    """Headers, set for every page."""

    body: dict[str, Deferred] = Field(
        default={}, examples=[{"cursor": "={{ $response.body.cursor }}"}]
    )
    """Fields of a JSON body or a form, set for every page."""


class PagesParams(Params):
    """How an answer in several pages is read.

    Expressions may use `$response` (`body`, `headers`, `statusCode` of the last page), `$request`
    and `$pageCount`, the number of pages read so far. A value that is undefined or null is left
    out. Without `until`, an empty list or an empty body is the last page.
    """

    next: Deferred = Field(default=None, examples=["={{ $response.body.next }}"])
    """The URL of the next page; nothing after the last. It may be relative."""

    set: PageParams | None = Field(
        default=None, examples=[{"query": {"page": "={{ $pageCount + 1 }}"}}]
    )
    """What is set in the request for each page, also the first."""

    until: Deferred = Field(default=None, examples=["={{ $response.body.rows.length < 100 }}"])
    """Whether the page just read was the last."""

    until_status: list[int] = Field(default=[], examples=[[404]])
    """Statuses that say there are no more pages; such an answer gives no items."""

    max: int = Field(default=100, ge=1)
    """The most pages that are read."""

    wait: Seconds = Field(default=0, ge=0)
    """How long to wait between pages, such as `500ms`."""

    @model_validator(mode="after")
    def some_way(self) -> Self:
        """Refuse pages that would all be the same."""
        if self.next is None and self.set is None:
            raise ValueError("wants next or set")
        return self


class LimitParams(Params):
    """How fast a service is called, by all steps, items and pages together."""

    requests: float | None = Field(default=None, gt=0)
    """How many requests in each `per`, spread evenly."""

    per: Seconds = Field(default=1, gt=0, examples=["1m"])
    """The length of time that `requests` and `units` are for, such as `1m`."""

    at_once: int | None = Field(default=None, ge=1)
    """How many requests at the same time."""

    units: float | None = Field(default=None, gt=0, examples=[90000])
    """How many units in each `per`, where the service also counts something else, such as
    tokens."""

    weight: float = Field(default=1, ge=0, examples=[1200])
    """How many units a request takes, such as `={{ $json.tokens }}`."""


class BatchParams(Params):
    """Groups of items with a wait between them (n8n: batching)."""

    size: int = Field(default=50, ge=1)
    """How many items a group has."""

    wait: Seconds = Field(default=1, ge=0)
    """How long after one group the next begins."""


class HttpRequestParams(Params):
    """One request for each item."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    """The HTTP method."""

    url: str = Field(examples=["https://api.example.com/people/{{ $json.id }}"])
    """The address.

    A host that is written here may be any. One that an expression gives must be public, unless it
    is one of `hosts`, or `allow_private` is set.
    """

    query: NamedFields = Field(default={}, examples=[{"q": "={{ $json.q }}", "limit": 10}])
    """Query parameters, added to those of the URL: by name, or a list of `{name, value}`. null is
    left out."""

    arrays: Literal["repeat", "brackets", "indices", "comma"] = "repeat"
    """How lists stand in the query and in a form: `a=1&a=2`, `a[]=1`, `a[0]=1` or `a=1,2`."""

    headers: NamedFields = Field(default={}, examples=[{"X-Request": "={{ $itemIndex }}"}])
    """Headers: by name, or as a list of `{name, value}`. null is left out."""

    body: BodyParams | None = None
    """What is sent."""

    response: Literal["auto", "json", "text", "binary"] = "auto"
    """What the answer is; `auto` goes by its media type."""

    into: str = Field(default="data", min_length=1)
    """The field that takes text, or the name that a file gets."""

    split: bool = True
    """Whether a JSON list gives one item for each element."""

    full: bool = False
    """Whether the item is the whole answer: `body`, `headers`, `statusCode`, `statusMessage`."""

    accept_errors: bool = False
    """Whether an answer with any status is as good as another."""

    read_errors: bool = False
    """Whether what a failing item holds has the answer as JSON, not as text (n8n: versions 1, 2).
    """

    redirects: int = Field(default=20, ge=0)
    """How many redirects are followed; credentials do not go along to other hosts."""

    proxy: str = Field(default="", examples=["http://proxy.example.com:3128"])
    """The proxy that requests go through."""

    verify: bool = True
    """Whether the certificate of the service must be good."""

    max_size: Bytes = Field(default=100_000_000, ge=1, examples=["500MB"])
    """How large an answer may be, unpacked, such as `100MB`."""

    timeout: Seconds = Field(default=300, gt=0, examples=["30s"])
    """How long a request may take, from connecting to the last byte, such as `30s`."""

    idempotent: bool = False
    """Whether to send an `Idempotency-Key` header: a key for each item, the same over retries."""

    limit: LimitParams | None = None
    """How fast the service is called."""

    batch: BatchParams | None = None
    """Groups of items with a wait between them."""

    pages: PagesParams | None = None
    """How an answer in several pages is read."""

    hosts: Fixed[list[str]] = Field(default=[], examples=[["localhost:8080"]])
    """Hosts, with their port, that may have a private address where an expression gives them."""

    allow_private: Fixed[bool] = False
    """Whether the host may have a private address where an expression or a redirect gives it."""
