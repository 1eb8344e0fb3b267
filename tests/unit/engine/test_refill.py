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
    free: Json = Field(default=None, validation_alias="any")
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

FREE = {
    "title": Hole(0, ("title",), "=a"),
    "inner": {"a": {"b": [Hole(1, ("inner", "a", "b", 0), "=b"), 1], "c": Hole(2, (), "=c")}},
    "any": {"d": Hole(1, ("any", "d"), "=b"), "e": [1]},
}
"""Parameters whose values need no reading where they are of the right type."""


def refill(
    model: type[Params], raw: dict[str, Any] = RAW, first: dict[int, object] = FIRST
) -> Refill:
    """Return what has learned from a first item."""
    made = Refill(model, raw)
    made.learn(model.model_validate(fill(raw, first), context=Filling(1)))
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
        pytest.param({0: "t", 1: 5, 2: "z"}, id="values"),
        pytest.param({0: "t", 1: {"k": [1]}, 2: None}, id="a structure"),
        pytest.param({0: "t", 1: UNDEFINED, 2: UNDEFINED}, id="undefined within free values"),
    ],
)
def test_a_free_value_is_put_in_place_as_it_is(values: dict[int, object]) -> None:
    whole = Outer.model_validate(fill(FREE, values), context=Filling(1))
    made = refill(Outer, FREE, {0: "s", 1: 1, 2: 2})
    found = made.read(values)
    assert found == whole
    assert found is not None
    assert found.model_fields_set == whole.model_fields_set
    assert made.read({0: "s", 1: 1, 2: 2}) == Outer.model_validate(
        fill(FREE, {0: "s", 1: 1, 2: 2}), context=Filling(1)
    )


def test_a_value_of_another_type_is_read_whole() -> None:
    assert refill(Outer, FREE, {0: "s", 1: 1, 2: 2}).read({0: 5, 1: 1, 2: 2}) is None


def test_a_rule_of_a_model_within_sees_every_item() -> None:
    class Even(Params):
        """A model with a rule about a value."""

        a: Json = None

        @model_validator(mode="after")
        def even(self) -> Self:
            """Refuse odd numbers."""
            if self.a % 2:
                raise ValueError("odd")
            return self

    class Around(Params):
        """A model around it."""

        inner: Even

    raw = {"inner": {"a": Hole(0, ("inner", "a"), "=a")}}
    made = refill(Around, raw, {0: 2})
    assert made.read({0: 4}) == Around(inner=Even(a=4))
    assert made.read({0: 5}) is None


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
