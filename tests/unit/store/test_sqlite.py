"""The store in a file: the suite, and what can happen to a file."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from hypothesis import given, strategies as st

from nodekit.errors import StateError
from nodekit.store import FailedItem, Store, file, runs
from nodekit.store.keys import Keys
from nodekit.store.sqlite import SqliteStore
from tests.support.store_suite import LAW, StoreSuite


class TestSqliteStore(StoreSuite):
    """The suite over a store in a file."""


def content(path: Path) -> bytes:
    return path.read_bytes()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def spoil(path: Path, keep: float) -> None:
    """Overwrite the pages at the end of a file."""
    held = int(path.stat().st_size * keep) // 4096 * 4096
    whole = path.read_bytes()
    path.write_bytes(whole[:held] + b"\xa5" * (len(whole) - held))


async def filled(path: Path) -> None:
    """Make a store with a state and a run."""
    async with Store.open(path) as store:
        await store.write("p", "s", {"n": 1}, 0)
        fence = await store.begin("R1", pipeline="p", name="P")
        await store.commit("R1", fence, spool=[("c", n, b"x" * 500) for n in range(200)])


async def used(path: Path) -> None:
    """Read and write."""
    async with Store.open(path) as store:
        await store.spooled("R1", "c", 0, 1000)
        await store.write("p", "other", {"n": 1}, 0)


async def refused(path: Path) -> tuple[str, str | None]:
    """Return what opening, or else reading and writing, is refused with."""
    with pytest.raises(StateError) as caught:
        await used(path)
    return caught.value.message, caught.value.hint


async def test_a_store_lasts(path: Path) -> None:
    await filled(path)
    async with Store.open(str(path)) as store:
        kept = await store.read("p", "s")
        assert kept is not None
        assert kept.row == {"n": 1}
        assert len(await store.spooled("R1", "c", 0, 1000)) == 200


async def test_a_file_is_made_for_its_owner_alone(path: Path) -> None:
    await filled(path)
    assert mode(path.parent) == 0o700
    assert mode(path) == 0o600
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert names(path.parent) == [".gitignore", "nodekit.db"]


async def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    usual = mode(tmp_path)
    await filled(tmp_path / "kept.db")
    assert mode(tmp_path) == usual
    assert names(tmp_path) == ["kept.db"]


LAZY = """
import anyio, sys
from nodekit.store import Store

async def look():
    async with Store.open(sys.argv[1]) as store:
        await store.read("p", "s")
        await store.clear("p")
        await store.runs()
        if len(sys.argv) > 2:
            await store.write("p", "s", {"n": 1}, 0)

anyio.run(look)
print(*({"sqlite3", "cryptography"} & set(sys.modules)))
"""


def test_without_a_file_nothing_is_made_and_nothing_imported(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAZY, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
    assert not path.parent.exists()


def test_without_secrets_cryptography_is_not_imported(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAZY, path, "write"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "sqlite3\n"


async def test_a_new_store_waits_for_the_disk(path: Path) -> None:
    await filled(path)
    with closing(file.connect(path, make=False)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


async def test_who_reads_does_not_wait_for_who_writes(path: Path) -> None:
    await filled(path)
    async with Store.open(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert len(await store.spooled("R1", "c", 0, 1000)) == 200
            assert [row.step for row in await store.states()] == ["s"]


def text_file(path: Path) -> None:
    path.write_text("These are no data.\n" * 100)


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (n)")


def marked_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")


FOREIGN = {
    "text": (
        text_file,
        "the store {!r} is no database",
        "Move the file away to begin a new store, or restore a copy; it was not touched.",
    ),
    "tables": (
        foreign_database,
        "{!r} is a database of another program",
        "Give the store another place; the file was not touched.",
    ),
    "mark": (
        marked_database,
        "{!r} is a database of another program",
        "Give the store another place; the file was not touched.",
    ),
}


@pytest.mark.parametrize(("make", "message", "hint"), FOREIGN.values(), ids=FOREIGN)
async def test_a_foreign_file_is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], message: str, hint: str
) -> None:
    path = tmp_path / "foreign.db"
    make(path)
    before = content(path)
    assert await refused(path) == (message.format(str(path)), hint)
    assert content(path) == before
    assert names(tmp_path) == ["foreign.db"]


async def test_a_newer_schema_is_left_alone(path: Path) -> None:
    await filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = content(path)
    newest = len(file.migrations())
    assert await refused(path) == (
        f"the store '{path}' has the schema 99, this version of nodekit knows schemas up to "
        f"{newest}",
        "Update nodekit, or give the store another place; the file was not touched.",
    )
    assert content(path) == before


async def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    path.touch()
    async with Store.open(path) as store:
        assert await store.states() == []
    await filled(path)


@pytest.mark.parametrize("keep", [0.3, 0.9], ids=["most lost", "some lost"])
async def test_a_damaged_file_is_refused_and_left_alone(path: Path, keep: float) -> None:
    await filled(path)
    spoil(path, keep)
    before = content(path)
    message, hint = await refused(path)
    assert message == f"the store '{path}' is damaged: database disk image is malformed"
    assert hint == "Move the file away to begin a new store, or restore a copy; it was not touched."
    assert content(path) == before


async def test_a_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "deep" / "nodekit.db"
    assert await refused(path) == (
        f"the store '{path}' cannot be made: not a directory",
        "Give the store a place where files can be written.",
    )


async def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    assert await refused(tmp_path) == (
        f"the store '{tmp_path}' cannot be opened: unable to open database file",
        "Give the store a place where files can be written.",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_folder(path: Path) -> None:
    path.parent.parent.mkdir(mode=0o500)
    assert await refused(path) == (
        f"the store '{path}' cannot be made: permission denied",
        "Give the store a place where files can be written.",
    )


@pytest.fixture
def pragma(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set what a connection may do, once it is opened."""
    settle = file.settle

    def patch(statement: str) -> None:
        def settled(connection: sqlite3.Connection, *rest: object) -> None:
            settle(connection, *rest)  # type: ignore[arg-type]  # handed on as it came
            connection.execute(f"PRAGMA {statement}")

        monkeypatch.setattr(file, "settle", settled)

    return patch


async def test_a_full_disk_costs_only_what_does_not_fit(
    path: Path, pragma: Callable[[str], None]
) -> None:
    await filled(path)
    pragma(f"max_page_count = {len(content(path)) // 4096 + 4}")
    async with Store.open(path) as store:
        fence = await store.begin("R1", pipeline="p", name="P")
        with pytest.raises(StateError) as caught:
            await store.commit(
                "R1", fence, places={"a": b"1"}, spool=[("d", n, b"x" * 999) for n in range(999)]
            )
        assert caught.value.message == (f"the store '{path}' cannot be written: the disk is full")
        assert caught.value.hint == "Free some space and try again; what was kept before is kept."
        assert await store.places("R1") == {}
        assert await store.spool_length("R1", "c") == 200
        assert await store.commit("R1", fence, places={"a": b"2"})
        assert await store.places("R1") == {"a": b"2"}


async def test_a_file_that_may_only_be_read(path: Path, pragma: Callable[[str], None]) -> None:
    await filled(path)
    pragma("query_only = 1")
    assert await refused(path) == (
        f"the store '{path}' cannot be written: attempt to write a readonly database",
        "Give the store a place where files can be written.",
    )


async def test_another_process_that_does_not_let_go(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(path)
    monkeypatch.setattr(file, "PATIENCE", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await refused(path) == (
            f"the store '{path}' is in use by another process: database is locked",
            "Try again when that process is done.",
        )


async def test_making_a_file_waits_for_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.db"
    path.touch()
    monkeypatch.setattr(file, "PATIENCE", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM sqlite_master").fetchall()
        message, _ = await refused(path)
        assert message == f"the store '{path}' is in use by another process: database is locked"
    await filled(path)


async def test_bugs_of_ours_are_not_dressed_up(path: Path) -> None:
    with pytest.raises(sqlite3.ProgrammingError), file.explained(path):
        raise sqlite3.ProgrammingError("a bug")


NEXT = """-- one more
CREATE TABLE more (text TEXT DEFAULT 'a;b');
INSERT INTO more DEFAULT VALUES;
"""


async def test_an_older_store_is_copied_and_migrated(path: Path) -> None:
    await filled(path)
    scripts = [*file.migrations(), NEXT]
    old = len(scripts) - 1
    with closing(file.connect(path, make=False, scripts=scripts)) as connection:
        assert connection.execute("SELECT text FROM more").fetchall() == [("a;b",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (old + 1,)
        assert connection.execute("SELECT count(*) FROM spool").fetchone() == (200,)
    copy = path.with_name(f"nodekit.db.schema-{old}")
    assert mode(copy) == 0o600
    async with Store.open(copy) as store:
        assert len(await store.spooled("R1", "c", 0, 1000)) == 200
    assert names(path.parent) == [".gitignore", "nodekit.db", copy.name]


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    await filled(path)
    with pytest.raises(StateError) as caught:
        file.connect(path, make=False, scripts=[*file.migrations(), f"{NEXT}DROP TABLE nobody;\n"])
    assert caught.value.message == f"the store '{path}' cannot be used: no such table: nobody"
    async with Store.open(path) as store:
        assert len(await store.spooled("R1", "c", 0, 1000)) == 200
        assert await store.write("p", "s", {"n": 2}, 1)


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose last commit stands in the write-ahead log alone."""
    folder = tmp_path_factory.mktemp("torn")

    async def go() -> None:
        async with SqliteStore.opened(folder / "live.db", keys=Keys({})) as store:
            fence = await store.begin("R1", pipeline="p", name="P")
            rows = [("c", n, b"x" * 700) for n in range(50)]
            await store.commit("R1", fence, places={"a": b"1"}, spool=rows)
        async with SqliteStore.opened(folder / "live.db", keys=Keys({})) as store:
            rows = [("c", n, b"y" * 700) for n in range(50, 100)]
            await store.commit("R1", fence, places={"a": b"2"}, spool=rows)
            for end in ("", "-wal"):
                shutil.copy(folder / f"live.db{end}", folder / f"copy.db{end}")

    anyio.run(go)
    return folder


def cut(torn: Path, share: float) -> Path:
    """Return a copy of a store that has only a part of its log."""
    log, path = (torn / "copy.db-wal").read_bytes(), torn / "cut.db"
    path.with_name("cut.db-shm").unlink(missing_ok=True)
    shutil.copy(torn / "copy.db", path)
    path.with_name("cut.db-wal").write_bytes(log[: round(len(log) * share)])
    return path


@LAW
@given(share=st.floats(0, 1))
async def test_a_log_cut_at_any_byte_gives_before_or_after(torn: Path, share: float) -> None:
    path = cut(torn, share)
    async with Store.open(path) as store:
        place = (await store.places("R1"))["a"]
        rows = await store.spooled("R1", "c", 0, 1000)
        assert rows == [b"x" * 700] * 50 + ([b"y" * 700] * 50 if place == b"2" else [])
        assert place == (b"2" if share == 1 else b"1") or share > 0.99


async def test_what_is_left_of_a_run_goes_a_part_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SWEPT", 30)

    def left() -> int:
        with closing(sqlite3.connect(path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM failed").fetchone()
            return int(count)

    async with Store.open(path) as store:
        for run in ("R1", "R2"):
            fence = await store.begin(run, pipeline="p", name="p")
            failed = [FailedItem("s", n, None, b"") for n in range(40)]
            await store.commit(run, fence, failed=failed)
            await store.finish(run, fence, "success")
        assert await store.retire("p", count=0, most=1) == ["R1"]
        assert left() == 50
        fence = await store.begin("R3", pipeline="p", name="p")
        await store.commit("R3", fence, failed=[FailedItem("s", 0, None, b"new")])
        assert await store.failed("R3") == [FailedItem("s", 0, None, b"new")]
        assert await store.retire("p", count=0, most=1) == ["R2"]
        assert left() == 21
        for _ in range(2):
            assert await store.retire("p", count=0, most=1) == []
        assert left() == 1
        assert await store.remove("R1") is False


async def test_the_number_of_a_run_that_is_gone_is_not_given_again_too_early(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SWEPT", 1)
    async with Store.open(path) as store:
        fence = await store.begin("R1", pipeline="p", name="p")
        await store.commit("R1", fence, failed=[FailedItem("s", n, None, b"") for n in range(3)])
        await store.finish("R1", fence, "success")
        assert await store.retire("p", count=0, most=1) == ["R1"]
        await store.begin("R2", pipeline="p", name="p")
        assert await store.failed("R2") == []


def room(path: Path) -> int:
    """Return how many bytes a store takes up on the disk."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


async def test_room_that_is_free_is_given_back(path: Path) -> None:
    async with Store.open(path) as store:
        fence = await store.begin("run", pipeline="p", name="p", pipeline_print="x")
        await store.commit("run", fence, spool=[("cut", at, bytes(20_000)) for at in range(300)])
        await store.finish("run", fence, "success")
        assert room(path) > 6_000_000
    assert room(path) < 1_500_000


async def test_room_is_left_while_another_process_writes(path: Path) -> None:
    async with Store.open(path) as store:
        fence = await store.begin("run", pipeline="p", name="p", pipeline_print="x")
        await store.commit("run", fence, spool=[("cut", 0, bytes(6_000_000))])
        await store.finish("run", fence, "success")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    other.close()
    assert room(path) > 6_000_000
    async with Store.open(path) as store:
        await store.begin("other", pipeline="p", name="p", pipeline_print="x")
    assert room(path) < 1_500_000
