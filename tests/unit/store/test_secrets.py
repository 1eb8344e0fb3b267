"""Secrets in kept states: sealed, bound to their place, never in clear."""

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from nodekit.errors import StateError
from nodekit.state import Row
from nodekit.store import StateWrite
from nodekit.store.keys import Keys
from nodekit.store.sqlite import SqliteStore

CANARY = "canary-7f3a9c"

SESSIONS: Row = {
    "sessions": {"ada": {"id": "a", "token": SecretStr(CANARY)}, "bob": {"id": "b"}},
    "last": [SecretStr(f"{CANARY}-last"), "x"],
    "own": SecretStr(f"{CANARY}-own"),
    "n": 1,
}


def fixed(byte: int) -> Keys:
    return Keys({"NODEKIT_KEY": b64encode(bytes([byte]) * 32).decode()})


def forms(text: str) -> Iterator[bytes]:
    """Yield how a secret could stand in a file: as it is, as hexadecimal, in base64."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield text.encode("utf-16-le")
    yield from (b64encode(b"\0" * n + raw)[4:-4] for n in range(3))


async def test_no_artefact_holds_a_secret_or_the_key(path: Path, tmp_path: Path) -> None:
    keys = Keys({"XDG_CONFIG_HOME": str(tmp_path / "config")})
    async with SqliteStore.opened(path, keys=keys) as store:
        fence = await store.begin("R1", pipeline="p", name="P")
        await store.write("p", "s", SESSIONS, 0)
        await store.write("p", "s", {**SESSIONS, "n": 2}, 1)
        await store.commit("R1", fence, states=[StateWrite("p", "t", SESSIONS, 0)])
        await store.clear("p", ["t"])
        alive = {file.name: file.read_bytes() for file in path.parent.iterdir()}
        assert {"nodekit.db", "nodekit.db-wal"} <= alive.keys()
    ended = {f"{file.name} at the end": file.read_bytes() for file in path.parent.iterdir()}
    key = keys.make()
    for name, content in (alive | ended).items():
        for form in forms(CANARY):
            assert form not in content, name
        for form in (key.secret, key.secret.hex().encode(), b64encode(key.secret)[:20]):
            assert form not in content, name


async def test_the_rest_of_a_state_stays_readable(path: Path) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        await store.write("p", "s", SESSIONS, 0)
    with closing(sqlite3.connect(path)) as connection:
        (content,) = connection.execute("SELECT content FROM states").fetchone()
    assert content == (
        '{"sessions":{"ada":{"id":"a","token":null},"bob":{"id":"b"}},"last":[null,"x"],'
        '"own":null,"n":1}'
    )


async def test_the_same_secret_is_never_sealed_the_same_way(path: Path) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        for step in "ab":
            await store.write("p", step, {"a": SecretStr("x"), "b": SecretStr("x")}, 0)
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("SELECT secrets FROM states")]
    texts = [part for text in found for part in text.split('"') if len(part) > 20]
    assert len(texts) == len(set(texts)) == 4


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (Keys({"NODEKIT_KEY_FILE": "/nowhere/key"}), "there is none"),
        (fixed(2), "NODEKIT_KEY is the key 9b1f5ddaa2d6a9b1"),
    ],
    ids=["missing", "wrong"],
)
async def test_without_the_right_key_a_sealed_state_is_refused(
    path: Path, keys: Keys, found: str
) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        await store.write("p", "s", SESSIONS, 0)
        await store.write("p", None, {"n": 1}, 0)
    found = found.replace("9b1f5ddaa2d6a9b1", fixed(2).make().name)
    async with SqliteStore.opened(path, keys=keys) as store:
        with pytest.raises(StateError) as caught:
            await store.read("p", "s")
        assert caught.value.message == (
            f'the state of step "s" of "p" is sealed with the key {fixed(1).make().name}, '
            f"and {found}"
        )
        assert caught.value.hint == (
            "Give that key in NODEKIT_KEY or NODEKIT_KEY_FILE, or remove the state with "
            "`nodekit state clear`."
        )
        assert await store.read("p", None) is not None
        assert [row.row["n"] for row in await store.states()] == [1, 1]
        assert await store.clear("p", ["s"]) == 1
        assert await store.read("p", "s") is None


async def test_a_state_without_secrets_needs_no_key(path: Path, tmp_path: Path) -> None:
    keys = Keys({"XDG_CONFIG_HOME": str(tmp_path / "config")})
    async with SqliteStore.opened(path, keys=keys) as store:
        await store.write("p", "s", {"n": 1, "empty": SecretStr("")}, 0)
        kept = await store.read("p", "s")
    assert kept is not None
    assert kept.row == {"n": 1, "empty": SecretStr("")}
    assert not (tmp_path / "config").exists()


MOVES = {
    "another pipeline": "UPDATE states SET pipeline = 'q'",
    "another step": "UPDATE states SET step = 't'",
    "the pipeline's own": "UPDATE states SET step = NULL",
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_a_copied_row_does_not_open(
    path: Path, move: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        await store.write("p", "s", SESSIONS, 0)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(move)
        (row,) = await store.states()
        kept = await store.read(row.pipeline, row.step)
    assert kept is not None
    assert kept.row == {"sessions": {"bob": {"id": "b"}}, "last": ["x"], "n": 1}
    where = f'step "{row.step}" of "{row.pipeline}"' if row.step else 'pipeline "p"'
    assert caplog.messages == [
        f"the secret {name} in the state of {where} does not open and counts as absent"
        for name in ("sessions.ada.token", "last.0", "own")
    ]


DAMAGES = {
    "moved to another field": ('"own"', '"else"'),
    "no base64": ('["own"],"', '["own"],"!'),
    "cut": ('["own"],"', '["own"],"QUJD"],[["no"],"'),
    "changed": ('["own"],"', '["own"],"AAAA'),
}


@pytest.mark.parametrize(("old", "new"), DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_secret_counts_as_absent(
    path: Path, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        await store.write("p", "s", {"own": SecretStr(CANARY), "else": None, "n": 1}, 0)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE states SET secrets = replace(secrets, ?, ?)", (old, new))
        kept = await store.read("p", "s")
    assert kept is not None
    assert kept.row["n"] == 1
    assert CANARY not in str(kept.row)
    assert SecretStr(CANARY) not in kept.row.values()
    assert "does not open and counts as absent" in caplog.messages[0]


@pytest.mark.parametrize(
    ("name", "why"),
    [("file/key", "file exists"), ("file/deep/key", "not a directory")],
    ids=["a file in its way", "no folder"],
)
async def test_where_no_key_can_be_made_secrets_are_not_kept(
    path: Path, tmp_path: Path, name: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keys = Keys({"NODEKIT_KEY_FILE": str(tmp_path / name)})
    async with SqliteStore.opened(path, keys=keys) as store:
        assert await store.write("p", "s", {**SESSIONS, "empty": SecretStr("")}, 0)
        assert await store.write("p", "s", {**SESSIONS, "n": 2}, 1)
        kept = await store.read("p", "s")
        assert kept is not None
        assert kept.row == {"sessions": {"bob": {"id": "b"}}, "last": ["x"], "n": 2}
        assert caplog.messages == [
            'the secrets in the state of step "s" of "p" are not kept: cannot make the key file '
            f"{tmp_path / name}: {why}"
        ]
        assert all(CANARY.encode() not in file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize("column", ["content", "secrets"])
async def test_a_state_that_is_no_json_is_refused(path: Path, column: str) -> None:
    async with SqliteStore.opened(path, keys=fixed(1)) as store:
        await store.write("p", "s", SESSIONS, 0)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"UPDATE states SET {column} = '{{'")
        with pytest.raises(StateError) as caught:
            await store.read("p", "s")
    assert caught.value.message == 'the state of step "s" of "p" cannot be read: it is not JSON'
    assert caught.value.hint == (
        "Remove it with `nodekit state clear`, or restore a copy of the store."
    )
