"""Bombs and tricks in files, archives, documents and paths."""

import base64
import gzip
import io
import os
import resource
import zipfile
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from nodekit import Runtime
from tests.hostile.runs import Json, assert_right, ending

MUCH = 300_000_000
"""How many bytes the bombs unpack to."""
LEVELS = "abcdefghij"
LAUGHS = "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(LEVELS))
XML: Mapping[str, tuple[str, str]] = {
    "a billion laughs": (
        f'<!DOCTYPE r [<!ENTITY a "lol">{LAUGHS}]><r>&j;</r>',
        "the XML declares the entity 'a'",
    ),
    "a file of the system": (
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        "the XML declares the entity 'x'",
    ),
    "a parameter entity": (
        '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><r/>',
        "the XML declares the entity 'x'",
    ),
    "deep": ("<a>" * 100_000, "the XML has elements more than 200 deep in each other"),
    "not closed": ("<a>", "no element found"),
    "no XML": ("\0\1\2", "not well-formed"),
    "nothing": ("", "no element found"),
}


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with Runtime() as made:
        yield made


@pytest.mark.parametrize("name", XML)
async def test_xml_that_would_grow_or_reach_out_is_refused(name: str, runtime: Runtime) -> None:
    text, why = XML[name]
    steps = [{"name": "S", "type": "xml", "params": {"do": "parse"}}]
    said = await ending(runtime, {"steps": steps}, [{"data": text}])
    assert said.startswith('step "S", item 0: ')
    assert why in said
    await assert_right(runtime)


def archive(*files: tuple[str, bytes]) -> bytes:
    """Return a zip archive of some files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return made.getvalue()


def lying(content: bytes) -> bytes:
    """Return an archive that says of its file that it is small."""
    size = len(content).to_bytes(4, "little")
    return archive(("a", content)).replace(size, (5).to_bytes(4, "little"))


BOMBS: Mapping[str, tuple[str, bytes, str]] = {
    "zip": ("a.zip", archive(("zeros", bytes(MUCH))), "unpacks to more than 100000000 bytes"),
    "zip that lies": ("a.zip", lying(bytes(MUCH)), ""),
    "zip of many": (
        "a.zip",
        archive(*((f"f{i}", b"") for i in range(2000))),
        "unpacks to more than 1000 files",
    ),
    "gzip": ("a.gz", gzip.compress(bytes(MUCH)), "unpacks to more than 100000000 bytes"),
    "cut zip": ("a.zip", archive(("a", b"x" * 1000))[:-30], ""),
    "cut gzip": ("a.gz", gzip.compress(b"x" * 1000)[:-10], ""),
    "no zip": ("a.zip", b"PK\3\4 nothing of the kind", ""),
}


def holding(name: str, content: bytes) -> dict[str, Json]:
    """Return a step that puts out one item with a file."""
    file = {"data": base64.b64encode(content).decode(), "file_name": name}
    pinned = {"pin": [{}], "pin_more": [{"files": {"data": {**file, "media_type": kind(name)}}}]}
    return {"name": "File", "type": "no_op", **pinned}


def kind(name: str) -> str:
    """Return the media type of an archive."""
    return "application/zip" if name.endswith(".zip") else "application/gzip"


@pytest.mark.parametrize("name", BOMBS)
async def test_archives_unpack_within_their_limits(
    name: str, runtime: Runtime, tmp_path: Path
) -> None:
    file, content, why = BOMBS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unpack = {"name": "S", "type": "compression", "params": {"do": "unpack"}}
    said = await ending(runtime, {"steps": [holding(file, content), unpack]}, base=tmp_path)
    assert said.startswith('step "S", item 0: ')
    assert why in said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    await assert_right(runtime)


def files_in(folder: Path) -> list[Path]:
    """Return all files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_names_in_archives_lead_nowhere(runtime: Runtime, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    evil = archive(("../../evil.txt", b"x"), ("/etc/evil.txt", b"y"), ("..\\evil.txt", b"z"))
    steps = [
        holding("a.zip", evil),
        {"name": "Unpack", "type": "compression", "params": {"do": "unpack"}},
        {
            "name": "Write",
            "type": "write_file",
            "params": {
                "path": "={{ $binary.file_0.fileName }}",
                "format": "binary",
                "from": "file_0",
            },
        },
    ]
    await ending(runtime, {"steps": steps}, base=base)
    assert files_in(tmp_path) == files_in(base)
    await assert_right(runtime)


OUTSIDE = [
    "../outside.txt",
    "../../../../../../../../etc/passwd",
    "/etc/passwd",
    "in/../../outside.txt",
    "link/passwd",
    "./link/../link/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "../" * 500 + "etc/passwd",
]
NO_NAMES = ["", "a\0b", "x" * 5000, "in/\ud800"]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a directory with a link out of it, beside a file that is nobody's business."""
    made = tmp_path / "base"
    (made / "in").mkdir(parents=True)
    (made / "link").symlink_to("/etc")
    (tmp_path / "outside.txt").write_text("nobody's business")
    return made


@pytest.mark.parametrize("path", [*OUTSIDE, *NO_NAMES], ids=lambda path: repr(path)[:40])
@pytest.mark.parametrize("step", ["read_file", "write_file"])
async def test_paths_lead_nowhere_else(step: str, path: str, runtime: Runtime, base: Path) -> None:
    more = {"format": "json"} if step == "write_file" else {}
    steps = [{"name": "S", "type": step, "params": {"path": "={{ $json.path }}", **more}}]
    said = await ending(runtime, {"steps": steps}, [{"path": path}], base)
    assert said.startswith('step "S"'), said
    assert ("leads outside" if path in OUTSIDE else "is not a file name") in said
    assert (base.parent / "outside.txt").read_text() == "nobody's business"
    await assert_right(runtime)


@pytest.mark.parametrize(("path", "why"), [("in", "is a directory"), ("pipe", "is no plain file")])
async def test_a_folder_or_a_pipe_is_no_file(
    path: str, why: str, runtime: Runtime, base: Path
) -> None:
    os.mkfifo(base / "pipe")
    steps = [{"name": "S", "type": "read_file", "params": {"path": "={{ $json.path }}"}}]
    said = await ending(runtime, {"steps": steps}, [{"path": path}], base)
    assert said == f"step \"S\", item 0: cannot read '{path}': {why}"
    await assert_right(runtime)
