"""Params before expressions have values."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from nodekit import Fixed, Json, Params
from nodekit.params import Hole
from nodekit.sketch import sketch

HOLE = Hole(0, (), "={{ $json.x }}")


class Rule(Params):
    to: Fixed[str]
    holds: bool = False


class Other(Params):
    text: str = ""


class Routes(Params):
    rules: list[Rule] = Field(default=[])
    rest_of: Fixed[int] = 3
    value: Annotated[int, Field(ge=0)] = 0
    choice: Rule | Other | None = None
    choices: list[Rule] | str = ""
    from_: str = Field(default="start", validation_alias="from")


def test_what_has_no_hole_is_validated_as_usual() -> None:
    assert sketch(Routes, {"rules": [{"to": "a"}], "restOf": "7"}) == Routes(
        rules=[Rule(to="a")], rest_of=7
    )


def test_holes_stay_and_the_rest_is_there() -> None:
    found = sketch(Routes, {"rules": [{"to": "a", "holds": HOLE}, {"to": "b"}], "restOf": "7"})
    assert [rule.to for rule in found.rules] == ["a", "b"]
    assert found.rules[0].holds is HOLE
    assert (found.rest_of, found.value) == (7, 0)


def test_a_name_that_python_keeps_to_itself_is_read_as_it_stands_in_the_file() -> None:
    assert sketch(Routes, {"from": "end", "value": HOLE}).from_ == "end"
    assert sketch(Routes, {"from": HOLE}).from_ is HOLE


CASES: list[tuple[str, Json, type[Any]]] = [
    ("value", HOLE, Hole),
    ("choice", {"text": HOLE}, Other),
    ("choice", {"to": "a", "holds": HOLE}, Rule),
    ("choice", {"neither": HOLE}, dict),
    ("choice", HOLE, Hole),
    ("choices", [{"to": "a", "holds": HOLE}], list),
    ("choices", HOLE, Hole),
]


@pytest.mark.parametrize(("name", "raw", "kind"), CASES, ids=repr)
def test_a_value_with_a_hole_is_read_as_far_as_it_goes(
    name: str, raw: Json, kind: type[Any]
) -> None:
    assert isinstance(getattr(sketch(Routes, {name: raw}), name), kind)


def test_a_list_in_several_forms_is_read_as_the_list() -> None:
    found = sketch(Routes, {"choices": [{"to": "a", "holds": HOLE}]})
    assert found.choices[0].to == "a"


def test_a_mapping_with_a_hole_stays_as_it_is() -> None:
    assert sketch(dict[str, int], {"a": HOLE}) == {"a": HOLE}
