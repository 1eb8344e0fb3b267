"""Following redirects, and what is left behind."""

from collections.abc import Mapping

import pytest
from pydantic import SecretStr

from nodekit import ApiError, Credential, Json
from nodekit.http import Http
from tests.support.loopback import Loopback


class Key(Credential):
    """A key in every place a key may be."""

    key: SecretStr = SecretStr("sesame")

    def headers(self) -> Mapping[str, str]:
        return {"X-Key": self.key.get_secret_value()}

    def query(self) -> Mapping[str, str]:
        return {"key": self.key.get_secret_value()}


RULES = [
    (301, "GET", "GET"),
    (301, "POST", "GET"),
    (301, "PUT", "PUT"),
    (302, "POST", "GET"),
    (302, "DELETE", "DELETE"),
    (303, "POST", "GET"),
    (303, "PUT", "GET"),
    (307, "POST", "POST"),
    (308, "PATCH", "PATCH"),
]


@pytest.mark.parametrize(("status", "before", "after"), RULES)
async def test_method_and_body(
    http: Http, server: Loopback, status: int, before: str, after: str
) -> None:
    server.redirect("/old", "/new?x=1", status)
    server.json("/new", "arrived")
    got = await http.json(before, server.url("/old"), json={"a": 1}, headers={"X-Mine": "1"})
    assert got == "arrived"
    assert server.lines == [f"{before} /old", f"{after} /new?x=1"]
    kept = after == before
    assert server.seen[1].body == (b'{"a":1}' if kept else b"")
    assert ("Content-Type" in server.seen[1].headers) is kept
    assert server.seen[1].headers["X-Mine"] == "1"


async def test_head_stays_head(http: Http, server: Loopback) -> None:
    server.redirect("/old", "/new", 303)
    server.json("/new", 1)
    await http.request("HEAD", server.url("/old"))
    assert server.lines == ["HEAD /old", "HEAD /new"]


async def test_credentials_go_along_on_the_same_host(http: Http, server: Loopback) -> None:
    server.redirect("/old", "new")
    server.json("/new", 1)
    await http.json("GET", server.url("/old"), credential=Key(), headers={"Authorization": "me"})
    assert server.lines == ["GET /old?key=sesame", "GET /new?key=sesame"]
    assert server.seen[1].headers["X-Key"] == "sesame"
    assert server.seen[1].headers["Authorization"] == "me"


async def test_credentials_stay_behind_on_another_host(http: Http, server: Loopback) -> None:
    server.redirect("/old", server.url("/new", host="other.loopback.test"))
    server.redirect("/new", server.url("/end"))
    server.json("/end", 1)
    headers = {"Authorization": "me", "Cookie": "a=1", "Proxy-Authorization": "p", "X-Mine": "1"}
    await http.json("GET", server.url("/old"), credential=Key(), headers=headers)
    assert server.lines == ["GET /old?key=sesame", "GET /new", "GET /end"]
    for seen in server.seen[1:]:
        assert not {"X-Key", "Authorization", "Cookie", "Proxy-Authorization"} & seen.headers.keys()
        assert seen.headers["X-Mine"] == "1"


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("http://a.test/x", "http://a.test/y", True),
        ("http://a.test/x", "http://A.TEST:80/y", True),
        ("http://a.test/", "https://a.test/", True),
        ("https://a.test/", "http://a.test/", False),
        ("http://a.test/", "http://a.test:8080/", False),
        ("http://a.test/", "http://b.test/", False),
        ("http://a.test:8080/", "https://a.test/", False),
    ],
)
def test_what_is_the_same_origin(a: str, b: str, same: bool) -> None:
    from nodekit.http.urls import parsed, same_origin

    assert same_origin(parsed(a), parsed(b)) is same


async def test_too_many(http: Http, server: Loopback) -> None:
    server.redirect("/", "/")
    with pytest.raises(ApiError) as caught:
        await http.json("GET", server.url(), redirects=3)
    assert caught.value.message == f"GET {server.url()} was redirected more than 3 times"
    assert caught.value.status == 302
    assert len(server.seen) == 4


async def test_none_are_followed_where_none_are_wanted(http: Http, server: Loopback) -> None:
    server.redirect("/", "/new")
    with pytest.raises(ApiError) as caught:
        await http.json("GET", server.url(), redirects=0)
    assert caught.value.message == f"GET {server.url()} answered 302: Found"
    assert server.lines == ["GET /"]


async def test_a_redirect_to_nowhere_is_an_answer(http: Http, server: Loopback) -> None:
    server.json("/", {"choose": 1}, status=302)
    response = await http.request("GET", server.url(), check=False)
    assert response.json() == {"choose": 1}


@pytest.mark.parametrize("to", ["ftp://a.test/x", "file:///etc/passwd", "http://a.test:port/"])
async def test_only_http_is_followed(http: Http, server: Loopback, to: str) -> None:
    server.redirect("/", to)
    with pytest.raises(ApiError) as caught:
        await http.json("GET", server.url())
    assert caught.value.message == (
        f"{server.url()} redirects to {to!r}, which is not an HTTP address"
    )


async def test_the_answer_says_where_it_came_from(http: Http, server: Loopback) -> None:
    server.redirect("/old", "/new?x=1")
    server.json("/new", 1)
    response = await http.request("GET", server.url("/old"), credential=Key())
    assert response.url == server.url("/new?x=1")


async def test_a_body_is_sent_again_as_it_was(http: Http, server: Loopback) -> None:
    server.redirect("/old", "/new", 307)
    server.json("/new", 1)
    value: Json = b"x" * 2_000_000
    await http.json("POST", server.url("/old"), content=value)
    assert server.seen[1].body == value
