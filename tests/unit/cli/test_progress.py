"""Counts of a run, and how they are shown while it goes on."""

import io
from typing import Literal

import pytest
from rich.console import Console

from nodekit import ItemError, Items
from nodekit.cli.live import Live, cells, clock_time
from nodekit.cli.progress import Lines, Nothing, Watch, far
from nodekit.cli.tally import Tally
from nodekit.engine import (
    Event,
    ItemFailed,
    Run,
    StepFinished,
    StepProgress,
    StepRetried,
    StepRun,
    StepStarted,
)


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


EVENTS: list[Event] = [
    StepStarted("Get", 0, 4),
    StepProgress("Get", 0, 2, 1, 4, ""),
    ItemFailed("Get", 0, ItemError("gone", item=1)),
    StepRetried("Get", 0, ItemError("busy", item=2), 1, 0.5),
    StepRetried("Get", 0, ItemError("busy"), 1, 2.0),
    StepProgress("Get", 0, 0, 0, 0, "page 7"),
    StepFinished("Get", 0, "success", {"main": 3, "error": 1}, 1.5),
    StepStarted("Get", 1, 1),
    StepFinished("Get", 1, "success", {"main": 1, "error": 0}, 0.5),
]


def tallied(events: list[Event]) -> Tally:
    tally = Tally()
    for event in events:
        tally.note(event, 100.0)
    return tally


def test_events_are_counted_by_step() -> None:
    assert tallied(EVENTS).steps["Get"].record() == {
        "step": "Get",
        "runs": 2,
        "in": 5,
        "out": {"main": 4, "error": 1},
        "failed": 1,
        "retries": 2,
        "waited": 0.0,
        "seconds": 2.0,
        "status": "success",
    }


def step_run(
    step: str,
    failures: list[ItemError],
    error: ItemError | None = None,
    outputs: dict[str, Items] | None = None,
    status: Literal["success", "error"] = "success",
) -> StepRun:
    run = StepRun(step, 0, {}, 0.0, status=status, error=error, outputs=outputs)
    run.failures = failures
    return run


def test_what_failed_is_known_at_the_end() -> None:
    tally = tallied(EVENTS)
    tally.note(StepStarted("All", 0, 7), 100.0)
    run = Run("id", "p", 0.0)
    run.steps = [
        step_run("Get", [ItemError("gone", item=3), ItemError("gone", item=4)], outputs={}),
        step_run("All", [], ItemError("refused"), {"main": Items()}),
        step_run("End", [], ItemError("over"), None, "error"),
    ]
    tally.settle(run)
    assert {name: row.failed for name, row in tally.steps.items()} == {"Get": 2, "All": 7, "End": 0}
    assert tally.failed == 9
    assert [reason.record() for reason in tally.reasons.values()] == [
        {"message": "gone", "count": 2, "step": "Get", "item": 3},
        {"message": "refused", "count": 1, "step": "All", "item": None},
    ]


def test_a_plain_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Hand()
    watch = Watch(Lines(clock), clock=clock)
    for event in EVENTS[:3]:
        watch(event)
    clock.time += 5
    watch(EVENTS[5])
    watch(EVENTS[5])
    watch.display.close()
    assert capsys.readouterr().err == "Get: 2 of 4 done, 1 failed – page 7\n"


def test_a_plain_line_without_failures() -> None:
    assert far(tallied(EVENTS[:2]).steps["Get"]) == "Get: 2 of 4 done"


def test_without_progress_there_is_silence(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(Nothing())
    for event in EVENTS:
        watch(event)
    watch.display.close()
    assert capsys.readouterr().err == ""


def test_verbose_says_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(Nothing(), verbose=True)
    for event in EVENTS:
        watch(event)
    assert capsys.readouterr().err == (
        'step "Get", item 1: gone\n'
        'step "Get", item 2: busy; again in 0.5 s\n'
        'step "Get": busy; again in 2 s\n'
        'step "Get": page 7\n'
    )


def test_a_failure_is_told_without_a_place_that_nobody_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Watch(Nothing(), verbose=True)(ItemFailed("Pass", 0, ItemError("gone")))
    assert capsys.readouterr().err == 'step "Pass": gone\n'


def test_a_live_line_says_done_failed_waiting_rate_and_time_left() -> None:
    row = tallied(EVENTS[:6]).steps["Get"]
    assert cells(row, 104.0) == (
        "› Get", "2/4", "1 failed", "2 waiting", "0/s", "0:04 left", "page 7",
    )  # fmt: skip


def test_a_live_line_before_anything_is_done() -> None:
    row = tallied(EVENTS[:1]).steps["Get"]
    assert cells(row, 100.0) == ("› Get", "0/4", "", "4 waiting", "0/s", "", "")


@pytest.mark.parametrize(("status", "mark"), [("success", "✓"), ("error", "✗")])
def test_a_live_line_of_a_step_that_has_run(status: str, mark: str) -> None:
    row = tallied([StepStarted("Get", 0, 4), StepFinished("Get", 0, status, {}, 1.25)]).steps["Get"]
    assert cells(row, 200.0) == (f"{mark} Get", "4/4", "", "", "1.2 s", "", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (67, "1:07"), (3600, "1:00:00"), (3723.6, "1:02:04")]
)
def test_time_left_reads_like_a_clock(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


def test_the_live_display_draws_and_goes_away() -> None:
    screen, clock = io.StringIO(), Hand()
    live = Live(clock, Console(file=screen, force_terminal=True, width=80, color_system=None))
    watch = Watch(live, clock=clock)
    watch(EVENTS[0])
    assert "› Get" in screen.getvalue()
    size = len(screen.getvalue())
    watch(EVENTS[1])
    assert len(screen.getvalue()) == size
    clock.time += 1
    watch(EVENTS[1])
    assert "2/4" in screen.getvalue()
    live.close()
    assert screen.getvalue().rstrip().endswith("\x1b[2K")


def test_the_live_display_is_drawn_on_standard_error() -> None:
    live = Live(Hand())
    live.close()
    assert live.screen.console.stderr
