"""The example ``log-cleanup``: plain Python finds the same, and so do the files."""

import csv
import importlib.util
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nodekit import Run, load, run_sync

EXAMPLE = Path(__file__).parents[2] / "examples" / "log-cleanup"
LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}
MASKS = (
    (r"[\w.+-]+@[\w-]+(\.[\w-]+)*", "<address>"),
    (r"\b\d{1,3}(\.\d{1,3}){3}\b", "<ip>"),
    (r"(Bearer |token=)[\w.-]+", r"\1<token>"),
)

Row = dict[str, Any]


def generate(count: int, path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_log", EXAMPLE / "make_log.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(count, path)


@pytest.fixture(scope="module", params=[2_000, 20_000], ids=["in the repository", "generated"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("example") / "log-cleanup"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("output", "__pycache__"))
    if request.param != 2_000:
        generate(request.param, copy / "input" / "app.jsonl")
    return copy


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return run_sync(load(folder / "pipeline.yaml"))


def written(folder: Path, name: str) -> list[Row]:
    return [json.loads(line) for line in (folder / "output" / name).read_text().splitlines()]


def when(given: str | int) -> datetime | None:
    if isinstance(given, int):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=given)
    with suppress(ValueError):  # the other form of the log
        return datetime.fromisoformat(given)
    try:
        return datetime.strptime(given, "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None


def read(path: Path) -> tuple[list[Row], dict[int, str]]:
    """Return the usable lines in one schema, and the first words of why others are not."""
    rows: list[Row] = []
    rejects: dict[int, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            said = json.loads(line)
        except ValueError:
            rejects[number] = "is not JSON"
            continue
        first = said.get("v") == 1
        if not first and said.get("schema") != 2:
            rejects[number] = "has neither schema"
            continue
        time = when(said["ts" if first else "time"])
        if time is None:
            rejects[number] = "has no time"
            continue
        rows.append(
            {
                "line": number,
                "time": time,
                "level": LEVELS[said["lvl"]] if first else said["level"],
                "service": said["svc"] if first else said["service"]["name"],
                "message": said["msg"] if first else said["message"],
            }
        )
    return rows, rejects


def entries(rows: list[Row]) -> list[Row]:
    """Return the entries of one service: traces put together, messages masked, repeats counted."""
    whole: list[Row] = []
    for row in rows:
        if row["message"].startswith(" ") and whole:
            whole[-1]["message"] += f"\n{row['message']}"
        else:
            whole.append(dict(row))
    found: list[Row] = []
    for row in whole:
        for pattern, mask in MASKS:
            row["message"] = re.sub(pattern, mask, row["message"], flags=re.ASCII)
        same = found and all(found[-1][key] == row[key] for key in ("level", "message"))
        if same and row["time"] - found[-1]["last"] <= timedelta(minutes=1):
            found[-1] |= {"count": found[-1]["count"] + 1, "last": row["time"]}
        else:
            found.append({**row, "count": 1, "last": row["time"]})
    return found


def by_hand(path: Path) -> Iterator[Row]:
    rows, _ = read(path)
    services = {row["service"] for row in rows}
    every = [e for name in services for e in entries([r for r in rows if r["service"] == name])]
    for entry in sorted(every, key=lambda entry: int(entry["line"])):
        yield {**entry, "time": iso(entry["time"]), "last": iso(entry["last"])}


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_log_is_what_plain_python_finds(run: Run, folder: Path) -> None:
    assert run.status == "success"
    assert written(folder, "clean.jsonl") == list(by_hand(folder / "input" / "app.jsonl"))


def test_every_line_is_counted_or_rejected_with_its_number(run: Run, folder: Path) -> None:
    rows, rejects = read(folder / "input" / "app.jsonl")
    found = written(folder, "rejects.jsonl")
    assert [row["line"] for row in found] == sorted(rejects)
    assert [
        row["line"] for row in found if not row["reason"].startswith(rejects[row["line"]])
    ] == []
    frames = len(rows) - len(run.step("Whole traces").items)
    counted = sum(row["count"] for row in written(folder, "clean.jsonl"))
    assert counted + frames + len(found) == len(rows) + len(rejects)


def test_the_hours_are_those_of_the_log(run: Run, folder: Path) -> None:
    assert run.status == "success"
    counts: Counter[tuple[str, str, str]] = Counter()
    lines: Counter[tuple[str, str, str]] = Counter()
    for row in written(folder, "clean.jsonl"):
        key = row["time"][:13], row["service"], row["level"]
        counts[key] += 1
        lines[key] += row["count"]
    with (folder / "output" / "hours.csv").open(newline="") as file:
        found = [tuple(row) for row in csv.reader(file)][1:]
    assert found == [(*key, str(counts[key]), str(lines[key])) for key in sorted(counts)]


def test_nothing_that_is_to_be_masked_is_left(run: Run, folder: Path) -> None:
    assert run.status == "success"
    text = "".join(path.read_text() for path in (folder / "output").iterdir())
    assert re.findall(r"[\w.]+@\w+|\d+\.\d+\.\d+\.\d+|tok_\w+|Bearer \w+", text) == []


@pytest.mark.parametrize("folder", [2_000], indirect=True, ids=["in the repository"])
@pytest.mark.parametrize("name", ["clean.jsonl", "hours.csv", "rejects.jsonl"])
def test_the_files_are_the_expected_ones(run: Run, folder: Path, name: str) -> None:
    assert run.status == "success"
    assert (folder / "output" / name).read_text() == (EXAMPLE / "expected" / name).read_text()


def test_the_input_is_what_the_script_makes(tmp_path: Path) -> None:
    generate(2_000, tmp_path / "app.jsonl")
    made = (tmp_path / "app.jsonl").read_bytes()
    assert made == (EXAMPLE / "input" / "app.jsonl").read_bytes()
    generate(2_100, tmp_path / "more.jsonl")
    assert (tmp_path / "more.jsonl").read_bytes().startswith(made)
