"""What remove_duplicates remembers of earlier slices."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from nodekit_nodes_core.comparing import identity
from nodekit_nodes_core.duplicates import Comparison, distinct
from nodekit_nodes_core.paths import MISSING
from nodekit_nodes_core.repeats import digest, first_seen

from nodekit import Json

COMPARISON = Comparison(["a"], dots=True, strict=False, null_is_type=False)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, 1.0, "", "1", "true"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=1), inner),
    max_leaves=4,
)


@given(st.lists(VALUES, min_size=2, max_size=6))
def test_digests_are_the_same_where_values_are(values: list[Json]) -> None:
    for value in values:
        for other in values:
            same = digest([value]) == digest([other])
            assert same == (identity(value) == identity(other))


def test_a_missing_value_has_a_digest_of_its_own() -> None:
    values: list[Json] = [MISSING, None, 0, [], "", False]
    found = {digest([value]) for value in values}
    assert len(found) == 6


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=9), st.booleans())
def test_slices_are_compared_with_all_before(slices: list[list[int]], anew: bool) -> None:
    rows = [{"a": value} for part in slices for value in part]
    memory: dict[str, Any] = {}
    chosen: list[int] = []
    start = 0
    for part in slices:
        found = first_seen([{"a": value} for value in part], COMPARISON, memory)
        chosen += [start + i for i in found]
        start += len(part)
        if anew:
            memory = {name: value for name, value in memory.items() if name[0] != "_"}
    assert chosen == distinct(rows, COMPARISON, last=False)


@pytest.mark.parametrize(("slices", "blocks"), [(1, 1), (4, 1), (7, 3), (8, 1)])
def test_what_is_remembered_lies_in_few_blocks(slices: int, blocks: int) -> None:
    memory: dict[str, Any] = {}
    for i in range(slices):
        first_seen([{"a": i}], COMPARISON, memory)
    texts = [text for name, text in memory.items() if name.startswith("seen") and text]
    assert len(texts) == blocks
    assert sum(map(len, texts)) == 20 * slices
