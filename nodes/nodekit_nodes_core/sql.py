"""Items as tables: SQL over them, in a database that lives in memory for one query."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias

from nodekit import Fields, Items, Json, NodeError, PairedItem

from .sql_text import LINK, Statement, quoted, statements

MOST_ROWS = 1_000_000
"""How many rows a query may put out."""

MOST_MEMORY = 1 << 30
"""How many bytes SQLite may use."""

LONGEST_VALUE = 100_000_000
"""How many bytes a value, or the query, may have."""

LARGEST = 2**63
STEPS = 20_000
"""How many instructions SQLite runs between two looks at the time."""

ALLOWED = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)
"""What a query may do: read. It cannot open files, load code or change settings."""

FORBIDDEN = frozenset(("load_extension", "fts3_tokenizer"))
UNKNOWN = re.compile(r"no such column: (?:(\w+)\.)?(.+)")
LINKS = re.compile(rf"{LINK}\d*")
Cell: TypeAlias = int | float | str | bytes | None
"""A value as SQL has it; bytes only come of functions."""


@dataclass
class Table:
    """The items of one input as a table: a row for each, a column for each field of any."""

    name: str
    input: str
    rows: Sequence[Fields]
    columns: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        """Find the fields.

        Raises:
            NodeError: Two differ in nothing but capitals, which SQL does not tell apart.
        """
        known: dict[str, str] = {LINK.lower(): LINK}
        for row in self.rows:
            for name in row:
                if name not in known.values() and known.setdefault(name.lower(), name) != name:
                    raise NodeError(
                        f'the fields "{known[name.lower()]}" and "{name}" of {self.name} differ '
                        "only in capitals, which SQL does not tell apart",
                        hint="Rename one of them before the merge.",
                    )
        self.columns = [name for name in known.values() if name != LINK]


@dataclass
class Database:
    """A database in memory with a table for every input.

    ``texts`` are the lists and mappings that stand in it as JSON text; ``flags`` the fields that
    hold nothing but true and false.
    """

    tables: Mapping[str, Table]
    connection: sqlite3.Connection
    texts: dict[str, Json] = field(default_factory=dict[str, Json])
    flags: set[str] = field(default_factory=set[str])

    def fill(self) -> None:
        """Create the tables and put the rows in."""
        self.connection.execute(f"PRAGMA hard_heap_limit = {MOST_MEMORY}")
        self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        self.connection.create_function("concat", -1, concatenated, deterministic=True)
        for place, table in enumerate(self.tables.values()):
            names = [LINK, *map(quoted, table.columns)]
            self.connection.execute(f"CREATE TABLE {table.name} ({', '.join(names)})")
            marks = ", ".join("?" * len(names))
            rows = (
                (at * len(self.tables) + place, *(self.cell(row.get(n)) for n in table.columns))
                for at, row in enumerate(table.rows)
            )
            self.connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        self.flags = self.found_flags()

    def found_flags(self) -> set[str]:
        """Return the fields that hold nothing but true, false and null, whatever the table."""
        held: dict[str, set[type[object]]] = {}
        for table in self.tables.values():
            for name in table.columns:
                values: Iterator[object] = (row.get(name) for row in table.rows)
                held.setdefault(name, set()).update(map(type, values))
        return {name for name, kinds in held.items() if kinds - {type(None)} == {bool}}

    def cell(self, value: Json) -> Cell:
        """Return a value as SQL has it."""
        match value:
            case list() | dict():
                text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
                self.texts.setdefault(text, value)
                return text
            case int() if not -LARGEST <= value < LARGEST:
                return float(value)
            case _:
                plain: Cell = value
                return plain

    def guard(self, until: float) -> None:
        """Let queries only read, and not beyond a point of time of the monotonic clock."""

        def allowed(action: int, _1: str | None, name: str | None, *_: str | None) -> int:
            good = action in ALLOWED and name not in FORBIDDEN
            return sqlite3.SQLITE_OK if good else sqlite3.SQLITE_DENY

        self.connection.set_authorizer(allowed)
        self.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)

    def add_column(self, name: str | None, column: str, statement: Statement) -> str | None:
        """Add a field that no item has, where a query means one; return the table it is of."""
        used = statement.tables
        wanted = used[0] if name is None and used else statement.aliases.get((name or "").lower())
        table = self.tables.get(wanted or "")
        if table is None or column.lower() in (LINK.lower(), *map(str.lower, table.columns)):
            return None
        self.connection.set_authorizer(None)
        self.connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {quoted(column)}")
        table.columns.append(column)
        return table.name


@dataclass
class Query:
    """A query over the items of inputs, which are the tables ``input1``, ``input2`` and so on.

    ``missing`` says, once it has been run, which fields it names that no item has.
    """

    text: str
    inputs: Mapping[str, Items]
    seconds: float
    missing: list[str] = field(default_factory=list[str])

    def run(self) -> Items:
        """Run the query and return its rows as items.

        Raises:
            NodeError: It cannot be run, or takes too much.
        """
        wanted = list(statements(self.text))
        if not wanted:
            raise NodeError("the query is empty")
        until = time.monotonic() + self.seconds
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            database = Database(self.tables(wanted), connection)
            try:
                database.fill()
                found = [self.answered(database, one, until) for one in wanted]
            except MemoryError:
                raise NodeError(f"the query needs more than {MOST_MEMORY:,} bytes") from None
            except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
                raise self.failed(error, until) from error
        return Items.join(found)

    def failed(self, error: Exception, until: float) -> NodeError:
        """Return the error for a query that SQLite ended."""
        if str(error) == "interrupted" and time.monotonic() > until:
            return NodeError(
                f"the query did not end within {self.seconds:g} s",
                hint="Join on fields that few rows share, or filter before the merge.",
            )
        if re.search("not authorized|authorization denied|prohibited", str(error)):
            return NodeError(
                "the query may only read: SELECT and WITH",
                hint="Change items before the merge, or after it.",
            )
        return NodeError(f"the query cannot be run: {error}")

    def tables(self, wanted: Sequence[Statement]) -> dict[str, Table]:
        """Return a table for every input, and an empty one for each that is only named."""
        found = {
            f"input{i + 1}": Table(f"input{i + 1}", name, rows.json)
            for i, (name, rows) in enumerate(self.inputs.items())
        }
        for name in (name for one in wanted for name in one.tables):
            found.setdefault(name, Table(name, name, []))
        return found

    def answered(self, database: Database, statement: Statement, until: float) -> Items:
        """Return what one statement gives: with links, where it can be given with them."""
        linked = statement.linked()
        if linked is not None:
            try:
                return self.asked(database, linked, statement, until)
            except sqlite3.OperationalError as error:
                if str(error) == "interrupted":
                    raise
        return self.asked(database, statement, statement, until)

    def asked(
        self, database: Database, statement: Statement, origin: Statement, until: float
    ) -> Items:
        """Return the rows of a statement as items; fields that no item has are null."""
        while True:
            database.guard(until)
            try:
                cursor = database.connection.execute(statement.sql())
                break
            except sqlite3.OperationalError as error:
                unknown = UNKNOWN.fullmatch(str(error))
                table = unknown and database.add_column(unknown[1], unknown[2], origin)
                if not unknown or table is None:
                    raise
                self.missing.append(f"{table}.{unknown[2]}")
        return items_of(database, origin, cursor)


def concatenated(*values: Cell) -> str:
    """Put values together as one text; null is no text."""
    return "".join(str(value) for value in values if value is not None)


def items_of(database: Database, statement: Statement, cursor: sqlite3.Cursor) -> Items:
    """Return the rows of a cursor as items.

    Raises:
        NodeError: There are too many.
    """
    names = [column[0] for column in cursor.description or ()]
    reading = Reading(database, statement.fields)
    found: list[tuple[Fields, list[int]]] = []
    for row in cursor:
        found.append(reading.item(names, row))
        if len(found) > MOST_ROWS:
            raise NodeError(f"the query gives more than {MOST_ROWS:,} rows")
    if statement.groups and not statement.ordered:
        found.sort(key=lambda pair: pair[1])
    links = [tuple(reading.places(marks)) or None for _, marks in found]
    return Items([fields for fields, _ in found], links=links)


@dataclass
class Reading:
    """Turns rows into fields: what were lists, mappings, true and false are so again.

    ``renamed`` are the fields that stand under other names, by these.
    """

    database: Database
    renamed: Mapping[str, str]

    def __post_init__(self) -> None:
        """Find the fields that hold null somewhere."""
        self.tables = list(self.database.tables.values())
        self.nulls = {
            name
            for table in self.tables
            for name in table.columns
            if any(name in row and row[name] is None for row in table.rows)
        }

    def item(self, names: Sequence[str], row: Sequence[Cell]) -> tuple[Fields, list[int]]:
        """Return the fields of a row, and the marks of the rows it was made of."""
        named = {
            name: value
            for name, value in zip(names, row, strict=True)
            if isinstance(value, int) and LINKS.fullmatch(name)
        }
        marks = list(dict.fromkeys(named.values()))
        fields: dict[str, Json] = {}
        empty: list[str] = []
        for name, value in zip(names, row, strict=True):
            if LINKS.fullmatch(name):
                continue
            if value is None:
                empty.append(name)
            else:
                fields[name] = self.value(self.renamed.get(name, name), value)
        for name in empty:
            if name not in fields and self.holds_null(self.renamed.get(name, name), marks):
                fields[name] = None
        return fields, marks

    def value(self, name: str, value: Cell) -> Json:
        """Return a value as items have it."""
        if isinstance(value, str):
            return self.database.texts.get(value, value)
        if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
            return int(value)
        if isinstance(value, bytes):
            return value.hex()
        return bool(value) if value in (0, 1) and name in self.database.flags else value

    def holds_null(self, name: str, marks: Sequence[int]) -> bool:
        """Whether a field was null; else it, or its row, was missing, and stays so."""
        if name not in self.nulls or not marks:
            return name in self.nulls
        rows = [table.rows[at] for table, at in self.found(marks)]
        return any(name in row and row[name] is None for row in rows)

    def found(self, marks: Sequence[int]) -> Iterator[tuple[Table, int]]:
        """Yield the table and position that marks stand for."""
        for mark in marks:
            at, place = divmod(mark, len(self.tables))
            yield self.tables[place], at

    def places(self, marks: Sequence[int]) -> Iterator[PairedItem]:
        """Yield the links that marks stand for."""
        for table, at in self.found(marks):
            yield PairedItem(at, table.input)
