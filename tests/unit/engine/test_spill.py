"""Items that wait on disk come back as they were."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nodekit import Binary, Item, ItemError, Items, NodeError, PairedItem
from nodekit.engine.spill import DiskScratch, SpillFile
from nodekit.links import Arrival, Many, Straight

values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)

items = st.builds(
    Item,
    st.dictionaries(st.text(), values | st.lists(values, max_size=2), max_size=3),
    binary=st.dictionaries(st.just("file"), st.builds(Binary, st.binary()), max_size=1),
    links=st.none()
    | st.lists(st.builds(PairedItem, st.integers(0, 9), st.just("left")), max_size=2).map(tuple),
    error=st.none() | st.builds(ItemError, st.text(), item=st.none() | st.integers(0, 9)),
)


def shown(item: Item) -> tuple[Any, ...]:
    """Return all that makes an item, in a form that can be compared."""
    binary = {name: (found.bytes(), found.media_type) for name, found in item.binary.items()}
    error = item.error and (item.error.message, item.error.item)
    return dict(item.json), binary, item.links, error


@given(st.lists(st.lists(items, max_size=4), max_size=4))
def test_items_come_back_as_they_were(parts: list[list[Item]]) -> None:
    file = SpillFile()
    room = DiskScratch(file)
    for part in parts:
        room.add(Items.of(part), list(range(len(part))))
    found = [(list(map(shown, rows)), list(notes)) for rows, notes in room]
    wanted = [(list(map(shown, part)), list(range(len(part)))) for part in parts if part]
    assert (found, len(room)) == (wanted, sum(map(len, parts)))
    file.close()


@pytest.mark.parametrize(
    "links",
    [
        Straight(Arrival("left"), range(2, 5)),
        Straight(Arrival("left", "A", "true", 3), [7, 1, 1]),
        [None, (PairedItem(3, "main", "A", "true", 2),), Many(Arrival(), [4, 5])],
    ],
    ids=["range", "positions", "several"],
)
def test_links_come_back_as_they_were(links: Any) -> None:
    file = SpillFile()
    room = DiskScratch(file)
    room.add(Items([{}, {}, {}], links=links))
    ((rows, notes),) = room
    assert rows.links is not None
    assert (list(rows.links), notes) == (list(links), [None, None, None])
    file.close()


def test_two_rooms_share_a_file() -> None:
    file = SpillFile()
    one, other = DiskScratch(file), DiskScratch(file)
    for n in range(3):
        one.add(Items([{"n": n}]))
        other.add(Items([{"n": -n}]))
    assert [rows.json for rows, _ in one] == [[{"n": 0}], [{"n": 1}], [{"n": 2}]]
    assert [rows.json for rows, _ in other] == [[{"n": 0}], [{"n": -1}], [{"n": -2}]]
    file.close()


def test_there_is_a_note_for_each_item_or_none() -> None:
    room = DiskScratch(SpillFile())
    with pytest.raises(ValueError, match="2 items cannot have 1 notes"):
        room.add(Items([{}, {}]), [1])


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("nodekit.engine.spill.TemporaryFile", full)
    with pytest.raises(NodeError) as raised:
        SpillFile().add(b"x")
    assert (raised.value.message, raised.value.hint) == (
        "items that must wait on disk cannot be written: No space left on device",
        "Make room, or name another directory in the environment variable TMPDIR.",
    )


def test_nobody_else_can_read_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = SpillFile()
    file.add(b"x")
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    file.close()
    assert list(tmp_path.iterdir()) == []
