"""The node convert_to_file, run through the engine, and read back by extract_from_file."""

import builtins
import zipfile
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.convert_to_file import ConvertToFile
from nodekit_nodes_core.extract_from_file import ExtractFromFile
from openpyxl import load_workbook

from nodekit import Binary, Item, RunFailed
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": 'Ann, "A"', "ok": True},
    {"id": 2, "name": "Bö", "ok": False, "n": {"a": None, "l": [1]}},
]


async def convert(items: Any = ROWS, **params: Any) -> NodeRun:
    """Make files."""
    return await run_node(ConvertToFile, params, items)


def file_in(result: NodeRun, name: str = "data") -> Binary:
    """Return the file of the first item."""
    return result.items[0].binary[name]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(ConvertToFile, {})
    await check_node_contract(ConvertToFile, {"format": "text", "field": "name"})


@pytest.mark.parametrize(
    ("params", "content"),
    [
        pytest.param(
            {},
            'id,name,ok,n.a,n.l\n1,"Ann, ""A""",true,,\n2,Bö,false,,[1]\n',
            id="plain",
        ),
        pytest.param(
            {"dialect": "sheet", "columns": ["id", "name", "ok", "none"]},
            '\ufeffid,name,ok,none\n1,"Ann, ""A""",TRUE,\n2,Bö,FALSE,',
            id="as spreadsheets do",
        ),
        pytest.param(
            {"columns": ["n.l", "id"], "header": False, "delimiter": ";"}, ";1\n[1];2\n", id="bare"
        ),
        pytest.param({"columns": ["id"], "encoding": "utf-8-sig"}, "\ufeffid\n1\n2\n", id="mark"),
    ],
)
async def test_csv(params: dict[str, Any], content: str) -> None:
    result = await convert(**params)
    file = file_in(result)
    assert file.bytes().decode() == content
    assert (file.media_type, file.file_name) == ("text/csv", "file.csv")
    assert result.json == [{}]
    assert [[link.item for link in i.links or ()] for i in result.items] == [[0, 1]]


async def test_formulas_are_made_harmless_in_csv() -> None:
    rows = [{"a": "=1+1"}]
    assert file_in(await convert(rows)).bytes() == b"a\n'=1+1\n"
    assert file_in(await convert(rows, guard_formulas=False)).bytes() == b"a\n=1+1\n"


async def test_a_workbook_holds_values_as_they_are() -> None:
    rows = [*ROWS, {"id": "=1+1"}]
    result = await convert(rows, format="xlsx", sheet="S", file_name="r.xlsx", into="x")
    file = file_in(result, "x")
    assert file.file_name == "r.xlsx"
    assert file.media_type.endswith("spreadsheetml.sheet")
    page = load_workbook(BytesIO(file.bytes()))["S"]
    assert [list(row) for row in page.iter_rows(values_only=True)] == [
        ["id", "name", "ok", "n.a", "n.l"],
        [1, 'Ann, "A"', True, None, None],
        [2, "Bö", False, None, "[1]"],
        ["=1+1", None, None, None, None],
    ]
    assert page["A4"].data_type == "s"


@pytest.mark.parametrize(
    ("items", "params", "message"),
    [
        pytest.param(
            ROWS,
            {"format": "xlsx", "sheet": "a/b"},
            "'a/b' cannot be the name of a sheet",
            id="sheet",
        ),
        pytest.param(
            [{"a": "x\0"}],
            {"format": "xlsx"},
            "a workbook cannot hold the text 'x\\x00 cannot be used in worksheets.'",
            id="character",
        ),
        pytest.param(
            [{"a": "x\0"}],
            {"format": "ods"},
            "XML does not allow the character '\\x00'",
            id="character in ODS",
        ),
        pytest.param(
            [{"a": "é"}], {"encoding": "ascii"}, "'é' cannot be written in ascii", id="encoding"
        ),
    ],
)
async def test_what_does_not_go_into_a_file_fails_the_step(
    items: Any, params: dict[str, Any], message: str
) -> None:
    with raises_node_error(message):
        await convert(items, **params)


async def test_an_open_sheet_is_a_zip_that_says_what_it_is() -> None:
    file = file_in(await convert(format="ods"))
    with zipfile.ZipFile(BytesIO(file.bytes())) as archive:
        assert archive.namelist() == ["mimetype", "content.xml", "META-INF/manifest.xml"]
        assert archive.read("mimetype").decode() == file.media_type
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


async def test_html_holds_a_table() -> None:
    file = file_in(await convert([{"a": "<b>"}], format="html"))
    assert file.bytes().decode() == (
        "<!DOCTYPE html>\n<html><body><table><thead><tr><th>a</th></tr></thead>"
        "<tbody><tr><td>&lt;b&gt;</td></tr></tbody></table></body></html>\n"
    )


CELLS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS, "c.d": CELLS}), min_size=1, max_size=4),
    st.sampled_from(["xlsx", "ods"]),
)
async def test_what_was_written_can_be_read(rows: list[dict[str, Any]], form: str) -> None:
    written = await convert(rows, format=form)
    read = await run_node(ExtractFromFile, {"format": form}, list(written.items))
    assert read.json == rows


@pytest.mark.parametrize(
    ("params", "content"),
    [
        pytest.param({}, '[{"a":1},{"b":"é"}]', id="one line"),
        pytest.param(
            {"pretty": True}, '[\n  {\n    "a": 1\n  },\n  {\n    "b": "é"\n  }\n]', id="pretty"
        ),
        pytest.param({"mark": True}, '\ufeff[{"a":1},{"b":"é"}]', id="mark"),
    ],
)
async def test_json_of_all(params: dict[str, Any], content: str) -> None:
    result = await convert([{"a": 1}, {"b": "é"}], format="json", **params)
    assert file_in(result).bytes().decode() == content
    assert len(result.items) == 1


async def test_json_of_each() -> None:
    params = {"format": "json", "each": True, "file_name": "={{ $json.id }}.json"}
    result = await convert(**params, keep="all")
    files = [item.binary["data"] for item in result.items]
    assert [(f.file_name, f.media_type) for f in files] == [
        ("1.json", "application/json"),
        ("2.json", "application/json"),
    ]
    assert files[0].bytes() == b'{"id":1,"name":"Ann, \\"A\\"","ok":true}'
    assert result.json == ROWS
    params = {"format": "json", "each": True, "encoding": "latin-1"}
    assert file_in(await convert([{"a": "é"}], **params)).bytes() == b'{"a":"\xe9"}'
    with raises_node_error("item 0: '€' cannot be written in iso8859-1"):
        await convert([{"a": "€"}], **params)
    result = await convert([{"a": {"b": [1]}}], format="json", each=True, field="a.b")
    assert file_in(result).bytes() == b"[1]"
    assert result.json == [{}]


@pytest.mark.parametrize(
    ("params", "content", "name"),
    [
        pytest.param({"format": "text", "field": "t"}, "hé".encode(), "file.txt", id="text"),
        pytest.param(
            {"format": "text", "field": "t", "encoding": "latin-1"},
            b"h\xe9",
            "file.txt",
            id="encoding",
        ),
        pytest.param(
            {"format": "text", "field": "t", "mark": True},
            "\ufeffhé".encode(),
            "file.txt",
            id="mark",
        ),
        pytest.param({"format": "text", "field": "o"}, b'{"a":1}', "file.txt", id="no text"),
        pytest.param({"format": "base64", "field": "b"}, b"\0\1\2", "file.bin", id="base64"),
        pytest.param({"format": "base64", "field": "u"}, b"\0\1\2", "file.bin", id="data URL"),
    ],
)
async def test_files_of_fields(params: dict[str, Any], content: bytes, name: str) -> None:
    row = {"t": "hé", "o": {"a": 1}, "b": "AAEC", "u": "data:a/b;base64,AAEC"}
    file = file_in(await convert([row], **params))
    assert (file.bytes(), file.file_name) == (content, name)


async def test_the_media_type_may_be_said() -> None:
    result = await convert([{"b": "AAEC"}], format="base64", field="b", media_type="image/png")
    assert file_in(result).media_type == "image/png"


async def test_other_binaries_may_stay() -> None:
    item = Item({"t": "x"}, binary={"f": Binary(b"")})
    params = {"format": "text", "field": "t"}
    assert list((await convert([item], **params)).items[0].binary) == ["data"]
    assert list((await convert([item], **params, keep="all")).items[0].binary) == ["f", "data"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"format": "text", "field": "x"}, "has no field 'x' to write", id="field"),
        pytest.param(
            {"format": "base64", "field": "a"},
            "field 'a' is no base64: Incorrect padding",
            id="base64",
        ),
        pytest.param(
            {"format": "text", "field": "t", "encoding": "ascii"},
            "'é' cannot be written in ascii",
            id="encoding",
        ),
    ],
)
async def test_an_item_that_cannot_be_written_fails_alone(params: Any, message: str) -> None:
    rows = [{"a": "abc", "t": "é"}]
    with raises_node_error(f"item 0: {message}"):
        await convert(rows, **params)


async def test_a_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("openpyxl"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunFailed, match="needs a library that is not installed: openpyxl") as found:
        await convert(format="xlsx")
    assert found.value.hint == "Install it with `pip install 'nodekit-runtime[xlsx]'`."


@pytest.mark.parametrize(
    ("keep", "field", "json", "names"),
    [
        ("none", "a.b", {}, {"data"}),
        ("all", "a.b", {"a": {"b": 1, "c": 2}}, {"data", "old"}),
        ("others", "a.b", {"a": {"c": 2}}, {"data", "old"}),
        ("others", "", {}, {"data", "old"}),
    ],
)
async def test_what_an_item_keeps_beside_its_file(
    keep: str, field: str, json: Any, names: set[str]
) -> None:
    given = Item({"a": {"b": 1, "c": 2}}, binary={"old": Binary(b"x")})
    run = await convert([given], format="json", each=True, field=field, keep=keep)
    assert (run.json, set(run.items[0].binary)) == ([json], names)
    assert given.json == {"a": {"b": 1, "c": 2}}


async def test_items_without_the_field_may_be_left_out() -> None:
    run = await convert([{"a": 1}, {"t": "x"}], format="text", field="t", missing="skip")
    assert [item.binary["data"].bytes() for item in run.items] == [b"x"]


async def test_lists_can_have_a_column_for_each_entry() -> None:
    rows: list[dict[str, Any]] = [{"a": [1, {"b": 2}], "e": [], "n": None}, {"c": {"d": [True]}}]
    run = await convert(rows, lists="columns")
    assert file_in(run).bytes() == b"a.0,a.1.b,n,c.d.0\n1,2,,\n,,,true\n"
