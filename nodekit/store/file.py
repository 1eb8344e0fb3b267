"""The file of a store: made, opened, checked, brought to the newest schema; what SQLite refuses."""

import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from nodekit.errors import StateError
from nodekit.files import reason

APPLICATION = 0x6E6B6974
"""What says that an SQLite file is ours (``nkit``)."""

PATIENCE = 10.0
"""How long a call waits for another process, in seconds."""

ROOM = 256
"""How many free pages the file of a store keeps: a megabyte."""

IGNORE = "*\n"


def migrations() -> list[str]:
    """Return the SQL that leads from each version of the schema to the next, from nothing on."""
    folder = files("nodekit.store").joinpath("migrations")
    scripts = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=str)
    return [script.read_text("utf-8") for script in scripts]


def connect(path: Path, *, make: bool, scripts: Sequence[str] = ()) -> sqlite3.Connection:
    """Return a connection to a store at the newest schema.

    Args:
        path: The file.
        make: Whether it may be made.
        scripts: The migrations; ours if not given.

    Raises:
        StateError: It cannot be opened or made, or is no store of ours.
    """
    with explained(path):
        if make:
            prepare(path)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        done = False
        try:
            settle(connection, path, scripts or migrations())
            done = True
        finally:
            if not done:
                connection.close()
        return connection


def prepare(path: Path) -> None:
    """Make the file of a store, empty, and its folder, for the owner's eyes only.

    Raises:
        OSError: The system refused.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ".gitignore").write_text(IGNORE)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def settle(connection: sqlite3.Connection, path: Path, scripts: Sequence[str]) -> None:
    """Set a connection up, and bring the file to the newest schema.

    Raises:
        StateError: The file is another program's, or newer.
        sqlite3.Error: SQLite refused.
    """
    with at_one_moment(connection):
        version = version_of(connection, path, len(scripts))
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is removed is not to be found any more
    if version == len(scripts):
        return
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # for a new file only; see give_back
    log_ahead(connection)
    with transaction(connection):
        version = version_of(connection, path, len(scripts))  # another process may be done
        if 0 < version < len(scripts):
            copy(path, path.with_name(f"{path.name}.schema-{version}"))
        for number, script in enumerate(scripts[version:], version + 1):
            for statement in statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")


def version_of(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    """Return the version of a file's schema; 0 for an empty file.

    Raises:
        StateError: The file is another program's, or newer.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or version or tables):
        raise StateError(
            f"{str(path)!r} is a database of another program",
            hint="Give the store another place; the file was not touched.",
        )
    if version > newest:
        raise StateError(
            f"the store {str(path)!r} has the schema {version}, this version of nodekit knows "
            f"schemas up to {newest}",
            hint="Update nodekit, or give the store another place; the file was not touched.",
        )
    return int(version)


def log_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log; SQLite itself does not wait for others here."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def give_back(connection: sqlite3.Connection) -> None:
    """Give the room in the file that is free back to the system, but for a little.

    Where another process writes, it is left to who closes the file later.
    """
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free <= ROOM:
        return
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        # A script goes on to its end; execute() frees one page only.
        connection.executescript(f"PRAGMA incremental_vacuum({free - ROOM})")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise


def copy(path: Path, target: Path) -> None:
    """Copy a store as it is committed to another file, which takes its name when it is whole."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(part)) as new,
    ):
        part.chmod(0o600)
        old.backup(new)
    part.replace(target)


def statements(script: str) -> Generator[str, None, None]:
    """Yield the statements of an SQL text."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""


@contextmanager
def at_one_moment(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """Let nothing change between what the block reads: others may be making the store."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """Do all of the block or nothing, and let nobody else write in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Generator[None, None, None]:
    """Turn what SQLite or the system refuses into a StateError with place and remedy."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise  # a bug of ours
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF
        text, hint = REFUSALS.get(code, ("cannot be used", None))
        said = f": {error}" if code not in SAID else ""
        raise StateError(f"the store {str(path)!r} {text}{said}", hint=hint) from error
    except OSError as error:
        raise StateError(
            f"the store {str(path)!r} cannot be made: {reason(error)}",
            hint="Give the store a place where files can be written.",
        ) from error


PLACE = "Give the store a place where files can be written."
MOVE = "Move the file away to begin a new store, or restore a copy; it was not touched."

SAID = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FULL}

REFUSALS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: ("is no database", MOVE),
    sqlite3.SQLITE_CORRUPT: ("is damaged", MOVE),
    sqlite3.SQLITE_FULL: (
        "cannot be written: the disk is full",
        "Free some space and try again; what was kept before is kept.",
    ),
    sqlite3.SQLITE_READONLY: ("cannot be written", PLACE),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", PLACE),
    sqlite3.SQLITE_PERM: ("cannot be opened", PLACE),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "Look after the disk, then try again."),
    sqlite3.SQLITE_BUSY: (
        "is in use by another process",
        "Try again when that process is done.",
    ),
}
"""What to say, and what to do, by the code of SQLite's refusal."""
