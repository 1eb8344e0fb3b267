"""Limits: shared by all who call a host or use a credential, on the run's clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import TypeAlias

import anyio
import pytest
from aiohttp import web
from hypothesis import given, strategies as st

from nodekit import ApiError, Credential
from nodekit.http import Http, Limit, Session
from nodekit.http.limits import Limiter
from nodekit.testing import FakeClock
from tests.support.answers import Answers, answers
from tests.support.loopback import Loopback

A = "https://a.example/"
B = "https://b.example/"


def told_times(url: str, told: Answers, clock: FakeClock) -> list[float]:
    """Answer a URL for ever, and return the list of times at which it is called."""
    began, times = clock.now(), list[float]()

    def note(*_: object, **__: object) -> None:
        times.append(clock.now() - began)

    told.get(url, payload=1, repeat=True, callback=note)
    return times


Opened: TypeAlias = Callable[[Session], Session]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Close at the end whatever session is given to it."""
    async with AsyncExitStack() as stack:

        def keep(session: Session) -> Session:
            stack.push_async_callback(session.aclose)
            return session

        yield keep


async def test_a_rate_spaces_calls_evenly(clock: FakeClock, opened: Opened) -> None:
    session = opened(Session(limits={"a.example": Limit(requests=60, per=60)}))
    first = session.for_step(step="One", clock=clock)
    second = session.for_step(step="Two", clock=clock)
    with answers() as told:
        a, b = told_times(A, told, clock), told_times(B, told, clock)
        for http in (first, second, first):
            await http.json("GET", A)
            await http.json("GET", B)
    assert a == [0.0, 1.0, 2.0]
    assert b == [0.0, 1.0, 2.0]
    assert clock.slept == [1.0, 1.0]


async def test_a_call_that_weighs_more_makes_the_next_one_wait_longer(clock: FakeClock) -> None:
    limiter = Limiter()
    limiter.tighten(Limit(requests=2, per=60, units=600))
    starts: list[float] = []
    for weight in (100.0, 600.0, 0.0, 1.0):
        await limiter.acquire(clock, weight)
        starts.append(clock.now())
    assert [start - starts[0] for start in starts] == [0.0, 30.0, 90.0, 120.0]


@given(
    units=st.floats(1, 1000),
    per=st.floats(0.5, 60),
    calls=st.lists(st.tuples(st.floats(0, 30), st.floats(0, 500)), min_size=1, max_size=40),
)
async def test_no_window_holds_more_units_than_the_limit(
    units: float, per: float, calls: list[tuple[float, float]]
) -> None:
    clock, limiter = FakeClock(), Limiter()
    limiter.tighten(Limit(per=per, units=units))
    starts: list[tuple[float, float]] = []
    for pause, weight in calls:
        await limiter.acquire(clock, weight)
        starts.append((clock.now(), weight))
        await clock.sleep(pause)
    for i, (start, _) in enumerate(starts):
        inside = [weight for at, weight in starts[i:] if at < start + per * 0.999]
        assert sum(inside[:-1]) <= units * 1.001  # the last one may be any


async def test_a_star_is_every_other_host(clock: FakeClock, opened: Opened) -> None:
    session = opened(Session(limits={"*": Limit(requests=2), "b.example": Limit(requests=100)}))
    http = session.for_step(step="One", clock=clock)
    with answers() as told:
        a = told_times(A, told, clock)
        await http.json("GET", A)
        await http.json("GET", A)
        assert a == [0.0, 0.5]
        b = told_times(B, told, clock)
        await http.json("GET", B)
        await http.json("GET", B)
    assert b == pytest.approx([0.0, 0.01], abs=1e-6)


class Key(Credential):
    """A key that several hosts count together."""

    name: str


async def test_a_credential_has_one_limit_for_all_hosts(clock: FakeClock, opened: Opened) -> None:
    http = opened(Session()).for_step(step="One", clock=clock)
    with answers() as told:
        a, b = told_times(A, told, clock), told_times(B, told, clock)
        await http.json("GET", A, credential=Key(name="x"), limit=Limit(2))
        await http.json("GET", B, credential=Key(name="x"))
        await http.json("GET", B, credential=Key(name="y"))
    assert (a, b) == ([0.0], [0.5, 0.5])


async def test_the_strictest_of_several_limits_holds() -> None:
    limiter = Limiter()
    limiter.tighten(Limit(requests=1, at_once=5))
    limiter.tighten(Limit(requests=10, at_once=2))
    clock = FakeClock()
    held = [await limiter.acquire(clock) for _ in range(2)]
    assert clock.slept == [1.0]
    assert held[0] is not None
    assert held[0].value == 0


async def test_so_many_at_once(http: Http, server: Loopback) -> None:
    busy, most, go_on = 0, 0, anyio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        if busy == 2:
            go_on.set()
        await go_on.wait()
        busy -= 1
        return web.json_response(1)

    server.on("/", answer)
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(call, http, server.url())
    assert (len(server.seen), most) == (6, 2)


async def call(http: Http, url: str) -> None:
    await http.json("GET", url, limit=Limit(at_once=2))


async def test_a_place_is_given_back_when_a_call_fails(http: Http) -> None:
    for _ in range(3):
        with pytest.raises(ApiError):
            await http.json("GET", "http://127.0.0.1:1/", limit=Limit(at_once=1))


async def test_a_place_is_given_back_when_a_waiting_call_is_canceled() -> None:
    clock, limiter = FakeClock(auto=False), Limiter()
    limiter.tighten(Limit(requests=1, at_once=1))
    first = await limiter.acquire(clock)
    assert first is not None
    first.release()
    async with anyio.create_task_group() as group:
        group.start_soon(limiter.acquire, clock)
        await clock.settle()
        assert first.value == 0
        group.cancel_scope.cancel()
    assert first.value == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_stops_everybody(clock: FakeClock, opened: Opened, status: int) -> None:
    session = opened(Session())
    one, two = (session.for_step(step=name, clock=clock) for name in ("One", "Two"))
    with answers() as told:
        told.get(A, status=status, headers={"Retry-After": "30"})
        with pytest.raises(ApiError):
            await one.json("GET", A)
        b = told_times(B, told, clock)
        await two.json("GET", B)
        a = told_times(A, told, clock)
        await two.json("GET", A)
    assert b == [0.0]
    assert a == pytest.approx([30.1 if status == 429 else 30.0], abs=1e-6)


async def test_429_without_a_time_waits_a_second(clock: FakeClock, opened: Opened) -> None:
    http = opened(Session()).for_step(step="One", clock=clock)
    with answers() as told:
        told.get(A, status=429)
        with pytest.raises(ApiError):
            await http.json("GET", A)
        a = told_times(A, told, clock)
        await http.json("GET", A)
    assert a == pytest.approx([1.1])


def test_429_slows_down_and_good_answers_speed_up_again() -> None:
    limiter = Limiter()
    limiter.tighten(Limit(requests=10))
    for _ in range(3):
        limiter.answered(429, None, 0.0)
    assert limiter.space == pytest.approx(0.8)
    limiter.answered(404, None, 0.0)
    assert limiter.space == pytest.approx(0.8)
    limiter.answered(200, None, 0.0)
    assert limiter.space == pytest.approx(0.72)
    for _ in range(100):
        limiter.answered(200, None, 0.0)
    assert limiter.space == 0.1


def test_without_a_declared_limit_the_brake_is_let_go_in_the_end() -> None:
    limiter = Limiter()
    limiter.answered(429, 0.0, 0.0)
    assert limiter.space == 0.1
    for _ in range(40):
        limiter.answered(200, None, 0.0)
    assert limiter.space == 0.0


def test_the_brake_has_an_end() -> None:
    limiter = Limiter()
    for _ in range(50):
        limiter.answered(429, 0.0, 0.0)
    assert limiter.space == 60.0


@given(
    requests=st.integers(1, 20),
    per=st.floats(0.5, 60),
    pauses=st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
async def test_no_window_holds_more_than_the_limit(
    requests: int, per: float, pauses: list[float]
) -> None:
    clock, limiter = FakeClock(), Limiter()
    limiter.tighten(Limit(requests=requests, per=per))
    starts: list[float] = []
    for pause in pauses:
        await limiter.acquire(clock)
        starts.append(clock.now())
        await clock.sleep(pause)
    for i, start in enumerate(starts):
        inside = [s for s in starts[i:] if s < start + per * 0.999]
        assert len(inside) <= requests
