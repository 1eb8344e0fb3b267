"""Deferred parameters: their expressions stay text for the node."""

from pydantic import Field

from nodekit import Deferred, Json, Params
from nodekit.forms import Form
from nodekit.params import Filling, Hole


class Pages(Params):
    next: Deferred = None
    set: dict[str, Deferred] = Field(default={})


class Call(Params):
    url: str
    pages: Pages = Pages()


NEXT = Hole(1, ("pages", "next"), "={{ $response.next }}")
PAGE = Hole(2, ("pages", "set", "page", 0), "={{ $pageCount }}")
RAW: dict[str, Json] = {
    "url": Hole(0, ("url",), "={{ $json.url }}"),
    "pages": {"next": NEXT, "set": {"page": [PAGE, "x"], "size": 5}},
}


def test_the_form_says_which_expressions_are_deferred() -> None:
    examined = Form[Call](Call).examine(RAW)
    assert examined.findings == []
    assert (examined.each, examined.deferred) == (frozenset(), frozenset({1, 2}))


def test_the_node_sees_the_text() -> None:
    params: Call = Form[Call](Call).read(Call, {**RAW, "url": "u"}, Filling(1))
    assert params.pages.next == "={{ $response.next }}"
    assert params.pages.set == {"page": ["={{ $pageCount }}", "x"], "size": 5}


def test_text_that_was_put_back_already_stays() -> None:
    params = Call.model_validate({"url": "u", "pages": {"next": "={{ 1 }}"}})
    assert params.pages.next == "={{ 1 }}"
