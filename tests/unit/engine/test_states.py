"""States: read, kept, merged with what another run has kept."""

import logging
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr

from nodekit import Context, Item, ItemNode, Pipeline, State, StateError
from nodekit.engine import states as states_module
from nodekit.engine.states import States, masked, plain, secrets_in
from nodekit.state import Kept, MemoryKeeper, Row
from tests.support.flow import Nothing, flow


class Count(State):
    """A number, and a secret."""

    count: int = 0
    token: SecretStr = SecretStr("")


class Adding(ItemNode[Nothing, Count]):
    """Keeps a number; two runs add up."""

    @classmethod
    def merge_state(cls, base: Count | None, stored: Count, mine: Count) -> Count:
        """Add what this run has added to what is stored."""
        added = mine.count - (base.count if base else 0)
        return Count(count=stored.count + added, token=mine.token)

    def run_item(self, item: Item, params: Nothing, ctx: Context[Count]) -> Item:
        """Pass it on."""
        return item


class Winning(Adding):
    """Keeps a number; the last one wins."""

    @classmethod
    def merge_state(cls, base: Count | None, stored: Count, mine: Count) -> None:  # type: ignore[override]  # narrower
        """Let this run win."""


class Watermark(Adding):
    """Keeps its state only where the run was a success."""

    state_kept = "on_success"


PIPELINE = flow(
    [
        {"name": "Add", "type": "adding"},
        {"name": "Win", "type": "winning"},
        {"name": "Mark", "type": "watermark"},
        {"name": "Plain"},
    ],
    {"adding": Adding, "winning": Winning, "watermark": Watermark},
)


class Crowded(MemoryKeeper):
    """A keeper into which others write, just before each of so many writes."""

    def __init__(self, step: str | None, rows: list[Row]) -> None:
        super().__init__()
        self.step = step
        self.others = rows

    async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
        if step == self.step and self.others:
            kept = self.rows.get((pipeline, step))
            self.rows[pipeline, step] = Kept(self.others.pop(0), (kept.version if kept else 0) + 1)
        return await super().write(pipeline, step, row, version)


async def begun(keeper: MemoryKeeper, pipeline: Pipeline = PIPELINE) -> States:
    states = States(pipeline, keeper)
    await states.read()
    return states


def count_of(states: States, step: str) -> Count:
    state = states.steps[step]
    assert isinstance(state, Count)
    return state


async def test_what_one_run_keeps_the_next_one_reads() -> None:
    keeper = MemoryKeeper()
    states = await begun(keeper)
    count_of(states, "Add").count = 3
    states.shared["seen"] = [1]
    await states.keep_all(success=True)
    after = await begun(keeper)
    assert (count_of(after, "Add").count, after.shared) == (3, {"seen": [1]})
    assert "Plain" not in after.steps
    assert (after.version("Add"), after.version(None), after.version("Plain")) == (1, 1, 0)


async def test_what_has_not_changed_is_not_written() -> None:
    keeper = MemoryKeeper()
    states = await begun(keeper)
    await states.keep_all(success=True)
    written = dict(keeper.rows)
    await (await begun(keeper)).keep_all(success=True)
    assert keeper.rows == written
    assert ("test", None) not in written


async def test_a_watermark_is_kept_on_success_only() -> None:
    keeper = MemoryKeeper()
    states = await begun(keeper)
    count_of(states, "Mark").count = count_of(states, "Add").count = 3
    await states.keep_all(success=False)
    assert ("test", "Mark") not in keeper.rows
    assert ("test", "Add") in keeper.rows
    await states.keep_all(success=True)
    assert ("test", "Mark") in keeper.rows


async def test_one_step_keeps_its_own_state_and_the_pipelines() -> None:
    keeper = MemoryKeeper()
    states = await begun(keeper)
    count_of(states, "Add").count = count_of(states, "Win").count = 3
    states.shared["a"] = 1
    await states.keep("Add")
    assert set(keeper.rows) == {("test", "Add"), ("test", None)}
    await states.keep("Plain")
    assert set(keeper.rows) == {("test", "Add"), ("test", None)}


@given(others=st.lists(st.integers(-5, 5), max_size=4), mine=st.integers(1, 5))
async def test_nothing_that_several_runs_add_is_lost_or_counted_twice(
    others: list[int], mine: int
) -> None:
    sums = [sum(others[: at + 1]) for at in range(len(others))]
    keeper = Crowded("Add", [{"count": total, "token": SecretStr("")} for total in sums])
    states = await begun(keeper)
    count_of(states, "Add").count += mine
    await states.keep("Add")
    kept = keeper.rows["test", "Add"].row
    assert kept["count"] == sum(others) + mine
    assert count_of(states, "Add").count == kept["count"]


async def test_without_a_merge_the_last_one_wins_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keeper = Crowded("Win", [{"count": 9}])
    states = await begun(keeper)
    count_of(states, "Win").count = 2
    with caplog.at_level(logging.WARNING, "nodekit"):
        await states.keep("Win")
    assert keeper.rows["test", "Win"].row["count"] == 2
    assert [record.getMessage() for record in caplog.records] == [
        'step "Win": another run kept its state; this one takes its place'
    ]


async def test_what_others_set_for_the_pipeline_stays_unless_this_run_set_it_too() -> None:
    keeper = Crowded(None, [])
    keeper.rows["test", None] = Kept({"same": 1, "mine": 1, "gone": 1, "theirs": 1}, 1)
    states = await begun(keeper)
    keeper.others = [
        {"same": 1, "mine": 2, "gone": 1, "theirs": 2, "new": 2},
        {"same": 1, "mine": 3, "gone": 1, "theirs": 3, "new": 3, "newer": 3},
    ]
    states.shared["mine"] = 9
    del states.shared["gone"]
    await states.keep()
    expected = {"same": 1, "mine": 9, "theirs": 3, "new": 3, "newer": 3}
    assert keeper.rows["test", None].row == expected
    assert states.shared == expected


async def test_a_row_that_was_cleared_in_between_is_written_anew() -> None:
    class Clearing(MemoryKeeper):
        """Forgets everything before the first write."""

        cleared = False

        async def write(self, pipeline: str, step: str | None, row: Row, version: int) -> bool:
            if not self.cleared:
                self.cleared = True
                self.rows.clear()
            return await super().write(pipeline, step, row, version)

    keeper = Clearing()
    keeper.rows["test", "Add"] = Kept({"count": 4}, 7)
    states = await begun(keeper)
    count_of(states, "Add").count = 5
    await states.keep("Add")
    assert keeper.rows["test", "Add"] == Kept({"count": 5, "token": SecretStr("")}, 1)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("Add", 'the state of "Add" is kept by others all the time'),
        (None, 'the state of "test" is kept by others all the time'),
    ],
    ids=["step", "pipeline"],
)
async def test_a_row_that_others_write_all_the_time_is_an_error(
    step: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states_module, "PAUSE", 0.0)
    states = await begun(Crowded(step, [{"count": n} for n in range(states_module.TRIES)]))
    count_of(states, "Add").count = 50
    states.shared["a"] = 1
    with pytest.raises(StateError) as failed:
        await states.keep("Add")
    assert str(failed.value) == message


async def test_a_row_that_does_not_fit_is_an_error() -> None:
    keeper = MemoryKeeper()
    keeper.rows["test", "Add"] = Kept({"count": "many"}, 1)
    with pytest.raises(StateError) as failed:
        await begun(keeper)
    assert str(failed.value) == 'step "Add": the kept state does not fit Count'
    assert failed.value.hint == (
        "Remove it with `nodekit state clear`, or install the version that kept it."
    )


async def test_what_is_kept_is_not_changed_by_what_comes_after() -> None:
    keeper = MemoryKeeper()
    states = await begun(keeper)
    states.shared["list"] = [1]
    await states.keep()
    states.shared["list"].append(2)
    assert keeper.rows["test", None].row == {"list": [1]}
    await states.keep()
    assert keeper.rows["test", None].row == {"list": [1, 2]}


async def test_what_was_kept_elsewhere_is_taken_note_of() -> None:
    states = await begun(MemoryKeeper())
    states.kept("Add", {"count": 1}, 4)
    assert states.version("Add") == 4


async def test_secrets_are_masked_in_the_record_and_known() -> None:
    states = await begun(MemoryKeeper())
    states.steps["Add"] = Count(count=1, token=SecretStr("hush"))
    states.shared = {"list": ["a"]}
    record = states.record()
    assert record["steps"]["Add"] == {"count": 1, "token": "***"}
    assert record["steps"]["Win"] == {"count": 0, "token": ""}
    assert record["pipeline"] == {"list": ["a"]}
    assert [text for text in states.secrets() if text] == ["hush"]


SECRET = SecretStr("hush")

VALUES: list[tuple[Any, Any]] = [
    ({1: (1, 2)}, {"1": [1, 2]}),
    ({"a": {3}}, {"a": [3]}),
    (b"x", "x"),
    (SECRET, SECRET),
    ([SECRET, None], [SECRET, None]),
]


@pytest.mark.parametrize(("value", "kept"), VALUES, ids=[repr(value) for value, _ in VALUES])
def test_a_dumped_value_becomes_json_but_for_secrets(value: Any, kept: Any) -> None:
    assert plain(value) == kept


def test_secrets_are_found_at_any_depth() -> None:
    row = {"a": [{"b": SECRET}], "c": SecretStr("more"), "d": 1}
    assert secrets_in(row) == ["hush", "more"]
    assert masked(row) == {"a": [{"b": "***"}], "c": "***", "d": 1}


async def test_a_row_can_be_put_in_the_place_of_a_state() -> None:
    keeper = MemoryKeeper()
    keeper.rows["test", "Add"] = Kept({"count": 4}, 7)
    states = await begun(keeper)
    states.put("Add", {"count": 6})
    assert count_of(states, "Add").count == 6
    assert (states.last("Add"), states.last("Win")) == ({"count": 4}, {})
    assert [states.waits_for_success(step) for step in ("Add", "Mark")] == [False, True]
