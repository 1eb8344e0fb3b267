"""``nodekit run`` without a terminal: streams, formats, exit status."""

import json
import logging
import os
import re
import signal
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pydantic import Field
from typer.testing import CliRunner, Result

from nodekit import Context, Item, ItemNode, Params, Registry, StateError
from nodekit.cli.app import application
from nodekit.cli.job import timeout_of
from nodekit.registry import NODES

KEEP_TWO = """\
nodekit: 1
name: keep-two
steps:
  - name: Keep
    type: limit
    params: {count: 2}
"""

REFUSE = """\
nodekit: 1
steps:
  - name: Pass
    type: no_op
  - name: Check
    type: stop_with_error
    params: {message: "no ={{ 1 }}"}
"""

SOME_FAIL = """\
nodekit: 1
name: some-fail
steps:
  - name: Check
    type: test.strict
    on_error: continue
    params: {to: "={{ $json.a }}"}
"""

ITEMS = '{"a":1}\n{"a":2}\n{"a":3}\n'


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(application("run"), ["run", *args], input=stdin)


class StrictParams(Params):
    to: str = Field(min_length=1)
    """Any text."""


class Strict(ItemNode[StrictParams]):
    """Take text and nothing else."""

    def run_item(self, item: Item, params: StrictParams, ctx: Context) -> Item:
        return item


class QuitterParams(Params):
    pass


class Quitter(ItemNode[QuitterParams]):
    """Press Ctrl-C twice and wait for ever."""

    async def run_item(self, item: Item, params: QuitterParams, ctx: Context) -> Item:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            await ctx.sleep(0)
        await ctx.sleep(1e6)
        return item


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin in a folder with a pipeline and items."""
    registry = Registry(entry_points(group=NODES))
    registry.add("test.strict", Strict)
    registry.add("test.quitter", Quitter)
    monkeypatch.setattr(Registry, "_installed", registry)
    monkeypatch.chdir(tmp_path)
    Path("keep.yaml").write_text(KEEP_TWO)
    Path("refuse.yaml").write_text(REFUSE)
    Path("in.jsonl").write_text(ITEMS)


def times_cut(text: str) -> str:
    """Return text with lengths of time made the same."""
    return re.sub(r"\d+\.\d\d\b", "0.00", text)


def test_items_come_out_as_json_lines_and_words_apart() -> None:
    result = run("keep.yaml", "-i", "in.jsonl")
    assert result.exit_code == 0
    assert result.stdout == '{"a":1}\n{"a":2}\n'
    assert times_cut(result.stderr) == (
        "step  in  out  failed  seconds\nKeep   3    2       0     0.00\ndone: 2 items in 0.00 s\n"
    )


def test_without_items_the_pipeline_gets_an_empty_one() -> None:
    assert run("keep.yaml", "-q").stdout == "{}\n"


@pytest.mark.parametrize("options", [[], ["-o", "-"]])
def test_standard_input_and_output(options: list[str]) -> None:
    result = run("keep.yaml", "-q", "-i", "-", *options, stdin=ITEMS)
    assert (result.exit_code, result.stdout, result.stderr) == (0, '{"a":1}\n{"a":2}\n', "")


def test_formats_of_the_streams_are_given_by_options() -> None:
    csv = run(
        *("keep.yaml", "-q", "-i", "-", "--input-format", "csv", "--output-format", "json"),
        stdin="a\n1\n2\n3\n",
    )
    assert csv.stdout == '[\n{"a":"1"},\n{"a":"2"}\n]\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("out.jsonl", '{"a":1}\n{"a":2}\n'),
        ("out.json", '[\n{"a":1},\n{"a":2}\n]\n'),
        ("made/out.csv", "a\n1\n2\n"),
    ],
)
def test_the_suffix_of_the_output_says_the_format(name: str, content: str) -> None:
    result = run("keep.yaml", "-i", "in.jsonl", "-o", name)
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path(name).read_text() == content
    assert f"written: {name}\n" in result.stderr


def test_an_option_wins_over_the_suffix() -> None:
    Path("in.txt").write_text("a\n7\n")
    options = ("--input-format", "csv", "--output-format", "csv")
    run("keep.yaml", "-i", "in.txt", "-o", "out.jsonl", *options)
    assert Path("out.jsonl").read_text() == "a\n7\n"


def test_limit_takes_the_first_items() -> None:
    assert run("keep.yaml", "-q", "-i", "in.jsonl", "--limit", "1").stdout == '{"a":1}\n'


def test_limit_does_not_read_further() -> None:
    Path("in.jsonl").write_text('{"a":1}\n' * 1000 + "broken\n")
    assert run("keep.yaml", "-q", "-i", "in.jsonl", "--limit", "1").exit_code == 0


def test_the_summary_as_json() -> None:
    result = run("keep.yaml", "-i", "in.jsonl", "--json", "-q", "-o", "out.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    summary = json.loads(result.stdout)
    assert len(summary.pop("run")) == 26
    assert summary.pop("seconds") >= 0
    assert summary["steps"][0].pop("seconds") >= 0
    assert summary == {
        "pipeline": "keep-two",
        "status": "success",
        "error": None,
        "items": 2,
        "failed": 0,
        "steps": [
            {
                "step": "Keep",
                "runs": 1,
                "in": 3,
                "out": {"main": 2},
                "failed": 0,
                "retries": 0,
                "waited": 0.0,
                "status": "success",
            }
        ],
        "errors": [],
        "hints": [],
        "written": ["out.jsonl"],
    }


def test_json_without_output_prints_no_items() -> None:
    result = run("keep.yaml", "-i", "in.jsonl", "--json", "-q")
    assert json.loads(result.stdout)["items"] == 2


def test_the_record_holds_what_every_step_put_out() -> None:
    result = run("keep.yaml", "-q", "-i", "in.jsonl", "--record", "record.json")
    assert result.exit_code == 0
    record = json.loads(Path("record.json").read_text())
    assert [item["json"] for item in record["steps"][0]["outputs"]["main"]] == [{"a": 1}, {"a": 2}]


def test_a_failed_run_has_status_1_its_error_and_no_output() -> None:
    result = run("refuse.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--record", "record.json")
    assert result.exit_code == 1
    assert not Path("out.jsonl").exists()
    assert json.loads(Path("record.json").read_text())["status"] == "error"
    *_, last, total = result.stderr.splitlines()[:-1][-2:], result.stderr.splitlines()[-1]
    assert total.startswith('error: step "Check"')
    assert any(line.startswith("failed: ") for line in last)


def test_a_failed_run_puts_nothing_on_standard_output() -> None:
    assert run("refuse.yaml", "-i", "in.jsonl").stdout == ""


def test_a_failed_run_has_a_summary_as_json_too() -> None:
    summary = json.loads(run("refuse.yaml", "-i", "in.jsonl", "--json", "-q").stdout)
    assert (summary["status"], summary["error"]["step"]) == ("error", "Check")
    assert [step["status"] for step in summary["steps"]] == ["success", "error"]


def test_a_file_that_cannot_be_used_has_status_2_and_no_record() -> None:
    Path("bad.yaml").write_text("steps:\n  - name: A\n    type: no_opp\n")
    result = run("bad.yaml", "--record", "record.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'bad.yaml:3:11: error[unknown-type] step "A": ' in result.stderr
    assert not Path("record.json").exists()


def test_what_is_wrong_with_a_file_as_json() -> None:
    Path("bad.yaml").write_text("steps:\n  - name: A\n    type: no_opp\n")
    result = run("bad.yaml", "--json")
    refused = json.loads(result.stdout)
    assert refused["status"] == "refused"
    assert [(p["place"], p["code"]) for p in refused["problems"]] == [
        ("bad.yaml:3:11", "unknown-type")
    ]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["none.yaml"], "none.yaml: error[no-file] "),
        (["keep.yaml", "-i", "none.jsonl"],
            "error: cannot read 'none.jsonl': no such file or directory\n"),
        (["keep.yaml", "-i", "."], "error: the suffix of '.' says no format\n"
            "  Say --input-format jsonl, json or csv.\n"),
        (["keep.yaml", "-i", "bad.jsonl"], "error: bad.jsonl:2: not JSON at column 1: "),
        (["keep.yaml", "-o", "out.txt"], "error: the suffix of 'out.txt' says no format\n"
            "  Say --output-format jsonl, json or csv.\n"),
        (["keep.yaml", "-o", "."], "error: cannot write '.': is a directory\n"),
        (["keep.yaml", "-o", "in.jsonl/x.csv"], "error: cannot write 'in.jsonl/x.csv': "),
        (["keep.yaml", "--record", "."], "error: cannot write '.': is a directory\n"),
        (["keep.yaml", "--json", "-o", "-"], "error: --json and -o - both want standard output\n"
            "  Give -o a file.\n"),
        (["keep.yaml", "--limit", "2"],
            "error: --limit counts the items of an input, and there is none\n"),
        (["keep.yaml", "--timeout", "soon"],
            "error: --timeout 'soon' is no length of time like 90s or 10m\n"),
        (["keep.yaml", "--input-format", "xml"], "Usage: "),
        ([], "Usage: "),
    ],
)  # fmt: skip
def test_a_wrong_call_has_status_2(args: list[str], message: str) -> None:
    Path("bad.jsonl").write_text('{"a":1}\nbroken\n')
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("1.5", 1.5), ("250ms", 0.25), ("1h30m", 5400.0)]
)
def test_a_timeout_is_a_length_of_time(text: str, seconds: float) -> None:
    assert timeout_of(text) == seconds


def test_items_that_failed_are_counted_and_named() -> None:
    Path("some.yaml").write_text(SOME_FAIL)
    Path("in.jsonl").write_text('{"a":"x"}\n{"a":""}\n{"a":""}\n')
    result = run("some.yaml", "-i", "in.jsonl")
    assert result.exit_code == 0
    assert times_cut(result.stderr) == (
        "step   in  out  failed  seconds\n"
        "Check   3    3       2     0.00\n"
        'failed 2 × in step "Check", first at item 1: parameter "to" must not be empty\n'
        "done: 3 items in 0.00 s\n"
    )


@pytest.mark.parametrize(("allowed", "status"), [(2, 0), (1, 3)])
def test_too_many_failed_items_have_status_3(allowed: int, status: int) -> None:
    Path("some.yaml").write_text(SOME_FAIL)
    Path("in.jsonl").write_text('{"a":""}\n' * 2)
    result = run("some.yaml", "-i", "in.jsonl", "--max-errors", str(allowed))
    assert result.exit_code == status
    assert len(result.stdout.splitlines()) == 2
    assert (f"error: 2 items failed, --max-errors allows {allowed}\n" in result.stderr) is (
        status == 3
    )


def test_verbose_says_what_failed() -> None:
    Path("some.yaml").write_text(SOME_FAIL)
    Path("in.jsonl").write_text('{"a":""}\n')
    assert run("some.yaml", "-i", "in.jsonl", "-v").stderr.startswith(
        'step "Check", item 0: parameter "to" must not be empty\n'
    )


@pytest.mark.parametrize(
    ("options", "level"), [([], logging.WARNING), (["-v"], logging.INFO), (["-vv"], logging.DEBUG)]
)
def test_verbose_lets_log_messages_through(options: list[str], level: int) -> None:
    run("keep.yaml", *options)
    assert logging.getLogger("nodekit").level == level


def test_an_output_that_fails_late_has_status_1() -> None:
    result = run("keep.yaml", "-i", "in.jsonl", "-o", "/dev/full", "--output-format", "csv")
    assert result.exit_code == 1
    assert result.stderr.endswith("error: cannot write '/dev/full': no space left on device\n")


def test_a_device_is_written_in_place() -> None:
    result = run("keep.yaml", "-i", "in.jsonl", "-o", "/dev/null", "--output-format", "json")
    assert result.exit_code == 0
    assert not Path("/dev/null").is_file()


def test_a_run_that_is_stopped_at_once_has_status_130() -> None:
    Path("quit.yaml").write_text("steps:\n  - name: Quit\n    type: test.quitter\n")
    result = run("quit.yaml")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith("error: interrupted\n")


def test_a_person_at_a_terminal_sees_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodekit.cli.job.showing", lambda: True)
    monkeypatch.setattr("nodekit.cli.job.talking", lambda: True)
    result = run("keep.yaml", "-i", "in.jsonl")
    assert result.exit_code == 0
    assert [line.rstrip() for line in result.stdout.splitlines()] == ["a", "1", "2", "2 items"]


def test_log_messages_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    run("keep.yaml", "-q")
    logging.getLogger("nodekit.test").warning("%s things", 3)
    assert capsys.readouterr().err == "WARNING nodekit.test: 3 things\n"


def test_what_stops_a_run_from_outside_has_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreadable(*_: object, **__: object) -> None:
        raise StateError("the store cannot be read", hint="Look at its permissions.")

    monkeypatch.setattr("nodekit.engine.Runtime.run", unreadable)
    result = run("keep.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: the store cannot be read\n  Look at its permissions.\n"
