"""The scheduler alone, against orders that n8n was seen to run."""

from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given, strategies as st

from nodekit.engine.schedule import Scheduler, Source
from nodekit.pipeline.wiring import START, Wire, Wiring

Graph = Mapping[str, Sequence[str]]


def wiring(edges: Sequence[str], order: Sequence[str], inputs: Graph | None = None) -> Wiring:
    """Build wires from lines like ``If.true > Merge.left``; what is not said is ``main``."""
    wires: list[Wire] = []
    outputs: dict[str, list[str]] = {step: ["main"] for step in order}
    known: dict[str, list[str]] = {step: list((inputs or {}).get(step, ())) for step in order}
    for edge in edges:
        (source, _, output), (target, _, name) = (
            end.strip().partition(".") for end in edge.split(">")
        )
        wire = Wire(
            START if source == "start" else source, output or "main", target, name or "main"
        )
        wires.append(wire)
        if wire.source != START and wire.output not in outputs[wire.source]:
            outputs[wire.source].append(wire.output)
        if wire.input not in known[wire.target]:
            known[wire.target].append(wire.input)
    return Wiring(known, wires, outputs)


def played(
    graph: Wiring,
    *,
    order: str = "v1",
    filled: Mapping[str, Collection[str]] | None = None,
    required: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """Run all turns and return them as text: the step, and what feeds its inputs."""
    scheduler = Scheduler(graph, required or {}, order)
    seen: list[str] = []
    while (turn := scheduler.next()) is not None:
        sources = ", ".join(said(source) for source in turn.sources.values())
        seen.append(f"{turn.step}({sources})")
        scheduler.done(turn, (filled or {}).get(turn.step, graph.outputs[turn.step]))
        assert len(seen) < 100
    return seen


def said(source: Source | None) -> str:
    if source is None:
        return "-"
    return "start" if source.step == START else f"{source.step}.{source.output}:{source.run}"


def steps(turns: Sequence[str]) -> str:
    return " ".join(turn.partition("(")[0] for turn in turns)


FAN = ("start > M", "M > C", "M > A", "M > B", "A > A2", "B > B2")


def test_v1_is_depth_first_topmost_first() -> None:
    graph = wiring(FAN, ("M", "C", "A", "A2", "B", "B2"))
    assert steps(played(graph)) == "M C A A2 B B2"


def test_v0_is_breadth_first() -> None:
    graph = wiring(
        ("start > M", "M > A", "M > B", "M > C", "A > A2", "B > B2"),
        ("M", "A", "B", "C", "A2", "B2"),
    )
    assert steps(played(graph, order="v0")) == "M A B C A2 B2"


def test_two_sources_on_one_input_are_two_runs() -> None:
    graph = wiring(("start > A", "start > B", "A > S", "B > S"), ("A", "B", "S"))
    assert played(graph) == ["A(start)", "S(A.main:0)", "B(start)", "S(B.main:0)"]


def test_two_wires_from_one_output_are_two_runs() -> None:
    graph = wiring(("start > A", "A > B", "A > B"), ("A", "B"))
    assert steps(played(graph)) == "A B B"


def test_a_step_with_two_inputs_waits_for_both() -> None:
    graph = wiring(("start > A", "start > B", "A > M.left", "B > M.right"), ("A", "B", "M"))
    assert played(graph) == ["A(start)", "B(start)", "M(A.main:0, B.main:0)"]


def test_a_step_with_two_inputs_runs_late_with_what_came() -> None:
    graph = wiring(("start > I", "I.true > M.left", "I.false > M.right"), ("I", "M"))
    assert played(graph, filled={"I": {"true"}}) == ["I(start)", "M(I.true:0, -)"]


def test_a_step_whose_required_input_never_came_does_not_run() -> None:
    graph = wiring(("start > I", "I.true > M.left", "I.false > M.right"), ("I", "M"))
    turns = played(graph, filled={"I": {"true"}}, required={"M": ("left", "right")})
    assert turns == ["I(start)"]


def test_a_surplus_arrival_runs_alone_at_the_end() -> None:
    graph = wiring(
        ("start > A", "start > B", "start > C", "A > M.left", "B > M.left", "C > M.right"),
        ("A", "B", "C", "M"),
    )
    assert played(graph)[-2:] == ["M(A.main:0, C.main:0)", "M(B.main:0, -)"]


def test_an_input_with_nothing_connected_counts() -> None:
    graph = wiring(("start > A", "A > M.right"), ("A", "M"), {"M": ("left", "right")})
    assert played(graph) == ["A(start)", "M(-, A.main:0)"]


def test_one_output_on_both_inputs_is_one_run() -> None:
    graph = wiring(("start > A", "A > M.left", "A > M.right"), ("A", "M"))
    assert played(graph) == ["A(start)", "M(A.main:0, A.main:0)"]


def test_a_waiting_step_waits_while_an_ancestor_waits() -> None:
    graph = wiring(
        ("start > A", "A > M.left", "A.no > M.right", "M > N.left", "A > N.right", "A.no > X"),
        ("A", "M", "N", "X"),
    )
    turns = played(graph, filled={"A": {"main"}})
    assert turns == ["A(start)", "M(A.main:0, -)", "N(M.main:0, A.main:0)"]


def test_an_output_without_items_feeds_nothing() -> None:
    graph = wiring(("start > A", "A > B", "B > C"), ("A", "B", "C"))
    assert steps(played(graph, filled={"B": ()})) == "A B"


def test_v0_forces_a_branch_that_a_merge_lacks() -> None:
    graph = wiring(("start > I", "I.true > M.left", "I.false > F", "F > M.right"), ("I", "F", "M"))
    turns = played(graph, order="v0", filled={"I": {"true"}})
    assert steps(turns) == "I F M"
    assert turns[1] == "F(I.true:0)"


def test_a_loop_counts_its_runs() -> None:
    graph = wiring(("start > L", "L.loop > B", "B > L", "L.done > E"), ("L", "B", "E"))
    scheduler = Scheduler(graph, {})
    seen: list[str] = []
    while (turn := scheduler.next()) is not None:
        seen.append(f"{turn.step}{turn.run}")
        output = {"L": "loop" if turn.run < 2 else "done"}.get(turn.step, "main")
        scheduler.done(turn, {output})
    assert seen == ["L0", "B0", "L1", "B1", "L2", "E0"]


def test_a_skipped_turn_is_no_run() -> None:
    graph = wiring(("start > A", "start > A"), ("A",))
    scheduler = Scheduler(graph, {})
    first = scheduler.next()
    assert first is not None
    scheduler.skipped(first)
    second = scheduler.next()
    assert second is not None
    assert second.run == 0


def test_what_is_pending_is_what_will_be_read() -> None:
    graph = wiring(("start > A", "A > B", "A > M.left", "B > M.right"), ("A", "B", "M"))
    scheduler = Scheduler(graph, {})
    turn = scheduler.next()
    assert turn is not None
    scheduler.done(turn, {"main"})
    assert scheduler.pending() == {("A", 0)}


@st.composite
def forward_graphs(draw: st.DrawFn) -> Wiring:
    """Draw a graph without circles in which every step is reached, one input each."""
    count = draw(st.integers(2, 8))
    names = [f"s{i}" for i in range(count)]
    edges = ["start > s0"]
    for i in range(1, count):
        above = draw(st.lists(st.integers(0, i - 1), min_size=1, max_size=2, unique=True))
        edges += [f"s{source} > s{i}" for source in above]
    return wiring(edges, names)


def ways(graph: Wiring, step: str) -> int:
    """Return on how many ways a step is reached."""
    return sum(
        1 if wire.source == START else ways(graph, wire.source) for wire in graph.entering(step)
    )


@given(forward_graphs(), st.sampled_from(("v0", "v1")))
def test_a_step_runs_once_for_every_way_that_leads_to_it(graph: Wiring, order: str) -> None:
    turns = [turn.partition("(")[0] for turn in played_long(graph, order)]
    assert {step: turns.count(step) for step in graph.inputs} == {
        step: ways(graph, step) for step in graph.inputs
    }


def played_long(graph: Wiring, order: str) -> list[str]:
    scheduler = Scheduler(graph, {}, order)
    seen: list[str] = []
    while (turn := scheduler.next()) is not None:
        seen.append(turn.step)
        scheduler.done(turn, ("main",))
    return seen


@pytest.mark.parametrize("order", ["v0", "v1"])
def test_a_run_without_steps_is_over_at_once(order: str) -> None:
    assert Scheduler(wiring((), ()), {}, order).next() is None
