"""How much of a record is kept."""

from typing import Any

import pytest

from nodekit.store.keeping import Keep, trimmed

RECORD: dict[str, Any] = {
    "run": "R1",
    "error": {"message": "no"},
    "steps": [
        {"step": "A", "seconds": 1.5, "outputs": {"main": [{"json": n} for n in range(25)]}},
        {"step": "B", "outputs": {"true": [], "false": [{"json": 1}]}},
        {"step": "C", "outputs": None},
    ],
}


def test_all_is_the_record_itself() -> None:
    assert trimmed(RECORD, "all") is RECORD


@pytest.mark.parametrize(("keep", "most"), [("sample", 10), ("none", 0)])
def test_less_says_how_much_there_was(keep: Keep, most: int) -> None:
    assert trimmed(RECORD, keep) == {
        "run": "R1",
        "error": {"message": "no"},
        "steps": [
            {
                "step": "A",
                "seconds": 1.5,
                "outputs": {"main": [{"json": n} for n in range(25)][:most]},
                "counts": {"main": 25},
            },
            {
                "step": "B",
                "outputs": {"true": [], "false": [{"json": 1}][:most]},
                "counts": {"true": 0, "false": 1},
            },
            {"step": "C", "outputs": None},
        ],
    }
    assert len(RECORD["steps"][0]["outputs"]["main"]) == 25
