"""Columns of values, held against plain lists."""

import pytest
from hypothesis import given, strategies as st

from nodekit.columns import Column, Found, Same, is_same, kinds_in


@given(st.integers(), st.integers(0, 6), st.slices(6), st.data())
def test_same_reads_like_a_list_of_one_value(
    value: int, size: int, part: slice, data: st.DataObject
) -> None:
    same, plain = Same(value, size), [value] * size
    assert (len(same), list(same), list(same[part])) == (size, plain, plain[part])
    assert [same[i] for i in range(-size, size)] == plain + plain
    for beyond in (size, -size - 1):
        with pytest.raises(IndexError):
            same[beyond]
    assert (same.count(value), same.count(value + 1)) == (size, 0)
    indexes = data.draw(st.lists(st.integers(0, size), max_size=size))
    same.keep(indexes)
    assert list(same) == [value] * len(indexes)


@given(st.lists(st.integers(0, 3)), st.slices(6))
def test_a_column_reads_like_its_list(values: list[int], part: slice) -> None:
    column = Column(values)
    assert (len(column), list(column), column[part]) == (len(values), values, values[part])
    assert column.count(1) == values.count(1)
    column.keep([i for i, value in enumerate(values) if value])
    assert list(column) == [value for value in values if value]


def test_columns_say_what_they_hold() -> None:
    assert repr(Column([1, 2])) == "Column([1, 2])"
    assert repr(Same("a", 3)) == "Same('a', 3)"


def test_a_column_of_one_value_is_told_apart() -> None:
    assert [is_same(column) for column in (Same(1, 2), Column([1, 1]), [1, 1])] == [
        True,
        False,
        False,
    ]


def test_the_types_of_values_are_looked_at_once() -> None:
    found = Found([1, "a", None])
    assert kinds_in(found) == kinds_in(iter(found)) == {int, str, type(None)}
    assert kinds_in(found) is kinds_in(found)
    assert found == [1, "a", None]
