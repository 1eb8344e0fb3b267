"""What a step takes in."""

import pytest

from nodekit import Items, PairedItem, StepRun
from nodekit.engine.intake import take_in
from nodekit.engine.schedule import Source
from nodekit.pipeline.wiring import START

A0 = StepRun("A", 0, {}, 0, outputs={"main": Items([{"n": 0}, {"n": 1}]), "no": Items()})
HISTORY = {"A": [A0]}
START_ITEMS = Items([{"s": 1}])
MAIN, NO = Source("A", "main", 0), Source("A", "no", 0)


def test_items_are_stamped_with_the_list_that_fed_the_input() -> None:
    intake = take_in({"main": MAIN}, HISTORY, START_ITEMS, "v1")
    assert [item.links for item in intake.rows] == [
        (PairedItem(n, "main", "A", "main", 0),) for n in range(2)
    ]
    assert intake.arrival.link(1) == PairedItem(1, "main", "A", "main", 0)


@pytest.mark.parametrize(("order", "active"), [("v1", "right"), ("v0", "left")])
def test_the_active_input_is_the_first_with_items_in_v1(order: str, active: str) -> None:
    intake = take_in({"left": NO, "right": MAIN}, HISTORY, START_ITEMS, order)
    assert (intake.first, intake.active) == ("left", active)
    assert (len(intake.main), len(intake.inputs["right"])) == (0, 2)


def test_the_first_input_is_active_if_none_has_items() -> None:
    intake = take_in({"left": NO, "right": None}, HISTORY, START_ITEMS, "v1")
    assert intake.active == "left"
    assert len(intake.rows) == 0


def test_the_start_gives_what_the_run_was_given() -> None:
    intake = take_in({"main": Source(START, "main", 0)}, HISTORY, START_ITEMS, "v1")
    assert intake.rows.json == [{"s": 1}]


@pytest.mark.parametrize("inputs", [(), ("left", "right")], ids=["none", "two"])
def test_a_step_that_nothing_feeds_gets_one_empty_item(inputs: tuple[str, ...]) -> None:
    intake = take_in(dict.fromkeys(inputs), HISTORY, START_ITEMS, "v1")
    assert intake.rows.json == [{}]
    assert intake.active == (inputs[0] if inputs else "main")


def test_a_forced_arrival_brings_one_empty_item() -> None:
    forced = Source("A", "main", 0, forced=True)
    assert take_in({"main": forced}, HISTORY, START_ITEMS, "v0").rows.json == [{}]


def test_once_shows_the_first_item_of_every_input() -> None:
    intake = take_in({"left": MAIN, "right": NO}, HISTORY, START_ITEMS, "v1")
    assert {name: len(items) for name, items in intake.once().items()} == {"left": 1, "right": 0}


def test_an_output_that_is_not_there_gives_nothing() -> None:
    failed = {"A": [StepRun("A", 0, {}, 0)]}
    assert len(take_in({"main": MAIN}, failed, START_ITEMS, "v1").rows) == 0
