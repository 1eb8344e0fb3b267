"""The node compression, run through the engine."""

import gzip
import struct
import zipfile
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.compression import Compression

from nodekit import Binary, Item
from nodekit.testing import NodeRun, raises_node_error, run_node

TEXT = Binary(b"hello zip", media_type="text/plain", file_name="note.txt")


def item(**binaries: Binary | bytes) -> Item:
    """Return an item with binaries."""
    made = {n: b if isinstance(b, Binary) else Binary(b, file_name=n) for n, b in binaries.items()}
    return Item({"a": 1}, binary=made)


async def pack(given: Item, **params: Any) -> NodeRun:
    """Pack the binaries of an item."""
    return await run_node(Compression, {"do": "pack", **params}, [given])


async def unpack(given: Item, **params: Any) -> NodeRun:
    """Unpack the binaries of an item."""
    return await run_node(Compression, {"do": "unpack", **params}, [given])


def contents(result: NodeRun) -> dict[str, tuple[str | None, str, bytes]]:
    """Return the binaries of the one item: file name, media type, content."""
    (one,) = result.items
    return {n: (b.file_name, b.media_type, b.bytes()) for n, b in one.binary.items()}


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return content.getvalue()


async def test_what_was_packed_comes_out() -> None:
    packed = await pack(item(data=TEXT, more=b"2"), binaries=["data", "more"], into="z")
    assert packed.json == [{"a": 1}]
    assert list(contents(packed)) == ["z"]
    assert contents(packed)["z"][:2] == ("data.zip", "application/zip")
    result = await unpack(packed.items[0], binaries=["z"], prefix="out_")
    assert contents(result) == {
        "out_0": ("note.txt", "text/plain", b"hello zip"),
        "out_1": ("more", "application/octet-stream", b"2"),
    }
    assert result.json == [{"a": 1}]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    st.sampled_from([0, 1, 9]),
)
async def test_any_content_survives(parts: list[bytes], level: int) -> None:
    names = [f"b{i}" for i in range(len(parts))]
    given = item(**{name: Binary(part) for name, part in zip(names, parts, strict=True)})
    packed = await pack(given, binaries=names, level=level)
    again = await pack(given, binaries=names, level=level)
    assert contents(packed) == contents(again)
    result = await unpack(packed.items[0])
    assert [content for _, _, content in contents(result).values()] == parts


async def test_gzip_compresses_each_file() -> None:
    packed = await pack(item(data=TEXT), format="gzip")
    assert contents(packed)["data"][:2] == ("note.txt.gz", "application/gzip")
    result = await unpack(packed.items[0])
    assert contents(result) == {"file_0": ("note.txt", "text/plain", b"hello zip")}
    two = await pack(item(data=TEXT, b=b""), format="gzip", binaries=["data", "b"], into="z")
    assert {name: file[0] for name, file in contents(two).items()} == {
        "z0": "note.txt.gz",
        "z1": "b.gz",
    }
    one = await pack(item(data=TEXT), format="gzip", numbered=True, file_name="n.gz")
    assert contents(one)["data0"][0] == "n.gz"


async def test_files_get_names_of_their_own() -> None:
    packed = await pack(item(data=TEXT, b=TEXT), binaries=["data", "b"], file_name="all.zip")
    with zipfile.ZipFile(BytesIO(contents(packed)["data"][2])) as archive:
        assert archive.namelist() == ["note.txt", "note_2.txt"]
    assert contents(packed)["data"][0] == "all.zip"


async def test_other_binaries_may_stay() -> None:
    packed = await pack(item(data=TEXT, b=b"x"), keep_binaries=True, into="z")
    assert list(contents(packed)) == ["b", "z"]


async def test_folders_are_passed_over_and_names_lose_theirs() -> None:
    archive = zip_of({"d/": b"", "d/../../a.json": b"{}"})
    assert contents(await unpack(item(data=archive))) == {
        "file_0": ("a.json", "application/json", b"{}")
    }


def lying_zip() -> bytes:
    """Return an archive that says that its file is small."""
    content = bytearray(zip_of({"a": b"0" * 1_000_000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


def encrypted_zip() -> bytes:
    """Return an archive that says that its file is encrypted."""
    content = bytearray(zip_of({"a": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    return bytes(content)


def strange_zip() -> bytes:
    """Return an archive whose file is compressed in a way that there is not."""
    content = bytearray(zip_of({"a": b"x"}))
    content[content.index(b"PK\x01\x02") + 10] = 99
    content[8] = 99
    return bytes(content)


BOMB = zip_of({f"{i}": b"0" * 100_000 for i in range(3)})


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        pytest.param(BOMB, {"max_size": "250kB"}, "unpacks to more than 250000 bytes", id="bomb"),
        pytest.param(
            gzip.compress(b"0" * 100_000),
            {"max_size": 1000},
            "unpacks to more than 1000 bytes",
            id="gzip bomb",
        ),
        pytest.param(BOMB, {"max_files": 2}, "unpacks to more than 2 files", id="many files"),
        pytest.param(lying_zip(), {}, "data: is damaged: Bad CRC-32 for file 'a'", id="lies"),
        pytest.param(encrypted_zip(), {}, "data: is encrypted", id="encrypted"),
        pytest.param(
            strange_zip(),
            {},
            "data: is compressed in a way that is not supported: "
            "That compression method is not supported",
            id="strange",
        ),
        pytest.param(
            b"hello", {}, "data: is neither a zip archive nor compressed by gzip", id="no"
        ),
        pytest.param(b"PK\x03\x04", {}, "data: is damaged: File is not a zip file", id="cut zip"),
        pytest.param(
            gzip.compress(b"abc")[:-6],
            {},
            "data: is damaged: Compressed file ended before the end-of-stream marker was reached",
            id="cut gzip",
        ),
        pytest.param(BOMB, {"binaries": ["x"]}, "has no binary 'x'", id="missing"),
    ],
)
async def test_what_cannot_be_unpacked_fails_its_item(
    content: bytes, params: dict[str, Any], message: str
) -> None:
    with raises_node_error(f"item 0: {message}"):
        await unpack(item(data=content), **params)


async def test_exactly_as_much_as_allowed_is_fine() -> None:
    result = await unpack(item(data=BOMB), max_size=300_000, max_files=3)
    assert len(contents(result)) == 3
