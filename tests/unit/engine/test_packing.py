"""What is written down comes back as it was."""

import pytest
from hypothesis import given, strategies as st

from nodekit import Json
from nodekit.engine.packing import dumps, loads, pack_part

VALUES: list[Json] = [
    2**64,
    -(2**63) - 1,
    10**40,
    "\ud800",
    "line\nend",
    1.5,
    -0.0,
    {"a": [None, True, 2**63, {"b": 10**30}]},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value: Json) -> None:
    assert repr(loads(dumps(value))) == repr(value)


@given(st.lists(st.sampled_from(VALUES), max_size=4))
def test_values_come_back_out_of_a_piece(values: list[Json]) -> None:
    packed = pack_part(7, [dumps(value) for value in values])
    assert repr(loads(packed)) == repr({"first": 7, "rows": values})
