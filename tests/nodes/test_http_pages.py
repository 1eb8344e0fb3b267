"""Answers in several pages: what is asked for, and when it ends."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from nodekit_nodes_core.http_answer import Page
from nodekit_nodes_core.http_body import Payload, with_fields
from nodekit_nodes_core.http_pages import Ask, Pages, same_place
from nodekit_nodes_core.http_params import PagesParams
from pydantic import ValidationError

from nodekit import Context, Json, NodeError

URL = "https://a.example/rows"

Evaluate = Callable[[Mapping[str, Json]], Json]


class Ctx:
    """What the pages need of a context: expressions, here Python functions by their text."""

    def __init__(self, expressions: Mapping[str, Evaluate]) -> None:
        self.expressions = expressions
        self.slept: list[float] = []

    async def evaluate(self, text: str, extra: Mapping[str, Json]) -> Json:
        try:
            return self.expressions[text](extra)
        except KeyError:
            return None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Service:
    """Answers with bodies one after another, and remembers what was asked."""

    def __init__(self, *bodies: Json, status: int = 200) -> None:
        self.bodies = list(bodies)
        self.status = status
        self.asked: list[Ask] = []

    async def fetch(self, ask: Ask) -> Page:
        self.asked.append(ask)
        last = len(self.bodies) == 1
        body = self.bodies[0] if last else self.bodies.pop(0)
        return Page(self.status if last else 200, "OK", {"X-Page": "1"}, ask.url, body)

    @property
    def urls(self) -> list[str]:
        return [ask.url for ask in self.asked]


async def read(
    params: dict[str, Json], service: Service, url: str = URL, **expressions: Evaluate
) -> tuple[list[Json], Ctx]:
    """Read all pages; an expression is named by its text without the ``=``."""
    ctx = Ctx({f"={name}": function for name, function in expressions.items()})
    request = {"method": "GET"}
    pages = Pages(PagesParams.model_validate(params), cast("Context[Any]", ctx), request)
    return [page.body async for page in pages.read(url, service.fetch)], ctx


def next_url(extra: Mapping[str, Json]) -> Json:
    return extra["$response"]["body"]["next"]


async def test_the_next_url() -> None:
    service = Service({"next": "?p=2"}, {"next": "https://a.example/rows?p=3"}, {"next": None})
    found, ctx = await read({"next": "=next"}, service, next=next_url)
    assert found == [{"next": "?p=2"}, {"next": "https://a.example/rows?p=3"}, {"next": None}]
    assert service.urls == [URL, f"{URL}?p=2", f"{URL}?p=3"]
    assert ctx.slept == [0, 0]


async def test_a_wait_between_pages() -> None:
    service = Service({"next": "?p=2"}, {"next": None})
    _, ctx = await read({"next": "=next", "wait": "500ms"}, service, next=next_url)
    assert ctx.slept == [0.5]


async def test_a_page_that_names_itself() -> None:
    service = Service({"next": "?p=2"}, {"next": "?p=2"})
    with pytest.raises(NodeError) as caught:
        await read({"next": "=next"}, service, next=next_url)
    assert caught.value.message == "page 2 names itself as the next one"


async def test_a_next_url_that_is_none() -> None:
    with pytest.raises(NodeError) as caught:
        await read({"next": "=next"}, Service({"next": 5}), next=next_url)
    assert caught.value.message == "the URL of the next page is not text, found 5"


async def test_pages_elsewhere_are_marked_and_stay_so() -> None:
    service = Service({"next": "https://b.example/"}, {"next": f"{URL}?p=3"}, {"next": None})
    await read({"next": "=next"}, service, next=next_url)
    assert [ask.elsewhere for ask in service.asked] == [False, True, True]


async def test_what_is_set_for_each_page() -> None:
    service = Service([1], [2], [])
    params: dict[str, Json] = {
        "set": {
            "query": {"page": "=page", "size": 10, "cursor": "=cursor"},
            "headers": {"X-Page": "=page"},
            "body": {"filter": {"pages": ["=page", "x"]}},
        }
    }

    def cursor(extra: Mapping[str, Json]) -> Json:
        return extra["$response"]["headers"]["x-page"]

    found, _ = await read(params, service, page=lambda extra: extra["$pageCount"], cursor=cursor)
    assert found == [[1], [2]]
    first, second, third = service.asked
    assert first.query == {"page": 0, "size": 10}
    assert second.query == {"page": 1, "size": 10, "cursor": "1"}
    assert second.headers == {"X-Page": 1}
    assert third.body == {"filter": {"pages": [2, "x"]}}


@pytest.mark.parametrize("last", [[], {}, "", None], ids=str)
async def test_an_empty_page_is_the_last_one(last: Json) -> None:
    found, _ = await read({"set": {"query": {"page": 1}}}, Service([1], last))
    assert found == [[1]]


async def test_until() -> None:
    service = Service([1, 2], [3], [4])

    def short(extra: Mapping[str, Json]) -> Json:
        assert extra["$request"] == {"method": "GET"}
        assert extra["$response"]["statusCode"] == 200
        return len(extra["$response"]["body"]) < 2

    found, _ = await read({"set": {}, "until": "=short"}, service, short=short)
    assert found == [[1, 2], [3]]


async def test_an_empty_page_is_no_end_where_until_says_when() -> None:
    service = Service([1], [], [3])
    params: dict[str, Json] = {"set": {}, "until": "=third"}
    found, _ = await read(params, service, third=lambda extra: extra["$pageCount"] == 3)
    assert found == [[1], [3]]


async def test_a_status_that_is_the_end() -> None:
    service = Service([1], [2], {"message": "no more"}, status=404)
    found, _ = await read({"set": {}, "until_status": [404]}, service)
    assert found == [[1], [2]]


async def test_the_most_pages() -> None:
    service = Service([1])
    found, _ = await read({"set": {}, "max": 3}, service)
    assert found == [[1], [1], [1]]


@pytest.mark.parametrize("params", [{}, {"until": "=x"}], ids=["nothing", "only until"])
def test_pages_that_would_all_be_the_same(params: dict[str, Json]) -> None:
    with pytest.raises(ValidationError, match="wants next or set"):
        PagesParams.model_validate(params)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y", True),
        ("http://a.example/x", "https://a.example/x", False),
        ("http://a.example:8080/", "http://a.example/", False),
        ("http://a.example/", "http://b.example/", False),
    ],
)
def test_what_is_the_same_place(a: str, b: str, same: bool) -> None:
    assert same_place(a, b) is same


FIELDS: dict[str, tuple[Payload, Payload]] = {
    "json": ({"json": {"a": 1, "b": 1}}, {"json": {"a": 1, "b": 2}}),
    "form": ({"form": {"a": 1}}, {"form": {"a": 1, "b": 2}}),
    "nothing": ({}, {"json": {"b": 2}}),
}


@pytest.mark.parametrize(("before", "after"), FIELDS.values(), ids=FIELDS)
def test_fields_of_a_page_in_the_body(before: Payload, after: Payload) -> None:
    assert with_fields(before, {"b": 2}) == after
    assert with_fields(before, {}) is before


@pytest.mark.parametrize("body", [{"json": [1]}, {"content": b"x"}], ids=["list", "bytes"])
def test_fields_of_a_page_without_a_body_for_them(body: Payload) -> None:
    with pytest.raises(NodeError) as caught:
        with_fields(body, {"b": 2})
    assert caught.value.message == (
        "the fields of a page want a body that is a JSON object or a form"
    )
