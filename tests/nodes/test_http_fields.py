"""The fields of a request, as a person or a workflow writes them."""

from typing import Any

import pytest
from nodekit_nodes_core.http_answer import error_object
from nodekit_nodes_core.http_body import payload, reach_of
from nodekit_nodes_core.http_params import BodyParams, HttpRequestParams
from pydantic import ValidationError

from nodekit import ApiError, Item


@pytest.mark.parametrize(
    ("given", "want"),
    [
        pytest.param([{"name": "a", "value": 1}], {"a": 1}, id="pairs"),
        pytest.param(
            [{"name": "a", "value": 1}, {"name": "a", "value": 2}], {"a": [1, 2]}, id="twice"
        ),
        pytest.param([{"name": "a"}, {"name": "", "value": 1}], {}, id="without value or name"),
        pytest.param('{"a": 1}', {"a": 1}, id="JSON"),
        pytest.param({"a": 1}, {"a": 1}, id="by name"),
    ],
)
def test_fields_may_be_pairs_or_json(given: Any, want: Any) -> None:
    params = HttpRequestParams.model_validate({"url": "https://a.example", "query": given})
    assert params.query == want


def test_text_of_fields_must_be_json() -> None:
    with pytest.raises(ValidationError, match="is text that is not JSON"):
        HttpRequestParams.model_validate({"url": "https://a.example", "query": "{"})


@pytest.mark.parametrize(
    ("body", "want"),
    [
        pytest.param({"fields": {"a.b": 1}}, {"json": {"a": {"b": 1}}}, id="nested"),
        pytest.param({"fields": {"a.b": 1}, "dots": False}, {"json": {"a.b": 1}}, id="as named"),
        pytest.param(
            {"form": "a=1&b=x+y&c="}, {"form": {"a": "1", "b": "x y", "c": ""}}, id="form"
        ),
    ],
)
def test_a_body_may_be_fields(body: Any, want: Any) -> None:
    assert payload(BodyParams.model_validate(body), Item({})) == (want, "")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        pytest.param(False, '500 - "{\\"a\\":1}"', id="as text"),
        pytest.param(True, '500 - {"a":1}', id="read"),
    ],
)
def test_the_answer_of_an_error_is_text_or_json(read: bool, message: str) -> None:
    error = ApiError("broken", status=500, details={"a": 1})
    assert error_object(error, read)["error"]["message"] == message


@pytest.mark.parametrize(
    ("hosts", "want"),
    [
        pytest.param([], "public", id="nothing said"),
        pytest.param(["127.0.0.1:80"], "host", id="the host"),
        pytest.param(["127.0.0.1"], "public", id="another port"),
    ],
)
def test_a_computed_host_may_be_private_where_it_is_named(hosts: list[str], want: str) -> None:
    params = HttpRequestParams.model_validate({"url": "http://127.0.0.1:80/x", "hosts": hosts})
    assert reach_of(params, "={{ $json.url }}") == want
