"""The node wait, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.wait import Wait

from nodekit import PipelineError
from nodekit.testing import FakeClock, check_node_contract, raises_node_error, run_node

ROWS = [{"a": 1}, {"a": 2}]
NOW = 1_767_254_400.0  # 2026-01-01T08:00:00Z


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Wait, {"for": 0})


@pytest.mark.parametrize(
    ("params", "slept"),
    [
        pytest.param({"for": "1m30s"}, [90.0], id="text"),
        pytest.param({"for": 5}, [5.0], id="number"),
        pytest.param({"for": "2", "unit": "hours"}, [7200.0], id="number in text, with a unit"),
        pytest.param({"for": 1.5, "unit": "days"}, [129600.0], id="days"),
        pytest.param({"for": "={{ $json.a }}", "unit": "minutes"}, [60.0], id="of the first item"),
        pytest.param({"for": 0}, [], id="nothing"),
        pytest.param({"until": "2026-01-01T08:00:10Z"}, [10.0], id="until"),
        pytest.param({"until": "2026-01-01T09:00:10+01:00"}, [10.0], id="until, elsewhere"),
        pytest.param({"until": "2026-01-01 08:01"}, [60.0], id="until, in the pipeline's zone"),
        pytest.param({"until": "2025-01-01"}, [], id="past"),
    ],
)
async def test_it_waits_once_and_puts_the_items_out(params: Any, slept: list[float]) -> None:
    clock = FakeClock(NOW)
    result = await run_node(Wait, params, ROWS, clock=clock)
    assert clock.slept == slept
    assert result.json == ROWS


async def test_nothing_is_not_waited_for() -> None:
    clock = FakeClock(NOW)
    await run_node(Wait, {"for": "1h"}, [], clock=clock)
    assert clock.slept == []


async def test_a_timeout_ends_the_wait() -> None:
    with raises_node_error("timed out after 0.01 s"):
        await run_node(Wait, {"for": "1h"}, ROWS, timeout="10ms")


async def test_a_moment_must_be_one() -> None:
    with raises_node_error("cannot wait until 'soon': that is no moment"):
        await run_node(Wait, {"until": "soon"}, ROWS)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({}, 'wants one of "for" and "until", found none', id="none"),
        pytest.param({"for": 1, "until": "2026"}, 'found "for" and "until"', id="both"),
        pytest.param({"for": "soon"}, "wants a time such as 5s or 1m30s, found 'soon'", id="word"),
        pytest.param({"for": -1}, "wants a time from 0 on, found -1", id="negative"),
        pytest.param({"for": "inf"}, "wants a time from 0 on, found inf", id="for ever"),
    ],
)
async def test_a_bad_time_is_found_before_the_run(params: Any, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        await run_node(Wait, params, ROWS)
