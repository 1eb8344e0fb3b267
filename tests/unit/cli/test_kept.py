"""``nodekit state`` and ``nodekit runs``: what is kept, looked at and removed."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from nodekit import StepRun
from nodekit.cli import kept
from nodekit.cli.app import application
from nodekit.cli.kept import key_of
from nodekit.cli.lazy import store_beside
from nodekit.engine.packing import dumps, pack_run
from nodekit.store import FailedItem, Owner, Store
from nodekit.store.sqlite import SqliteStore

PIPELINE = "name: orders\nsteps:\n  - {name: A, type: no_op}\n"
DEAD = replace(Owner.here(), start="0")


def nodekit(verb: str, *args: str) -> Result:
    return CliRunner().invoke(application(verb), [verb, *args])


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a pipeline and a key of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEKIT_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "orders.yaml").write_text(PIPELINE)
    return tmp_path


def fill(work: Callable[[Store], Awaitable[object]]) -> None:
    """Do something with the store beside the pipeline, at a time that stands still."""

    async def go() -> None:
        async with SqliteStore.opened(store_beside("orders.yaml"), now=lambda: 1e9) as store:
            await work(store)

    anyio.run(go)


async def states(store: Store) -> None:
    await store.write("orders", "A", {"n": 1, "token": SecretStr("hidden")}, 0)
    await store.write("orders", None, {"m": 2}, 0)
    await store.write("other", "A", {"n": 3}, 0)


async def some_runs(store: Store) -> None:
    for run, pipeline in (("01A", "orders"), ("01B", "other"), ("02A", "orders")):
        fence = await store.begin(run, pipeline=pipeline, name=pipeline.title(), owner=DEAD)
        if run != "02A":
            failed = [FailedItem("A", 7, {"message": "no"}, b"")]
            await store.commit(run, fence, failed=failed)
            await store.finish(run, fence, "error", {"items": 3})


MOMENT = "2001-09-09T01:46:40Z"


@pytest.mark.parametrize("verb", [("state", "show"), ("runs", "ls")], ids=" ".join)
def test_without_a_store_nothing_is_kept_and_nothing_made(
    verb: tuple[str, str], here: Path
) -> None:
    result = nodekit(*verb)
    said = "nothing is kept\n" if verb[0] == "state" else "no runs are kept\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", said)
    assert [one.name for one in here.iterdir()] == ["orders.yaml"]


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ((), [("orders", None), ("orders", "A"), ("other", "A")]),
        (("orders.yaml",), [("orders", None), ("orders", "A")]),
        (("orders",), [("orders", None), ("orders", "A")]),
        (("--step", "A"), [("orders", "A"), ("other", "A")]),
        (("nobody",), []),
    ],
    ids=["all", "a file", "a name", "a step", "nobody"],
)
def test_states_are_shown(args: tuple[str, ...], found: list[tuple[str, str | None]]) -> None:
    fill(states)
    rows = lines(nodekit("state", "show", *args))
    assert [(row["pipeline"], row["step"]) for row in rows] == found


def test_a_state_is_shown_without_its_secret() -> None:
    fill(states)
    (row,) = lines(nodekit("state", "show", "orders", "--step", "A"))
    assert len(row.pop("key")) == 16
    assert row == {
        "pipeline": "orders",
        "step": "A",
        "version": 1,
        "kept": MOMENT,
        "state": {"n": 1, "token": "***"},
    }


def test_states_are_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    fill(states)
    assert nodekit("state", "show", "orders").stdout == (
        f'"orders", the pipeline: version 1, kept {MOMENT}\n'
        '{\n  "m": 2\n}\n'
        f'"orders", step "A": version 1, kept {MOMENT}\n'
        '{\n  "n": 1,\n  "token": "***"\n}\n'
    )
    assert len(lines(nodekit("state", "show", "--json"))) == 3


@pytest.mark.parametrize(
    ("args", "said", "left"),
    [
        (("orders.yaml",), "removed 2 states\n", [("other", "A")]),
        (("orders", "--step", "A"), "removed 1 state\n", [("orders", None), ("other", "A")]),
        (("orders", "--own"), "removed 1 state\n", [("orders", "A"), ("other", "A")]),
    ],
    ids=["all", "a step", "its own"],
)
def test_states_are_cleared(
    args: tuple[str, ...], said: str, left: list[tuple[str, str | None]]
) -> None:
    fill(states)
    result = nodekit("state", "clear", *args)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", said)
    rows = lines(nodekit("state", "show"))
    assert [(row["pipeline"], row["step"]) for row in rows] == left


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("nobody",), 'nothing is kept of "nobody"'),
        (("orders", "--step", "B"), 'nothing is kept of "orders" there'),
    ],
    ids=["a pipeline", "a step"],
)
def test_clearing_what_is_not_there_is_an_error(args: tuple[str, ...], said: str) -> None:
    fill(states)
    result = nodekit("state", "clear", *args)
    assert (result.exit_code, result.stderr) == (1, f"error: {said}\n")


def test_another_store_may_be_given(tmp_path: Path) -> None:
    fill(states)
    store_beside("orders.yaml").rename(tmp_path / "moved.db")
    assert lines(nodekit("state", "show")) == []
    assert len(lines(nodekit("state", "show", "--store", "moved.db"))) == 3


def test_the_store_stands_beside_the_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(states)
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert len(lines(nodekit("state", "show", "../orders.yaml"))) == 2
    assert lines(nodekit("state", "show", "orders")) == []


@pytest.mark.parametrize("verb", [("state", "show"), ("runs", "ls")], ids=" ".join)
def test_a_store_that_cannot_be_used_is_an_error(verb: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database.\n" * 99)
    result = nodekit(*verb, "--store", "text.db")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: the store 'text.db' is no database\n"
        "  Move the file away to begin a new store, or restore a copy; it was not touched.\n"
    )


@pytest.mark.parametrize("verb", [("state", "show"), ("runs", "ls")], ids=" ".join)
def test_a_file_that_is_no_pipeline_is_a_wrong_call(verb: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("- [")
    result = nodekit(*verb, "bad.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: 'bad.yaml' cannot be read as a pipeline\n"
        "  `nodekit check bad.yaml` says what is wrong with it.\n",
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (PIPELINE, "orders"),
        (f"id: x7\n{PIPELINE}", "x7"),
        ("steps:\n  - {name: A, type: nobody_has_this}\n", "named"),
    ],
    ids=["a name", "an id", "the file's name, although it is wrong"],
)
def test_the_key_of_a_pipeline(text: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "named.yaml").write_text(text)
    assert key_of("named.yaml") == key


def test_runs_are_listed() -> None:
    fill(some_runs)
    rows = lines(nodekit("runs", "ls"))
    assert [row["run"] for row in rows] == ["02A", "01B", "01A"]
    assert rows[2] == {
        "run": "01A",
        "pipeline": "orders",
        "name": "Orders",
        "status": "error",
        "started": MOMENT,
        "ended": MOMENT,
        "pid": None,
    }
    assert (rows[0]["status"], rows[0]["ended"]) == ("interrupted", None)
    assert rows[0]["pid"] == DEAD.pid
    assert [row["run"] for row in lines(nodekit("runs", "ls", "orders.yaml"))] == ["02A", "01A"]
    assert [row["run"] for row in lines(nodekit("runs", "ls", "--limit", "1"))] == ["02A"]


def test_runs_are_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    fill(some_runs)
    assert nodekit("runs", "ls").stdout == (
        f"02A  {MOMENT}  Orders  interrupted\n"
        f"01B  {MOMENT}  Other   error\n"
        f"01A  {MOMENT}  Orders  error\n"
    )


def test_a_run_is_shown_with_what_it_came_to() -> None:
    fill(some_runs)
    found = json.loads(nodekit("runs", "show", "01A").stdout)
    assert found["summary"] == {"items": 3}
    assert found["failed"] == [{"step": "A", "item": 7, "error": {"message": "no"}}]
    assert found["run"] == "01A"


STEPS: list[dict[str, Any]] = [
    {
        "step": "A",
        "run": 0,
        "status": "success",
        "in": 2000,
        "counts": {"main": 1500, "error": 500},
        "failed": 500,
        "errors": {"no": {"first": 3, "count": 499}, "never": {"first": None, "count": 1}},
        "tries": 3,
        "retries": 12,
        "waited": 61.5,
        "seconds": 70.25,
    },
    {
        "step": "B",
        "run": 1,
        "status": "error",
        "in": 1500,
        "counts": {},
        "failed": 0,
        "errors": {},
        "tries": 1,
        "retries": 0,
        "waited": 0.0,
        "seconds": 0.004,
    },
]

SUMMARY: dict[str, Any] = {
    "status": "error",
    "error": {"type": "NodeError", "message": "broken", "step": "B", "item": 7},
    "started": MOMENT,
    "seconds": 71.5,
    "steps": STEPS,
}


async def a_run(store: Store, **more: Any) -> None:
    fence = await store.begin("01A", pipeline="orders", name="Orders")
    await store.finish("01A", fence, "error", {**SUMMARY, **more})


def test_a_run_is_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    fill(lambda store: a_run(store, record={"steps": []}))
    assert nodekit("runs", "show", "01A").stdout == (
        '01A, a run of "Orders": error\n'
        f"began {MOMENT}, ended {MOMENT}, took 71.50 s\n"
        "step          in                    out  failed  retries  waited  seconds\n"
        "A          2,000  main 1,500, error 500     500       12   61.50    70.25\n"
        "B (run 1)  1,500                      –       0        0    0.00     0.00\n"
        'failed: step "B", item 7: broken\n'
        'failed 499 × in step "A", first at item 3: no\n'
        'failed 1 × in step "A": never\n'
        "items of its steps are kept: --json shows them\n"
    )
    found = json.loads(nodekit("runs", "show", "01A", "--json").stdout)
    assert found["summary"]["steps"] == STEPS


def test_a_summary_of_somebody_else_is_shown_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    fill(some_runs)
    assert nodekit("runs", "show", "01A").stdout == (
        f'01A, a run of "Orders": error\nbegan {MOMENT}, ended {MOMENT}\n'
    )


def test_of_a_run_that_has_not_ended_what_is_written_down_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def total(begun: float, **more: Any) -> dict[str, Any]:
        run = StepRun("?", 0, {}, begun, counts={"main": 4}, **more)
        return pack_run(run)

    async def begin(store: Store) -> None:
        fence = await store.begin("01A", pipeline="orders", name="Orders")
        totals = {"A": total(1.0, retries=2, waited=1.5), "B/C": total(2.0, taken=4)}
        places = {
            "stretch/A/0": dumps({"totals": totals}),
            "whole/D/E/1": dumps({**total(0.5), "streamed": False}),
            "call": dumps({}),
        }
        await store.commit("01A", fence, places=places)

    fill(begin)
    found = json.loads(nodekit("runs", "show", "01A").stdout)
    steps = found["summary"]["steps"]
    assert [(step["step"], step["run"], step["retries"]) for step in steps] == [
        ("D/E", 1, 0),
        ("A", 0, 2),
        ("B/C", 0, 0),
    ]
    monkeypatch.setattr(kept, "showing", lambda: True)
    assert nodekit("runs", "show", "01A").stdout == (
        f'01A, a run of "Orders": running\nbegan {MOMENT}\n'
        "step         in  out  failed  retries  waited  seconds\n"
        "D/E (run 1)   0    4       0        0    0.00     0.00\n"
        "A             0    4       0        2    1.50     0.00\n"
        "B/C           4    4       0        0    0.00     0.00\n"
    )


def test_the_beginning_of_an_id_is_enough() -> None:
    fill(some_runs)
    assert json.loads(nodekit("runs", "show", "02").stdout)["run"] == "02A"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("01", "2 runs begin with '01'"),
        ("9", "there is no run that begins with '9'"),
    ],
    ids=["several", "none"],
)
def test_a_run_that_is_not_one(given: str, said: str) -> None:
    fill(some_runs)
    for verb in ("show", "rm"):
        result = nodekit("runs", verb, given)
        assert (result.exit_code, result.stdout, result.stderr) == (
            1,
            "",
            f"error: {said}\n  `nodekit runs ls` lists them.\n",
        )


@pytest.mark.parametrize(
    ("args", "said", "left"),
    [
        (("01A", "02"), "removed 2 runs\n", ["01B"]),
        (("--keep", "1"), "removed 2 runs\n", ["02A"]),
        (("--older", "30d"), "removed 3 runs\n", []),
        (("--older", "30d", "--keep", "2"), "removed 1 run\n", ["02A", "01B"]),
        (("--older", "36500d"), "removed 0 runs\n", ["02A", "01B", "01A"]),
    ],
    ids=["by id", "by count", "by age", "by both", "none so old"],
)
def test_runs_are_removed(args: tuple[str, ...], said: str, left: list[str]) -> None:
    fill(some_runs)
    result = nodekit("runs", "rm", *args)
    assert (result.exit_code, result.stderr) == (0, said)
    assert [row["run"] for row in lines(nodekit("runs", "ls"))] == left


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "say which runs: their ids, or else --older or --keep"),
        (("01A", "--keep", "1"), "say which runs: their ids, or else --older or --keep"),
        (("--older", "long"), "--older 'long' is no length of time like 12h or 30d"),
    ],
    ids=["nothing", "both", "no time"],
)
def test_a_wrong_call_removes_nothing(args: tuple[str, ...], said: str) -> None:
    fill(some_runs)
    result = nodekit("runs", "rm", *args)
    assert (result.exit_code, result.stderr) == (2, f"error: {said}\n")
    assert len(lines(nodekit("runs", "ls"))) == 3


def test_a_run_that_is_going_on_stays() -> None:
    fill(lambda store: store.begin("01A", pipeline="orders", name="Orders"))
    result = nodekit("runs", "rm", "01A")
    assert (result.exit_code, result.stderr) == (
        1,
        f"error: the run 01A is going on in process {Owner.here().pid}\n"
        "  Wait until that process has ended, or stop it.\n",
    )
    assert lines(nodekit("runs", "ls"))[0]["status"] == "running"
