"""What every node keeps, and how it is told that it does not."""

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import Field, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Inputs,
    Item,
    ItemNode,
    Items,
    Params,
    RegistryError,
)
from nodekit.node import Node
from nodekit.testing import check_node_contract


class Good(Params):
    """Well declared."""

    operation: Literal["a"] = "a"

    size: int = Field(default=1, ge=1, examples=[1, 2])
    """How many."""

    low: int = Field(default=0, examples=[5])
    """A number below the other."""

    high: int = Field(default=9)
    """A number above the other."""

    @model_validator(mode="after")
    def ordered(self) -> "Good":
        """Compare them."""
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Keeps(ItemNode[Good]):
    """Keep everything."""

    def run_item(self, item: Item, params: Good, ctx: Context) -> Item:
        """Pass it on."""
        return item


async def test_a_good_node_passes() -> None:
    await check_node_contract(Keeps)
    await check_node_contract(Keeps, {"size": 3}, [{"a": {"b": 1}}])


class Inner(Params):
    """A part."""

    page: int = 0


class Bad(Params):
    """Badly declared."""

    size: int = Field(default=1, ge=1, examples=[1, 0, "x"])

    parts: list[Inner] = Field(default=[])
    """Parts."""


class Undescribed(ItemNode[Bad]):
    def run_item(self, item: Item, params: Bad, ctx: Context) -> Item:
        return item


class Nothing(Params):
    """No parameters."""


class Changes(ItemNode[Nothing]):
    """Change what it is given."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Change it."""
        item.json["name"]["first"] = "Bob"
        return item


class Invents(BatchNode[Nothing]):
    """Put out something for nothing."""

    def run_batch(self, inputs: Inputs, params: Nothing, ctx: Context) -> Sequence[Item]:
        """Put it out."""
        return [Item({"count": len(inputs.main)})]


class Hidden(ItemNode[Nothing]):
    """Go on when it is canceled."""

    async def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Wait, whatever happens."""
        try:
            await ctx.sleep(1)
        except BaseException:
            return item
        return item


FAULTS: list[tuple[type[Node[Any, Any, Any]], str]] = [
    (
        Undescribed,
        "Undescribed: has no docstring; Bad.size is not described; "
        "Bad.size: the example 0 does not fit; Bad.size: the example 'x' does not fit; "
        "Bad.parts.page is not described",
    ),
    (Changes, "Changes: changed the items it was given"),
    (Invents, "Invents: put out items although it was given none"),
    (Hidden, "Hidden: went on although it was canceled"),
]


@pytest.mark.parametrize(("node", "message"), FAULTS, ids=[node.__name__ for node, _ in FAULTS])
async def test_everything_that_is_wrong_is_told(
    node: type[Node[Any, Any, Any]], message: str
) -> None:
    with pytest.raises(AssertionError) as failed:
        await check_node_contract(node, {}, [{"name": {"first": "Ada"}}])
    assert str(failed.value).splitlines()[0] == message


class FlagParams(Params):
    """A flag for each item."""

    flag: Each[bool]
    """Whether it goes on."""


class Chooses(BatchNode[FlagParams]):
    """Pass on what has a flag."""

    async def run_batch(self, inputs: Inputs, params: FlagParams, ctx: Context) -> Items:
        """Wait a moment, and choose."""
        await ctx.sleep(0)
        rows = inputs.main
        assert len(rows) == len(params.flag)
        return rows.take([i for i, flag in enumerate(params.flag) if flag])


async def test_a_node_with_columns_is_given_none_with_no_values() -> None:
    await check_node_contract(Chooses, {"flag": "={{ $json.n > 1 }}"}, [{"n": 1}, {"n": 2}])


async def test_what_does_not_say_its_params_is_no_node() -> None:
    class Bare(ItemNode):  # type: ignore[type-arg]  # this is what must be refused
        """Nothing said."""

    with pytest.raises(RegistryError):
        await check_node_contract(Bare)
