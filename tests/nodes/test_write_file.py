"""The node write_file, run through the engine."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.file_writing import cells, columns_of, json_bytes
from nodekit_nodes_core.read_file import ReadFile
from nodekit_nodes_core.write_file import WriteFile

from nodekit import Binary, Item, PipelineError
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS: list[dict[str, Any]] = [{"a": 1, "b": "x"}, {"a": 2.0, "c": {"d": True, "e": {}}}]


async def writing(base: Path, items: Any, path: str = "out.jsonl", **params: Any) -> NodeRun:
    """Write items to a file."""
    return await run_node(WriteFile, {"path": path, **params}, items, base=base)


def names_in(base: Path) -> list[str]:
    """Return the names of the files in a directory."""
    return sorted(path.name for path in base.iterdir())


async def test_the_contract_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await check_node_contract(WriteFile, {"path": "out.jsonl"})


@pytest.mark.parametrize(
    ("name", "rows", "params", "want"),
    [
        pytest.param(
            "a.jsonl", ROWS, {}, '{"a":1,"b":"x"}\n{"a":2.0,"c":{"d":true,"e":{}}}\n', id="jsonl"
        ),
        pytest.param("a.json", [{"a": "é"}], {}, '[\n  {\n    "a": "é"\n  }\n]\n', id="json"),
        pytest.param("a.csv", ROWS, {}, "a,b,c.d,c.e\n1,x,,\n2,,true,{}\n", id="csv: all columns"),
        pytest.param(
            "a.csv",
            ROWS,
            {"columns": ["b", "c.d", "no"]},
            "b,c.d,no\nx,,\n,true,\n",
            id="csv: chosen columns",
        ),
        pytest.param(
            "a.csv",
            [{"a": None}, {"a": [1, "x"]}],
            {},
            'a\n""\n"[1,""x""]"\n',
            id="csv: null and lists",
        ),
        pytest.param(
            "a.csv", [{"a": "x,\ny"}, {"a": "\r"}], {}, 'a\n"x,\ny"\n"\'\r"\n', id="csv: quotes"
        ),
        pytest.param(
            "a.csv",
            [{"a": -1}, {"a": "-1"}, {"a": "=x"}],
            {},
            "a\n-1\n-1\n'=x\n",
            id="csv: formulas",
        ),
        pytest.param("a.csv", [{"=a": "@x"}], {}, "'=a\n'@x\n", id="csv: formula as name"),
        pytest.param(
            "a.csv", [{"a": "+1"}], {"guard_formulas": False}, "a\n+1\n", id="csv: no guard"
        ),
        pytest.param(
            "a.csv", ROWS[:1], {"header": False, "delimiter": ";"}, "1;x\n", id="csv: no header"
        ),
        pytest.param("a.tsv", ROWS[:1], {}, "a\tb\n1\tx\n", id="tsv"),
        pytest.param("a.csv", [{}], {}, "\n", id="csv: no fields"),
        pytest.param("a.txt", [{"data": "x"}, {"data": {"n": 1}}], {}, 'x\n{"n":1}\n', id="text"),
        pytest.param(
            "a.dat",
            [{"o": {"t": "x"}}],
            {"format": "text", "field": "o.t", "ending": ""},
            "x",
            id="text of a field",
        ),
    ],
)
async def test_what_a_file_holds(
    tmp_path: Path, name: str, rows: list[dict[str, Any]], params: dict[str, Any], want: str
) -> None:
    result = await writing(tmp_path, rows, name, **params)
    assert (tmp_path / name).read_bytes().decode() == want
    assert result.json == rows


async def test_items_go_on_unchanged(tmp_path: Path) -> None:
    item = Item({"a": 1}, binary={"data": Binary(b"x")})
    result = await writing(tmp_path, [item])
    assert result.items[0].binary == item.binary
    assert [link.item for link in result.items[0].links or ()] == [0]


async def test_items_go_to_the_file_they_name(tmp_path: Path) -> None:
    rows = [{"n": 1, "to": "x"}, {"n": 2, "to": "y"}, {"n": 3, "to": "x"}]
    await writing(tmp_path, rows, "={{ `out/${$json.to}.csv` }}", columns=["n"])
    assert (tmp_path / "out/x.csv").read_text() == "n\n1\n3\n"
    assert (tmp_path / "out/y.csv").read_text() == "n\n2\n"


async def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("old")
    await writing(tmp_path, [{"a": 1}])
    assert (tmp_path / "out.jsonl").read_text() == '{"a":1}\n'


@pytest.mark.parametrize(
    ("name", "before", "rows", "params", "want"),
    [
        pytest.param("a.jsonl", None, [{"a": 1}], {}, '{"a":1}\n', id="new"),
        pytest.param("a.jsonl", '{"a":0}\n', [{"a": 1}], {}, '{"a":0}\n{"a":1}\n', id="lines"),
        pytest.param(
            "a.jsonl", '{"a"', [{"a": 1}], {}, '{"a"\n{"a":1}\n', id="behind an open line"
        ),
        pytest.param("a.csv", "", [{"a": 1}], {}, "a\n1\n", id="an empty table"),
        pytest.param(
            "a.csv",
            "a,b\n1,2\n",
            [{"b": 4, "a": 3}],
            {},
            "a,b\n1,2\n3,4\n",
            id="columns of the file",
        ),
        pytest.param("a.csv", "a,b\n1,2", [{"b": 4}], {}, "a,b\n1,2\n,4\n", id="fewer columns"),
        pytest.param(
            "a.csv", "\ufeffa\n1\n", [{"a": 2}], {}, "\ufeffa\n1\n2\n", id="byte order mark"
        ),
        pytest.param(
            "a.csv",
            "\ufeffa\n1\n",
            [{"a": 2}],
            {"encoding": "utf-8-sig"},
            "\ufeffa\n1\n2\n",
            id="no second mark",
        ),
        pytest.param("a.csv", "'=a\n1\n", [{"=a": 2}], {}, "'=a\n1\n2\n", id="guarded names"),
        pytest.param(
            "a.csv", "1,2\n", [{"a": 3, "b": 4}], {"header": False}, "1,2\n3,4\n", id="no header"
        ),
        pytest.param(
            "a.csv",
            "a,b\n",
            [{"a": 3, "b": 4}],
            {"columns": ["b"]},
            "a,b\n,4\n",
            id="chosen columns",
        ),
        pytest.param("a.txt", "x\n", [{"data": "y"}], {}, "x\ny\n", id="text"),
        pytest.param(
            "a.txt",
            "\ufeffx\n",
            [{"data": "y"}],
            {"encoding": "utf-8-sig"},
            "\ufeffx\ny\n",
            id="text, no second mark",
        ),
        pytest.param(
            "a.csv",
            "\ufeff1\n",
            [{"a": 2}],
            {"encoding": "utf-8-sig", "header": False},
            "\ufeff1\n2\n",
            id="no header, no second mark",
        ),
        pytest.param("a.txt", "x", [{"data": "y"}], {}, "x\ny\n", id="text behind an open line"),
        pytest.param("a.txt", "x", [{"data": "y"}], {"ending": ""}, "xy", id="text without lines"),
        pytest.param("a.txt", '"x\n', [{"data": "y"}], {}, '"x\ny\n', id="text is no table"),
    ],
)
async def test_items_are_appended(
    tmp_path: Path,
    name: str,
    before: str | None,
    rows: list[dict[str, Any]],
    params: dict[str, Any],
    want: str,
) -> None:
    if before is not None:
        (tmp_path / name).write_text(before)
    await writing(tmp_path, rows, name, mode="append", **params)
    assert (tmp_path / name).read_text() == want


def binary_items(*contents: bytes) -> list[Item]:
    """Return items with one binary each."""
    return [Item({}, binary={"data": Binary(content)}) for content in contents]


async def test_a_binary_is_written(tmp_path: Path) -> None:
    await writing(tmp_path, binary_items(b"\0x"), "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"\0x"


async def test_binaries_are_appended(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"0")
    await writing(tmp_path, binary_items(b"1", b"2"), "a.bin", mode="append")
    assert (tmp_path / "a.bin").read_bytes() == b"012"


@pytest.mark.parametrize(
    ("name", "items", "params", "message"),
    [
        pytest.param(
            "a.png",
            binary_items(b"1", b"2"),
            {},
            "a.png: items 0 and 1 would both be this file",
            id="two in one",
        ),
        pytest.param(
            "a.png", [{"a": 1}], {}, "item 0 has no binary 'data' to write", id="no binary"
        ),
        pytest.param(
            "a.txt",
            [{"data": 1}, {"a": 1}],
            {},
            "item 1 has no field 'data' to write",
            id="no text",
        ),
        pytest.param(
            "a.txt",
            [{"data": "a€"}],
            {"encoding": "latin-1"},
            "a.txt: '€' cannot be written in iso8859-1",
            id="encoding",
        ),
        pytest.param(
            "old.csv",
            [{"b": 1}],
            {"mode": "append"},
            "old.csv: has no column 'b'",
            id="other columns",
        ),
        pytest.param(
            "a.json",
            [{}],
            {"mode": "append"},
            "a.json: a JSON file cannot be appended to; JSON lines can",
            id="JSON",
        ),
    ],
)
async def test_what_cannot_be_written_is_an_error_and_changes_nothing(
    tmp_path: Path, name: str, items: Any, params: dict[str, Any], message: str
) -> None:
    (tmp_path / "old.csv").write_text("a\n1\n")
    with raises_node_error(message):
        await writing(tmp_path, items, name, **params)
    assert names_in(tmp_path) == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "a\n1\n"


async def test_a_file_outside_the_directory_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    with raises_node_error(f"path '../x.jsonl' leads outside {str(base)!r}"):
        await writing(base, ROWS, "../x.jsonl")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"format": "json", "mode": "append"}, "a JSON file cannot be appended to"),
        ({"encoding": "utf-16", "mode": "append"}, "a file in utf-16 cannot be appended to"),
        ({"encoding": "utf-99"}, "\"encoding\" is no known encoding: 'utf-99'"),
    ],
)
async def test_what_can_never_be_written_is_found_before_the_run(
    tmp_path: Path, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(PipelineError, match=message):
        await writing(tmp_path, ROWS, **params)


async def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    rows = [{"a": "1", "b": "x\ny"}, {"a": "", "b": "é"}]
    for name in ("a.jsonl", "a.json", "a.csv", "a.tsv"):
        await writing(tmp_path, rows, name)
        assert (await run_node(ReadFile, {"path": name}, base=tmp_path)).json == rows


def test_what_orjson_refuses_is_written_all_the_same() -> None:
    assert json_bytes({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert json_bytes(["\ud800"], pretty=True) == b'[\n  "\\ud800"\n]'


texts = st.text(st.characters(codec="utf-8"), max_size=6)


@given(st.lists(st.dictionaries(texts, texts, min_size=1, max_size=3), min_size=1, max_size=4))
def test_no_cell_is_taken_for_a_formula(rows: list[dict[str, str]]) -> None:
    text = cells(rows, columns_of(rows), header=True, delimiter=",", guard=True)
    for row in csv.reader(io.StringIO(text, newline="")):
        suspects = [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert all(re.fullmatch(r"[-+][\d.eE+-]+", cell) for cell in suspects)


@pytest.mark.parametrize(
    ("count", "path", "hints"),
    [
        pytest.param(1, "out.jsonl", ["wrote 1 item to out.jsonl"], id="one item"),
        pytest.param(1200, "o/r.csv", ["wrote 1,200 items to o/r.csv"], id="many items"),
        pytest.param(
            7,
            "={{ $json.n }}.json",
            [*(f"wrote 1 item to {n}.json" for n in range(5)), "wrote 2 more files"],
            id="many files",
        ),
    ],
)
async def test_it_says_where_it_wrote(
    tmp_path: Path, count: int, path: str, hints: list[str]
) -> None:
    run = await writing(tmp_path, [{"n": n} for n in range(count)], path)
    assert run.hints == hints


async def test_the_path_may_go_into_the_item(tmp_path: Path) -> None:
    run = await writing(tmp_path, [{"a": 1}], file_field="path")
    assert run.json == [{"a": 1, "path": "out.jsonl"}]


async def test_the_last_of_several_binaries_may_be_the_file(tmp_path: Path) -> None:
    items = [Item({}, binary={"data": Binary(text)}) for text in (b"one", b"two")]
    await writing(tmp_path, items, "a.bin", same="last")
    assert (tmp_path / "a.bin").read_bytes() == b"two"


async def test_a_binary_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.bin").write_bytes(b"old")
    items = [Item({}, binary={"data": Binary(tmp_path / "gone")})]
    message = "item 0 has a binary 'data' that cannot be read: no such file or directory"
    with raises_node_error(message):
        await writing(tmp_path, items, "old.bin", mode="append")
    assert (tmp_path / "old.bin").read_bytes() == b"old"
