"""A run as a value: what it came to, and how it is said."""

import json

from nodekit import ItemError, Items, Run, RunFailed, StepRun
from nodekit.engine import StepRuns
from nodekit.engine.reasons import Reasons
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
    step.taken, step.tries, step.retries, step.waited = 7, 3, 5, 1.5
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
                "in": 7,
                "counts": {"main": 2},
                "failed": 3,
                "errors": {"no": {"first": 4, "count": 2}, "bad": {"first": 5, "count": 1}},
                "tries": 3,
                "retries": 5,
                "waited": 1.5,
                "seconds": 0.0,
            }
        ],
    }


def test_messages_that_differ_by_their_item_only_are_one() -> None:
    reasons = Reasons()
    reasons.add(ItemError(f"no {n} [item {n}]; see item 3", item=n) for n in (4, 4, 7))
    reasons.add([ItemError("bad [item 4]", item=4), ItemError("bad [item 4]", item=40)])
    reasons.add([ItemError("as a whole"), ItemError("bad [item 6]", item=6)])
    assert reasons.record() == {
        "no 4 [item 4]; see item 3": {"first": 4, "count": 2},
        "no 7 [item 7]; see item 3": {"first": 7, "count": 1},
        "bad [item 4]": {"first": 4, "count": 3},
        "as a whole": {"first": None, "count": 1},
    }


def test_there_is_an_end_to_the_messages_that_are_told_apart() -> None:
    reasons = Reasons()
    reasons.add(ItemError(f"no {n}", item=n) for n in range(1500))
    reasons.add([ItemError("no 7", item=1600)])
    assert len(reasons.record()) == 1000
    assert reasons.record()["no 7"] == {"first": 7, "count": 2}


def test_reasons_are_as_they_were_when_they_are_unpacked() -> None:
    reasons = Reasons()
    reasons.add([ItemError("no [item 4]", item=4), ItemError("other")])
    again = Reasons.unpack(json.loads(json.dumps(reasons.pack())))
    again.add([ItemError("no [item 9]", item=9)])
    assert again.record() == {
        "no [item 4]": {"first": 4, "count": 2},
        "other": {"first": None, "count": 1},
    }


def test_a_step_that_failed_as_a_whole_and_went_on_says_why() -> None:
    went_on = StepRun("A", 0, {}, 0, error=NO, outputs={"main": Items()})
    stopped = StepRun("A", 0, {}, 0, error=NO)
    assert [why.message for why in went_on.why()] == [NO.message]
    assert not stopped.why()


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
