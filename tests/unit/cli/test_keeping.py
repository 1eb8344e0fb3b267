"""What a run that is kept does with those that were kept before it."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from typer.testing import CliRunner, Result

from nodekit import Run, load
from nodekit.cli import keeping
from nodekit.cli.app import application
from nodekit.cli.lazy import LazyStore, store_beside
from nodekit.errors import StateError
from nodekit.store import Store
from nodekit.store.sqlite import SqliteStore

DAY = 86_400.0


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin in a folder with some items."""
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text('{"n":1}\n{"n":2}\n')


def flow(runs: str = "") -> None:
    settings = f"settings: {{runs: {runs}}}\n" if runs else ""
    Path("flow.yaml").write_text(f"name: flow\n{settings}steps:\n  - {{name: A, type: no_op}}\n")


def run(*args: str) -> Result:
    given = ["run", "flow.yaml", "-i", "in.jsonl", "-q", *args]
    return CliRunner().invoke(application("run"), given)


def kept() -> list[str]:
    """Return the runs that are kept, the last begun first, without the one that has just been."""
    result = CliRunner().invoke(application("runs"), ["runs", "ls", "--json"])
    rows: list[dict[str, Any]] = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0]["status"] == "success"
    return [row["run"] for row in rows[1:]]


def before(*days: float, pipeline: str = "flow", left: bool = False) -> None:
    """Keep a run that has ended so many days ago, for each; ``left`` if it can be gone on with."""

    async def fill() -> None:
        now = time.time()
        for age in days:
            moment = now - age * DAY
            async with SqliteStore.opened(store_beside(None), now=lambda m=moment: m) as store:
                fence = await store.begin(f"{age:g}", pipeline=pipeline, name=pipeline)
                if left:
                    await store.commit(f"{age:g}", fence, places={"call": b"{}"})
                await store.finish(f"{age:g}", fence, "error" if left else "success")

    anyio.run(fill)


KEEPING = [["--keep", "none"], ["--keep", "sample"], ["--batch", "1", "-o", "out.jsonl"]]


@pytest.mark.parametrize("how", KEEPING, ids=" ".join)
def test_by_itself_what_is_older_than_two_weeks_goes(how: Sequence[str]) -> None:
    flow()
    before(15, 14.01, 13.99, 3)
    result = run(*how)
    assert (result.exit_code, result.stderr) == (0, "")
    assert kept() == ["3", "13.99"]


@pytest.mark.parametrize(
    ("runs", "left"),
    [
        ("{keep: 2}", ["1"]),
        ("{keep: 3, age: 36h}", ["1"]),
        ("{age: 5d}", ["1", "4"]),
        ("{age: null}", ["1", "4", "20", "30"]),
        ("{keep: null, age: null}", ["1", "4", "20", "30"]),
        ("{keep: 4, age: null}", ["1", "4", "20"]),
    ],
)
def test_the_pipeline_says_how_long(runs: str, left: list[str]) -> None:
    flow(runs)
    before(30, 20, 4, 1)
    assert run("--keep", "none").exit_code == 0
    assert kept() == left


def test_what_can_be_gone_on_with_and_what_is_of_others_stays() -> None:
    flow("{keep: 1}")
    before(40, 30, left=True)
    before(20, pipeline="other")
    before(10)
    assert run("--keep", "none").exit_code == 0
    assert kept() == ["20", "30", "40"]


def test_a_run_that_is_not_kept_removes_nothing() -> None:
    flow("{keep: 1}")
    before(20, 10)
    assert run().exit_code == 0
    assert run("--keep", "none").exit_code == 0
    assert kept() == []


def test_a_long_list_goes_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    flow()
    before(*range(103, 90, -1))
    for left in (8, 3, 0):
        assert run("--keep", "none").exit_code == 0
        recent = CliRunner().invoke(application("runs"), ["runs", "ls", "--json"]).stdout
        assert sum(len(json.loads(line)["run"]) < 26 for line in recent.splitlines()) == left


def test_where_there_is_time_it_goes_at_once() -> None:
    flow()
    before(*range(115, 90, -1))
    assert run("--keep", "none").exit_code == 0
    assert kept() == []


async def broken(*_: object, **__: object) -> None:
    raise StateError("the disk is full", hint="Free some space.")


@pytest.mark.parametrize("how", KEEPING, ids=" ".join)
def test_what_cannot_be_removed_is_said_and_no_failure(
    how: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow()
    monkeypatch.setattr(SqliteStore, "retire", broken)
    result = run(*how)
    said = "error: old runs are not removed: the disk is full\n  Free some space.\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert kept() == []


def test_what_cannot_be_kept_is_said_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    flow()
    monkeypatch.setattr(SqliteStore, "begin", broken)
    result = run("--keep", "all", "-o", "out.jsonl")
    said = "error: the run is not kept: the disk is full\n  Free some space.\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert Path("out.jsonl").read_text() == Path("in.jsonl").read_text()


def test_the_run_at_hand_may_be_the_only_one_that_is_kept() -> None:
    flow("{keep: 1}")
    for _ in range(3):
        assert run("--keep", "none").exit_code == 0
    assert kept() == []


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ("{keep: 0}", '"settings.runs.keep" '),
        ("{age: long}", '"settings.runs.age" wants a length of time like 5s, 10m or 1h30m'),
        ("{days: 3}", 'there is no key "days"'),
        ("{kep: 3}", 'there is no key "kep"; did you mean "keep"?'),
    ],
)
def test_a_rule_that_is_none_is_refused(runs: str, said: str) -> None:
    flow(runs)
    result = run("--keep", "none")
    assert result.exit_code == 2
    assert said in result.stderr


async def test_the_time_may_be_given() -> None:
    flow()
    pipeline = load("flow.yaml")
    async with LazyStore(Path("kept.db")) as lazy, Store.open("kept.db") as store:
        for name, days in (("A", 0), ("B", 10), ("C", 30)):
            now = time.time() + days * DAY
            faults = await keeping.keep(
                pipeline, Run(name, "flow", now), lazy, "none", lambda t=now: t
            )
            assert faults == []
            # All have ended just now, whatever the time is that the rule is held against.
            found = [row.id for row in await store.runs()]
            assert found == {"A": ["A"], "B": ["B", "A"], "C": []}[name]
