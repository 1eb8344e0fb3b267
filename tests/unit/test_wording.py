"""pydantic's findings in our words."""

from collections.abc import Mapping
from datetime import date
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MultipleOf
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from nodekit.wording import kind_of, listed, sentence, wanted


def refused(kind: Any, value: object) -> Mapping[str, Any]:
    """Return pydantic's first error for a value that does not fit a type."""
    with pytest.raises(ValidationError) as failed:
        TypeAdapter(kind).validate_python(value)
    return failed.value.errors()[0]


def even(value: int) -> int:
    """Refuse odd numbers, as the author of a node would."""
    if value % 2:
        raise ValueError("Must be even")
    return value


SENTENCES: list[tuple[Any, object, str]] = [
    (bool, "perhaps", "wants true or false, found text 'perhaps'"),
    (int, "x", "wants a whole number, found text 'x'"),
    (int, 1.5, "wants a whole number, found number 1.5"),
    (float, [], "wants a number, found a list"),
    (str, 5, "wants text, found number 5"),
    (str, None, "wants text, found null"),
    (dict[str, int], [1], "wants a mapping, found a list"),
    (list[int], {}, "wants a list, found a mapping"),
    (date, "never", "wants a date, found text 'never'"),
    (Path, True, "wants a path, found true"),
    (Annotated[float, Field(allow_inf_nan=False)], inf, "wants a finite number, found number inf"),
    (None, "x", "wants null, found text 'x'"),
    (Literal["a", "b"], "c", "wants 'a' or 'b', found text 'c'"),
    (Annotated[int, Ge(1)], 0, "wants 1 or more, found number 0"),
    (Annotated[int, Gt(1)], 0, "wants more than 1, found number 0"),
    (Annotated[int, Le(1)], 2, "wants 1 or less, found number 2"),
    (Annotated[int, Lt(1)], 2, "wants less than 1, found number 2"),
    (Annotated[int, MultipleOf(5)], 2, "wants a multiple of 5, found number 2"),
    (Annotated[str, Field(min_length=1)], "", "must not be empty"),
    (Annotated[str, Field(min_length=3)], "ab", "wants at least 3 characters, found text 'ab'"),
    (Annotated[str, Field(max_length=1)], "ab", "wants at most 1 characters, found text 'ab'"),
    (Annotated[str, Field(pattern="^a")], "b", "wants text that matches ^a, found text 'b'"),
    (Annotated[list[int], Field(min_length=2)], [1], "wants at least 2 entries, found a list"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "wants at most 1 entries, found a list"),
    (Annotated[int, AfterValidator(even)], 3, "must be even"),
]


@pytest.mark.parametrize(("kind", "value", "said"), SENTENCES, ids=[s[2] for s in SENTENCES])
def test_a_finding_says_what_was_wanted_and_what_was_found(
    kind: Any, value: object, said: str
) -> None:
    assert sentence(refused(kind, value)) == said


def test_what_is_missing_is_required() -> None:
    assert sentence({"type": "missing", "input": {}, "msg": "Field required"}) == "is required"


def test_what_is_not_known_is_said_as_pydantic_says_it() -> None:
    error = {"type": "strange_type", "input": 1, "msg": "Input should be strange"}
    assert wanted(error) == ""
    assert sentence(error) == "input should be strange"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null"),
        (True, "true"),
        (5, "number 5"),
        ("x", "text 'x'"),
        ({}, "a mapping"),
        ((), "a list"),
        (b"x", "b'x'"),
    ],
    ids=repr,
)
def test_a_kind_is_named_as_a_person_would(value: object, said: str) -> None:
    assert kind_of(value) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [("", ""), ("a", '"a"'), ("ab", '"a" or "b"'), ("abc", '"a", "b" or "c"')],
    ids=["none", "one", "two", "three"],
)
def test_names_are_listed_as_prose(names: str, said: str) -> None:
    assert listed(names) == said


def test_names_may_be_joined_by_another_word() -> None:
    assert listed("ab", "and") == '"a" and "b"'
