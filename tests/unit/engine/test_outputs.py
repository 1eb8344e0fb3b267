"""A file as the output of a run: whole or not there, and gone on with."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nodekit import Items, NodeError, StateError
from nodekit.engine.outputs import FileSink
from nodekit.formats import Format, write_items

ROWS: list[dict[str, Any]] = [
    {"a": 1},
    {},
    {"a": "x\ny", "b": None},
    {"c": 'say "so"', "a": ""},
    {"a": [1, "é"]},
]


def whole(rows: list[dict[str, Any]], form: Format) -> bytes:
    """Return the file that all rows make at once."""
    file = io.BytesIO()
    write_items(file, rows, form)
    return file.getvalue()


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("rows", [ROWS, ROWS[1:2], []], ids=["rows", "an empty one", "none"])
async def test_parts_make_the_same_file(
    tmp_path: Path, form: Format, size: int, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path / "deep" / f"out.{form}"
    with FileSink(path, form) as sink:
        for start in range(0, len(rows), size):
            await sink.write(Items(rows[start : start + size]))
        assert not path.exists()
        await sink.finish()
    assert path.read_bytes() == whole(rows, form)
    assert names(path.parent) == [path.name]
    assert sink.count == len(rows)


CELLS = st.none() | st.integers() | st.booleans() | st.text(st.characters(codec="utf-8"))


@given(
    rows=st.lists(st.dictionaries(st.sampled_from("abc"), CELLS), max_size=8),
    cuts=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    form=st.sampled_from(["jsonl", "json", "csv"]),
)
@settings(deadline=None, max_examples=80)
async def test_a_file_that_is_gone_on_with_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    cuts: list[int],
    form: Format,
) -> None:
    path = tmp_path_factory.mktemp("out") / "out"
    at, place = 0, None
    for count in [*cuts, len(rows)]:
        with FileSink(path, form, lasting=True) as sink:
            await sink.restore(place)
            await sink.write(Items(rows[at : at + count]))
            at, place = min(len(rows), at + count), await sink.flush()
            await sink.write(Items([{"lost": True}]))  # its place is never written down
    with FileSink(path, form, lasting=True) as sink:
        await sink.restore(place)
        await sink.finish()
    assert path.read_bytes() == whole(rows, form)
    assert names(path.parent) == ["out"]


@pytest.mark.parametrize("form", ["jsonl", "json"])
async def test_a_file_with_its_name_is_taken_back(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "out"
    with FileSink(path, form, lasting=True) as sink:
        await sink.write(Items(ROWS))
        place = await sink.flush()
        await sink.finish()
    with FileSink(path, form, lasting=True) as sink:
        await sink.restore(place)
        assert not path.exists()
        await sink.finish()
    assert path.read_bytes() == whole(ROWS, form)


async def test_what_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with FileSink(tmp_path / "out", "jsonl") as sink:
        await sink.write(Items(ROWS))
    assert names(tmp_path) == []


async def test_the_permissions_of_the_old_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)
    with FileSink(path, "jsonl") as sink:
        await sink.write(Items([{"a": 1}]))
        assert path.read_text() == "old"
        await sink.finish()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ('{"a":1}\n', 0o640)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the output 'PART' is gone: the run cannot go on"),
        ('{"a":1}\n', "the output 'PART' has 8 bytes, the run had written 16"),
        ('{"a":1}\n{"a":3}\n', "the output 'PART' was changed since the run wrote it"),
    ],
)
async def test_another_file_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    part = tmp_path / "out.part"
    with FileSink(tmp_path / "out", "jsonl", lasting=True) as sink:
        await sink.write(Items([{"a": 1}, {"a": 2}]))
        place = await sink.flush()
    if content is None:
        part.unlink()
    else:
        part.write_text(content)
    again = FileSink(tmp_path / "out", "jsonl", lasting=True)
    with again, pytest.raises(StateError) as caught:
        await again.restore(place)
    assert caught.value.message == message.replace("PART", str(part))


async def test_a_system_that_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out"
    with FileSink(path, "jsonl", lasting=True) as sink:
        await sink.write(Items([{"a": 1}]))
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(NodeError) as caught:
            await sink.flush()
    assert caught.value.message == f"cannot write {str(path)!r}: no space left on device"
