"""Merge by SQL: values, links, order, what is refused."""

from typing import Any

import pytest
from nodekit_nodes_core import merge_whole, sql
from nodekit_nodes_core.merge import Merge
from nodekit_nodes_core.sql_text import statements

from nodekit import Json, PairedItem
from nodekit.testing import raises_node_error, run_node

Rows = list[dict[str, Json]]

PEOPLE: Rows = [
    {"id": 1, "name": "Ada", "tags": ["a"], "on": True, "gone": None},
    {"id": 2, "name": "Bob", "home": {"city": "x"}, "on": False},
    {"id": 3, "name": "cy", "size": 1.5},
]
TOWNS: Rows = [{"id": 3, "town": "Rome", "name": "Cy"}, {"id": 2, "town": None}]


async def asked(query: str, first: Rows = PEOPLE, second: Rows = TOWNS, **more: Json) -> Any:
    """Return what comes of a query over two inputs."""
    params: dict[str, Json] = {"how": "sql", "query": query, **more}
    return await run_node(Merge, params, {"people": first, "towns": second})


QUERIES: list[tuple[str, str, Rows]] = [
    ("everything as it was", "SELECT * FROM input1", PEOPLE),
    (
        "a left join keeps what the right side lacks",
        "SELECT * FROM input1 LEFT JOIN input2 ON input1.id = input2.id WHERE input1.id > 1",
        [
            {"id": 2, "name": "Bob", "home": {"city": "x"}, "on": False, "town": None},
            {"id": 3, "name": "Cy", "size": 1.5, "town": "Rome"},
        ],
    ),
    (
        "fields under other names keep their types",
        "SELECT input1.tags AS t, `on` AS o, [name] n FROM input1 WHERE id = 1",
        [{"t": ["a"], "o": True, "n": "Ada"}],
    ),
    ("a missing field stays missing", "SELECT gone FROM input1", [{"gone": None}, {}, {}]),
    (
        "a field of no item is missing",
        "SELECT id, nowhere, input1.x FROM input1 LIMIT 1",
        [{"id": 1}],
    ),
    ("division", "SELECT id / 2 AS h FROM input1 WHERE id < 3", [{"h": 0.5}, {"h": 1}]),
    ("concat", "SELECT concat(name, '-', gone, id) AS k FROM input1 LIMIT 1", [{"k": "Ada-1"}]),
    ("distinct", 'SELECT DISTINCT "on" FROM input1', [{"on": True}, {"on": False}, {}]),
    ("text is no number", "SELECT id FROM input1 WHERE id = '1'", []),
    ("bytes", "SELECT x'00ff' AS b", [{"b": "00ff"}]),
    (
        "several statements",
        "SELECT id FROM input2; -- more\nSELECT town FROM input2;",
        [{"id": 3}, {"id": 2}, {"town": "Rome"}, {"town": None}],
    ),
    (
        "groups in the order in which they come",
        "SELECT id < 2 AS young, count(*) AS n FROM input1 GROUP BY id < 2",
        [{"young": 1, "n": 1}, {"young": 0, "n": 2}],
    ),
]


@pytest.mark.parametrize(
    ("query", "rows"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES]
)
async def test_a_query_gives_items(query: str, rows: Rows) -> None:
    assert (await asked(query)).json == rows


async def test_joins_keep_the_order_in_which_they_are_written() -> None:
    many: Rows = [{"k": i % 3, "n": i} for i in range(50)]
    few: Rows = [{"k": 2}, {"k": 0}]
    query = "SELECT input1.n FROM input1 INNER JOIN input2 ON input1.k = input2.k"
    found = (await asked(query, many, few)).json
    assert found == [{"n": i} for i in range(50) if i % 3 != 1]


LINKS: list[tuple[str, str, list[list[tuple[str, int]]]]] = [
    ("all columns: the last table", "SELECT * FROM input1", [[("people", i)] for i in range(3)]),
    (
        "columns: every table named",
        "SELECT town FROM input1 LEFT JOIN input2 ON input1.id = input2.id",
        [[("people", 0)], [("people", 1), ("towns", 1)], [("people", 2), ("towns", 0)]],
    ),
    ("aggregates: the first row", "SELECT count(*) AS n FROM input1", [[("people", 0)]]),
    ("tables by other names: unknown", "SELECT a.id FROM input1 a LIMIT 1", [[]]),
    ("distinct: unknown", "SELECT DISTINCT name FROM input2 LIMIT 1", [[]]),
]


@pytest.mark.parametrize(("query", "links"), [r[1:] for r in LINKS], ids=[r[0] for r in LINKS])
async def test_items_are_linked(query: str, links: list[list[tuple[str, int]]]) -> None:
    result = await asked(query)
    found = [[(at.input, at.item) for at in item.links or ()] for item in result.items]
    assert found == links
    assert all(isinstance(at, PairedItem) for item in result.items for at in item.links or ())


async def test_an_input_without_items_is_an_empty_table() -> None:
    query = "SELECT * FROM input1 LEFT JOIN input2 AS b ON input1.id = b.id LEFT JOIN input3 ON 1"
    assert (await asked(query, [{"id": 1}], [])).json == [{"id": 1}]


async def test_large_numbers_are_as_in_javascript() -> None:
    assert (await asked("SELECT n FROM input1", [{"n": 2**70}])).json == [{"n": 2.0**70}]


@pytest.mark.parametrize(
    ("more", "rows"), [({}, []), ({"if_empty": "success"}, [{"success": True}])]
)
async def test_a_query_without_rows(more: dict[str, Json], rows: Rows) -> None:
    assert (await asked("SELECT * FROM input1 WHERE id > 9", **more)).json == rows


READ_ONLY = "the query may only read: SELECT and WITH"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ATTACH 'x.db' AS y", READ_ONLY),
        ("VACUUM INTO 'x.db'", READ_ONLY),
        ("PRAGMA temp_store = 1", READ_ONLY),
        ("UPDATE input1 SET id = 1", READ_ONLY),
        ("SELECT load_extension('x')", READ_ONLY),
        (" ; -- nothing", "the query is empty"),
        ("SELECT * FROM other", "the query cannot be run: no such table: other"),
        ("SELECT other.id FROM input1", "the query cannot be run: no such column: other.id"),
        ("SELECT FROM", 'the query cannot be run: near "FROM": syntax error'),
        ("SELECT zeroblob(2000000000)", "the query cannot be run: string or blob too big"),
    ],
)
async def test_what_cannot_be_asked(query: str, message: str) -> None:
    with raises_node_error(message):
        await asked(query)


async def test_fields_that_differ_in_capitals_are_refused() -> None:
    with raises_node_error(
        'the fields "Id" and "id" of input1 differ only in capitals, which SQL does not tell apart'
    ):
        await asked("SELECT * FROM input1", [{"Id": 1}, {"id": 2}])


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "


async def test_a_query_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_whole, "SECONDS", 0.05)
    with raises_node_error("the query did not end within 0.05 s"):
        await asked(f"{ENDLESS} count(*) AS c FROM n")


async def test_a_query_gives_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "MOST_ROWS", 100)
    with raises_node_error("the query gives more than 100 rows"):
        await asked(f"{ENDLESS} i FROM n")


def test_a_statement_keeps_strings_and_comments() -> None:
    text = "SELECT 'a; / JOIN', \"b\" /* ; */ FROM input1 -- ; x"
    (statement,) = statements(text)
    assert statement.sql() == text


def test_a_natural_join_stays_one() -> None:
    (statement,) = statements("SELECT * FROM input1 NATURAL JOIN input2 inner  join input3")
    assert statement.sql() == "SELECT * FROM input1 NATURAL JOIN input2   CROSS JOIN input3"
