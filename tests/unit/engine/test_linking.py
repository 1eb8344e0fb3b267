"""Which item came from which, forwards and backwards."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, strategies as st

from nodekit import ExpressionError, Item, Items, Json, PairedItem, StepRun
from nodekit.engine.linking import Ancestry, Linker, arrival_of, origins
from nodekit.engine.run import Ancestor, Carried
from nodekit.engine.schedule import Source, Sources
from nodekit.links import Arrival, Link, Straight
from nodekit.pipeline.wiring import START

FED: Sources = {"main": Source("Before", "main", 0)}
BEGIN: Sources = {"main": Source(START, "main", 0)}
TWO: Sources = {"left": Source("Before", "main", 0), "right": None}


def arrived(count: int, sources: Sources = FED) -> dict[str, Items]:
    """Return what a step takes in: so many items on its first input, none on others."""
    return {
        name: Items([{}] * (0 if at else count)).arrived(arrival_of(name, sources))
        for at, name in enumerate(sources)
    }


def linked(
    outputs: Mapping[str, Items],
    inputs: Mapping[str, Items],
    sources: Sources = FED,
    seen: Sequence[int] | None = None,
) -> dict[str, list[Link]]:
    at = range(len(next(iter(inputs.values())))) if seen is None else seen
    found = Linker(inputs, sources, at).link(outputs)
    return {name: [item.links for item in items] for name, items in found.items()}


def to(*items: int) -> list[Link]:
    return [(PairedItem(item),) for item in items]


def test_as_many_items_on_one_output_are_linked_by_position() -> None:
    assert linked({"main": Items([{}] * 3)}, arrived(3)) == {"main": to(0, 1, 2)}


def test_positions_are_those_of_the_items_a_node_was_given() -> None:
    found = linked({"main": Items([{}] * 2)}, arrived(4), seen=[1, 3])
    assert found == {"main": to(1, 3)}


def test_everything_is_linked_to_the_only_input_item() -> None:
    outputs = {"yes": Items([{}, {}]), "no": Items([{}])}
    assert linked(outputs, arrived(1)) == {"yes": to(0, 0), "no": to(0)}


UNKNOWN: list[tuple[str, dict[str, Items], dict[str, Items], Sources]] = [
    ("another count", {"main": Items([{}] * 2)}, arrived(3), FED),
    ("two outputs", {"yes": Items([{}] * 3), "no": Items()}, arrived(3), FED),
    ("two inputs", {"main": Items([{}])}, arrived(1, TWO), TWO),
    ("no inputs", {"main": Items([{}])}, {}, {}),
]


@pytest.mark.parametrize(
    ("outputs", "inputs", "sources"), [c[1:] for c in UNKNOWN], ids=[c[0] for c in UNKNOWN]
)
def test_otherwise_links_are_unknown(
    outputs: dict[str, Items], inputs: dict[str, Items], sources: Sources
) -> None:
    found = linked(outputs, inputs, sources, seen=range(3))
    assert {link for links in found.values() for link in links} == {None}


def test_where_the_rules_fail_for_one_list_the_next_is_not_linked_either() -> None:
    own = Items([{}], links=to(2))
    outputs = {"a": own, "b": Items([{}, {}]), "c": Items([{}])}
    assert linked(outputs, arrived(3)) == {"a": to(2), "b": [None, None], "c": [None]}


def test_only_items_without_links_are_filled_in() -> None:
    items = Items([{}, {}, {}], links=[None, (PairedItem(0),), ()])
    assert linked({"main": items}, arrived(3)) == {"main": [*to(0, 0), ()]}


def test_links_to_the_inputs_at_hand_are_written_without_what_fed_them() -> None:
    near = Arrival("main", "Before", "main", 0)
    far = PairedItem(7, "main", "Loop", "done", 3)
    mixed = Items([{}, {}], links=[(near.link(1), far), (PairedItem(0),)])
    straight = Items([{}, {}], links=Straight(near, [1, 0]))
    foreign = Items([{}], links=Straight(Arrival("main", "Loop", "done", 3), [7]))
    found = linked({"main": mixed + straight + foreign}, arrived(2))
    assert found == {"main": [(PairedItem(1), far), *to(0, 1, 0), (far,)]}


def run_of(step: str, sources: Sources, rows: Sequence[Json], links: Sequence[Link]) -> StepRun:
    items = Items([{"v": row} for row in rows], links=links)
    return StepRun(step, 0, sources, 0, outputs={"main": items})


def history(*runs: StepRun) -> dict[str, list[StepRun]]:
    found: dict[str, list[StepRun]] = {}
    for run in runs:
        found.setdefault(run.step, []).append(run)
    return found


def from_(step: str, run: int = 0) -> Sources:
    return {"main": Source(step, "main", run)}


def said(found: Sequence[Item | ExpressionError]) -> list[Json]:
    return [
        error.message if isinstance(error, ExpressionError) else error.json["v"] for error in found
    ]


A = run_of("A", BEGIN, ["a0", "a1", "a2"], Straight(Arrival(), [0, 1, 2]))
B = run_of("B", from_("A"), ["b2", "b0"], Straight(Arrival(), [2, 0]))
C = run_of("C", from_("B"), ["c0", "c1"], [(PairedItem(1),), (PairedItem(0),)])


@given(st.lists(st.integers(0, 1), max_size=4))
def test_a_straight_way_back_is_followed_for_all_items_at_once(indexes: list[int]) -> None:
    ancestry = Ancestry(history(A, B), from_("B"), "main")
    assert said(ancestry.find("A", indexes)) == [["a2", "a0"][i] for i in indexes]
    assert said(ancestry.find("B", indexes)) == [["b2", "b0"][i] for i in indexes]


def test_a_way_back_with_other_links_is_followed_item_by_item() -> None:
    ancestry = Ancestry(history(A, B, C), from_("C"), "main")
    assert said(ancestry.find("A", [0, 1])) == ["a0", "a2"]
    assert said(ancestry.find("C", [1])) == ["c1"]


NO_INFO = (
    "Paired item data for item from node '{0}' is unavailable. "
    "Ensure '{0}' is providing the required output."
)


def test_an_item_that_does_not_know_where_it_came_from_ends_the_way() -> None:
    lost = run_of("C", from_("B"), ["c0", "c1"], [None, (PairedItem(1),)])
    found = Ancestry(history(A, B, lost), from_("C"), "main").find("A", [0, 1])
    assert said(found) == [NO_INFO.format("C"), "a0"]


def test_a_way_back_that_passes_by_finds_no_branch() -> None:
    found = Ancestry(history(A, B), from_("B"), "main").find("Elsewhere", [0])
    assert said(found) == ["Branch not found"]


def test_a_step_that_the_start_feeds_has_no_way_back() -> None:
    ancestry = Ancestry(history(A), {"main": None}, "main")
    (error,) = ancestry.find("A", [0])
    assert isinstance(error, ExpressionError)
    assert (error.message, error.kind) == ("Invalid expression", "paired_item_no_connection")
    assert error.hint == (
        'No path leads back to the step "A"; use .first(), .last() or .all() instead.'
    )
    assert said(Ancestry(history(A), BEGIN, "main").find("A", [0])) == ["Branch not found"]


def test_several_ways_to_one_item_are_one_match() -> None:
    both = run_of("C", from_("B"), ["c"], [(PairedItem(0), PairedItem(1))])
    join = run_of("D", from_("C"), ["d"], [(PairedItem(0), PairedItem(0))])
    ancestry = Ancestry(history(A, B, both, join), from_("D"), "main")
    assert said(ancestry.find("C", [0])) == ["c"]
    (error,) = ancestry.find("B", [0])
    assert isinstance(error, ExpressionError)
    assert (error.message, error.kind) == (
        "Multiple matches found",
        "paired_item_multiple_matches",
    )


def test_links_of_a_loop_lead_to_an_earlier_arrival() -> None:
    loop = StepRun(
        "L",
        0,
        from_("A"),
        0,
        outputs={"main": Items([{"v": "l"}], links=[(PairedItem(2, "main", "A", "main", 0),)])},
    )
    later = run_of("B", from_("L"), ["b"], Straight(Arrival(), [0]))
    assert said(Ancestry(history(A, loop, later), from_("B"), "main").find("A", [0])) == ["a2"]


def test_ancestors_that_were_carried_over_a_cut_are_found() -> None:
    gone = ExpressionError("gone")
    one, other = (
        Ancestor(Item({"v": "a4"}), ("main", 0, 4)),
        Ancestor(Item({"v": "a?"}), ("", 0, 7)),
    )
    carried = Carried([4, 5, None], {"A": [one, gone, other]})
    spooled = StepRun(
        "B",
        0,
        {},
        0,
        outputs={"main": Items([{"v": n} for n in range(3)])},
        carried={"main": carried},
    )
    ancestry = Ancestry(history(spooled), from_("B"), "main")
    assert said(ancestry.find("A", [0, 1, 2])) == ["a4", "gone", "a?"]
    assert said(ancestry.find("Other", [0])) == ["Branch not found"]


def test_a_place_beyond_an_output_has_no_way_back() -> None:
    short = run_of("B", from_("A"), ["b"], to(0))
    found = Ancestry(history(A, short), from_("B"), "main").find("B", [4])
    assert said(found) == [NO_INFO.format("B")]


@pytest.mark.parametrize("offset", [0, 10])
def test_the_origin_of_an_item_is_its_place_in_the_input_of_the_run(offset: int) -> None:
    assert origins(history(A, B), Arrival("main", "B", "main", 0), 2, offset) == [
        2 + offset,
        offset,
    ]
    assert origins(history(A, B, C), Arrival("main", "C", "main", 0), 2, offset) == [
        offset,
        2 + offset,
    ]
    assert origins({}, Arrival("main", START, "main", 0), 2, offset) == [offset, 1 + offset]


def test_an_origin_is_unknown_where_there_are_several_or_none() -> None:
    odd = run_of("C", from_("B"), ["c"] * 4, [None, (PairedItem(0), PairedItem(1)), to(1)[0], ()])
    assert origins(history(A, B, odd), Arrival("main", "C", "main", 0), 4, 0) == [
        None,
        None,
        0,
        None,
    ]
    assert origins({}, Arrival(), 1, 0) == [None]


def test_origins_that_were_carried_over_a_cut_are_taken_from_there() -> None:
    spooled = StepRun(
        "B", 0, {}, 0, outputs={"main": Items([{}, {}])}, carried={"main": Carried([4, None], {})}
    )
    runs = history(spooled, run_of("C", from_("B"), ["c"] * 2, Straight(Arrival(), [1, 0])))
    assert origins(runs, Arrival("main", "C", "main", 0), 2, 0) == [None, 4]
    mixed = history(spooled, run_of("C", from_("B"), ["c"], [(PairedItem(0), PairedItem(0))]))
    assert origins(mixed, Arrival("main", "C", "main", 0), 1, 0) == [4]


def test_an_origin_on_an_input_that_nothing_fed_is_unknown() -> None:
    alone = run_of("B", {"main": None}, ["b", "c"], [*to(0), (PairedItem(0), PairedItem(0))])
    assert origins(history(alone), Arrival("main", "B", "main", 0), 2, 0) == [None, None]
