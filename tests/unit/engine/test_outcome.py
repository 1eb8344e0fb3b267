"""What a step puts out, put in order."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nodekit import (
    BatchNode,
    Context,
    Inputs,
    Item,
    ItemError,
    ItemNode,
    Items,
    Json,
    NodeError,
    PairedItem,
    Send,
    Step,
)
from nodekit.engine.outcome import (
    Gathering,
    StepFailed,
    batch_outcome,
    normalized,
    route,
    split_error_items,
    straightened,
)
from nodekit.engine.piece import Answer
from nodekit.links import Arrival, Straight
from tests.support.flow import Nothing, single


class Two(ItemNode[Nothing, None, str]):
    """Has two outputs."""

    @classmethod
    def outputs_of(cls, params: Nothing) -> tuple[str, ...]:
        """Return them."""
        return ("yes", "no")

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Pass it on."""
        return item


class Routing(Two):
    """Sends failing items by `no`."""

    failed = "no"


class Whole(BatchNode[Nothing]):
    """Takes everything at once."""

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Items:
        """Pass it on."""
        return inputs.main


TWO = single(Two)
ITEM = Item({"n": 1})
OTHER = Item({"n": 2})

TAKEN: list[tuple[str, Any, list[tuple[str, list[Item]]]]] = [
    ("nothing", None, []),
    ("item", ITEM, [("yes", [ITEM])]),
    ("items", [ITEM, OTHER], [("yes", [ITEM, OTHER])]),
    ("no items", [], [("yes", [])]),
    ("tuple", (ITEM,), [("yes", [ITEM])]),
    ("columns", Items.of([ITEM]), [("yes", [ITEM])]),
    ("send", Send("no", ITEM), [("no", [ITEM])]),
    ("sends", [Send("no", ITEM), Send("yes", OTHER)], [("no", [ITEM]), ("yes", [OTHER])]),
    ("mixed", [Send("no", ITEM), OTHER], [("no", [ITEM]), ("yes", [OTHER])]),
]


@pytest.mark.parametrize(("result", "parts"), [c[1:] for c in TAKEN], ids=[c[0] for c in TAKEN])
def test_what_a_node_returns_is_outputs_and_items(
    result: Any, parts: list[tuple[str, list[Item]]]
) -> None:
    assert [(name, list(items)) for name, items in normalized(result, TWO)] == parts


WRONG: list[tuple[Any, str]] = [
    ("text", "returned str, which is not an item"),
    ({}, "returned dict, which is not an item"),
    ([ITEM, 5], "returned a list with int in it, which is not an item"),
    (Send("maybe", ITEM), 'sent items to the output "maybe", which it does not have'),
    ([Send("maybe", ITEM)], 'sent items to the output "maybe", which it does not have'),
]


@pytest.mark.parametrize(("result", "message"), WRONG, ids=[case[1] for case in WRONG])
def test_what_is_no_item_is_refused(result: Any, message: str) -> None:
    with pytest.raises(NodeError) as failed:
        list(normalized(result, TWO))
    assert str(failed.value) == message


FAILING = Item({"n": 1, "error": "old"}, links=(PairedItem(4),))
CAUSE = NodeError("no", json={"error": "no", "code": 7})
FAILED = ItemError("no", item=4, cause=CAUSE)

ROUTES: list[tuple[Step, str, Json]] = [
    (single(Two, on_error="continue"), "yes", {"error": "no", "code": 7}),
    (single(Routing, on_error="continue"), "no", {"n": 1, "error": "old"}),
    (single(Two, on_error="error_output"), "error", {"n": 1, "error": "no", "code": 7}),
    (single(Routing, on_error="error_output"), "error", {"n": 1, "error": "no", "code": 7}),
]


@pytest.mark.parametrize(
    ("step", "output", "json"), ROUTES, ids=["continue", "routing", "error", "routing-error"]
)
def test_a_failing_item_leaves_where_it_belongs(step: Step, output: str, json: Json) -> None:
    name, item = route(FAILING, FAILED, step)
    assert (name, item.json, item.links) == (output, json, FAILING.links)
    assert item.error is (None if json == FAILING.json else FAILED)


@pytest.mark.parametrize("cause", [CAUSE, None], ids=["cause", "none"])
def test_a_failing_item_ends_a_step_that_stops(cause: Exception | None) -> None:
    with pytest.raises(StepFailed) as failed:
        route(FAILING, ItemError("no", item=4, cause=cause), TWO)
    assert (str(failed.value), failed.value.item) == ("no", 4)
    assert isinstance(failed.value.cause, NodeError)


AT = Arrival("main", "Before", "main", 0)


def gathered(results: Mapping[int, Any], count: int, step: Step = TWO) -> dict[str, Items]:
    gathering = Gathering(step, AT, count)
    for position, result in results.items():
        gathering.add(position, result)
    return gathering.outcome().outputs


@given(st.permutations(range(5)))
def test_results_come_out_in_input_order(order: Sequence[int]) -> None:
    outputs = gathered({at: [Item({"n": at}), Item({"n": -at})] for at in order}, 5)
    assert [row["n"] for row in outputs["yes"].json] == [0, 0, 1, -1, 2, -2, 3, -3, 4, -4]
    links = outputs["yes"].links
    assert isinstance(links, Straight)
    assert links.positions == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_who_says_nothing_is_linked_to_the_item_at_hand() -> None:
    own = Item({}, links=(PairedItem(0, "main", "Before", "main", 0),))
    outputs = gathered({0: [Item({}), own], 1: Item({})}, 2)
    assert isinstance(outputs["yes"].links, Straight)
    assert outputs["yes"].links.positions == [0, 0, 1]


@pytest.mark.parametrize("links", [(), (PairedItem(0), PairedItem(1)), (PairedItem(9, "left"),)])
def test_what_an_item_says_of_itself_stands(links: tuple[PairedItem, ...]) -> None:
    outputs = gathered({0: Item({}, links=links), 1: Item({})}, 2)
    assert [item.links for item in outputs["yes"]] == [links, (AT.link(1),)]


def test_links_to_several_lists_are_not_straight() -> None:
    links = [(AT.link(0),), (PairedItem(0),)]
    assert straightened(links, AT) is links
    assert straightened([None], AT) == [None]


def test_an_answer_is_given_back_as_it_was() -> None:
    step = single(Two, on_error="continue")
    gathering = Gathering(step, AT, 2)
    gathering.fail(0, ITEM, FAILED)
    gathering.add(1, Send("no", OTHER))
    again = Gathering(step, AT, 2)
    for position in range(2):
        again.replay(position, gathering.answer(position))
    assert again.outcome().outputs == gathering.outcome().outputs
    assert again.outcome().failures == [FAILED]
    assert gathering.own(1) == (AT.link(1),)
    assert again.answer(1) == Answer((("no", again.answer(1).sent[0][1]),))


def numbered(*numbers: int) -> Items:
    return Items([{"n": n} for n in numbers]).arrived(AT)


def batch(result: Any, failed: Sequence[int], **settings: Json) -> list[Json]:
    rows = numbered(*range(5))
    step = single(Whole, on_error="continue", **settings)
    errors = {at: ItemError(f"{at} failed", item=at) for at in failed}
    outcome = batch_outcome(result, step, rows, errors)
    return [row.get("n", row.get("error")) for row in outcome.outputs["main"].json]


def test_items_that_never_reached_a_batch_node_are_put_in_their_place() -> None:
    kept = numbered(*range(5)).take([0, 2, 3])
    assert batch(kept, [1, 4]) == [0, "1 failed", 2, 3, "4 failed"]


def test_items_without_links_stand_for_the_ones_that_were_given() -> None:
    assert batch([Item({"n": n}) for n in (10, 12, 14)], [1, 3]) == [
        10,
        "1 failed",
        12,
        "3 failed",
        14,
    ]


@pytest.mark.parametrize(
    "result",
    [numbered(*range(5)).take([3, 0]), [Item({"n": 7})], [ITEM.derive({"n": 7}), Item({"n": 8})]],
    ids=["turned", "one", "unlinked"],
)
def test_where_no_place_can_be_told_failing_items_stand_last(result: Any) -> None:
    found = batch(result, [1])
    assert found[-1] == "1 failed"


def test_a_single_link_each_tells_the_place() -> None:
    items = [Item({"n": n}, links=(PairedItem(n),)) for n in (0, 2, 4)]
    assert batch(items, [1, 3]) == [0, "1 failed", 2, "3 failed", 4]


def test_nothing_at_all_is_silent_but_not_where_items_failed() -> None:
    rows = numbered(0, 1)
    step = single(Whole, on_error="continue")
    assert batch_outcome(None, step, rows, {}).silent
    assert not batch_outcome(None, step, rows, {0: FAILED}).silent
    assert not batch_outcome([], step, rows, {}).silent


def test_several_sends_to_one_output_are_one_list() -> None:
    outcome = batch_outcome([Send("yes", ITEM), Send("yes", OTHER)], TWO, numbered(0), {})
    assert outcome.outputs["yes"].json == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("on_error", "outputs"),
    [
        ("continue", {"main": [{"n": 1}, {"error": "no", "code": 7}]}),
        ("error_output", {"main": [{"n": 1}], "error": [{"n": 2, "error": "no", "code": 7}]}),
    ],
)
def test_items_that_a_node_put_out_with_an_error_are_sent_on(
    on_error: str, outputs: dict[str, Json]
) -> None:
    step = single(Whole, on_error=on_error)
    outcome = batch_outcome([ITEM, OTHER.failed(FAILED)], step, numbered(0, 1), {})
    assert {name: items.json for name, items in outcome.outputs.items()} == outputs
    assert outcome.failures == [FAILED]


def test_an_item_put_out_with_an_error_ends_a_step_that_stops() -> None:
    with pytest.raises(StepFailed):
        batch_outcome([OTHER.failed(FAILED)], single(Whole), numbered(0), {})


def test_error_items_move_to_the_error_output_with_the_json_they_came_from() -> None:
    rows = Items.of(
        [
            Item({"n": 5}),
            Item({"error": "bad"}, links=(PairedItem(1),)),
            Item({"error": "bad", "message": "so bad"}, links=(PairedItem(9),)),
            Item({"error": "bad", "id": 1}, links=(PairedItem(0),)),
            Item({"a": 1, "b": 2, "c": 3}, links=(PairedItem(0, "left"),), error=FAILED),
        ]
    )
    outputs = split_error_items(
        {"main": rows, "error": Items([{"e": 1}])}, {"main": numbered(0, 1)}
    )
    assert outputs["main"].json == [{"n": 5}, {"error": "bad", "id": 1}]
    assert outputs["error"].json == [
        {"e": 1},
        {"n": 1, "error": "bad"},
        {"error": "bad", "message": "so bad"},
        {"a": 1, "b": 2, "c": 3},
    ]
    assert outputs["error"][3].error is FAILED


def test_without_error_items_nothing_moves() -> None:
    rows = numbered(1, 2)
    assert split_error_items({"main": rows}, {})["main"] is rows
