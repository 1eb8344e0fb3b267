"""Items by column, held against plain lists of items."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from nodekit import Binary, Item, ItemError, Items, PairedItem
from nodekit.links import Arrival, Joined, Link, Straight

TEXT = Binary(b"hello", media_type="text/plain", file_name="a.txt")
FAILED = ItemError("no", item=1)

json = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=2)
links: st.SearchStrategy[Link] = st.none() | st.lists(
    st.builds(PairedItem, st.integers(0, 5)), max_size=2
).map(tuple)


@st.composite
def single(draw: st.DrawFn) -> Item:
    """Draw one item with something of everything."""
    return Item(
        draw(json),
        binary={"file": TEXT} if draw(st.booleans()) else {},
        links=draw(links),
        error=FAILED if draw(st.booleans()) else None,
    )


rows = st.lists(single(), max_size=6)


@given(rows)
def test_columns_give_back_the_items_they_were_made_of(items: list[Item]) -> None:
    columns = Items.of(items)
    assert list(columns) == items
    assert [columns[i] for i in range(-len(items), len(items))] == items + items
    assert len(columns) == len(items)
    assert Items.of(columns) is columns


@given(rows, st.slices(7))
def test_a_slice_of_columns_is_a_slice_of_the_items(items: list[Item], part: slice) -> None:
    assert list(Items.of(items)[part]) == items[part]


@given(rows, st.data())
def test_taking_gives_the_items_at_these_positions(items: list[Item], data: st.DataObject) -> None:
    assume(items)
    indexes = data.draw(st.lists(st.integers(0, len(items) - 1), max_size=8))
    assert list(Items.of(items).take(indexes)) == [items[i] for i in indexes]


@given(rows, rows, rows)
def test_joining_puts_sequences_one_after_another(
    one: list[Item], two: list[Item], three: list[Item]
) -> None:
    joined = Items.join(map(Items.of, (one, two, three)))
    assert list(joined) == [*one, *two, *three]
    assert Items.of(one) + Items.of(two) + Items.of(three) == joined


@given(rows)
def test_other_json_keeps_links_and_binaries_but_no_errors(items: list[Item]) -> None:
    changed = Items.of(items).with_json([{"n": n} for n in range(len(items))])
    assert list(changed) == [
        Item({"n": n}, binary=item.binary, links=item.links) for n, item in enumerate(items)
    ]


@given(rows)
def test_what_arrived_is_linked_to_its_own_place(items: list[Item]) -> None:
    arrived = Items.of(items).arrived(Arrival("left", "Before", "main", 1))
    assert list(arrived) == [
        Item(item.json, binary=item.binary, links=(PairedItem(i, "left", "Before", "main", 1),))
        for i, item in enumerate(items)
    ]


@pytest.mark.parametrize("index", [3, -4, 17, -17])
def test_there_is_nothing_beyond_the_ends(index: int) -> None:
    with pytest.raises(IndexError):
        Items([{}, {}, {}])[index]


def test_joining_nothing_gives_nothing() -> None:
    assert list(Items.join([])) == []
    only = Items([{"a": 1}])
    assert Items.join([Items(), only, Items()]) is only


def test_joining_straight_columns_copies_no_link() -> None:
    parts = [Items([{}]).arrived(Arrival(name)) for name in ("left", "right")]
    joined = Items.join(parts)
    assert isinstance(joined.links, Joined)
    assert all(isinstance(part, Straight) for part in joined.links.parts)


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Items([{}, {}], links=[None]), "2 items cannot have 1 links"),
    (lambda: Items([{}, {}]).with_json([{}]), "2 items cannot take the json of 1"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=["links", "json"])
def test_columns_must_be_equally_long(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()


def test_items_are_equal_by_what_they_hold() -> None:
    assert Items([{"a": 1}]) == Items([{"a": 1}])
    assert Items([{"a": 1}]) != Items([{"a": 2}])
    assert Items([{"a": 1}]) != Items([{"a": 1}, {}])
    assert Items() != []
    assert Item({"a": 1}) == Item({"a": 1})
    assert Item({"a": 1}) != Item({"a": 1}, links=())
    assert Item({}) != {}


@pytest.mark.parametrize("value", [Item({}), Items()], ids=["item", "items"])
def test_items_have_no_hash(value: Any) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


def test_a_derived_item_keeps_what_it_was_given() -> None:
    item = Item({"a": 1, "b": 2}, binary={"file": TEXT}, links=(PairedItem(3),), error=FAILED)
    other = Binary(b"")
    assert item.with_json(a=5) == Item(
        {"a": 5, "b": 2}, binary={"file": TEXT}, links=(PairedItem(3),)
    )
    assert item.with_binary(more=other).binary == {"file": TEXT, "more": other}
    assert item.derive({"c": 1}) == Item({"c": 1}, links=(PairedItem(3),))
    assert item.derive({}, binary={"more": other}).binary == {"more": other}
    assert item.json == {"a": 1, "b": 2}


def test_a_failing_item_keeps_its_json_unless_it_is_given_other() -> None:
    item = Item({"a": 1}, binary={"file": TEXT}, links=(PairedItem(0),))
    assert item.failed(FAILED) == Item(
        {"a": 1}, binary={"file": TEXT}, links=(PairedItem(0),), error=FAILED
    )
    assert item.failed(FAILED, {"b": 2}).json == {"b": 2}


def test_an_item_made_of_several_is_linked_to_all_of_them_once() -> None:
    one = Item({}, links=(PairedItem(0), PairedItem(1)))
    two = Item({}, links=(PairedItem(1), PairedItem(2, "right")))
    joined = Item.join({"a": 1}, [one, two, Item({})], binary={"file": TEXT})
    assert joined.links == (PairedItem(0), PairedItem(1), PairedItem(2, "right"))
    assert joined.binary == {"file": TEXT}


def test_other_links_leave_the_rest() -> None:
    items = Items([{"a": 1}], binary={0: {"file": TEXT}}, errors={0: FAILED})
    assert items.linked([(PairedItem(4),)])[0] == Item(
        {"a": 1}, binary={"file": TEXT}, links=(PairedItem(4),), error=FAILED
    )


@pytest.mark.parametrize("kept", ["memory", "file"])
def test_a_binary_is_read_wherever_its_bytes_are(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(b"hello")
    binary = Binary(b"hello" if kept == "memory" else path)
    assert (binary.size, binary.bytes()) == (5, b"hello")
    with binary.open() as file:
        assert file.read() == b"hello"
    assert binary.sha256() == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_everything_says_what_it_is() -> None:
    assert repr(TEXT) == "Binary('text/plain', file_name='a.txt', size=5)"
    assert repr(FAILED) == "ItemError('no', type='NodeError', item=1)"
    assert repr(Items([{}, {}])) == "Items(2 items)"
    assert repr(Item({"a": 1})) == "Item({'a': 1})"
    assert repr(Item({}, links=(PairedItem(0),), error=FAILED)) == (
        "Item({}, links=(PairedItem(item=0, input='main', step=None, output=None, run=None),), "
        "error=ItemError('no', type='NodeError', item=1))"
    )
