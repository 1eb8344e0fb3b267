"""The memory of a node, and what keeps it in memory."""

import pytest
from pydantic import ValidationError

from nodekit import State
from nodekit.state import Kept, MemoryKeeper


class Seen(State):
    """How many."""

    count: int = 0


def test_a_state_takes_no_value_that_does_not_fit() -> None:
    state = Seen()
    state.count = 3
    with pytest.raises(ValidationError):
        state.count = "many"  # type: ignore[assignment]  # this is what must be refused
    assert state.count == 3


def test_a_state_ignores_fields_of_another_version() -> None:
    assert Seen.model_validate({"count": 2, "gone": 1}) == Seen(count=2)


async def test_a_row_is_kept_in_place_of_the_one_it_was_made_from() -> None:
    keeper = MemoryKeeper()
    assert await keeper.read("p", None) is None
    assert await keeper.write("p", None, {"a": 1}, 0)
    assert await keeper.write("p", None, {"a": 2}, 1)
    assert await keeper.read("p", None) == Kept({"a": 2}, 2)


async def test_who_comes_second_is_refused() -> None:
    keeper = MemoryKeeper()
    assert await keeper.write("p", "s", {"a": 1}, 0)
    assert not await keeper.write("p", "s", {"a": 9}, 0)
    assert not await keeper.write("p", "other", {"a": 9}, 1)
    assert await keeper.read("p", "s") == Kept({"a": 1}, 1)
