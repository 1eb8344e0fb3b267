"""The exceptions: what they carry, and how they are said."""

import pytest
from hypothesis import given, strategies as st

from nodekit import (
    ApiError,
    CredentialError,
    ExpressionError,
    NodeError,
    NodekitError,
    ParamsError,
    RegistryError,
    StateError,
)
from nodekit.errors import did_you_mean, shortened


@pytest.mark.parametrize(
    "kind",
    [ApiError, CredentialError, ExpressionError, NodeError, ParamsError, RegistryError, StateError],
    ids=lambda kind: kind.__name__,
)
def test_an_error_says_its_message_and_keeps_its_hint(kind: type[NodekitError]) -> None:
    error = kind("too late", hint="Come earlier.")
    assert isinstance(error, NodekitError)
    assert (str(error), error.message, error.hint) == ("too late", "too late", "Come earlier.")
    assert kind("too late").hint is None


def test_an_expression_error_knows_its_place() -> None:
    error = ExpressionError("odd", text="={{ 1 + }}", position=6, kind="syntax")
    assert (error.text, error.position, error.kind) == ("={{ 1 + }}", 6, "syntax")


@pytest.mark.parametrize(
    ("given_as", "said"), [(True, "yes"), (False, "no"), ("unknown", "unknown")], ids=str
)
def test_an_error_of_a_node_says_whether_a_second_try_may_help(given_as: bool, said: str) -> None:
    assert NodeError("x", retryable=given_as).retryable == said
    assert ApiError("x", retryable=given_as).retryable == said


def test_an_api_error_knows_the_answer() -> None:
    error = ApiError("no", status=429, retry_after=2.5, details={"code": 1}, json={"error": "no"})
    assert (error.status, error.retry_after) == (429, 2.5)
    assert (error.details, error.json) == ({"code": 1}, {"error": "no"})


def test_a_long_value_is_cut_in_the_middle() -> None:
    assert shortened("abcdefghijkl", 9) == "'abc…jkl'"
    assert shortened("abc", 9) == "'abc'"


@given(st.text(), st.integers(3, 80))
def test_a_shortened_value_is_never_longer_than_the_limit(value: str, limit: int) -> None:
    assert len(shortened(value, limit)) <= limit


@pytest.mark.parametrize(
    ("found", "said"),
    [("chatkti", '; did you mean "chatkit"?'), ("zzz", ""), ("", "")],
    ids=["near", "far", "empty"],
)
def test_the_nearest_known_name_is_offered(found: str, said: str) -> None:
    assert did_you_mean(found, iter(["set", "chatkit", "filter"])) == said
