"""Which addresses a step may reach."""

import pytest

from nodekit import NodeError
from nodekit.http import Http, Session
from nodekit.http.addresses import check_host
from nodekit.testing import FakeClock
from tests.support.answers import answers
from tests.support.loopback import Loopback

HINT = "Write the host in the step's URL, or set `allow_private: true` there."

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%eth0]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_hosts_that_are_not_public(host: str) -> None:
    with pytest.raises(NodeError) as caught:
        check_host(host)
    assert "is not a public address, and the host does not stand in the pipeline" in str(
        caught.value
    )
    assert caught.value.hint == HINT


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "8.8.8.8",
        "[2606:4700::1111]",
        "[::ffff:8.8.8.8]",
        "127.0.0.1.example.com",
        "256.1.1.1",
    ],
)
def test_hosts_that_may_be_public(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "loopback.test"]
)
async def test_no_spelling_reaches_this_machine(
    guarded: Http, server: Loopback, spelling: str
) -> None:
    with pytest.raises(NodeError):
        await guarded.text("GET", server.url("/", host=spelling))
    assert server.seen == []


async def test_a_name_is_checked_when_it_is_resolved(guarded: Http, server: Loopback) -> None:
    with pytest.raises(NodeError) as caught:
        await guarded.text("GET", server.url("/", host="loopback.test"))
    assert caught.value.message == (
        "loopback.test (127.0.0.1) is not a public address, and the host does not stand in the "
        "pipeline"
    )


async def test_one_private_address_among_public_ones_is_enough(clock: FakeClock) -> None:
    async def resolve(_: str) -> list[str]:
        return ["93.184.215.14", "::1"]

    session = Session(resolve=resolve)
    with pytest.raises(NodeError, match=r"mixed.test \(::1\) is not a public address"):
        await session.for_step(step="Call", clock=clock).text("GET", "http://mixed.test/")
    await session.aclose()


async def test_who_may_reach_everything(http: Http, server: Loopback) -> None:
    server.json("/", "here")
    assert await http.json("GET", server.url("/", host="loopback.test")) == "here"


async def test_the_own_host_may_be_reached_where_the_call_says_so(
    guarded: Http, server: Loopback
) -> None:
    server.json("/", "here")
    assert await guarded.json("GET", server.url(), reach="host") == "here"


async def test_a_redirect_may_not_leave_the_own_host_for_a_private_one(
    guarded: Http, server: Loopback
) -> None:
    server.redirect("/", server.url("/secret", host="other.loopback.test"))
    with pytest.raises(NodeError, match=r"other.loopback.test \(127.0.0.1\) is not a public"):
        await guarded.json("GET", server.url(), reach="host")
    assert server.lines == ["GET /"]


async def test_a_redirect_from_a_public_host_is_checked(guarded: Http, server: Loopback) -> None:
    with answers() as told:
        target = server.url("/secret")
        told.get("http://public.test/", status=302, headers={"Location": target})
        with pytest.raises(NodeError, match=r"127\.0\.0\.1 is not a public address"):
            await guarded.json("GET", "http://public.test/")


async def test_an_open_connection_to_a_private_host_is_not_shared(
    http: Http, guarded: Http, server: Loopback
) -> None:
    server.json("/", 1)
    url = server.url("/", host="loopback.test")
    await http.json("GET", url)
    with pytest.raises(NodeError, match="is not a public address"):
        await guarded.json("GET", url)
    assert len(server.seen) == 1


async def test_a_proxy_may_be_private_but_not_the_host_behind_it(
    guarded: Http, server: Loopback
) -> None:
    server.json("/", "by proxy")
    assert await guarded.json("GET", "http://public.test/", proxy=server.url()) == "by proxy"
    with pytest.raises(NodeError, match=r"10\.0\.0\.1 is not a public address"):
        await guarded.json("GET", "http://10.0.0.1/", proxy=server.url())
    with pytest.raises(NodeError, match=r"loopback.test \(127\.0\.0\.1\) is not a public address"):
        await guarded.json("GET", "http://loopback.test/", proxy=server.url())


async def test_a_host_that_only_the_proxy_knows(clock: FakeClock, server: Loopback) -> None:
    async def nowhere(host: str) -> list[str]:
        raise OSError(None, f"no address for {host}")

    session = Session(resolve=nowhere)
    server.json("/", "by proxy")
    http = session.for_step(step="Call", clock=clock)
    assert await http.json("GET", "http://inside.test/", proxy=server.url()) == "by proxy"
    await session.aclose()
