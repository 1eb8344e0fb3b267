"""The key that seals secrets: where it is found, and how it is made."""

import logging
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from nodekit.errors import StateError
from nodekit.store.keys import Keys, write_key

SECRET = bytes(range(200, 232))
TEXT = b64encode(SECRET).decode()


def test_the_variable_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_key(file)
    key = Keys({"NODEKIT_KEY": TEXT, "NODEKIT_KEY_FILE": str(file)}).find()
    assert key is not None
    assert (key.secret, key.origin) == (SECRET, "NODEKIT_KEY")


@pytest.mark.parametrize(
    "text", [TEXT, f" {TEXT}\n", urlsafe_b64encode(SECRET).decode()], ids=["plain", "space", "url"]
)
def test_a_key_is_32_bytes_in_base64(text: str) -> None:
    key = Keys({"NODEKIT_KEY": text}).make()
    assert key.secret == SECRET


@pytest.mark.parametrize(
    "text",
    ["correct horse battery staple", b64encode(SECRET[:16]).decode(), "ä", TEXT[:-1]],
    ids=["words", "short", "no ascii", "cut"],
)
def test_anything_else_is_refused_and_not_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        Keys({"NODEKIT_KEY": text}).find()
    assert caught.value.message == "NODEKIT_KEY is no key: wants 32 bytes in base64"
    assert caught.value.hint == "Make one: `head -c 32 /dev/urandom | base64`."
    file = tmp_path / "key"
    file.write_text(text, "utf-8")
    with pytest.raises(StateError) as caught:
        Keys({"NODEKIT_KEY_FILE": str(file)}).make()
    assert caught.value.message == f"the key file '{file}' is no key: wants 32 bytes in base64"


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    environ = {"NODEKIT_KEY": "", "NODEKIT_KEY_FILE": "", "XDG_CONFIG_HOME": str(tmp_path)}
    keys = Keys(environ)
    assert keys.file == tmp_path / "nodekit" / "key"
    assert keys.find() is None


def test_the_usual_place_is_the_users_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert Keys({}).file == Path("/home/ada/.config/nodekit/key")


def test_a_key_file_is_made_once_for_its_owner_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    keys = Keys(environ)
    made = keys.make()
    assert keys.make() is made
    assert Keys(environ).make() == made
    file = tmp_path / "config" / "nodekit" / "key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["key"]
    assert caplog.messages == [
        f"made the key file {file}: it seals the secrets in kept states. Keep a copy; without it "
        "they cannot be opened."
    ]
    assert caplog.records[0].levelno == logging.WARNING


def test_who_makes_the_key_second_takes_the_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert write_key(file) is True
    first = file.read_bytes()
    assert write_key(file) is False
    assert file.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_keys_have_names_that_give_nothing_away() -> None:
    key = Keys({"NODEKIT_KEY": TEXT}).make()
    assert len(key.name) == 16
    assert key.name != Keys({"NODEKIT_KEY": b64encode(bytes(32)).decode()}).make().name
    assert repr(key) == "Key(origin='NODEKIT_KEY')"


def test_a_key_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        Keys({"NODEKIT_KEY_FILE": str(tmp_path)}).find()
    assert caught.value.message == f"cannot read the key file '{tmp_path}': is a directory"
    assert caught.value.hint == "Let it be read, or give the key in NODEKIT_KEY."


def test_a_key_file_that_vanishes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodekit.store.keys.write_key", Path.exists)
    with pytest.raises(OSError, match="the key file is gone again"):
        Keys({"NODEKIT_KEY_FILE": str(tmp_path / "key")}).make()
