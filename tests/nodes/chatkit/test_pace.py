"""Rate limits without a clock, cases 70 and 71."""

from email.utils import formatdate

import pytest
from nodekit_nodes_chatkit.pace import Bucket, asked_wait, backoff, duration, retryable_status

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({}, None),
    ],
)
def test_case_70_what_the_service_asks_for(headers: dict[str, str], wait: float | None) -> None:
    assert asked_wait(headers, NOW) == wait


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12ms", 0.012), ("1s", 1.0), ("6m0s", 360.0), ("1h2m", 3720.0), ("x", None), ("1s!", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds


def test_backoff_doubles_up_to_8_s_less_up_to_a_quarter() -> None:
    assert [backoff(n, 0.0) for n in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert backoff(0, 1.0) == 0.375


@pytest.mark.parametrize(
    ("status", "headers", "again"),
    [
        (408, {}, True),
        (409, {}, True),
        (429, {}, True),
        (500, {}, True),
        (404, {}, False),
        (404, {"x-should-retry": "true"}, True),
        (500, {"x-should-retry": "false"}, False),
    ],
)
def test_what_may_help_to_repeat(status: int, headers: dict[str, str], again: bool) -> None:
    assert retryable_status(status, headers) is again


def test_case_71_25_sends_at_10_a_minute_take_a_minute_and_a_half() -> None:
    bucket = Bucket(10)
    waits = [bucket.take(0.0) for _ in range(25)]
    assert waits[:10] == [0.0] * 10
    assert waits[10:] == pytest.approx([6.0 * n for n in range(1, 16)])
    assert waits[-1] == pytest.approx(90.0)


def test_the_bucket_fills_evenly_up_to_its_limit() -> None:
    bucket = Bucket(60)
    for _ in range(60):
        bucket.take(0.0)
    assert bucket.take(1.0) == 0.0
    assert bucket.take(1.0) == pytest.approx(1.0)
    assert [bucket.take(10_000.0) for _ in range(60)] == [0.0] * 60
    assert bucket.take(10_000.0) > 0


def test_case_70_a_429_stops_the_whole_slot() -> None:
    bucket = Bucket(None)
    assert bucket.take(0.0) == 0.0
    bucket.refused(0.0, 12.0)
    assert (bucket.take(2.0), bucket.pause_left(2.0)) == (10.0, 10.0)
    assert bucket.take(12.0) == 0.0


def test_case_70_three_in_a_row_halve_the_rate_and_it_recovers() -> None:
    bucket = Bucket(60)
    for _ in range(2):
        bucket.refused(0.0, 0.0)
    bucket.accepted()
    for _ in range(3):
        bucket.refused(0.0, 0.0)
    assert bucket.rate == pytest.approx(0.5)
    bucket.take(0.0)
    bucket.take(60.0)
    assert bucket.rate == pytest.approx(0.6)
    bucket.take(1000.0)
    assert bucket.rate == pytest.approx(1.0)


def test_a_renewal_does_not_refill_the_bucket() -> None:
    bucket = Bucket()
    assert bucket.rate is None
    bucket.set_limit(2)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0]
    bucket.set_limit(2)
    assert bucket.take(0.0) == pytest.approx(30.0)
