"""A run as a value: what it came to, and how it is said."""

from nodekit import ItemError, Items, Run, RunFailed, StepRun
from nodekit.engine import StepRuns
from nodekit.engine.schedule import Source

NO = ItemError("no", step="B", item=3, hint="Do.", cause=ValueError("no"))


def run_of(*steps: StepRun) -> Run:
    return Run("r1", "test", 0.0, seconds=1.25, steps=list(steps))


A0 = StepRun("A", 0, {"main": None}, 0.5, outputs={"yes": Items([{"n": 1}]), "no": Items()})
A1 = StepRun(
    "A", 1, {"main": Source("B", "main", 0)}, 0.5, outputs={"no": Items([{"n": 2}])}, failures=[NO]
)
B0 = StepRun("B", 0, {}, 0.75, status="error", error=NO, hints=["less"], tries=3)


def test_the_runs_of_a_step_read_as_one() -> None:
    runs = run_of(A0, B0, A1).step("A")
    assert (len(runs), runs[0], list(runs[:1])) == (2, A0, [A0])
    assert {name: items.json for name, items in runs.outputs.items()} == {
        "yes": [{"n": 1}],
        "no": [{"n": 2}],
    }
    assert (runs.items.json, len(runs.output("other"))) == ([{"n": 1}], 0)
    assert runs.errors == [NO]


def test_a_step_that_did_not_run_has_no_runs() -> None:
    runs = run_of(A0).step("C")
    assert (len(runs), runs.outputs, len(runs.items), runs.errors) == (0, {}, 0, [])
    assert isinstance(runs, StepRuns)


def test_a_run_knows_its_last_step_and_its_errors() -> None:
    run = run_of(A1, B0)
    assert (run.last_step, run.errors) == ("B", [NO, NO])
    assert run_of().last_step is None


def test_a_summary_counts_errors_by_message() -> None:
    failures = [ItemError("no", item=4), ItemError("bad", item=5), ItemError("no", item=9)]
    step = StepRun("A", 0, {}, 0, counts={"main": 2}, failures=failures, failed=3)
    run = run_of(step)
    run.status, run.error, run.failed_step = "error", NO, "B"
    assert run.summary() == {
        "status": "error",
        "error": {"type": "NodeError", "message": "no", "hint": "Do.", "item": 3, "step": "B"},
        "started": "1970-01-01T00:00:00.000Z",
        "seconds": 1.25,
        "steps": [
            {
                "step": "A",
                "run": 0,
                "status": "success",
                "counts": {"main": 2},
                "failed": 3,
                "errors": {"no": {"first": 4, "count": 2}, "bad": {"first": 5, "count": 1}},
                "tries": 1,
                "seconds": 0.0,
            }
        ],
    }


def test_a_record_holds_every_step() -> None:
    run = run_of(A1, B0)
    run.state = {"pipeline": {}, "steps": {}}
    record = run.record()
    steps = record.pop("steps")
    assert record == {
        "record": 1,
        "run": "r1",
        "pipeline": "test",
        "status": "success",
        "error": None,
        "last_step": "B",
        "started": "1970-01-01T00:00:00.000Z",
        "seconds": 1.25,
        "state": {"pipeline": {}, "steps": {}},
    }
    assert steps[0]["sources"] == {"main": {"step": "B", "output": "main", "run": 0}}
    assert steps[0]["outputs"] == {"no": [{"json": {"n": 2}, "from": None}]}
    assert (steps[1]["outputs"], steps[1]["hints"], steps[1]["tries"]) == (None, ["less"], 3)
    assert steps[1]["error"] == {"type": "NodeError", "message": "no", "hint": "Do.", "item": 3}
    assert steps[1]["started"] == "1970-01-01T00:00:00.750Z"


def test_a_failed_run_says_where() -> None:
    run = run_of(B0)
    run.status, run.error, run.failed_step = "error", NO, "B"
    failed = RunFailed(run)
    assert (str(failed), failed.hint) == ('step "B", item 3: no', "Do.")
    assert (failed.run, failed.step, failed.item, failed.cause) == (run, "B", 3, NO.cause)


def test_a_run_may_fail_without_a_step() -> None:
    run = run_of()
    assert str(RunFailed(run)) == "the run: ended early"
    run.error = ItemError("stopped")
    assert str(RunFailed(run)) == "the run: stopped"
