"""Files below one directory: found, read, replaced, appended to."""

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from nodekit import Files, NodeError
from nodekit.errors import shortened

HINT = "Files are read and written below the pipeline's own directory only."


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return the files below a directory that has a neighbour."""
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    return Files(base)


def refuse(code: int) -> Callable[..., None]:
    """Return a function that fails as the system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def read(files: Files, path: str) -> bytes:
    """Return the content of a file."""
    with files.open(path) as file:
        return file.read()


def give_up(file: BinaryIO) -> None:
    """Write something, then raise."""
    file.write(b"new")
    raise KeyError


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_path_inside_is_resolved(files: Files) -> None:
    assert files.resolve("a/../b.txt") == files.base / "b.txt"
    assert files.resolve(str(files.base / "b.txt")) == files.base / "b.txt"


@pytest.mark.parametrize("path", ["../outside.txt", "a/../../outside.txt", "/etc/passwd", "link"])
def test_a_path_outside_is_refused(files: Files, path: str) -> None:
    (files.base / "link").symlink_to(files.base.parent / "outside.txt")
    for use in (files.resolve, files.open, files.glob):
        with pytest.raises(NodeError) as failed:
            use(path)
        assert failed.value.message == f"path {path!r} leads outside {str(files.base)!r}"
        assert failed.value.hint == HINT


@pytest.mark.parametrize("path", ["", "a\0b", "a\ud800", "a" * 256, "€" * 100, "a/" * 2000])
def test_what_is_no_name_is_refused(files: Files, path: str) -> None:
    with pytest.raises(NodeError) as failed:
        files.resolve(path)
    assert failed.value.message == f"path {shortened(path)} is not a file name"


@pytest.mark.parametrize("name", ["a" * 255, "/".join(["a" * 200] * 14)])
def test_the_longest_names_there_are_may_be_used(files: Files, name: str) -> None:
    assert files.glob(name) == []
    assert not files.resolve(name).exists()


def test_why_files_cannot_be_looked_at_is_said(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    (files.base / "a.txt").touch()
    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(NodeError, match=r"^cannot read '\*\.txt': permission denied$"):
        files.glob("*.txt")


def test_a_file_is_opened_for_reading(files: Files) -> None:
    (files.base / "a.txt").write_bytes(b"x")
    assert read(files, "a.txt") == b"x"


def test_why_a_file_cannot_be_read_is_said(files: Files) -> None:
    with pytest.raises(NodeError, match=r"^cannot read 'a.txt': no such file or directory$"):
        files.open("a.txt")
    with pytest.raises(NodeError, match=r"^cannot read '.': is a directory$"):
        files.open(".")


def test_a_pipe_is_neither_read_nor_appended_to(files: Files) -> None:
    os.mkfifo(files.base / "pipe")
    with pytest.raises(NodeError, match=r"^cannot read 'pipe': is no plain file$"):
        files.open("pipe")
    with (
        pytest.raises(NodeError, match=r"^cannot write 'pipe': is no plain file$"),
        files.append("pipe"),
    ):
        pass


@pytest.mark.parametrize(
    ("pattern", "want"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "in/c.txt"]),
        ("in/../?.txt", ["a.txt", "b.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("a.txt", ["a.txt"]),
        ("*.csv", []),
        ("in", []),
        (".", []),
        ("", []),
    ],
)
def test_files_that_match_a_pattern_are_found(files: Files, pattern: str, want: list[str]) -> None:
    (files.base / "in").mkdir()
    for name in ("b.txt", "a.txt", "in/c.txt"):
        (files.base / name).touch()
    (files.base / "link.txt").symlink_to(files.base.parent / "outside.txt")
    assert files.glob(pattern) == want


def test_a_pattern_may_be_absolute(files: Files) -> None:
    (files.base / "a.txt").touch()
    assert files.glob(f"{files.base}/*.txt") == ["a.txt"]


@pytest.mark.parametrize("pattern", ["*/../../*.txt", "../*.txt", "/etc/*"])
def test_a_pattern_that_leads_outside_is_refused(files: Files, pattern: str) -> None:
    with pytest.raises(NodeError, match="leads outside"):
        files.glob(pattern)


def test_a_pattern_that_cannot_be_used_is_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Invalid pattern")

    monkeypatch.setattr(Path, "glob", fail)
    with pytest.raises(NodeError, match=r"^pattern 'a\*\*' cannot be used: Invalid pattern$"):
        files.glob("a**")


Write = Callable[[Files, str], AbstractContextManager[BinaryIO]]

both = pytest.mark.parametrize(
    "write", [pytest.param(Files.replace, id="replace"), pytest.param(Files.append, id="append")]
)


@both
def test_a_new_file_is_written_with_its_folders(files: Files, write: Write) -> None:
    with write(files, "in/a.txt") as file:
        file.write(b"one")
    assert read(files, "in/a.txt") == b"one"
    assert names_in(files.base / "in") == ["a.txt"]


def test_a_file_is_replaced(files: Files) -> None:
    (files.base / "a.txt").write_bytes(b"old")
    with files.replace("a.txt") as file:
        file.write(b"new")
        file.flush()
        assert read(files, "a.txt") == b"old"
    assert read(files, "a.txt") == b"new"


def test_a_file_is_appended_to(files: Files) -> None:
    for text in (b"one", b"", b"two"):
        with files.append("a.txt") as file:
            file.write(text)
    assert read(files, "a.txt") == b"onetwo"


@pytest.mark.parametrize("lengths", [[3, 4, 5], [100], [16, 16], [0]])
def test_what_is_appended_may_be_more_than_memory_holds(
    files: Files, monkeypatch: pytest.MonkeyPatch, lengths: list[int]
) -> None:
    monkeypatch.setattr("nodekit.files.BLOCK", 8)
    (files.base / "a.txt").write_bytes(b"old")
    pieces = [os.urandom(length) for length in lengths]
    with files.append("a.txt") as file:
        for piece in pieces:
            file.write(piece)
    assert read(files, "a.txt") == b"".join([b"old", *pieces])
    assert names_in(files.base) == ["a.txt"]


def test_a_long_text_that_does_not_fit_is_cut_off(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files.base / "a.txt").write_bytes(b"old")
    monkeypatch.setattr("nodekit.files.BLOCK", 8)
    monkeypatch.setattr(os, "fsync", refuse(28))
    with (
        pytest.raises(NodeError, match=r"^cannot write 'a.txt': no space left on device$"),
        files.append("a.txt") as file,
    ):
        file.write(b"new" * 100)
    assert read(files, "a.txt") == b"old"


def test_a_long_text_for_which_there_is_no_room_on_disk(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nodekit.files.BLOCK", 8)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse(28))
    with (
        pytest.raises(NodeError, match=r"^cannot write 'a.txt': no space left on device$"),
        files.append("a.txt") as file,
    ):
        file.write(b"new" * 100)
    assert names_in(files.base) == []


@both
def test_nothing_has_changed_when_the_block_raises(files: Files, write: Write) -> None:
    (files.base / "a.txt").write_bytes(b"old")
    with pytest.raises(KeyError), write(files, "a.txt") as file:
        give_up(file)
    assert read(files, "a.txt") == b"old"
    assert names_in(files.base) == ["a.txt"]


@both
def test_nothing_has_changed_when_the_disk_is_full(
    files: Files, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files.base / "a.txt").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refuse(28))
    with (
        pytest.raises(NodeError, match=r"^cannot write 'a.txt': no space left on device$"),
        write(files, "a.txt") as file,
    ):
        file.write(b"new")
    assert read(files, "a.txt") == b"old"
    assert names_in(files.base) == ["a.txt"]


@both
def test_why_a_file_cannot_be_written_is_said(files: Files, write: Write) -> None:
    (files.base / "a").touch()
    with (
        pytest.raises(NodeError, match=r"^cannot write 'a/b.txt': (not a directory|file exists)$"),
        write(files, "a/b.txt") as file,
    ):
        file.write(b"x")


@both
def test_a_file_outside_is_not_written(files: Files, write: Write) -> None:
    with pytest.raises(NodeError, match="leads outside"), write(files, "../outside.txt"):
        pass
    assert (files.base.parent / "outside.txt").read_text() == "secret"


@both
def test_a_link_stays_a_link(files: Files, write: Write) -> None:
    (files.base / "real.txt").write_bytes(b"")
    (files.base / "link.txt").symlink_to("real.txt")
    with write(files, "link.txt") as file:
        file.write(b"x")
    assert (files.base / "link.txt").is_symlink()
    assert read(files, "real.txt") == b"x"


def test_a_replaced_file_keeps_its_permissions(files: Files) -> None:
    path = files.base / "a.txt"
    path.touch()
    path.chmod(0o640)
    with files.replace("a.txt"):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_permissions(files: Files) -> None:
    before = os.umask(0o027)
    try:
        with files.replace("a.txt"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((files.base / "a.txt").stat().st_mode) == 0o640


def test_directories_are_synced_where_they_can_be(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("nodekit.files.os.name", "other")
    monkeypatch.setattr(os, "fsync", synced.append)
    with files.replace("a.txt") as file:
        file.write(b"x")
    assert len(synced) == 1
