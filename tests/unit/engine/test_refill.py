"""Params of many items: reading only the fields that differ gives what reading all gives."""

from typing import Any, Self

import pytest
from pydantic import Field, model_validator

from nodekit.engine.refill import Refill
from nodekit.items import Json
from nodekit.params import UNDEFINED, Filling, Hole, Params, fill


class Inner(Params):
    """A model that has a rule of its own."""

    a: Json = None
    b: Json = None

    @model_validator(mode="after")
    def one(self) -> Self:
        """Refuse both."""
        if len(self.model_fields_set) != 1:
            raise ValueError("wants one of a and b")
        return self


class Outer(Params):
    """A model whose fields stand alone."""

    page_size: int = Field(default=1, ge=1)
    title: str = "none"
    inner: Inner | None = None
    rows: list[int] = Field(default=[])


class Bound(Outer):
    """A model whose fields depend on each other."""

    @model_validator(mode="after")
    def short(self) -> Self:
        """Refuse a long title."""
        if len(self.title) > self.page_size:
            raise ValueError("too long")
        return self


FIRST: dict[int, object] = {0: 3, 1: "x"}

RAW = {
    "pageSize": Hole(0, ("pageSize",), "=a"),
    "inner": {"a": Hole(1, ("inner", "a"), "=b")},
    "rows": [1, 2],
}


def refill(model: type[Params], raw: dict[str, Any] = RAW) -> Refill:
    """Return what has learned from a first item."""
    made = Refill(model, raw)
    made.learn(model.model_validate(fill(raw, FIRST), context=Filling(1)))
    return made


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({0: 7, 1: "y"}, id="values"),
        pytest.param({0: "7", 1: None}, id="text of a number"),
        pytest.param({0: 7, 1: [1, {"b": 2}]}, id="a structure"),
    ],
)
def test_an_item_reads_as_a_whole_does(values: dict[int, object]) -> None:
    whole = Outer.model_validate(fill(RAW, values), context=Filling(1))
    found = refill(Outer).read(values)
    assert found == whole
    assert found is not None
    assert found.model_fields_set == whole.model_fields_set


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({0: 0, 1: "y"}, id="a value that does not fit"),
        pytest.param({0: UNDEFINED, 1: "y"}, id="a field that is left out"),
        pytest.param({0: 7, 1: UNDEFINED}, id="a rule within that is broken"),
    ],
)
def test_what_is_not_plain_is_read_whole(values: dict[int, object]) -> None:
    assert refill(Outer).read(values) is None


def test_fields_that_depend_on_each_other_are_read_whole() -> None:
    raw = {"pageSize": Hole(0, ("pageSize",), "=a"), "title": "x"}
    assert refill(Bound, raw).read({0: 7, 1: "y"}) is None


def test_nothing_is_known_before_the_first_item() -> None:
    assert Refill(Outer, RAW).read({0: 7, 1: "y"}) is None
