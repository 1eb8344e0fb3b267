"""What the expressions of a step may see."""

from typing import Any

import pytest

from nodekit import ExpressionError, Items, Json, StepRun
from nodekit.engine.schedule import Source, Turn
from nodekit.engine.view import RunView, visible
from nodekit.pipeline.wiring import START
from nodekit.testing import FakeClock
from tests.support.flow import flow

PIPELINE = flow(
    [{"name": "A", "on_error": "error_output"}, {"name": "B"}, {"name": "C", "input": ".start"}],
    id="p1",
    settings={"vars": {"region": "eu"}, "env": ["HOME_TOWN", "NOWHERE"], "timezone": "Asia/Tokyo"},
)

ROWS = Items([{"n": 0}, {"n": 1}])
A0 = StepRun("A", 0, {}, 0, outputs={"main": ROWS, "error": Items()})


def view_of(step: str = "B", source: Source | None = None, **more: Any) -> RunView:
    turn = Turn(step, 2, {"main": source or Source("A", "main", 0)})
    history = {"A": [A0]}
    memories: dict[str, dict[str, Json]] = {"B": {"rest": 1, "_own": 2}, "A": {"seen": 3}}
    return RunView(PIPELINE, "r1", history, memories, FakeClock(5.0), turn, ROWS, "main", **more)


def test_the_facts_are_known_before_any_item_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME_TOWN", "Ulm")
    monkeypatch.delenv("NOWHERE", raising=False)
    facts = view_of(offset=4, extra={"$response": 1}).facts
    assert facts == {
        "step": "B",
        "runIndex": 2,
        "workflow": {"id": "p1", "name": "test", "active": False},
        "execution": {"id": "r1", "mode": "production"},
        "prevNode": {"name": "A", "outputIndex": 0, "runIndex": 0},
        "vars": {"region": "eu"},
        "env": {"HOME_TOWN": "Ulm"},
        "timezone": "Asia/Tokyo",
        "parameter": {},
        "nodeVersion": 1,
        "nodeId": "B",
        "envAllowed": ["HOME_TOWN", "NOWHERE"],
        "offset": 4,
        "extra": {"$response": 1},
        "sliced": False,
        "context": {"rest": 1},
    }
    assert view_of().now() == 5.0


def test_the_error_output_stands_last() -> None:
    facts = view_of(source=Source("A", "error", 1)).facts
    assert facts["prevNode"] == {"name": "A", "outputIndex": 1, "runIndex": 1}


def test_the_start_is_no_step_before() -> None:
    assert view_of("A", Source(START, "main", 0)).facts["prevNode"] is None


def test_another_step_is_seen_through_its_runs() -> None:
    other = view_of().step("A")
    assert other is not None
    assert (other.executed, other.runs, other.default_output) == (True, 1, 0)
    assert [len(items) for items in other.outputs(0)] == [2, 0]
    assert (other.params, other.context, other.connected) == ({}, {"seen": 3}, True)
    assert [getattr(item, "json", None) for item in other.paired([1, 0])] == [{"n": 1}, {"n": 0}]


def test_a_step_that_has_not_run_is_there_all_the_same() -> None:
    other = view_of().step("C")
    assert other is not None
    assert (other.executed, other.runs, other.connected, other.context) == (False, 0, False, {})


def test_a_step_from_which_no_path_leads_here_has_no_paired_items() -> None:
    other = view_of().step("C")
    assert other is not None
    (error,) = other.paired([0])
    assert isinstance(error, ExpressionError)
    assert error.message == "Invalid expression"


def test_a_step_there_is_none_of_is_none() -> None:
    assert view_of().step("Nowhere") is None


def test_memory_with_a_leading_underscore_is_the_nodes_own() -> None:
    assert visible({"_a": 1, "b": 2}) == {"b": 2}
