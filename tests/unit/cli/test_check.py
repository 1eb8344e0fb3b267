"""``nodekit check``: findings of files, and one expression tried."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nodekit.cli.app import application

GOOD = "nodekit: 1\nsteps:\n  - name: A\n    type: no_op\n"
BAD = "nodekit: 1\nsteps:\n  - name: A\n    type: no_opp\n"
SHAKY = GOOD + "credentials: {key: {type: openai}}\n"


def check(*args: str) -> Result:
    return CliRunner().invoke(application("check"), ["check", *args])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin in a folder with a good and a bad file."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)


def test_a_good_file() -> None:
    result = check("good.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0 errors, 0 warnings in 1 file\n"


def test_findings_of_all_files_are_data() -> None:
    result = check("good.yaml", "bad.yaml", "none.yaml")
    assert result.exit_code == 1
    first, *_ = result.stdout.splitlines()
    assert first.startswith('bad.yaml:4:11: error[unknown-type] step "A": ')
    assert "none.yaml: error[no-file] " in result.stdout
    assert result.stderr == "2 errors, 0 warnings in 3 files\n"


def test_findings_as_json() -> None:
    result = check("--json", "bad.yaml")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)
    assert {key: found[key] for key in ("file", "line", "column", "level", "code", "step")} == {
        "file": "bad.yaml",
        "line": 4,
        "column": 11,
        "level": "error",
        "code": "unknown-type",
        "step": "A",
    }


def test_nothing_to_check_is_a_wrong_call() -> None:
    result = check()
    assert result.exit_code == 2
    assert result.stderr == (
        "error: nothing to check\n  Name the file of a pipeline, or give --eval an expression.\n"
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("={{ $json.a + 1 }}", "3"),
        ("={{ $json }}", '{"a":2}'),
        ("={{ $json.none }}", "undefined"),
        ("{{ $json.a }}", "2"),
        ("=a is {{ $json.a }}", '"a is 2"'),
    ],
)
def test_an_expression_is_tried_on_an_item(expression: str, value: str) -> None:
    Path("item.json").write_text('{"a": 2}')
    result = check("--eval", expression, "-i", "item.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{value}\n", "")


def test_an_expression_is_tried_on_the_first_item_of_many() -> None:
    Path("items.jsonl").write_text('{"a": 2}\n{"a": 3}\n')
    assert check("--eval", "={{ $json.a }}", "-i", "items.jsonl").stdout == "2\n"


def test_without_an_item_json_is_empty() -> None:
    assert check("--eval", "={{ $json }}").stdout == "{}\n"


def test_an_expression_that_cannot_be_read_is_an_error() -> None:
    result = check("--eval", "={{ $json. }}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")


def test_the_fault_in_an_expression_is_marked() -> None:
    result = check("--eval", "={{ }}")
    assert result.exit_code == 1
    error, _, expression, mark = result.stderr.splitlines()
    assert (error, expression) == ("error: invalid syntax", "  ={{ }}")
    assert mark.strip() == "^"


def test_an_expression_and_files() -> None:
    result = check("--eval", "={{ 1 }}", "bad.yaml")
    assert result.exit_code == 1
    assert result.stdout.startswith("1\nbad.yaml:4:11: error[unknown-type]")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "error: cannot read 'none.json': no such file or directory\n"),
        ("empty.jsonl", "", "error: there is no item in 'empty.jsonl'\n"),
        ("bad.json", "[1]", "error: bad.json: entry 0: an item is an object, found 1\n"),
        ("item.txt", "{}", "error: the suffix of 'item.txt' says no format\n"
            "  Use a suffix that does: .jsonl, .json or .csv.\n"),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_read_is_a_wrong_call(
    name: str, content: str | None, message: str
) -> None:
    if content is not None:
        Path(name).write_text(content)
    result = check("--eval", "={{ 1 }}", "-i", name)
    assert (result.exit_code, result.stderr) == (2, message)
