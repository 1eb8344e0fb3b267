"""Columns of links, held against plain lists."""

import pytest
from hypothesis import assume, given, strategies as st

from nodekit import Item, PairedItem, Sources
from nodekit.links import Arrival, Joined, Link, Many, Straight, moved, take, unknown

ARRIVALS = [Arrival(), Arrival("left"), Arrival("main", "Before", "true", 2)]


@st.composite
def straights(draw: st.DrawFn) -> tuple[Straight, list[Link]]:
    """Draw a straight column, and the list it stands for."""
    arrival = draw(st.sampled_from(ARRIVALS))
    positions = draw(
        st.lists(st.integers(0, 9), max_size=6)
        | st.builds(range, st.integers(0, 3), st.integers(0, 9), st.integers(1, 3))
    )
    return Straight(arrival, positions), [(arrival.link(at),) for at in positions]


plain = st.lists(
    st.none() | st.lists(st.builds(PairedItem, st.integers(0, 9)), max_size=3).map(tuple),
    max_size=6,
).map(lambda links: (links, list(links)))

columns = straights() | plain


@st.composite
def joined(draw: st.DrawFn) -> tuple[Joined, list[Link]]:
    """Draw columns one after another, joined ones among them, and the list they stand for."""
    parts = draw(st.lists(columns | joined(), max_size=3))
    return Joined([part for part, _ in parts]), [link for _, links in parts for link in links]


any_column = columns | joined()


@given(any_column)
def test_a_column_reads_like_the_list_it_stands_for(
    both: tuple[Straight | Joined | list[Link], list[Link]],
) -> None:
    column, links = both
    assert len(column) == len(links)
    assert list(column) == links
    assert [column[i] for i in range(-len(links), len(links))] == links + links


@given(any_column, st.slices(8))
def test_a_slice_of_a_column_reads_like_a_slice_of_the_list(
    both: tuple[Straight | Joined | list[Link], list[Link]], part: slice
) -> None:
    column, links = both
    assert list(column[part]) == links[part]


@pytest.mark.parametrize("index", [3, -4, 17, -17])
def test_there_is_nothing_beyond_the_ends(index: int) -> None:
    for column in (Straight(Arrival(), range(3)), Joined([unknown(1), unknown(0), unknown(2)])):
        with pytest.raises(IndexError):
            column[index]


@given(any_column, st.data())
def test_taking_gives_the_links_at_these_positions(
    both: tuple[Straight | Joined | list[Link], list[Link]], data: st.DataObject
) -> None:
    column, links = both
    assume(links)
    indexes = data.draw(st.lists(st.integers(0, len(links) - 1), max_size=8))
    assert list(take(column, indexes)) == [links[i] for i in indexes]


def test_taking_from_a_straight_column_leaves_it_straight() -> None:
    column = take(Straight(Arrival("left"), [5, 7, 9]), [2, 0])
    assert isinstance(column, Straight)
    assert column.positions == [9, 5]
    first = take(Straight(Arrival(), range(9)), range(4))
    assert isinstance(first, Straight)
    assert first.positions == range(4)


def test_a_joined_column_in_another_is_taken_apart() -> None:
    parts = [Straight(Arrival(), [i]) for i in range(3)]
    column = Joined([Joined(parts[:2]), parts[2]])
    assert column.parts == tuple(parts)


def test_a_link_names_the_list_it_leads_to() -> None:
    link = Arrival("left", "Before", "true", 2).link(3)
    assert link == PairedItem(3, "left", "Before", "true", 2)


@given(st.lists(st.integers(0, 9), max_size=5), st.lists(st.integers(0, 9), max_size=5))
def test_many_links_are_as_good_as_a_tuple_of_them(some: list[int], others: list[int]) -> None:
    many, same = Many(Arrival("left"), some), tuple(PairedItem(at, "left") for at in some)
    assert many == same
    assert same == many
    assert (many == tuple(PairedItem(at, "left") for at in others)) == (some == others)
    assert (many == Many(Arrival("left"), others)) == (some == others)
    assert hash(many) == hash(same)
    assert (len(many), list(many), list(many[1:])) == (len(same), list(same), list(same[1:]))
    assert Item({}, links=many) == Item({}, links=same)


def test_many_links_to_another_list_are_others() -> None:
    assert Many(Arrival("left"), [1]) != Many(Arrival("right"), [1])
    assert Many(Arrival("left"), [1]) != [PairedItem(1, "left")]


@given(st.lists(st.tuples(any_column, st.booleans()), max_size=4), st.data())
def test_sources_are_all_links_once(
    parts: list[tuple[tuple[Straight | Joined | list[Link], list[Link]], bool]], data: st.DataObject
) -> None:
    sources, wanted = Sources(), dict[PairedItem, None]()
    for (column, links), known in parts:
        chosen = data.draw(st.lists(st.sampled_from(range(len(links))))) if links else []
        sources.add(column if known else None, chosen)
        if known:
            wanted |= {one: None for i in chosen for one in links[i] or ()}
    assert sources.link() == tuple(wanted)


@given(any_column, st.integers(0, 9))
def test_links_to_a_part_become_links_to_the_whole(
    both: tuple[Straight | Joined | list[Link], list[Link]], by: int
) -> None:
    column, links = both
    wanted = [
        link
        and tuple(
            PairedItem(one.item + (by if one.step is None else 0), one.input, *rest(one))
            for one in link
        )
        for link in links
    ]
    assert list(moved(column, by)) == wanted


def test_many_links_to_a_part_become_links_to_the_whole() -> None:
    near, far = Many(Arrival(), [0, 2]), Many(Arrival("main", "A", "true", 1), [0, 2])
    assert list(moved([near, far, None], 3)) == [Many(Arrival(), [3, 5]), far, None]


def rest(link: PairedItem) -> tuple[str | None, str | None, int | None]:
    """Return which list a link leads to, but for the input."""
    return link.step, link.output, link.run
