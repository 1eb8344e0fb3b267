"""How large an answer may be, and where a large one is kept."""

import gc
import gzip
import zlib
from pathlib import Path

import pytest
from aiohttp import web

from nodekit import ApiError, Binary, NodeError
from nodekit.http import Http
from tests.support.loopback import Answer, Loopback


def chunked(size: int, piece: int = 1 << 16) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await stream.prepare(request)
        for start in range(0, size, piece):
            await stream.write(b"x" * min(piece, size - start))
        return stream

    return answer


@pytest.mark.parametrize("length", [True, False], ids=["length given", "chunked"])
async def test_a_large_answer_is_refused(http: Http, server: Loopback, length: bool) -> None:
    if length:
        server.json("/", "x" * 5000)
    else:
        server.on("/", chunked(5000))
    with pytest.raises(NodeError) as caught:
        await http.text("GET", server.url(), max_size=2000)
    assert caught.value.message == f"the answer to GET {server.url()} is larger than 2 kB"
    assert caught.value.hint == "Raise `max_size` if so much is expected."


@pytest.mark.parametrize(
    ("size", "words"), [(10, "10 bytes"), (1_500_000, "1.5 MB"), (2_000_000_000, "2 GB")]
)
def test_sizes_in_words(size: int, words: str) -> None:
    from nodekit.http.stream import sized

    assert sized(size) == words


async def test_an_answer_of_just_the_size(http: Http, server: Loopback) -> None:
    server.on("/", chunked(2000))
    assert len(await http.bytes("GET", server.url(), max_size=2000)) == 2000


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_bomb_is_stopped_while_it_is_unpacked(
    http: Http, server: Loopback, packing: str
) -> None:
    plain = b"\0" * 20_000_000
    body = gzip.compress(plain) if packing == "gzip" else zlib.compress(plain)
    assert len(body) < 100_000

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": packing})

    server.on("/", answer)
    with pytest.raises(NodeError) as caught:
        await http.bytes("GET", server.url(), max_size=1_000_000)
    assert caught.value.message == f"the answer to GET {server.url()} is larger than 1 MB"


async def test_a_packed_answer_is_unpacked(http: Http, server: Loopback) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        body = gzip.compress(b'{"a": 1}')
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=body, headers=headers)

    server.on("/", answer)
    assert await http.json("GET", server.url()) == {"a": 1}


async def test_what_is_no_gzip_is_a_broken_connection(http: Http, server: Loopback) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"plain", headers={"Content-Encoding": "gzip"})

    server.on("/", answer)
    with pytest.raises(ApiError, match="the connection broke"):
        await http.bytes("GET", server.url())


async def test_the_head_of_a_large_file_may_be_asked_for(http: Http, server: Loopback) -> None:
    server.json("/", "x" * 5000)
    response = await http.request("HEAD", server.url(), max_size=100)
    assert response.headers["Content-Length"] == "5002"
    assert response.content == b""


async def test_a_stream_in_chunks(http: Http, server: Loopback) -> None:
    server.on("/", chunked(200_000))
    async with http.stream("GET", server.url()) as stream:
        assert (stream.status, stream.reason) == (200, "OK")
        assert stream.url == server.url()
        assert sum([len(chunk) async for chunk in stream.chunks()]) == 200_000


async def test_a_stream_that_is_left_early(http: Http, server: Loopback) -> None:
    server.on("/", chunked(50_000_000))
    async with http.stream("GET", server.url()) as stream:
        assert stream.headers["Content-Type"] == "text/csv"
    server.json("/", 1)
    assert await http.json("GET", server.url()) == 1


async def test_a_stream_with_a_status_that_is_accepted(http: Http, server: Loopback) -> None:
    server.json("/", "gone", status=410)
    async with http.stream("GET", server.url(), accept=[410]) as stream:
        assert (await stream.read()).json() == "gone"
    with pytest.raises(ApiError):
        async with http.stream("GET", server.url(), accept=[404]):
            pass


def kept(folder: Path) -> int:
    """Return how many files are in a folder."""
    return len(list(folder.iterdir()))


async def binary(http: Http, url: str) -> Binary:
    async with http.stream("GET", url) as stream:
        return await stream.binary("rows.csv")


async def test_a_small_file_stays_in_memory(http: Http, server: Loopback, spill_to: Path) -> None:
    server.on("/", chunked(1000))
    file = await binary(http, server.url())
    assert (file.size, file.media_type, file.file_name) == (1000, "text/csv", "rows.csv")
    assert kept(spill_to) == 0


async def test_a_large_file_is_kept_as_long_as_somebody_has_it(
    http: Http, server: Loopback, spill_to: Path
) -> None:
    server.on("/", chunked(5_000_000))
    file = await binary(http, server.url())
    assert (file.size, file.media_type, file.file_name) == (5_000_000, "text/csv", "rows.csv")
    assert file.bytes() == b"x" * 5_000_000
    assert kept(spill_to) == 1
    del file
    gc.collect()
    assert kept(spill_to) == 0


async def test_a_file_that_turns_out_too_large_leaves_nothing(
    http: Http, server: Loopback, spill_to: Path
) -> None:
    server.on("/", chunked(5_000_000))
    with pytest.raises(NodeError, match="larger than 3 MB"):
        async with http.stream("GET", server.url(), max_size=3_000_000) as stream:
            await stream.binary()
    assert kept(spill_to) == 0


@pytest.fixture
def spill_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path
