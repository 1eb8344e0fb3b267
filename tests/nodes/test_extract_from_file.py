"""The node extract_from_file, run through the engine."""

import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from nodekit_nodes_core import open_sheets, sheets
from nodekit_nodes_core.extract_from_file import ExtractFromFile
from openpyxl import Workbook

from nodekit import Binary, Item, RunFailed
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

CSV = b'\xef\xbb\xbfid,name,n\n1,"B, b",1.5\n\n2,B\xc3\xb6,\n'


def item(content: bytes, **json: Any) -> Item:
    """Return an item with a file."""
    return Item(json, binary={"data": Binary(content, file_name="f")})


async def extract(content: bytes, **params: Any) -> NodeRun:
    """Read a file."""
    return await run_node(ExtractFromFile, params, [item(content)])


def workbook(*rows: list[Any], **others: list[list[Any]]) -> bytes:
    """Return a workbook; further sheets by their names."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    for name, lines in others.items():
        other = book.create_sheet(name)
        for row in lines:
            other.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def open_sheet(table: str) -> bytes:
    """Return a spreadsheet of OpenDocument around some tables."""
    names = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "table", "text")
    )
    xml = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{table}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", xml)
    return content.getvalue()


async def test_the_contract_is_kept() -> None:
    await check_node_contract(ExtractFromFile, {"missing": "skip"})


@pytest.mark.parametrize(
    ("params", "json"),
    [
        pytest.param(
            {}, [{"id": "1", "name": "B, b", "n": "1.5"}, {"id": "2", "name": "Bö"}], id="plain"
        ),
        pytest.param(
            {"keep_mark": True, "max_rows": 1},
            [{"\ufeffid": "1", "name": "B, b", "n": "1.5"}],
            id="mark",
        ),
        pytest.param(
            {"types": "guess", "empty_cells": True},
            [{"id": 1, "name": "B, b", "n": 1.5}, {"id": 2, "name": "Bö", "n": ""}],
            id="types",
        ),
        pytest.param(
            {"header": False, "first_line": 4}, [{"row": ["2", "Bö", ""]}], id="no header"
        ),
    ],
)
async def test_csv(params: dict[str, Any], json: list[Any]) -> None:
    result = await extract(CSV, **params)
    assert result.json == json
    assert all(i.links and i.links[0].item == 0 for i in result.items)
    assert all(not i.binary for i in result.items)


async def test_csv_may_be_otherwise() -> None:
    content = "a;b\nTRUE;é\nx\n".encode("latin-1")
    params = {"delimiter": ";", "encoding": "latin-1", "types": "guess", "bad": "skip"}
    assert (await extract(content, **params)).json == [{"a": True, "b": "é"}]


async def test_quotes_that_do_not_fit_may_be_part_of_a_cell() -> None:
    content = b'a,b\n"x"y,1\n'
    with raises_node_error("item 0: f: line 2: is not CSV: ',' expected after '\"'"):
        await extract(content)
    assert (await extract(content, loose_quotes=True)).json == [{"a": "xy", "b": "1"}]


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        pytest.param(b"a,b\n1\n", {}, "line 2: has 1 cell, wanted 2", id="cells"),
        pytest.param(
            b"a,b\n\xff,1\n", {}, "line 2: is not text in the file's encoding", id="bytes"
        ),
        pytest.param(b'"a\n', {}, "line 1: is not CSV: unexpected end of data", id="header"),
        pytest.param(b"a", {"format": "xlsx"}, "is no workbook: File is not a zip file", id="zip"),
        pytest.param(
            open_sheet(""),
            {"format": "xlsx"},
            "is no workbook: \"There is no item named '[Content_Types].xml' in the archive\"",
            id="other zip",
        ),
        pytest.param(
            workbook([1]),
            {"format": "xlsx", "max_size": 100},
            "unpacks to more than 100 bytes",
            id="bomb",
        ),
        pytest.param(
            workbook([1], B=[]),
            {"format": "xlsx", "sheet": "C"},
            "has no sheet 'C'; there is 'Sheet', 'B'",
            id="sheet",
        ),
        pytest.param(
            workbook([1]),
            {"format": "xlsx", "area": "x y"},
            "'x y' is no range of cells",
            id="area",
        ),
        pytest.param(
            workbook([1]),
            {"format": "ods"},
            "is no spreadsheet: \"There is no item named 'content.xml' in the archive\"",
            id="no ODS",
        ),
        pytest.param(
            open_sheet('<table:table table:name="A"/>'),
            {"format": "ods", "sheet": "B"},
            "has no sheet 'B'; there is 'A'",
            id="sheet of ODS",
        ),
        pytest.param(b"<p>", {"format": "html"}, "has no table in it", id="no table"),
        pytest.param(
            b'{"a": }',
            {"format": "json"},
            "is not JSON: line 1, column 7: unexpected character, expected a JSON value",
            id="json",
        ),
        pytest.param(
            b"\xff",
            {"format": "text"},
            "is not text in utf-8: 'utf-8' codec can't decode byte 0xff in position 0: "
            "invalid start byte",
            id="text",
        ),
        pytest.param(
            b"[1]", {"format": "json", "into": ""}, "is number 1, wanted an object", id="no object"
        ),
        pytest.param(
            b"<a>", {"format": "xml"}, "is not XML: line 1, column 4: no element found", id="xml"
        ),
    ],
)
async def test_what_cannot_be_read_fails_its_item(
    content: bytes, params: dict[str, Any], message: str
) -> None:
    with raises_node_error(f"item 0: f: {message}"):
        await extract(content, **params)


def with_sheet(sheet: bytes) -> bytes:
    """Return a workbook with another first sheet in it."""
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook([1]))) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return content.getvalue()


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        pytest.param(b"<worksheet><sheetData>", "is no workbook: no element found", id="cut"),
        pytest.param(
            b'<!DOCTYPE w [<!ENTITY a "b">]><worksheet>&a;</worksheet>',
            "is no workbook: Unable to read workbook: could not read worksheets from None$",
            id="entities",
        ),
    ],
)
async def test_a_damaged_sheet_fails_its_item(sheet: bytes, message: str) -> None:
    with pytest.raises(RunFailed, match=f"item 0: f: {message}"):
        await extract(with_sheet(sheet), format="xlsx")


BOOK = workbook(
    ["id", None, "id", 5],
    [1, "a", True, datetime(2024, 1, 31, 10)],
    [None, None, None, None],
    [2.5, None, False, None, "beyond"],
    Other=[["x"], [date(2024, 1, 31)]],
)


@pytest.mark.parametrize(
    ("params", "json"),
    [
        pytest.param(
            {},
            [
                {"id": 1, "column_2": "a", "id_2": True, "5": "2024-01-31T10:00:00"},
                {"id": 2.5, "id_2": False, "column_5": "beyond"},
            ],
            id="first sheet",
        ),
        pytest.param({"sheet": "Other"}, [{"x": "2024-01-31T00:00:00"}], id="by name"),
        pytest.param(
            {"area": "A1:B2", "empty_cells": True}, [{"id": 1, "column_2": "a"}], id="area"
        ),
        pytest.param(
            {"header": False, "first_line": 4, "max_rows": 1},
            [{"row": [2.5, None, False, None, "beyond"]}],
            id="no header",
        ),
    ],
)
async def test_workbooks(params: dict[str, Any], json: list[Any]) -> None:
    assert (await extract(BOOK, format="xlsx", **params)).json == json


async def test_cells_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_CELLS", 12)
    with raises_node_error("item 0: f: has more than 12 cells"):
        await extract(BOOK, format="xlsx")


def cell(inner: str, kind: str = "string", **more: Any) -> str:
    """Return a cell of an open sheet."""
    said = "".join(
        f' {name.replace("_", "-").replace("--", ":")}="{v}"' for name, v in more.items()
    )
    opening = f'<table:table-cell office:value-type="{kind}"{said}>'
    return f"{opening}<text:p>{inner}</text:p></table:table-cell>"


def row(*cells: str, times: int = 1) -> str:
    """Return a row of an open sheet."""
    return (
        f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'
    )


EMPTY = '<table:table-cell table:number-columns-repeated="16000"/>'
SHEET = open_sheet(
    '<table:table table:name="A"><table:table-header-rows>'
    + row(cell("a"), cell("b"), cell("c"), cell("d"))
    + "</table:table-header-rows>"
    + row(EMPTY, times=2)
    + row(
        cell("1,5", "float", office__value="1.5"),
        cell("wahr", "boolean", office__boolean_value="true"),
        cell("31.1.", "date", office__date_value="2024-01-31"),
        cell("x <text:span>y</text:span>", table__number_columns_repeated="2"),
        EMPTY,
        times=2,
    )
    + row(EMPTY, times=1_000_000)
    + '</table:table><table:table table:name="B"/>'
)


async def test_open_sheets() -> None:
    one = {"a": 1.5, "b": True, "c": "2024-01-31", "d": "x y", "column_5": "x y"}
    assert (await extract(SHEET, format="ods")).json == [one, one]
    assert (await extract(SHEET, format="ods", sheet="B")).json == []
    assert (await extract(open_sheet(""), format="ods")).json == []


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(row(cell("a"), times=99_999_999), id="rows"),
        pytest.param(row(cell("a", table__number_columns_repeated="99999999")), id="columns"),
        pytest.param(row(EMPTY, times=99_999_999) + row(cell("a")), id="empty rows"),
    ],
)
async def test_repeated_cells_are_counted(table: str) -> None:
    with raises_node_error("item 0: f: has more than 10000000 cells"):
        await extract(
            open_sheet(f'<table:table table:name="A">{table}</table:table>'), format="ods"
        )


async def test_a_bomb_in_an_open_sheet_is_refused() -> None:
    content = open_sheet(" " * 100_000)
    with raises_node_error("item 0: f: unpacks to more than 99999 bytes"):
        await extract(content, format="ods", max_size=99_999)
    assert open_sheets.repeated({"n": ["x"]}, "n") == 1


async def test_tables_of_html() -> None:
    page = b"<table><tr><th>a<th>b<tr><td>1<td> x  y <tr><td>2</table><table><tr><td>z</table>"
    found = await extract(page, format="html", types="guess")
    assert found.json == [{"a": 1, "b": "x y"}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "params", "json"),
    [
        pytest.param(b'\xef\xbb\xbf{"a":1}', {"format": "json"}, [{"data": {"a": 1}}], id="json"),
        pytest.param(b'{"a":1}', {"format": "json", "into": ""}, [{"a": 1}], id="json as the item"),
        pytest.param(
            b'[{"a":1},{"b":2}]', {"format": "json", "into": ""}, [{"a": 1}, {"b": 2}], id="items"
        ),
        pytest.param(b"h\xc3\xa9", {"format": "text"}, [{"data": "hé"}], id="text"),
        pytest.param(
            b"h\xe9",
            {"format": "text", "encoding": "latin-1", "into": "a.b"},
            [{"a": {"b": "hé"}}],
            id="encoding",
        ),
        pytest.param(b"\0\1\2", {"format": "base64"}, [{"data": "AAEC"}], id="base64"),
        pytest.param(
            b"<r><a>1</a></r>", {"format": "xml"}, [{"data": {"r": {"a": "1"}}}], id="xml"
        ),
    ],
)
async def test_values(content: bytes, params: dict[str, Any], json: list[Any]) -> None:
    assert (await extract(content, **params)).json == json


@pytest.mark.parametrize(
    ("params", "json", "binaries"),
    [
        pytest.param({"format": "text"}, {"data": "a"}, ["b"], id="none"),
        pytest.param({"format": "text", "keep": "json"}, {"j": 1, "data": "a"}, ["b"], id="json"),
        pytest.param(
            {"format": "text", "keep": "binary"}, {"data": "a"}, ["data", "b"], id="binary"
        ),
        pytest.param(
            {"format": "text", "keep": "both"}, {"j": 1, "data": "a"}, ["data", "b"], id="both"
        ),
        pytest.param({"header": False}, {"row": ["a"]}, [], id="rows"),
        pytest.param(
            {"header": False, "keep": "both"},
            {"j": 1, "row": ["a"]},
            ["data", "b"],
            id="rows, both",
        ),
    ],
)
async def test_what_stays_of_the_item(params: Any, json: Any, binaries: list[str]) -> None:
    given = Item({"j": 1}, binary={"data": Binary(b"a"), "b": Binary(b"")})
    result = await run_node(ExtractFromFile, params, [given])
    assert (result.json, list(result.items[0].binary)) == ([json], binaries)


async def test_an_item_without_the_binary_fails_or_is_left_out() -> None:
    rows: list[Item] = [Item({"a": 1}), item(b"x")]
    with raises_node_error("item 0: has no binary 'data' to read"):
        await run_node(ExtractFromFile, {"format": "text"}, rows)
    result = await run_node(ExtractFromFile, {"format": "text", "missing": "skip"}, rows)
    assert result.json == [{"data": "x"}]
    assert [i.links and i.links[0].item for i in result.items] == [1]


@pytest.mark.parametrize(
    ("content", "want"),
    [
        pytest.param(b"a,b\n1,x\n", {"a": 1, "b": "x"}, id="csv"),
        pytest.param(workbook(["a", "b"], ["1", 2]), {"a": "1", "b": 2}, id="xlsx"),
        pytest.param(
            b" <table><tr><th>a<th>b<tr><td>1<td>TRUE</table>", {"a": 1, "b": True}, id="html"
        ),
    ],
)
async def test_a_file_says_itself_what_it_holds(content: bytes, want: Any) -> None:
    run = await extract(content, format="auto", types="guess")
    assert run.json == [want]


@pytest.mark.parametrize(("kind", "want"), [("text/csv", "1"), ("text/plain", 1)])
async def test_numbers_are_guessed_unless_the_file_is_said_to_be_csv(kind: str, want: Any) -> None:
    file = Binary(b"a\n1\n", media_type=kind)
    params = {"format": "auto", "types": "auto"}
    run = await run_node(ExtractFromFile, params, [Item({}, binary={"data": file})])
    assert run.json == [{"a": want}]


async def test_a_byte_order_mark_may_stay_in_a_text() -> None:
    content = "\ufeffx".encode()
    assert (await extract(content, format="text")).json == [{"data": "x"}]
    assert (await extract(content, format="text", keep_mark=True)).json == [{"data": "\ufeffx"}]
