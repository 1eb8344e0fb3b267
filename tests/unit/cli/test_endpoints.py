"""Places that can be written or not, and what the system says."""

import os
import sys
from io import StringIO
from pathlib import Path

import pytest

from nodekit.cli.endpoints import CallError, check_writable, items_of, write, write_special
from nodekit.cli.words import Unwritable, mute, print_line, put, say, write_bytes


def test_a_place_below_folders_that_do_not_exist_is_fine(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "a" / "b.csv"))


@pytest.mark.parametrize("name", ["folder", "old.csv", "folder/new.csv"])
def test_what_the_system_forbids_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("old.csv").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    why = "is a directory" if name == "folder" else "permission denied"
    with pytest.raises(CallError) as caught:
        check_writable(name)
    assert str(caught.value) == f"cannot write {name!r}: {why}"


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CallError) as caught:
        check_writable(str(tmp_path / "file" / "x.csv"))
    place = str(tmp_path / "file")
    assert str(caught.value) == f"cannot write '{place}/x.csv': {place!r} is not a directory"


def test_a_file_that_cannot_be_replaced_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def half(_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(Unwritable) as caught:
        write(str(path), half)
    assert str(caught.value) == "cannot write 'out.txt': no space left on device"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_that_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unwritable) as caught:
        write_special(tmp_path, lambda file: write_bytes(file, b"x"))
    assert str(caught.value) == f"cannot write {str(tmp_path)!r}: is a directory"


def test_a_folder_has_no_items(tmp_path: Path) -> None:
    with pytest.raises(CallError) as caught:
        items_of(str(tmp_path), "jsonl")
    assert str(caught.value) == f"cannot read {str(tmp_path)!r}: is a directory"


def test_closed_streams_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CallError, match=r"^cannot write standard output: it is closed$"):
        check_writable("-")
    with pytest.raises(Unwritable, match=r"^cannot write standard output: it is closed$"):
        put(lambda file: write_bytes(file, b"x"))
    with pytest.raises(CallError, match=r"^cannot read standard input: it is closed$"):
        items_of("-", "jsonl")


def test_lines_of_data_are_utf8_whatever_the_locale(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    print_line("é \ud800")
    assert capsysbinary.readouterr().out == b"\xc3\xa9 \\ud800\n"


@pytest.fixture
def outcry(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the streams that were muted."""
    muted: list[int] = []
    monkeypatch.setattr("nodekit.cli.words.mute", muted.append)
    return muted


def failing(error: OSError) -> object:
    def write_nothing(_: object) -> None:
        raise error

    return write_nothing


def test_a_reader_that_has_gone_is_no_error(outcry: list[int]) -> None:
    put(failing(BrokenPipeError()))  # type: ignore[arg-type]  # it takes any file
    assert outcry == [1]


def test_another_refusal_is_an_error(outcry: list[int]) -> None:
    with pytest.raises(Unwritable, match=r"^cannot write standard output: input/output error$"):
        put(failing(OSError(5, "Input/output error")))  # type: ignore[arg-type]  # it takes any file
    assert outcry == [1]


def test_what_is_written_to_a_muted_stream_is_gone(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("wb", buffering=0) as file:
        mute(file.fileno())
        file.write(b"more")
    assert (tmp_path / "stream").read_bytes() == b""


def test_words_that_cannot_be_said_are_not(
    outcry: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    say("hello")
    assert outcry == [2]
