"""Every recorded case of n8n: the same steps in the same order, items, links and errors."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cases import Case, cases_below, differences
from run import main

CORPUS = Path(__file__).parent / "n8n"
CASES = list(cases_below(CORPUS))
SURE = [case for case in CASES if not case.quirk]

ON_PURPOSE = {
    "error/error-output-of-if": "under error_output what fails leaves by `error`, also from If",
    "error/whole-node-failure-error-output": "a step that fails as a whole leaves by `error`, too",
}
"""The optional cases in which we differ, and why."""


def names(cases: list[Case]) -> list[str]:
    return [case.name for case in cases]


@pytest.mark.parametrize("case", SURE, ids=names(SURE))
async def test_case(case: Case) -> None:
    assert [str(found) for found in await differences(case)] == []


@pytest.mark.parametrize("case", SURE, ids=names(SURE))
async def test_converted_to_a_pipeline_file_it_gives_the_same(case: Case) -> None:
    assert [str(found) for found in await differences(case, converted=True)] == []


@pytest.mark.parametrize("name", ON_PURPOSE)
async def test_optional_case_differs_on_purpose(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    assert case.quirk
    assert await differences(case)


def changed_value(expected: Any) -> None:
    expected["runs"]["B"][0]["outputs"][0][1]["json"]["b"] = 21


def changed_link(expected: Any) -> None:
    expected["runs"]["A"][0]["outputs"][0][2]["pairedItem"] = {"item": 1}


def lost_link(expected: Any) -> None:
    del expected["runs"]["A"][0]["outputs"][0][2]["pairedItem"]


def changed_order(expected: Any) -> None:
    expected["order"].reverse()


def changed_status(expected: Any) -> None:
    expected["status"] = "error"


def changed_run_status(expected: Any) -> None:
    expected["runs"]["A"][0]["status"] = "error"


def changed_source(expected: Any) -> None:
    expected["runs"]["B"][0]["source"][0]["node"] = "Start"


def further_run(expected: Any) -> None:
    expected["runs"]["B"].append(deepcopy(expected["runs"]["B"][0]))


def lost_item(expected: Any) -> None:
    expected["runs"]["B"][0]["outputs"][0].pop()


def unexpected_error(expected: Any) -> None:
    expected["runs"]["A"][0]["error"] = {"message": "x"}


def changed_last_node(expected: Any) -> None:
    expected["lastNode"] = "A"


def unexpected_state(expected: Any) -> None:
    expected["staticData"] = {"global": {"n": 1}}


CORRUPTIONS = [
    changed_value,
    changed_link,
    lost_link,
    changed_order,
    changed_status,
    changed_run_status,
    changed_source,
    further_run,
    lost_item,
    unexpected_error,
    changed_last_node,
    unexpected_state,
]


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda change: change.__name__)
async def test_a_corrupted_expectation_is_found(corrupt: Any) -> None:
    (case,) = (case for case in CASES if case.name == "flow/linear")
    value = deepcopy(dict(case.value))
    corrupt(value["expected"])
    assert await differences(Case(case.path, value))


async def test_only_the_corrupted_case_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("linear", "execute-once", "disabled-node"):
        text = (CORPUS / "flow" / f"{name}.json").read_text(encoding="utf-8")
        if name == "linear":
            text = text.replace('"b": 20', '"b": 21')
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    assert await main([tmp_path], quirks=False, chunk=1000) == 1
    assert capsys.readouterr().out.splitlines() == [
        "flow/linear: runs.A[0].outputs[0][1].json.b: expected 21, got 20",
        "2 passed, 1 failed",
    ]
