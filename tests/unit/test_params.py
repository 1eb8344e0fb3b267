"""Declared parameters: spellings, holes, columns, and the three marks."""

from typing import Any, Literal

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from nodekit import Deferred, Each, Fixed, Json, Params, always
from nodekit.params import (
    UNDEFINED,
    Filling,
    Hole,
    camel_of,
    fill,
    holes_in,
    refuse_holes,
    spellings,
    unbend,
)


class Inner(Params):
    page_size: int = 10


class Many(Params):
    workflow_id: str = ""
    max_results: int = 5
    ratio: float = 0.5
    on: bool = False
    inner_part: Inner = Inner()
    parts: list[Inner] = Field(default=[])
    head_lines: dict[str, str] = Field(default={})
    either: int | str = 0
    unit: Literal["a", "b"] = "a"


snake = st.from_regex(r"[a-z]{1,5}(_[a-z]{1,5}){0,3}", fullmatch=True)


@given(snake)
def test_a_name_may_be_spelt_as_in_n8n(name: str) -> None:
    both, camel = spellings(name), to_camel(name)
    assert camel_of(name) == camel
    if camel == name:
        assert both == name
    else:
        assert not isinstance(both, str)
        assert both.choices == [name, camel]


def test_an_underscore_at_the_end_stays() -> None:
    assert camel_of("json_") == "json_"


def test_both_spellings_are_read_at_any_depth() -> None:
    ours = {"workflow_id": "w", "inner_part": {"page_size": 1}, "parts": [{"page_size": 2}]}
    n8ns = {"workflowId": "w", "innerPart": {"pageSize": 1}, "parts": [{"pageSize": 2}]}
    assert Many.model_validate(ours) == Many.model_validate(n8ns)


def test_keys_of_a_free_mapping_are_left_alone() -> None:
    read = Many.model_validate({"headLines": {"max_results": "a", "maxResults": "b"}})
    assert read.head_lines == {"max_results": "a", "maxResults": "b"}


TAKEN: list[tuple[str, Json, Json]] = [
    ("workflow_id", 12, "12"),
    ("max_results", "12", 12),
    ("ratio", "0.25", 0.25),
    ("ratio", 1, 1.0),
    ("max_results", 3.0, 3),
    ("either", "7", "7"),
    ("on", True, True),
]


@pytest.mark.parametrize(("name", "value", "read"), TAKEN, ids=repr)
def test_two_kindnesses_are_shown(name: str, value: Json, read: Json) -> None:
    found = getattr(Many.model_validate({name: value}), name)
    assert (found, type(found)) == (read, type(read))


REFUSED: list[tuple[str, Json]] = [
    ("on", "true"),
    ("on", 1),
    ("max_results", True),
    ("ratio", False),
    ("max_results", 1.5),
    ("workflow_id", None),
    ("workflow_id", True),
    ("unit", "c"),
    ("nothing", 1),
]


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=repr)
def test_nothing_else_is_bent(name: str, value: Json) -> None:
    with pytest.raises(ValidationError):
        Many.model_validate({name: value})


def test_params_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Many().on = True


def hole(index: int, *path: str | int) -> Hole:
    return Hole(index, path, f"={{{{ $json.v{index} }}}}")


structures: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.builds(hole, st.integers(0, 3)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(structures)
def test_filling_all_holes_leaves_none(raw: Any) -> None:
    filled = fill(raw, {index: f"value {index}" for index in range(4)})
    assert list(holes_in(filled)) == []


@given(structures)
def test_filling_nothing_changes_nothing(raw: Any) -> None:
    assert fill(raw, {}) == raw


def test_undefined_is_left_out_of_a_mapping_and_null_in_a_list() -> None:
    raw = {"a": hole(0), "b": [hole(0), 1], "c": hole(1)}
    assert fill(raw, {0: UNDEFINED, 1: None}) == {"b": [None, 1], "c": None}


def test_undefined_is_one_value_that_is_not_true() -> None:
    assert not UNDEFINED
    assert repr(UNDEFINED) == "undefined"
    assert UNDEFINED.__reduce__() == "UNDEFINED"


def test_holes_are_found_in_order() -> None:
    raw = {"a": [hole(2), {"b": hole(0)}], "c": hole(1), "d": "x"}
    assert [found.index for found in holes_in(raw)] == [2, 0, 1]
    assert repr(hole(3)) == "={{ $json.v3 }}"


class Eachs(Params):
    flag: Each[bool] = always(value=False)
    number: Each[int]
    text: Each[str | None] = always("x")
    json_value: Each[Json] = always(None)
    by_name: dict[str, Each[int]] = Field(default={})


def test_one_value_is_seen_for_every_item() -> None:
    params = Eachs.model_validate({"number": 5}, context=Filling(3))
    assert list(params.number) == [5, 5, 5]
    assert list(params.flag) == [False, False, False]
    assert list(params.text) == ["x", "x", "x"]


def test_a_column_has_a_value_for_every_item() -> None:
    filling = Filling(2, {0: [1, 2], 1: ["a", None], 2: [True, False]})
    raw = {"number": hole(0), "text": hole(1), "flag": hole(2), "jsonValue": [hole(0), "k"]}
    params = Eachs.model_validate(raw, context=filling)
    assert list(params.number) == [1, 2]
    assert list(params.text) == ["a", None]
    assert list(params.flag) == [True, False]
    assert list(params.json_value) == [[1, "k"], [2, "k"]]
    assert filling.failures == {}


def test_values_that_do_not_fit_are_noted_by_item() -> None:
    column = [1, "x", ValueError("no"), "4", True]
    filling = Filling(5, {0: column})
    params = Eachs.model_validate({"by_name": {"a": hole(0)}, "number": 1}, context=filling)
    assert list(params.by_name["a"]) == [1, None, None, 4, None]
    assert sorted(filling.failures) == [1, 2, 4]
    assert filling.failures[2][1] is column[2]
    assert filling.failures[1][0].index == 0


def test_undefined_is_none_in_a_column() -> None:
    filling = Filling(2, {0: [UNDEFINED, 1]})
    params = Eachs.model_validate({"number": 1, "json_value": hole(0)}, context=filling)
    assert list(params.json_value) == [None, 1]


def test_columns_are_unknown_while_parameters_are_examined() -> None:
    filling = Filling()
    with pytest.raises(ValidationError) as failed:
        Eachs.model_validate({"number": hole(4)}, context=filling)
    assert {row["type"] for row in failed.value.errors()} <= {"hole", "int_type"}
    assert filling.each == {4}


def test_each_can_be_read_without_a_motor() -> None:
    assert list(Eachs.model_validate({"number": 5}).number) == []


def test_the_default_of_each_is_shown_in_the_schema() -> None:
    class Odd(Params):
        value: Each[object] = always(object())
        number: Each[int] = always(3)

    properties = Odd.model_json_schema()["properties"]
    assert properties["number"]["default"] == 3
    assert properties["value"]["default"] is None


class Marked(Params):
    mode: Fixed[str] = "a"
    late: Deferred = None


def test_a_fixed_parameter_takes_no_expression_at_any_depth() -> None:
    with pytest.raises(ValidationError) as failed:
        Marked.model_validate({"mode": hole(0)})
    (row,) = failed.value.errors()
    assert (row["type"], row["msg"]) == (
        "fixed",
        "cannot be an expression, found '={{ $json.v0 }}'",
    )
    assert refuse_holes({"a": [1]}) == {"a": [1]}


def test_a_deferred_parameter_keeps_the_text() -> None:
    filling = Filling()
    params = Marked.model_validate({"late": {"a": hole(3)}}, context=filling)
    assert params.late == {"a": "={{ $json.v3 }}"}
    assert filling.deferred == {3}
    assert Marked.model_validate({"late": hole(3)}).late == "={{ $json.v3 }}"


def test_a_model_of_another_kind_inside_is_its_own_master() -> None:
    class Free(BaseModel):
        on: bool = False

    class Holder(Params):
        free: Free = Free()
        on: bool = False

    assert Holder.model_validate({"free": {"on": "yes"}}).free.on
    with pytest.raises(ValidationError):
        Holder.model_validate({"on": "yes"})


def test_a_value_that_takes_anything_is_unknown_while_parameters_are_examined() -> None:
    with pytest.raises(ValidationError) as failed:
        Eachs.model_validate({"number": 1, "json_value": hole(4)}, context=Filling())
    assert [row["type"] for row in failed.value.errors()] == ["hole"]


def test_a_schema_of_another_model_is_not_changed() -> None:
    schema = {"type": "model", "cls": BaseModel, "schema": {"type": "bool"}}
    unbend(schema, Params)
    assert schema["schema"] == {"type": "bool"}
