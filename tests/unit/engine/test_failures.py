"""Errors as the motor deals with them."""

import pytest
from hypothesis import given, strategies as st

from nodekit import ApiError, ExpressionError, Item, ItemError, Json, NodeError, ParamsError
from nodekit.engine.failures import (
    TimedOut,
    as_item_error,
    error_json,
    is_error_item,
    may_retry,
    wait_before,
)
from nodekit.pipeline.steps import RetryPolicy

BUG = "This is a bug in the node; its traceback is the cause of this error."

AS_DATA: list[tuple[Exception, tuple[object, ...]]] = [
    (NodeError("no", hint="Do."), ("no", "NodeError", "Do.", None, None, None)),
    (TimedOut(2.5), ("timed out after 2.5 s", "NodeError", None, None, None, None)),
    (ParamsError("odd"), ("odd", "ParamsError", None, None, None, None)),
    (
        ApiError("no", status=500, details=[1], retryable="unknown"),
        ("no", "ApiError", None, 500, [1], "unknown"),
    ),
    (
        ExpressionError("odd", text="={{ x }}"),
        ("odd", "ExpressionError", None, None, {"expression": "={{ x }}"}, None),
    ),
    (ExpressionError("odd"), ("odd", "ExpressionError", None, None, None, None)),
    (KeyError("x"), ("KeyError: 'x'", "KeyError", BUG, None, None, None)),
    (AssertionError(), ("AssertionError", "AssertionError", BUG, None, None, None)),
]


@pytest.mark.parametrize(("error", "known"), AS_DATA, ids=[repr(error) for error, _ in AS_DATA])
def test_what_was_raised_becomes_data(error: Exception, known: tuple[object, ...]) -> None:
    found = as_item_error(error, "Here", 3)
    assert (found.step, found.item, found.cause) == ("Here", 3, error)
    assert (
        found.message,
        found.type,
        found.hint,
        found.status,
        found.details,
        found.outcome,
    ) == known


BUSY = ApiError("busy", status=503, retryable=True)
LOST = ApiError("lost", retryable=True)
SENT = NodeError("sent", retryable="unknown")
BAD = NodeError("bad")

AGAIN: list[tuple[Exception, RetryPolicy, bool]] = [
    (BUSY, RetryPolicy(), True),
    (BAD, RetryPolicy(), False),
    (KeyError(), RetryPolicy(), False),
    (TimedOut(1), RetryPolicy(), True),
    (BAD, RetryPolicy(on="any"), True),
    (KeyError(), RetryPolicy(on="any"), True),
    (SENT, RetryPolicy(on="any"), False),
    (BUSY, RetryPolicy(on=frozenset({503})), True),
    (BUSY, RetryPolicy(on=frozenset({429, "connection"})), False),
    (LOST, RetryPolicy(on=frozenset({"connection"})), True),
    (TimedOut(1), RetryPolicy(on=frozenset({"timeout"})), True),
    (BAD, RetryPolicy(on=frozenset({"connection", "timeout"})), False),
]


@pytest.mark.parametrize(
    ("error", "policy", "again"), AGAIN, ids=[f"{e!r}-{p.on}" for e, p, _ in AGAIN]
)
def test_a_policy_says_what_is_tried_again(
    error: Exception, policy: RetryPolicy, again: bool
) -> None:
    assert may_retry(error, policy) is again


def test_waits_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(wait=2, backoff=3, max_wait=20)
    assert [wait_before(tried, BAD, policy, 0.5) for tried in range(1, 5)] == [2, 6, 18, 20]


def test_a_service_is_never_asked_too_early() -> None:
    asked = ApiError("busy", status=429, retry_after=30)
    assert wait_before(1, asked, RetryPolicy(wait=2, max_wait=5), 0.5) == 30
    assert wait_before(1, ApiError("x"), RetryPolicy(wait=2), 0.5) == 2


@pytest.mark.parametrize(("chance", "wait"), [(0, 6), (0.5, 8), (1, 10)])
def test_chance_spreads_a_wait(chance: float, wait: float) -> None:
    assert wait_before(1, BAD, RetryPolicy(wait=8, jitter=0.25), chance) == wait


@given(st.integers(1, 10**6), st.floats(0, 100), st.floats(1, 100), st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_longest(
    tried: int, wait: float, backoff: float, chance: float
) -> None:
    found = wait_before(tried, BAD, RetryPolicy(wait=wait, backoff=backoff, max_wait=60), chance)
    assert 0 <= found <= 60


def test_an_error_says_which_json_it_stands_for() -> None:
    assert error_json(ItemError("no")) == {"error": "no"}
    said = NodeError("no", json={"error": "no", "code": 7})
    assert error_json(ItemError("no", cause=said)) == {"error": "no", "code": 7}
    assert error_json(ItemError("no", cause=BAD)) == {"error": "no"}


@pytest.mark.parametrize(
    ("json", "failed"),
    [
        ({"error": "x"}, True),
        ({"error": "x", "message": "y"}, True),
        ({"error": "x", "message": ""}, False),
        ({"error": "x", "id": 1}, False),
        ({"error": "x", "message": "y", "id": 1}, False),
        ({"error": ""}, False),
        ({"error": None}, False),
        ({}, False),
    ],
    ids=repr,
)
def test_an_item_counts_as_failed_by_its_json(json: dict[str, Json], failed: bool) -> None:
    assert is_error_item(Item(json)) is failed


def test_an_item_with_an_error_counts_as_failed() -> None:
    assert is_error_item(Item({"a": 1}, error=ItemError("no")))
