"""The example ``orders-report``: the same figures as plain Python finds, and the same files."""

import csv
import json
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from nodekit import Run, load, run_sync

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders-report"

Key = tuple[str, str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("example") / "orders-report"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("output"))
    return copy


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return run_sync(load(folder / "pipeline.yaml"))


def orders() -> dict[str, dict[str, str]]:
    """Return the latest word on every order; of two of one day, the one read first."""
    latest: dict[str, dict[str, str]] = {}
    for name, delimiter in (("north", ","), ("south", ";")):
        with (EXAMPLE / "input" / f"orders-{name}.csv").open(newline="") as file:
            for row in csv.DictReader(file, delimiter=delimiter):
                row["unit_price"] = row["unit_price"].replace(",", ".")
                known = latest.get(row["order_id"])
                if known is None or row["updated_on"] > known["updated_on"]:
                    latest[row["order_id"]] = row
    return latest


def by_hand() -> tuple[dict[Key, tuple[int, int]], set[str]]:
    """Return orders and cents by month, country and category; and the ids of what is rejected."""
    products = json.loads((EXAMPLE / "input" / "products.json").read_text())
    category = {row["product_id"]: row["category"] for row in products}
    lines = (EXAMPLE / "input" / "rates.jsonl").read_text().splitlines()
    rate = {row["currency"]: row["rate"] for row in map(json.loads, lines)}
    sums: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    rejected: set[str] = set()
    for row in orders().values():
        if row["product_id"] not in category or not row["quantity"].lstrip("-").isdigit():
            rejected.add(row["order_id"])
            continue
        key = (row["ordered_on"][:7], row["country"], category[row["product_id"]])
        worth = int(row["quantity"]) * float(row["unit_price"]) * rate[row["currency"]] * 100
        count, cents = sums[key]
        sums[key] = (count + 1, cents + rounded(worth))
    return dict(sums), rejected


def rounded(value: float) -> int:
    """Round as JavaScript does: halves up."""
    return int((value + 0.5) // 1)


def test_the_report_has_the_figures_that_plain_python_finds(run: Run) -> None:
    sums, _ = by_hand()
    found = {
        (row["month"], row["country"], row["category"]): (row["orders"], row["euro"])
        for row in run.items.json
    }
    assert found == {key: (count, f"{cents / 100:.2f}") for key, (count, cents) in sums.items()}


def test_every_order_is_counted_or_rejected_with_a_reason(run: Run) -> None:
    sums, rejected = by_hand()
    rejects = run.step("Rejects").items.json
    assert {row["order_id"] for row in rejects} == rejected
    assert all(row["problem"] for row in rejects)
    assert sum(count for count, _ in sums.values()) + len(rejects) == len(orders())


@pytest.mark.parametrize("name", ["report.csv", "report.md", "rejects.jsonl"])
def test_the_files_are_the_expected_ones(run: Run, folder: Path, name: str) -> None:
    assert run.status == "success"
    assert (folder / "output" / name).read_text() == (EXAMPLE / "expected" / name).read_text()


def test_the_input_is_what_the_script_makes(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in (EXAMPLE / "input").iterdir()}
    for path in (folder / "input").iterdir():
        path.unlink()
    script = (folder / "make_input.py").read_text()
    names = {"__name__": "__main__", "__file__": str(folder / "make_input.py")}
    exec(compile(script, "make_input.py", "exec"), names)
    assert {path.name: path.read_bytes() for path in (folder / "input").iterdir()} == before
