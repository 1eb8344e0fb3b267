"""``nodekit run --batch``: going on, trying again, and what is refused."""

import json
import re
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from nodekit import Context, Item, ItemNode, NodeError, Params, Registry, Runtime, State
from nodekit.cli.app import application
from nodekit.cli.batch import FILES, OUTPUT, READ, filled, memory_of, rolled, unrolled
from nodekit.cli.call import Call
from nodekit.cli.run import with_last
from nodekit.registry import CREDENTIALS, NODES
from nodekit.store import Owner, Store

FLOW = """\
nodekit: 1
name: flow
steps:
  - name: Double
    type: set
    params: {keep: all, fields: {double: "={{ $json.n * 2 }}"}}
  - name: Door
    type: test.door
    params: {n: "={{ $json.n }}"}
"""

SOME_FAIL = """\
nodekit: 1
name: some-fail
steps:
  - name: Door
    type: test.door
    on_error: error_output
    params: {n: "={{ $json.n }}"}
"""


class Vault(State):
    """A secret."""

    token: SecretStr = SecretStr("")


class DoorParams(Params):
    n: int
    """A number."""


class Door(ItemNode[DoorParams]):
    """Let numbers from 7 on pass only where the file `open` is."""

    def run_item(self, item: Item, params: DoorParams, ctx: Context) -> Item:
        if params.n >= 7 and not Path("open").exists():
            raise NodeError("the door is shut")
        return item


class Keeper(ItemNode[DoorParams, Vault]):
    """Keep a secret."""

    def run_item(self, item: Item, params: DoorParams, ctx: Context[Vault]) -> Item:
        ctx.state.token = SecretStr(f"secret {params.n}")
        return item


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin in a folder with a pipeline and ten items."""
    registry = Registry(entry_points(group=NODES), entry_points(group=CREDENTIALS))
    registry.add("test.door", Door)
    registry.add("test.keeper", Keeper)
    monkeypatch.setattr(Registry, "_installed", registry)
    monkeypatch.chdir(tmp_path)
    Path("flow.yaml").write_text(FLOW)
    Path("in.jsonl").write_text(lines(range(10)))


def lines(numbers: range) -> str:
    return "".join(f'{{"n":{n}}}\n' for n in numbers)


def doubled(numbers: range) -> str:
    return "".join(f'{{"n":{n},"double":{2 * n}}}\n' for n in numbers)


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(application("run"), ["run", *args], input=stdin)


def interrupted(*more: str) -> str:
    """Begin a run that ends at the door; return its id."""
    result = run("flow.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "2", *more)
    assert result.exit_code == 1
    found = re.search(
        r'error: step "Door", item 7: the door is shut\n'
        r"go on with it: nodekit run flow.yaml --resume (\w{26})\n",
        result.stderr,
    )
    assert found is not None
    assert not Path("out.jsonl").exists()
    return found[1]


@pytest.mark.parametrize("which", ["", "id", "beginning", "last"])
def test_a_run_goes_on_where_it_ended(which: str) -> None:
    run_id = interrupted()
    assert Path("out.jsonl.part").read_text() == doubled(range(6))
    Path("open").touch()
    named = {"": [], "id": [run_id], "beginning": [run_id[:20]], "last": ["last"]}[which]
    result = run("flow.yaml", "--resume", *named)
    assert result.exit_code == 0
    assert Path("out.jsonl").read_text() == doubled(range(10))
    assert not Path("out.jsonl.part").exists()
    assert re.search(r"Double +10 +10 +0 ", result.stderr)
    assert result.stderr.splitlines()[-1].startswith("done: 10 items in ")


def test_the_store_stands_where_it_is_put() -> None:
    interrupted("--store", "kept/runs.db")
    assert not Path(".nodekit").exists()
    Path("open").touch()
    assert run("flow.yaml", "--resume", "--store", "kept/runs.db", "-q").exit_code == 0
    assert Path("out.jsonl").read_text() == doubled(range(10))


def test_a_run_without_anything_to_keep_makes_no_store() -> None:
    Path("open").touch()
    assert run("flow.yaml", "-i", "in.jsonl", "-q").exit_code == 0
    assert not Path(".nodekit").exists()


def change_input() -> None:
    Path("in.jsonl").write_text(lines(range(11)))


def cut_input() -> None:
    Path("in.jsonl").write_text(lines(range(5)))


def change_flow() -> None:
    Path("flow.yaml").write_text(FLOW.replace("* 2", "* 3"))


def change_both() -> None:
    change_flow()
    change_input()


def edit_output() -> None:
    Path("out.jsonl.part").write_text(doubled(range(6)).replace("8", "9"))


def cut_output() -> None:
    Path("out.jsonl.part").write_text(doubled(range(2)))


def remove_output() -> None:
    Path("out.jsonl.part").unlink()


FORCE = "  Undo the change, begin a new run, or go on all the same with --force.\n"
BACK = "  Put the file back as it was, or begin a new run.\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_input, 'the input changed since run "ID" began\n' + FORCE),
        (cut_input, 'the input changed since run "ID" began\n' + FORCE),
        (change_flow, 'the pipeline changed since run "ID" began\n' + FORCE),
        (change_both, 'the pipeline and the input changed since run "ID" began\n' + FORCE),
        (edit_output, "the output 'PART' was changed since the run wrote it\n" + BACK),
        (cut_output, "the output 'PART' has 38 bytes, the run had written 115\n" + BACK),
        (remove_output, "the output 'PART' is gone: the run cannot go on\n" + BACK),
    ],
)
def test_what_changed_in_between_is_refused(change: Callable[[], None], message: str) -> None:
    run_id = interrupted()
    Path("open").touch()
    change()
    result = run("flow.yaml", "--resume", "-q")
    part = str(Path("out.jsonl.part").absolute())
    wanted = message.replace("ID", run_id).replace("PART", part)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {wanted}")
    assert not Path("out.jsonl").exists()


def test_a_change_can_be_forced() -> None:
    interrupted()
    Path("open").touch()
    change_flow()
    assert run("flow.yaml", "--resume", "--force", "-q").exit_code == 0
    rest = "".join(f'{{"n":{n},"double":{3 * n}}}\n' for n in range(6, 10))
    assert Path("out.jsonl").read_text() == doubled(range(6)) + rest


def test_a_file_that_had_its_name_before_the_end_was_written_down_is_gone_on_with() -> None:
    interrupted()
    Path("open").touch()
    Path("out.jsonl.part").rename("out.jsonl")
    assert run("flow.yaml", "--resume", "-q").exit_code == 0
    assert Path("out.jsonl").read_text() == doubled(range(10))


def test_what_is_left_of_a_run_is_not_written_over() -> None:
    interrupted()
    result = run("flow.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "2")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: 'out.jsonl.part' is left of a run that was interrupted, or is going on\n"
        "  Go on with it: nodekit run flow.yaml --resume; or begin anew with --force.\n"
    )
    Path("open").touch()
    again = run("flow.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "2", "--force", "-q")
    assert again.exit_code == 0


async def begin_elsewhere(run_id: str) -> None:
    """Let a run be going on in a process of another machine."""
    async with Store.open(".nodekit/nodekit.db") as store:
        row = await store.run(run_id)
        assert row is not None
        await store.begin(
            run_id,
            pipeline=row.pipeline,
            name=row.name,
            input_print=row.input_print,
            pipeline_print=row.pipeline_print,
            owner=Owner("elsewhere", "", 4711, ""),
        )


def test_a_run_that_is_going_on_elsewhere_is_refused_with_its_process() -> None:
    run_id = interrupted()
    anyio.run(begin_elsewhere, run_id)
    Path("open").touch()
    result = run("flow.yaml", "--resume", "-q")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        f"error: the run {run_id} is going on in process 4711 on elsewhere\n"
    )
    assert run("flow.yaml", "--resume", "-q", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--resume"], "error: no run of \"flow\" waits to be gone on with\n"
            "  Only runs with --batch can be; `nodekit runs ls` lists them.\n"),
        (["--resume", "01ABCDEF"], "error: no run of \"flow\" begins with '01ABCDEF'\n"
            "  `nodekit runs ls` lists them.\n"),
        (["--retry-failed", "01ABCDEF"], "error: no run of \"flow\" begins with '01ABCDEF'\n"
            "  `nodekit runs ls` lists them.\n"),
        (["--resume", "last", "--retry-failed", "x"],
            "error: --resume and --retry-failed do not go together\n"),
        (["--batch", "2", "--record", "r.json"], "error: --record keeps the items of every step, "
            "which a run with --batch lets go\n  Keep the first ones of every step with --keep "
            "sample, or run a few of the items without --batch, by --limit.\n"),
        (["--batch", "2", "--keep", "all"], "error: --keep all keeps the items of every step, "
            "which a run with --batch lets go\n  Keep the first ones of every step with --keep "
            "sample, or run a few of the items without --batch, by --limit.\n"),
        (["--batch", "0"], "Usage: "),
        (["--batch", "2", "-o", "o.csv", "-o", "x.txt"],
            "error: the suffix of 'x.txt' says no format\n"),
        (["--max-errors", "many"],
            "error: --max-errors 'many' is neither a number nor a share like 2%\n"),
        (["--rate", "fast"], "error: --rate 'fast' is no rate like 10/s or "
            "api.example.org=600/m\n  Say how many requests in a second (s), a minute (m) or an "
            "hour (h).\n"),
        (["--credentials", "none.toml"], "error: cannot read 'none.toml'"),
    ],
)  # fmt: skip
def test_a_wrong_call_has_status_2(args: list[str], message: str) -> None:
    result = run("flow.yaml", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_what_failed_is_tried_again_and_nothing_else() -> None:
    Path("flow.yaml").write_text(SOME_FAIL)
    done = run("flow.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "4", "--json", "-q")
    assert done.exit_code == 0
    first = json.loads(done.stdout)["run"]
    assert Path("out.jsonl").read_text() == lines(range(7))
    again = run("flow.yaml", "--retry-failed", first, "-o", "more.jsonl", "--json", "-q")
    assert again.stderr == ""
    assert Path("more.jsonl").read_text() == ""
    second = json.loads(again.stdout)
    assert (second["failed"], second["steps"][0]["in"]) == (3, 3)
    Path("open").touch()
    third = run("flow.yaml", "--retry-failed", second["run"], "-o", "more.jsonl", "--json", "-q")
    assert Path("more.jsonl").read_text() == lines(range(7, 10))
    last = json.loads(third.stdout)["run"]
    none = run("flow.yaml", "--retry-failed", last)
    assert (none.exit_code, none.stderr) == (2, f"error: no item failed in the run {last}\n")


def test_a_run_over_what_failed_is_gone_on_with_though_the_other_run_is_gone() -> None:
    Path("flow.yaml").write_text(SOME_FAIL)
    done = run("flow.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "4", "--json", "-q")
    first = json.loads(done.stdout)["run"]
    Path("flow.yaml").write_text(SOME_FAIL.replace("error_output", "stop"))
    again = ["flow.yaml", "--retry-failed", first, "-o", "more.jsonl", "--json", "-q"]
    assert run(*again, "--batch", "1").exit_code == 1
    CliRunner().invoke(application("runs"), ["runs", "rm", first])
    Path("open").touch()
    done = run("flow.yaml", "--resume", "-q")
    assert (done.exit_code, done.stderr) == (0, "")
    assert Path("more.jsonl").read_text() == lines(range(7, 10))


def test_what_fails_again_is_found_though_the_first_run_is_gone() -> None:
    Path("flow.yaml").write_text(SOME_FAIL)
    run_id = None
    for _ in range(3):
        about = ["-i", "in.jsonl"] if run_id is None else ["--retry-failed", run_id]
        done = run("flow.yaml", *about, "-o", "o.jsonl", "--batch", "4", "--json", "-q")
        if run_id is not None:
            CliRunner().invoke(application("runs"), ["runs", "rm", run_id])
        run_id = json.loads(done.stdout)["run"]
    assert run_id is not None
    Path("open").touch()
    assert run("flow.yaml", "--retry-failed", run_id, "-q", "-o", "o.jsonl").exit_code == 0
    assert Path("o.jsonl").read_text() == lines(range(7, 10))


@given(st.sets(st.integers(0, 30)).map(sorted))
def test_positions_are_kept_as_ranges(positions: list[int]) -> None:
    assert unrolled(rolled(positions)) == positions


def test_positions_that_follow_each_other_are_one_range() -> None:
    assert rolled([1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 1], [9, 2]]


def test_a_run_knows_all_that_it_was_called_with() -> None:
    called: dict[str, Any] = {
        **{name: name for name in (*READ, *OUTPUT)},
        **{"limit": 0, "batch": 7, "stub": ["A=B=x.json"], "rate": ["1/s"]},
    }
    here = Path.cwd()
    said = memory_of(Call("flow.yaml", **called), [1, 2])
    assert said == {
        **called,
        **{name: str(here / name) for name in FILES},
        "stub": [f"A=B={here / 'x.json'}"],
        "only": [[1, 2]],
    }
    again = filled(Call("flow.yaml", no_pin=False, batch=3), said, (*READ, *OUTPUT))
    assert (again.batch, again.limit, again.no_pin, again.rate) == (3, 0, "no_pin", ["1/s"])
    assert memory_of(again, [1, 2]) == {**said, "batch": 3}
    assert set(READ) | set(OUTPUT) | {
        *("file", "record", "store", "resume", "retry_failed", "force"),
        *("json", "quiet", "verbose", "no_progress"),
    } == set(Call._fields)


def test_what_failed_of_a_stream_needs_the_stream_again() -> None:
    Path("flow.yaml").write_text(SOME_FAIL)
    text = lines(range(10))
    done = run("flow.yaml", "-i", "-", "-o", "o.jsonl", "--batch", "4", "--json", "-q", stdin=text)
    first = json.loads(done.stdout)["run"]
    refused = run("flow.yaml", "--retry-failed", first)
    assert refused.stderr == (
        f"error: the run {first} did not read its items from a file\n"
        "  Give the same items again with -i.\n"
    )
    Path("open").touch()
    again = run("flow.yaml", "--retry-failed", first, "-q", "-i", "-", stdin=text)
    assert again.stdout == lines(range(7, 10))


def test_a_run_without_input_is_gone_on_with_too() -> None:
    Path("flow.yaml").write_text(
        FLOW.replace(
            "steps:\n",
            "steps:\n  - name: Read\n    type: read_file\n    params: {path: in.jsonl}\n",
        )
    )
    assert run("flow.yaml", "-o", "out.jsonl", "--batch", "2", "-q").exit_code == 1
    Path("open").touch()
    assert run("flow.yaml", "--resume", "-q").exit_code == 0
    assert Path("out.jsonl").read_text() == doubled(range(10))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_other_formats_are_gone_on_with(form: str) -> None:
    Path("in.jsonl").write_text(lines(range(8)) + '{"n":8,"more":"x"}\n{"n":9}\n')
    Path("open").touch()
    assert run("flow.yaml", "-q", "-i", "in.jsonl", "-o", f"whole.{form}").exit_code == 0
    Path("open").unlink()
    assert run("flow.yaml", "-q", "-i", "in.jsonl", "-o", f"o.{form}", "--batch", "3").exit_code
    Path("open").touch()
    assert run("flow.yaml", "-q", "--resume").exit_code == 0
    assert Path(f"o.{form}").read_text() == Path(f"whole.{form}").read_text()
    if form == "csv":
        assert Path("o.csv").read_text().splitlines()[:2] == ["n,double,more", "0,0,"]


def test_csv_on_a_stream_cannot_get_wider() -> None:
    Path("open").touch()
    Path("in.jsonl").write_text('{"n":1}\n' * 1000 + '{"n":8,"more":"x"}\n')
    result = run("flow.yaml", "-q", "-i", "in.jsonl", "-o", "-", "--output-format", "csv")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: the field 'more' is not in the header, which is written already\n"
        "  Write the CSV to a file with -o, or give all items the same fields.\n"
    )


@pytest.mark.parametrize(("allowed", "status"), [("3", 0), ("2", 3), ("30%", 0), ("29.9%", 3)])
def test_so_many_items_or_such_a_share_may_fail(allowed: str, status: int) -> None:
    Path("flow.yaml").write_text(SOME_FAIL)
    result = run("flow.yaml", "-i", "in.jsonl", "-q", "--max-errors", allowed)
    assert result.exit_code == status
    said = f"error: 3 items failed, --max-errors allows {allowed}\n"
    assert result.stderr == (said if status else "")


@pytest.mark.parametrize(("keep", "items"), [("all", 10), ("sample", 10), ("none", None)], ids=str)
def test_a_run_is_kept_with_as_much_as_is_asked_for(keep: str, items: int | None) -> None:
    Path("open").touch()
    Path("in.jsonl").write_text(lines(range(10)))
    assert run("flow.yaml", "-i", "in.jsonl", "-q", "--keep", keep).exit_code == 0
    shown = CliRunner().invoke(application("runs"), ["runs", "ls", "--json"])
    row = json.loads(shown.stdout)
    assert (row["name"], row["status"]) == ("flow", "success")
    shown = CliRunner().invoke(application("runs"), ["runs", "show", row["run"]])
    summary = json.loads(shown.stdout)["summary"]
    assert [step["counts"] for step in summary["steps"]] == [{"main": 10}] * 2
    if items is None:
        assert "record" not in summary
    else:
        assert len(summary["record"]["steps"][0]["outputs"]["main"]) == items


def kept_steps(run_id: str) -> list[dict[str, Any]]:
    """Return what is kept of the items of a run, by step."""
    shown = CliRunner().invoke(application("runs"), ["runs", "show", run_id])
    steps: list[dict[str, Any]] = json.loads(shown.stdout)["summary"]["record"]["steps"]
    return steps


def test_a_sample_is_kept_of_a_run_that_is_gone_on_with() -> None:
    Path("in.jsonl").write_text(lines(range(30)))
    run_id = interrupted("--keep", "sample")
    (double, door) = kept_steps(run_id)
    assert [row["json"]["n"] for row in double["outputs"]["main"]] == list(range(8))
    assert door["error"]["message"] == "the door is shut"
    Path("open").touch()
    assert run("flow.yaml", "--resume", "-q").exit_code == 0
    for step in kept_steps(run_id):
        assert [row["json"]["n"] for row in step["outputs"]["main"]] == list(range(10))
        assert step["counts"] == {"main": 30}


def test_a_sample_takes_no_run_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "run", None)
    Path("open").touch()
    Path("in.jsonl").write_text(lines(range(1500)))
    done = run("flow.yaml", "-i", "in.jsonl", "-o", "o.jsonl", "--keep", "sample", "--json", "-q")
    assert done.exit_code == 0
    (double, _) = kept_steps(json.loads(done.stdout)["run"])
    assert len(double["outputs"]["main"]) == 10


def test_a_sample_is_kept_of_a_run_without_input() -> None:
    Path("flow.yaml").write_text("steps:\n  - {name: A, type: no_op}\n")
    done = run("flow.yaml", "-o", "o.jsonl", "--keep", "sample", "--json", "-q")
    (step,) = kept_steps(json.loads(done.stdout)["run"])
    assert step["outputs"] == {"main": [{"json": {}, "from": [{"input": "main", "item": 0}]}]}


def test_credentials_come_from_files() -> None:
    Path("flow.yaml").write_text(
        FLOW.replace("steps:", "credentials: {account: {type: bearer, token: '${TOKEN}'}}\nsteps:")
    )
    Path("open").touch()
    assert run("flow.yaml", "-i", "in.jsonl", "-q").exit_code == 2
    Path("vars").write_text("TOKEN=secret\n")
    assert run("flow.yaml", "-i", "in.jsonl", "-q", "--env-file", "vars").stderr == ""
    Path(".env").write_text("TOKEN=secret\n")
    assert run("flow.yaml", "-i", "in.jsonl", "-q").exit_code == 0


def test_warnings_of_the_pipeline_are_shown() -> None:
    Path("flow.yaml").write_text(
        FLOW.replace("steps:", "credentials: {account: {type: bearer, token: '${TOKEN}'}}\nsteps:")
    )
    Path("open").touch()
    Path(".env").write_text("TOKEN=secret\n")
    result = run("flow.yaml", "-i", "in.jsonl")
    assert "warning[unused-credential]" in result.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["f.yaml", "--resume"], ["f.yaml", "--resume=last"]),
        (["--resume", "f.yaml"], ["--resume=last", "f.yaml"]),
        (["f.yaml", "--resume", "-q"], ["f.yaml", "--resume=last", "-q"]),
        (["f.yaml", "--resume", "01M8"], ["f.yaml", "--resume", "01M8"]),
        (["f.yaml", "--resume=01M8"], ["f.yaml", "--resume=01M8"]),
        ([], []),
    ],
)
def test_resume_may_stand_alone(given: list[str], read: list[str]) -> None:
    assert list(with_last(given)) == read


def test_check_says_where_all_items_are_needed() -> None:
    Path("cut.yaml").write_text(
        "nodekit: 1\nsteps:\n"
        "  - {name: A, type: set, params: {fields: {n: 1}}}\n"
        "  - {name: B, type: sort, params: {by: [{field: n}]}}\n"
        "  - {name: C, type: set, params: {fields: {i: '={{ $itemIndex }}'}}}\n"
        "  - {name: D, type: sort, params: {by: [{field: n}]}, retry: {tries: 2}}\n"
        "  - {name: E, type: sort, params: {random: true}}\n"
    )
    Path("open").touch()
    result = CliRunner().invoke(application("check"), ["check", "--batch", "cut.yaml", "flow.yaml"])
    assert result.exit_code == 0
    sort = 'the node "sort" works on all items'
    assert result.stdout.splitlines() == [
        f'cut.yaml: step "B" takes all its items, a part at a time: {sort}',
        f'cut.yaml: step "D" holds all its items in memory: {sort}; its retry repeats the call for'
        " all items",
        f'cut.yaml: step "E" holds all its items in memory: {sort}',
        'cut.yaml: step "C" takes its slices one after another',
        "flow.yaml: every step works slice by slice",
    ]


SEALED = (
    FLOW
    + """\
  - name: Keep
    type: test.keeper
    params: {n: "={{ $json.n }}"}
"""
)


@pytest.mark.parametrize("key", [None, "b" * 43 + "="], ids=["missing", "wrong"])
def test_without_the_key_of_its_secrets_a_run_does_not_go_on(
    key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("flow.yaml").write_text(SEALED)
    monkeypatch.delenv("NODEKIT_KEY", raising=False)
    monkeypatch.setenv("NODEKIT_KEY_FILE", str(Path("key").absolute()))
    run_id = interrupted()
    assert b"secret 5" not in Path(".nodekit/nodekit.db").read_bytes()
    Path("open").touch()
    Path("key").rename("hidden")
    if key is not None:
        monkeypatch.setenv("NODEKIT_KEY", key)
    refused = run("flow.yaml", "--resume", "-q")
    assert refused.exit_code == 1
    assert "sealed with" in refused.stderr
    assert not Path("out.jsonl").exists()
    monkeypatch.delenv("NODEKIT_KEY", raising=False)
    Path("hidden").rename("key")
    assert run("flow.yaml", "--resume", run_id, "-q").exit_code == 0
    assert Path("out.jsonl").read_text() == doubled(range(10))
