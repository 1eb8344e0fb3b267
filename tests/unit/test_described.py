"""Fields are described by the strings under them."""

from typing import Any

from pydantic import Field

from nodekit import Params
from nodekit.described import descriptions


class Above(Params):
    """A model."""

    first: int = 0
    """The first.

    With more to say.
    """

    second: int = Field(default=0, description="Said by itself.")
    """Not this."""

    third: int = 0


class Below(Above):
    """A model of a model."""

    third: int = 0
    """The third."""


def test_the_string_under_a_field_describes_it() -> None:
    assert descriptions(Above) == {
        "first": "The first.\n\nWith more to say.",
        "second": "Said by itself.",
    }


def test_a_model_knows_what_it_inherits() -> None:
    assert descriptions(Below)["first"] == descriptions(Above)["first"]
    assert descriptions(Below)["third"] == "The third."


def test_a_model_inside_a_function_is_read_too() -> None:
    class Local(Params):
        """Local."""

        here: int = 0
        """In here."""

    assert descriptions(Local) == {"here": "In here."}


def test_a_model_without_its_source_has_no_descriptions() -> None:
    made: Any = type("Made", (Params,), {"__annotations__": {"a": int}, "a": 0})
    assert descriptions(made) == {}


def test_the_schema_shows_the_descriptions() -> None:
    properties = Above.model_json_schema()["properties"]
    assert properties["first"]["description"].startswith("The first.")
    assert "description" not in properties["third"]
