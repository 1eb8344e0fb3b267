"""The words at the end of a run, and the first items for a person to see."""

import pytest

from nodekit import ItemError, Items
from nodekit.cli import words
from nodekit.cli.preview import preview
from nodekit.cli.summary import lines, summary
from nodekit.cli.tally import Reason, StepTally, Tally
from nodekit.engine import Run, StepRun


def tally(*steps: StepTally) -> Tally:
    made = Tally()
    made.steps = {step.step: step for step in steps}
    return made


GET = StepTally("Get", runs=1, taken=10_000, given={"main": 9_990, "error": 10}, seconds=1.234)
WALK = StepTally("Walk", runs=3, taken=30, given={"main": 30}, failed=2, seconds=0.5)
TORN = StepTally("Torn", runs=1, taken=5, status="error")


def test_the_words_of_a_summary() -> None:
    made = tally(GET, WALK, TORN)
    gone, other = Reason("gone", "Get", 3, 10), Reason("x", "Walk", None, 2_000)
    made.reasons = {("Get", "gone"): gone, ("Walk", "x"): other}
    run = Run("id", "p", 0.0, seconds=1.5, items=Items([{}]))
    run.steps = [StepRun("Walk", 0, {}, 0.0, hints=["turn left"])] * 2
    assert list(lines(run, made, ["out.csv"])) == [
        "step                    in                   out  failed  seconds",
        "Get                 10,000  main 9,990, error 10       0     1.23",
        "Walk (run 3 times)      30                    30       2     0.50",
        "Torn                     5                     –       0     0.00",
        'failed 2,000 × in step "Walk": x',
        'failed 10 × in step "Get", first at item 3: gone',
        "Walk: turn left",
        "written: out.csv",
        "done: 1 item in 1.50 s",
    ]  # fmt: skip


def test_only_the_most_frequent_errors_are_named() -> None:
    made = tally()
    made.reasons = {("A", str(i)): Reason(str(i), "A", 0, i) for i in range(1, 14)}
    found = [line for line in lines(Run("id", "p", 0.0), made, []) if "failed" in line]
    assert found[1] == 'failed 13 × in step "A", first at item 0: 13'
    assert len(found) == 11
    assert "and 3 other errors" in lines(Run("id", "p", 0.0), made, [])


@pytest.mark.parametrize(
    ("status", "line"),
    [("error", "failed: 0 items in 0.00 s"), ("canceled", "canceled: 0 items in 0.00 s")],
)
def test_the_last_line_says_how_it_ended(status: str, line: str) -> None:
    run = Run("id", "p", 0.0)
    run.status = status  # type: ignore[assignment]  # parametrize knows no literals
    assert [*lines(run, tally(), [])][-1] == line


def test_the_error_of_a_run_stands_in_the_json() -> None:
    run = Run("id", "p", 0.0, status="error", error=ItemError("gone", item=2), failed_step="Get")
    assert summary(run, tally(), [])["error"] == {
        "type": "NodeError",
        "message": "gone",
        "item": 2,
        "step": "Get",
    }


def test_the_preview_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    preview([{"name": "Ada\nL", "n": 1}, {"n": None, "more": [1, "x"]}])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "name   n     more",
        "Ada L  1",
        '       null  [1,"x"]',
        "2 items",
    ]


def test_the_preview_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    preview([{f"f{i}": i for i in range(9)}] * 11)
    *table, rest = capsys.readouterr().out.splitlines()
    assert len(table) == 11
    assert "f8" not in table[0]
    assert rest == "the first 10 of 11 items, 1 more field"


def test_the_preview_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    preview([])
    assert capsys.readouterr().out == "0 items\n"


@pytest.mark.parametrize("markup", ["[red]x[/red]", "[bold"])
def test_data_is_never_markup(capsys: pytest.CaptureFixture[str], markup: str) -> None:
    preview([{markup: markup}])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        markup,
        markup,
        "1 item",
    ]


def test_errors_are_red_on_a_terminal_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(words, "talking", lambda: True)
    assert words.colored()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not words.colored()
    words.complain("gone", "Look elsewhere.")
    assert capsys.readouterr().err == "error: gone\n  Look elsewhere.\n"
