"""Forms: which model raw parameters are meant for, what is wrong with them, and reading them."""

from typing import Any, Literal

import pytest
from pydantic import Field, model_validator

from nodekit import Each, Fixed, Json, Params, ParamsError, always
from nodekit.forms import Finding, Form, camel_of, members
from nodekit.params import Filling, Hole


class Inner(Params):
    page_size: int


class Other(Params):
    text: str
    again: bool = False
    size: int | str = 0


class Plain(Params):
    field_name: str
    count: int = Field(default=1, ge=1)
    inner: Inner | None = None
    forms: list[Inner | Other] = Field(default=[])
    mode: Fixed[str] = "a"
    each: Each[int] = always(0)


class Create(Params):
    resource: Literal["session"] = "session"
    operation: Literal["create"] = "create"
    workflow_id: str = Field(min_length=1)


class End(Params):
    resource: Literal["session"] = "session"
    operation: Literal["end"] = "end"


class Send(Params):
    resource: Literal["message"] = "message"
    operation: Literal["send"]
    size: Literal["s", "m"] = "s"
    text: str


def hole(index: int = 0) -> Hole:
    return Hole(index, (), "={{ $json.x }}")


def said(form: Form[Any], raw: dict[str, Json]) -> list[str]:
    """Return the findings as lines."""
    return [f"{f.code} {list(f.path)} {f.message}" for f in form.examine(raw).findings]


PLAIN = Form[Plain](Plain)
CHAT = Form[Create | End | Send](Create | End | Send)

FINDINGS: list[tuple[Form[Any], dict[str, Json], list[str]]] = [
    (PLAIN, {"field_name": "a"}, []),
    (PLAIN, {"field_name": hole(), "count": hole(1)}, []),
    (PLAIN, {}, ["missing-param ['field_name'] needs the parameter \"field_name\""]),
    (
        PLAIN,
        {"field_name": hole(), "count": 0},
        ["bad-param ['count'] parameter \"count\" wants 1 or more, found number 0"],
    ),
    (
        PLAIN,
        {"fieldName": "a", "counts": 2},
        ['unknown-param [\'counts\'] there is no parameter "counts"; did you mean "count"?'],
    ),
    (
        PLAIN,
        {"field_name": "a", "fieldName": "b"},
        [
            "duplicate-param ['fieldName'] parameter \"field_name\" is given twice, "
            'as "field_name" and as "fieldName"'
        ],
    ),
    (
        PLAIN,
        {"fieldName": "a", "inner": {"pageSize": "x"}},
        [
            "bad-param ['inner', 'pageSize'] parameter \"inner.pageSize\" "
            "wants a whole number, found text 'x'"
        ],
    ),
    (
        PLAIN,
        {"fieldName": "a", "inner": {}},
        ["missing-param ['inner', 'page_size'] needs the parameter \"inner.page_size\""],
    ),
    (
        PLAIN,
        {"fieldName": "a", "inner": {"pageSize": 1, "more": 2}},
        ["unknown-param ['inner', 'more'] there is no parameter \"more\" in \"inner\""],
    ),
    (PLAIN, {"fieldName": "a", "forms": [{"text": hole()}, {"pageSize": hole()}]}, []),
    (
        PLAIN,
        {"fieldName": "a", "forms": [{"text": "x", "again": 3}]},
        [
            "bad-param ['forms', 0, 'again'] parameter \"forms.0.again\" "
            "wants true or false, found number 3"
        ],
    ),
    (
        PLAIN,
        {"fieldName": "a", "mode": hole()},
        ["fixed-param ['mode'] parameter \"mode\" cannot be an expression, found '={{ $json.x }}'"],
    ),
    (
        Form[Any](Other),
        {"text": "a", "size": []},
        ["bad-param ['size'] parameter \"size\" wants a whole number, found a list"],
    ),
    (
        PLAIN,
        {"fieldName": "a", "forms": [{"text": "x", "size": []}]},
        [
            f"bad-param ['forms', 0, 'size'] parameter \"forms.0.size\" {wants}, found a list"
            for wants in ("wants a whole number", "wants text")
        ],
    ),
    (CHAT, {"operation": "end"}, []),
    (
        CHAT,
        {"operation": "send"},
        [
            'unknown-operation [\'operation\'] parameter "operation" wants "create" or "end", '
            "found text 'send'; did you mean \"end\"?"
        ],
    ),
    (
        CHAT,
        {"resource": "sessoin"},
        [
            'unknown-operation [\'resource\'] parameter "resource" wants "session" or "message", '
            "found text 'sessoin'; did you mean \"session\"?"
        ],
    ),
    (
        CHAT,
        {"resource": 5},
        [
            'unknown-operation [\'resource\'] parameter "resource" wants "session" or "message", '
            "found number 5"
        ],
    ),
    (
        CHAT,
        {"resource": hole()},
        [
            "fixed-param ['resource'] parameter \"resource\" chooses the operation "
            "and cannot be an expression"
        ],
    ),
    (
        CHAT,
        {"operation": "create"},
        ["missing-param ['workflow_id'] session / create needs the parameter \"workflow_id\""],
    ),
    (
        CHAT,
        {"operation": "create", "workflow": "w"},
        [
            "missing-param ['workflow_id'] session / create needs the parameter \"workflow_id\"",
            "unknown-param ['workflow'] session / create has no parameter \"workflow\"; "
            'did you mean "workflow_id"?',
        ],
    ),
    (
        CHAT,
        {"workflowId": ""},
        ["bad-param ['workflowId'] parameter \"workflowId\" must not be empty"],
    ),
]


@pytest.mark.parametrize(
    ("form", "raw", "lines"), FINDINGS, ids=[f"{i}-{f[1]}" for i, f in enumerate(FINDINGS)]
)
def test_raw_parameters_are_examined(
    form: Form[Any], raw: dict[str, Json], lines: list[str]
) -> None:
    assert said(form, raw) == lines


def test_the_default_of_the_first_model_chooses() -> None:
    assert CHAT.select({})[0] is Create
    assert CHAT.select({"resource": "message", "operation": "send"})[0] is Send


def test_an_operation_without_a_default_must_be_given() -> None:
    (line,) = said(CHAT, {"resource": "message"})
    assert line == (
        'unknown-operation [\'operation\'] parameter "operation" wants "send", found null'
    )


def test_selecting_fields_hold_one_value_only() -> None:
    assert CHAT.selectors == ("resource", "operation")
    assert Form[Any](Send).selectors == ()


def test_three_selectors_are_titled_by_the_last_two() -> None:
    class One(Params):
        api: Literal["a"] = "a"
        resource: Literal["r"] = "r"
        operation: Literal["o"] = "o"

    class Two(One):
        operation: Literal["p"] = "p"  # type: ignore[assignment]  # a sibling, for the test

    form = Form[Any](One | Two)
    assert form.title(One) == "r / o"
    assert said(form, {"x": 1}) == ["unknown-param ['x'] r / o has no parameter \"x\""]


def test_holes_that_want_a_value_for_every_item_are_named() -> None:
    examined = PLAIN.examine({"fieldName": hole(0), "each": hole(1)})
    assert (examined.findings, examined.each) == ([], frozenset({1}))
    assert examined.model is Plain


def test_an_operation_that_cannot_be_told_has_no_model() -> None:
    examined = CHAT.examine({"resource": "x"})
    assert examined.model is None
    assert isinstance(examined.findings[0], Finding)


def test_fields_that_must_go_together_are_compared_when_all_have_values() -> None:
    class Pair(Params):
        low: int = 0
        high: int = 0

        @model_validator(mode="after")
        def ordered(self) -> "Pair":
            if self.low > self.high:
                raise ValueError("low must not be above high")
            return self

    form = Form[Pair](Pair)
    assert said(form, {"low": 2, "high": 1}) == ["bad-param [] low must not be above high"]
    assert said(form, {"low": 2, "high": hole()}) == []


def test_reading_gives_the_model() -> None:
    read = PLAIN.read(Plain, {"fieldName": "a"}, Filling(1))
    assert (read.field_name, read.count, list(read.each)) == ("a", 1, [0])


def test_reading_what_does_not_fit_is_an_error() -> None:
    with pytest.raises(ParamsError) as failed:
        PLAIN.read(Plain, {"fieldName": "a", "count": 0}, Filling(1))
    assert str(failed.value) == 'parameter "count" wants 1 or more, found number 0'


def test_params_are_models_or_unions_of_them() -> None:
    with pytest.raises(TypeError) as failed:
        list(members(Plain | int))
    assert str(failed.value) == (
        "params must be a Params class or a union of them, not <class 'int'>"
    )


def test_n8ns_spelling_of_a_name() -> None:
    assert (camel_of("workflow_id"), camel_of("text")) == ("workflowId", "text")
