"""The node read_file, run through the engine."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.file_formats import size_text
from nodekit_nodes_core.file_reading import Bad, Table, cells
from nodekit_nodes_core.read_file import ReadFile

from nodekit import Binary, Item, PipelineError
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node


async def reading(base: Path, content: bytes, name: str = "in.jsonl", **params: Any) -> NodeRun:
    """Read one file with this content."""
    (base / name).write_bytes(content)
    return await run_node(ReadFile, {"path": name, **params}, base=base)


async def test_the_contract_is_kept(tmp_path: Path) -> None:
    await check_node_contract(ReadFile)
    assert (await run_node(ReadFile, {"path": "x"}, [], base=tmp_path)).json == []


@pytest.mark.parametrize(
    ("name", "content", "params", "want"),
    [
        ("a.jsonl", b'{"a":1}\n\n  \n{"b":[2]}', {}, [{"a": 1}, {"b": [2]}]),
        ("a.ndjson", b'\xef\xbb\xbf{"a":1}\r\n', {}, [{"a": 1}]),
        ("a.jsonl", '{"a":"é"}\n'.encode("utf-16"), {"encoding": "utf-16"}, [{"a": "é"}]),
        ("a.jsonl", b"", {}, []),
        ("a.json", b'[{"a":1},{"a":2}]', {}, [{"a": 1}, {"a": 2}]),
        ("a.json", b'\xef\xbb\xbf{"a":1}', {}, [{"a": 1}]),
        ("a.json", '{"a":"é"}'.encode("latin-1"), {"encoding": "latin-1"}, [{"a": "é"}]),
        ("A.JSON", b"[]", {}, []),
        (
            "a.csv",
            b'a,b\n1,"x, ""y"""\n\n2,"l\n2"\n',
            {},
            [{"a": "1", "b": 'x, "y"'}, {"a": "2", "b": "l\n2"}],
        ),
        ("a.csv", b"\xef\xbb\xbfa\r\n1\r\n", {}, [{"a": "1"}]),
        ("a.csv", b"a;b\n1;\n", {"delimiter": ";"}, [{"a": "1", "b": ""}]),
        ("a.csv", b"a,b\n1,\n", {"empty_cells": False}, [{"a": "1"}]),
        ("a.tsv", b"a\tb\n1\t2\n", {}, [{"a": "1", "b": "2"}]),
        ("a.csv", b"1,2\n", {"header": False}, [{"row": ["1", "2"]}]),
        ("a.csv", b"1,2\n", {"header": False, "names": ["x", "y"]}, [{"x": "1", "y": "2"}]),
        ("a.csv", b"a,b\n1,2\n", {"names": ["x", "y"]}, [{"x": "1", "y": "2"}]),
        (
            "a.csv",
            b"a,,a,\n1,2,3,4\n",
            {},
            [{"a": "1", "column_2": "2", "a_2": "3", "column_4": "4"}],
        ),
        ("a.csv", b"a,a_2,a\n1,2,3\n", {}, [{"a": "1", "a_2": "2", "a_3": "3"}]),
        ("a.csv", b"note\n\na\n1\n2\n", {"first_line": 3, "max_rows": 1}, [{"a": "1"}]),
        ("a.csv", "a\né\n".encode("cp1252"), {"encoding": "windows-1252"}, [{"a": "é"}]),
        ("a.csv", b"", {}, []),
        ("a.csv", b"a,b\n", {}, []),
        ("a.txt", "\ufeffé\r\nb".encode(), {}, [{"data": "é\r\nb"}]),
        ("a.dat", b"x", {"format": "text", "into": "t"}, [{"t": "x"}]),
        ("a.log", b'{"a":1}', {"format": "jsonl"}, [{"a": 1}]),
        ("a.jsonl", b'{"a":1}\n{"a":2}\n', {"max_rows": 1}, [{"a": 1}]),
        ("a.jsonl", b'{"a":1}\n', {"max_rows": 0}, []),
    ],
)
async def test_what_a_file_gives(
    tmp_path: Path, name: str, content: bytes, params: dict[str, Any], want: list[dict[str, Any]]
) -> None:
    assert (await reading(tmp_path, content, name, **params)).json == want


async def test_any_other_file_is_a_binary(tmp_path: Path) -> None:
    result = await reading(tmp_path, b"\0" * 1234, "a.png", into="image")
    assert result.json == [
        {
            "mimeType": "image/png",
            "fileType": "image",
            "fileName": "a.png",
            "fileExtension": "png",
            "fileSize": "1.23 kB",
        }
    ]
    file = result.items[0].binary["image"]
    assert (file.bytes(), file.media_type, file.file_name) == (b"\0" * 1234, "image/png", "a.png")


async def test_a_file_of_no_known_kind_is_a_binary(tmp_path: Path) -> None:
    result = await reading(tmp_path, b"x", "a.qqq")
    assert result.json[0] == {
        "mimeType": "application/octet-stream",
        "fileName": "a.qqq",
        "fileExtension": "qqq",
        "fileSize": "1 B",
    }


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (2_000_000, "2 MB"), (10**16, "1e+04 TB")]
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert size_text(size) == text


async def test_the_place_of_a_row_can_be_known(tmp_path: Path) -> None:
    params = {"line_field": "n", "file_field": "f"}
    result = await reading(tmp_path, b'a\n1\n\n"2\n"\n3\n', "a.csv", **params)
    assert result.json == [
        {"a": "1", "n": 2, "f": "a.csv"},
        {"a": "2\n", "n": 4, "f": "a.csv"},
        {"a": "3", "n": 6, "f": "a.csv"},
    ]
    assert (await reading(tmp_path, b"[{}]", "a.json", **params)).json == [{"f": "a.json"}]


async def test_files_are_named_item_by_item(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"a":2}\n')
    (tmp_path / "b.txt").write_text("b")
    items = [{"p": "b.txt"}, {"p": "a.jsonl"}]
    result = await run_node(ReadFile, {"path": "={{ $json.p }}"}, items, base=tmp_path)
    assert result.json == [{"data": "b"}, {"a": 1}, {"a": 2}]
    assert [item.links[0].item for item in result.items if item.links] == [0, 1, 1]


async def test_a_pattern_names_several_files(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "[c].jsonl"):
        (tmp_path / name).write_text(f'{{"n":"{name}"}}\n')
    for pattern, want in (
        ("?.jsonl", ["a.jsonl", "b.jsonl"]),
        ("[c].jsonl", ["[c].jsonl"]),
        ("[b].jsonl", ["b.jsonl"]),
        ("*.csv", []),
    ):
        result = await run_node(ReadFile, {"path": pattern}, base=tmp_path)
        assert [row["n"] for row in result.json] == want


async def test_an_item_whose_file_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    items = [{"p": "none.txt"}, {"p": "a.txt"}, {"p": "../a.txt"}]
    params = {"path": "={{ $json.p }}"}
    message = "cannot read 'none.txt': no such file or directory"
    with raises_node_error(f"item 0: {message}"):
        await run_node(ReadFile, params, items, base=tmp_path)
    result = await run_node(ReadFile, params, items, base=tmp_path, on_error="error_output")
    assert result.json == [{"data": "a"}]
    outside = f"path '../a.txt' leads outside {str(tmp_path)!r}"
    assert result.outputs["error"].json == [
        {"p": "none.txt", "error": message},
        {"p": "../a.txt", "error": outside},
    ]


BAD = [
    pytest.param(
        "a.jsonl",
        b'{"a":1}\n{"a":\n',
        2,
        "is not JSON, column 6: unexpected end of data",
        '{"a":',
        id="truncated JSON",
    ),
    pytest.param("a.jsonl", b"\n[1]\n", 2, "is a list, wanted an object", "[1]", id="list"),
    pytest.param("a.jsonl", b'"x"', 1, "is text, wanted an object", '"x"', id="text"),
    pytest.param("a.jsonl", b"null", 1, "is null, wanted an object", "null", id="null"),
    pytest.param("a.jsonl", b"true", 1, "is true, wanted an object", "true", id="true"),
    pytest.param(
        "a.json", b"[{}, 5]", None, "entry 1 is number 5, wanted an object", "5", id="entry"
    ),
    pytest.param("a.csv", b"a,b\n1\n", 2, "has 1 cell, wanted 2", "1", id="too short"),
    pytest.param("a.csv", b"a,b\n1,2,3\r\n", 2, "has 3 cells, wanted 2", "1,2,3", id="too long"),
    pytest.param(
        "a.csv", b'a\n1\n"2\n3', 3, "is not CSV: unexpected end of data", '"2\n3', id="open quote"
    ),
    pytest.param(
        "a.csv", b"a\n\xff\n", 2, "is not text in the file's encoding", "\ufffd", id="not UTF-8"
    ),
]


@pytest.mark.parametrize(("name", "content", "line", "reason", "text"), BAD)
async def test_a_row_that_does_not_fit_is_an_error_with_its_place(
    tmp_path: Path, name: str, content: bytes, line: int | None, reason: str, text: str
) -> None:
    assert text in content.decode(errors="replace")
    place = name if line is None else f"{name}:{line}"
    with raises_node_error(f"item 0: {place}: {reason}"):
        await reading(tmp_path, content, name)


@pytest.mark.parametrize(("name", "content", "line", "reason", "text"), BAD)
async def test_a_row_that_does_not_fit_can_be_rejected(
    tmp_path: Path, name: str, content: bytes, line: int | None, reason: str, text: str
) -> None:
    result = await reading(tmp_path, content, name, bad="reject")
    rejected = result.outputs["rejected"]
    assert [dict(row) for row in rejected.json] == [
        {"path": name, "line": line, "reason": reason, "text": text}
    ]
    assert [link.item for link in rejected[0].links or ()] == [0]


async def test_reading_goes_on_behind_a_bad_row(tmp_path: Path) -> None:
    content = b'{"a":1}\noops\n{"a":2}\n'
    assert (await reading(tmp_path, content, bad="reject")).json == [{"a": 1}, {"a": 2}]
    content = b'a,b\n1,2\n"x"y,3\n4,5\n'
    result = await reading(tmp_path, content, "a.csv", bad="reject")
    assert result.json == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]


@pytest.mark.parametrize(
    ("name", "content", "params", "message"),
    [
        ("a.json", b'{"a":\n1', {}, "a.json:2: is not JSON, column 2: unexpected end of data"),
        ("a.json", b"5", {}, "a.json: is number 5, wanted an object or a list of objects"),
        ("a.csv", b'"a\n1', {}, "a.csv: line 1: is not CSV: unexpected end of data"),
    ],
)
async def test_a_file_that_cannot_be_read_as_a_whole_is_an_error(
    tmp_path: Path, name: str, content: bytes, params: dict[str, Any], message: str
) -> None:
    for bad in ("fail", "reject"):
        with raises_node_error(f"item 0: {message}"):
            await reading(tmp_path, content, name, bad=bad, **params)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json"])
async def test_what_is_no_text_at_all_is_an_error(tmp_path: Path, name: str) -> None:
    with raises_node_error(
        f"item 0: {name}: is not text in utf-16-le: 'utf-16-le' codec can't decode byte 0x61"
        " in position 0: truncated data"
    ):
        await reading(tmp_path, b"a", name, encoding="utf-16-le")


@pytest.mark.parametrize(
    ("content", "media_type", "file_name", "want"),
    [
        (b"a\n1\n", "text/csv; charset=utf-8", None, [{"a": "1"}]),
        (b'{"a":1}', "application/json", None, [{"a": 1}]),
        (b"a\t2\n", "text/plain", "x.tsv", []),
        (b"x", "text/plain", None, [{"data": "x"}]),
    ],
)
async def test_a_binary_is_read_like_a_file(
    content: bytes, media_type: str, file_name: str | None, want: list[dict[str, Any]]
) -> None:
    file = Binary(content, media_type=media_type, file_name=file_name)
    result = await run_node(ReadFile, {"binary": "f"}, [Item({}, binary={"f": file})])
    assert result.json == want


async def test_a_binary_that_is_read_as_such_stays_what_it_is() -> None:
    file = Binary(b"x", media_type="image/png", file_name="a.png")
    result = await run_node(ReadFile, {"binary": "f"}, [Item({}, binary={"f": file})])
    found = result.items[0].binary["data"]
    assert (found.bytes(), found.media_type, found.file_name) == (b"x", "image/png", "a.png")


async def test_an_item_without_the_binary_fails() -> None:
    with raises_node_error("item 1: has no binary 'f' to read"):
        items = [Item({}, binary={"f": Binary(b"")}), Item({})]
        await run_node(ReadFile, {"binary": "f"}, items)


@pytest.mark.parametrize("params", [{}, {"path": "a", "binary": "b"}])
async def test_one_source_must_be_given(params: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match='give either "path" or "binary"'):
        await run_node(ReadFile, params)


async def test_a_cell_may_be_long(tmp_path: Path) -> None:
    result = await reading(tmp_path, b"a\n" + b"x" * 200_000 + b"\n", "a.csv")
    assert len(result.json[0]["a"]) == 200_000


async def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="\"encoding\" is no known encoding: 'utf-99'"):
        await reading(tmp_path, b"", encoding="utf-99")


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
def test_cells_come_back_as_they_were_written(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["a", "b"], *rows])
    read = cells(io.BytesIO(file.getvalue().encode()), "utf-8", Table())
    found = [row[1] for row in read if not isinstance(row, Bad)]
    assert found == [{"a": a, "b": b} for a, b in rows]


@given(st.lists(st.dictionaries(texts, texts | st.integers(-9, 9) | st.none(), max_size=3)))
async def test_lines_come_back_as_they_were_written(rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        content = b"\n".join(map(orjson.dumps, rows))
        assert (await reading(Path(folder), content)).json == rows


async def test_a_binary_may_join_the_item_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    params = {"path": "a.bin", "keep": "all", "facts": False, "into": "new"}
    given = Item({"id": 1}, binary={"old": Binary(b"y")})
    run = await run_node(ReadFile, params, [given], base=tmp_path)
    assert (run.json, set(run.items[0].binary)) == ([{"id": 1}], {"new", "old"})


async def test_a_binary_may_be_called_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    params = {"path": "a.bin", "file_name": "b.png", "media_type": "image/x"}
    (row,) = (await run_node(ReadFile, params, base=tmp_path)).json
    assert (row["fileName"], row["mimeType"]) == ("b.png", "image/x")


async def test_a_path_without_a_file_may_be_passed_over(tmp_path: Path) -> None:
    run = await run_node(ReadFile, {"path": "none.bin", "missing": "skip"}, base=tmp_path)
    assert run.json == []
