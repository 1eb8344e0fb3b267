"""What nodes declare, take and give."""

from typing import Any, Literal

import pytest
from hypothesis import given, strategies as st

from nodekit import BatchNode, Context, Inputs, Item, ItemNode, Items, Params, Send, State
from nodekit.node import BatchResult, ItemResult, Node, declared


class Nothing(Params):
    pass


class Seen(State):
    pass


class Plain(ItemNode[Nothing]):
    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        return item


class Full(BatchNode[Nothing, Seen, Literal["yes", "no"]]):
    def run_batch(
        self, inputs: Inputs, params: Nothing, ctx: Context[Seen]
    ) -> Send[Literal["yes", "no"]]:
        return Send.split(inputs.main, [True], "yes", "no")


class Heir(Full):
    pass


@pytest.mark.parametrize(
    ("node", "facts"),
    [
        (Plain, (Nothing, None, Literal["main"])),
        (Full, (Nothing, Seen, Literal["yes", "no"])),
        (Heir, (Nothing, Seen, Literal["yes", "no"])),
    ],
    ids=["plain", "full", "heir"],
)
def test_a_node_declares_three_facts(node: type[Node[Any, Any, Any]], facts: Any) -> None:
    assert declared(node) == facts


def test_a_node_without_facts_is_refused() -> None:
    class Bare(ItemNode):  # type: ignore[type-arg]  # this is what must be refused
        pass

    with pytest.raises(TypeError) as failed:
        declared(Bare)
    assert str(failed.value) == "Bare does not name its params, as in ItemNode[MyParams]"


def test_a_node_says_what_it_needs_unless_it_is_asked_for_more() -> None:
    assert Plain.inputs_of(Nothing()) == ("main",)
    assert Plain.outputs_of(Nothing()) == ("main",)
    assert Full.outputs_of(Nothing()) == ("yes", "no")
    assert Plain.required_of(Nothing()) == ()
    assert (Plain.slices_of(Nothing()), Full.slices_of(Nothing())) == ("any", "all")
    assert Full.merge_state(None, Seen(), Seen()) is None
    assert Plain().lane(Item({}), Nothing()) is None


def test_a_node_without_its_method_does_nothing() -> None:
    class Lazy(ItemNode[Nothing]):
        def run_item(self, item: Item, params: Nothing, ctx: Any) -> ItemResult[Literal["main"]]:
            return super().run_item(item, params, ctx)  # type: ignore[safe-super, return-value]  # abstract

    class LazyBatch(BatchNode[Nothing]):
        def run_batch(self, inputs: Inputs, params: Nothing, ctx: Any) -> BatchResult:
            return super().run_batch(inputs, params, ctx)  # type: ignore[safe-super, return-value]  # abstract

    with pytest.raises(NotImplementedError):
        Lazy().run_item(Item({}), Nothing(), None)
    with pytest.raises(NotImplementedError):
        LazyBatch().run_batch(Inputs({}), Nothing(), None)


@given(st.lists(st.booleans(), max_size=8))
def test_splitting_puts_every_row_where_its_flag_says(flags: list[bool]) -> None:
    rows = Items([{"n": n} for n in range(len(flags))])
    sent = Send.split(rows, flags, "yes", "no").outputs
    assert list(sent) == ["yes", "no"]
    assert [row["n"] for row in sent["yes"].json] == [n for n, flag in enumerate(flags) if flag]
    assert [row["n"] for row in sent["no"].json] == [n for n, flag in enumerate(flags) if not flag]


def test_rows_and_flags_must_be_equally_many() -> None:
    with pytest.raises(ValueError, match=r"^2 items cannot be split by 1 flags$"):
        Send.split(Items([{}, {}]), [True], "yes", "no")


def test_a_send_says_how_many_items_leave_by_each_output() -> None:
    assert repr(Send.to({"yes": [Item({})], "no": []})) == "Send(yes: 1, no: 0)"
    assert Send("yes", Item({"a": 1}), Item({})).outputs == {"yes": Items([{"a": 1}, {}])}


def test_inputs_are_a_mapping_in_order() -> None:
    left, right = Items([{"a": 1}]), Items()
    inputs = Inputs({"left": left, "right": right})
    assert inputs.main is left
    assert (list(inputs), len(inputs), inputs["right"]) == (["left", "right"], 2, right)
    assert len(Inputs({}).main) == 0
