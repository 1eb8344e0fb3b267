"""What item data and answers cannot do: reach private hosts, leave the folder, blow up, compute."""

import csv
import gzip
import io
import json
import resource
import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio.to_thread
import openpyxl
import pytest
from aiohttp import web

from tests.support.command import nodekit
from tests.support.loopback import Loopback, loopback


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """Run a service on this machine."""
    async with loopback() as running:
        running.json("/x", {"here": True})
        yield running


async def went(
    folder: Path, steps: list[dict[str, Any]], rows: list[dict[str, Any]], *args: str
) -> "CompletedProcess[str]":
    """Run steps over items in a process of its own, with 3 GB of memory."""
    (folder / "flow.yaml").write_text(json.dumps({"nodekit": 1, "steps": steps}))
    given = "".join(f"{json.dumps(row)}\n" for row in rows)
    limit = partial(resource.setrlimit, resource.RLIMIT_DATA, (3 << 30, 3 << 30))
    run = partial(nodekit, folder, "run", "flow.yaml", "-i", "-", "-q", *args, given=given)
    return await anyio.to_thread.run_sync(partial(run, before=limit))


def items(result: "CompletedProcess[str]") -> list[Any]:
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def ask(url: str, **params: Any) -> dict[str, Any]:
    return {
        "name": "Ask",
        "type": "http_request",
        "on_error": "continue",
        "params": {"url": url, "timeout": "5s", **params},
    }


PRIVATE = {
    "loopback": "127.0.0.1",
    "another loopback": "127.8.9.1",
    "one number": "2130706433",
    "hexadecimal": "0x7f.1",
    "octal": "0177.0.0.1",
    "short": "127.1",
    "a name": "localhost",
    "a name with a dot": "localhost.",
    "IPv6": "[::1]",
    "IPv4 in IPv6": "[::ffff:127.0.0.1]",
    "nothing": "0.0.0.0",
    "metadata": "169.254.169.254",
    "metadata in IPv6": "[::ffff:a9fe:a9fe]",
    "private": "10.1.2.3",
    "another private": "192.168.1.1",
    "unique local": "[fd00::1]",
    "full width": "\uff11\uff12\uff17.0.0.1",
    "with a user": "example.org@127.0.0.1",
}


async def test_no_item_chooses_a_private_host(tmp_path: Path, server: Loopback) -> None:
    rows = [{"url": f"http://{host}:{server.port}/x"} for host in PRIVATE.values()]
    found = items(await went(tmp_path, [ask("={{ $json.url }}")], rows))
    good = [name for name, item in zip(PRIVATE, found, strict=True) if "error" not in item]
    assert good == []
    assert "127.0.0.1 is not a public address" in found[0]["error"]
    assert server.seen == []


async def test_no_item_chooses_another_scheme(tmp_path: Path) -> None:
    urls = [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "data:text/plain,x",
        "gopher://h/",
        "//h/x",
    ]
    found = items(await went(tmp_path, [ask("={{ $json.url }}")], [{"url": url} for url in urls]))
    assert [list(item) for item in found] == [["error"]] * len(urls)
    assert "root:" not in str(found)


async def test_no_redirect_leads_to_another_private_host(tmp_path: Path, server: Loopback) -> None:
    async with loopback() as other:
        other.json("/secret", {"here": True})
        targets = [
            f"http://localhost:{other.port}/secret",
            f"http://[::1]:{other.port}/secret",
            f"http://2130706434:{other.port}/secret",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
        ]
        for at, target in enumerate(targets):
            server.redirect(f"/to/{at}", target)
        url = f"={server.url('/to/')}{{{{ $json.at }}}}"
        rows = [{"at": at} for at in range(len(targets))]
        found = items(await went(tmp_path, [ask(url)], rows))
        assert [list(item) for item in found] == [["error"]] * len(targets)
        assert other.seen == []
    assert len(server.seen) == len(targets)


async def test_no_answer_leads_to_another_private_host(tmp_path: Path, server: Loopback) -> None:
    async with loopback() as other:
        other.json("/secret", {"here": True})
        server.json("/first", {"next": f"http://localhost:{other.port}/secret"})
        pages = {"next": "={{ $response.body.next }}"}
        (found,) = items(await went(tmp_path, [ask(server.url("/first"), pages=pages)], [{}]))
        assert "localhost" in found["error"]
        assert "is not a public address" in found["error"]
        assert other.seen == []


async def test_the_author_may_ask_any_host(tmp_path: Path, server: Loopback) -> None:
    assert items(await went(tmp_path, [ask(server.url("/x"))], [{}])) == [{"here": True}]
    step = ask("={{ $json.url }}", allow_private=True)
    assert items(await went(tmp_path, [step], [{"url": server.url("/x")}])) == [{"here": True}]


OUTSIDE = ["../x.jsonl", "/etc/passwd", "a/../../x.jsonl", "link/x.jsonl", "a\0b.jsonl", ""]


@pytest.mark.parametrize("kind", ["read_file", "write_file"])
async def test_no_item_leads_outside_the_folder(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "x.jsonl").write_text("{}\n")
    (folder / "link").symlink_to(tmp_path)
    before = all_below(tmp_path)
    step = {"name": "File", "type": kind, "params": {"path": "={{ $json.path }}"}}
    for path in OUTSIDE:
        result = await went(folder, [step], [{"path": path}])
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith('error: step "File"')
    assert (tmp_path / "x.jsonl").read_text() == "{}\n"
    assert all_below(tmp_path) == before | {folder / "flow.yaml"}


def all_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


HUGE = 150_000_000


def zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("x", bytes(HUGE))
    return made.getvalue()


def workbook_bomb() -> bytes:
    made, out = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.save(made)
    with (
        zipfile.ZipFile(made) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            padding = b" " * HUGE if name == "xl/worksheets/sheet1.xml" else b""
            new.writestr(name, old.read(name) + padding)
    return out.getvalue()


ENTITIES = "".join(
    f'<!ENTITY e{n} "{"".join(f"&e{n - 1};" for _ in range(10))}">' for n in range(1, 10)
)

LAUGHS = f'<!DOCTYPE r [<!ENTITY e0 "ha">{ENTITIES}]><r>&e9;</r>'

UNPACK = {"type": "compression", "params": {"do": "unpack"}}

BOMBS: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "zip": (zip_bomb(), UNPACK, "unpacks to more than 100000000 bytes"),
    "gzip": (
        gzip.compress(bytes(HUGE), compresslevel=1),
        UNPACK,
        "unpacks to more than 100000000 bytes",
    ),
    "workbook": (
        workbook_bomb(),
        {"type": "extract_from_file", "params": {"format": "xlsx"}},
        "unpacks to more than 100000000 bytes",
    ),
    "entities": (
        LAUGHS.encode(),
        {"type": "xml", "params": {"do": "parse", "binary": "data"}},
        "the XML declares the entity 'e0'",
    ),
}


@pytest.mark.parametrize(("content", "step", "message"), BOMBS.values(), ids=BOMBS)
async def test_a_bomb_fails_its_item_and_no_other(
    tmp_path: Path, content: bytes, step: dict[str, Any], message: str
) -> None:
    (tmp_path / "bomb").write_bytes(content)
    params = {"path": "bomb", "format": "binary"}
    read = {"name": "Read", "type": "read_file", "params": params}
    decode = {"name": "Decode", "on_error": "continue", **step}
    (found,) = items(await went(tmp_path, [read, decode], [{}]))
    assert list(found) == ["error"]
    assert message in found["error"]


async def test_a_packed_answer_that_grows_without_end_fails_its_item(
    tmp_path: Path, server: Loopback
) -> None:
    body = gzip.compress(bytes(HUGE), compresslevel=1)

    async def bomb(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
        return web.Response(body=body, headers=headers)

    server.on("/bomb", bomb)
    url = f"={server.url('/')}{{{{ $json.path }}}}"
    found = items(await went(tmp_path, [ask(url)], [{"path": "bomb"}, {"path": "x"}]))
    assert found[1] == {"here": True}
    assert found[0] == {"error": f"the answer to GET {server.url('/bomb')} is larger than 100 MB"}


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://h","x")']


@pytest.mark.parametrize("by", ["run", "write_file", "convert_to_file", "in slices"])
async def test_no_item_becomes_a_formula_in_a_table(tmp_path: Path, by: str) -> None:
    rows = [{"t": text, "n": -1.5, "d": "-2.5", f"={at}": at} for at, text in enumerate(FORMULAS)]
    step: dict[str, Any] = {"name": "Out", "type": "no_op"}
    args: tuple[str, ...] = ("-o", "out.csv")
    if by == "write_file":
        step, args = {"name": "Out", "type": by, "params": {"path": "out.csv"}}, ()
    elif by == "convert_to_file":
        step = {"name": "Make", "type": by, "params": {"format": "csv"}}
        args = ()
    elif by == "in slices":
        (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        args = ("-i", "in.jsonl", "-o", "out.csv", "--batch", "2")
    steps = [step]
    if by == "convert_to_file":
        params = {"path": "out.csv", "format": "binary"}
        steps.append({"name": "Out", "type": "write_file", "params": params})
    result = await went(tmp_path, steps, rows, *args)
    assert result.returncode == 0, result.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        header, *table = csv.reader(file)
    assert header == ["t", "n", "d", *(f"'={at}" for at in range(len(FORMULAS)))]
    assert [row[0] for row in table] == [f"'{text}" for text in FORMULAS]
    assert {(row[1], row[2]) for row in table} == {("-1.5", "-2.5")}
