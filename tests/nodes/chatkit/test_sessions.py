"""The life cycle of sessions by itself, cases 66 to 69 and 76: a pool, a clock, no server."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from anyio.abc import TaskGroup
from nodekit_nodes_chatkit import ChatKit
from nodekit_nodes_chatkit.bodies import remembered
from nodekit_nodes_chatkit.sessions import (
    MOST_SESSIONS,
    ChatKitState,
    Ctx,
    Pool,
    Remembered,
    Thread,
)
from nodekit_nodes_chatkit.threads import MOST_THREADS, Threads
from pydantic import SecretStr

from nodekit import ApiError, Context
from nodekit.testing import FakeClock

NOW = 1_790_000_000.0


def session(number: int = 1, **more: Any) -> Remembered:
    """Return a session that has ten minutes."""
    known: dict[str, Any] = {
        "id": f"cksess_{number}",
        "client_secret": SecretStr(f"ek_{number:010}"),
        "ends_at": NOW + 600,
    }
    return Remembered(**{**known, **more})


class Room:
    """A pool with one slot, a clock, and a service that renews."""

    def __init__(self, group: TaskGroup, *, stored: Remembered | None = None) -> None:
        self.clock = FakeClock(NOW)
        self.state = ChatKitState()
        self.pool = Pool(lambda: self.state)
        self.slot = self.pool.slot("k")
        self.renewals = 0
        self.fails = 0
        self.gate = anyio.Event()
        self.gate.set()
        if stored is not None:
            self.state.sessions["k"] = stored

        def start_soon(call: Callable[[], Coroutine[Any, Any, None]]) -> None:
            group.start_soon(call)

        world = SimpleNamespace(now=self.clock.now, start_soon=start_soon)
        self.ctx: Ctx = Context(cast("Any", world))

    async def renew(self, old: Remembered | None) -> Remembered:
        """Renew, as long as it takes, unless it is to fail."""
        self.renewals += 1
        number = self.renewals + 1
        with anyio.CancelScope(shield=True):
            await self.gate.wait()
        if self.fails:
            self.fails -= 1
            raise ApiError(f"refused {self.renewals}", status=500)
        return self.pool.keep("k", session(number, ends_at=self.clock.now() + 600))

    async def get(self, stale: int | None = None) -> Remembered:
        """Return a session."""
        return await self.pool.get(self.ctx, self.slot, self.renew, 60.0, stale)


async def test_case_66_300_at_once_with_nothing_stored() -> None:
    async with anyio.create_task_group() as group:
        room, found = Room(group), list[Remembered]()
        room.gate = anyio.Event()

        async def one() -> None:
            found.append(await room.get())

        for _ in range(300):
            group.start_soon(one)
        await anyio.wait_all_tasks_blocked()
        assert (room.renewals, found) == (1, [])
        room.gate.set()
    assert len(found) == 300
    assert {row.id for row in found} == {"cksess_2"}
    assert room.renewals == 1


async def test_case_66_a_burst_of_refusals_costs_one_renewal() -> None:
    async with anyio.create_task_group() as group:
        room = Room(group, stored=session(generation=7))
        found: list[Remembered] = []

        async def one() -> None:
            record = await room.get()
            found.append(await room.get(stale=record.generation))

        for _ in range(300):
            group.start_soon(one)
    assert room.renewals == 1
    assert {row.generation for row in found} == {8}


async def test_case_66_the_first_of_20_waiters_is_cancelled() -> None:
    async with anyio.create_task_group() as group:
        room, found = Room(group), list[Remembered]()
        room.gate = anyio.Event()
        first = anyio.CancelScope()

        async def one(scope: anyio.CancelScope) -> None:
            with scope:
                found.append(await room.get())

        group.start_soon(one, first)
        for _ in range(19):
            group.start_soon(one, anyio.CancelScope())
        await anyio.wait_all_tasks_blocked()
        first.cancel()
        room.gate.set()
    assert len(found) >= 19
    assert room.renewals == 1


async def test_case_67_refresh_ahead_does_not_wait() -> None:
    async with anyio.create_task_group() as group:
        room = Room(group, stored=session())
        room.gate = anyio.Event()
        await room.clock.advance(600 - 61)
        assert (await room.get()).id == "cksess_1"
        assert room.renewals == 0
        await room.clock.advance(2)
        assert (await room.get()).id == "cksess_1"
        assert (await room.get()).id == "cksess_1"
        await anyio.wait_all_tasks_blocked()
        assert room.renewals == 1
        room.gate.set()
    assert (await room.get()).id == "cksess_2"


async def test_case_67_the_margin_is_at_most_half_of_the_life() -> None:
    async with anyio.create_task_group() as group:
        room = Room(group, stored=session(lifetime=20.0, ends_at=NOW + 20))
        await room.clock.advance(9)
        await room.get()
        assert room.slot.flight is None
        await room.clock.advance(2)
        await room.get()
    assert room.renewals == 1


async def test_case_68_a_failure_is_everybodys_and_is_then_forgotten() -> None:
    async with anyio.create_task_group() as group:
        room, failed = Room(group), list[str]()
        room.fails = 1

        async def one() -> None:
            try:
                await room.get()
            except ApiError as error:
                failed.append(error.message)

        for _ in range(5):
            group.start_soon(one)
    assert failed == ["refused 1"] * 5
    assert (await room.get()).generation == 1


async def test_case_68_after_three_failures_the_circuit_is_open_for_30_s() -> None:
    async with anyio.create_task_group() as group:
        room = Room(group)
        room.fails = 3
        for _ in range(5):
            with pytest.raises(ApiError):
                await room.get()
        assert room.renewals == 3
        await room.clock.advance(29)
        with pytest.raises(ApiError, match="refused 3"):
            await room.get()
        assert room.renewals == 3
        await room.clock.advance(2)
        assert (await room.get()).generation == 1


@pytest.mark.parametrize("skew", [3600, -3600])
def test_case_69_a_clock_that_is_an_hour_off_does_no_harm(skew: float) -> None:
    body = {"id": "c", "client_secret": "ek_0123456789", "expires_at": NOW + skew + 600}
    date = {3600: "Mon, 21 Sep 2026 15:13:20 GMT", -3600: "Mon, 21 Sep 2026 13:13:20 GMT"}
    record = remembered(body, {"date": date[int(skew)]}, NOW)
    assert record.left(NOW) == 600
    assert record.left(NOW + 541) == 59


def test_case_69_without_a_date_our_own_clock_counts() -> None:
    body = {"id": "c", "client_secret": "ek_0123456789", "expires_at": NOW + 600}
    for headers in ({}, {"date": "yesterday"}):
        assert remembered(body, headers, NOW).left(NOW) == 600


def test_case_72_the_least_recently_used_session_gives_way() -> None:
    state = ChatKitState()
    pool = Pool(lambda: state)
    for number in range(MOST_SESSIONS):
        pool.keep(f"k{number}", session(number))
    pool.find("k0")
    slot = pool.slot("k1")
    with slot.using(session(1)):
        pool.keep("new", session())
        assert len(state.sessions) == MOST_SESSIONS
    assert {"k0", "k1", "new"} < set(state.sessions)
    assert "k2" not in state.sessions


def test_case_72_threads_give_way_and_are_forgotten_after_a_month() -> None:
    state = ChatKitState()
    threads = Threads(state)
    for number in range(MOST_THREADS + 1):
        threads.remember(f"k{number}", f"t{number}", NOW)
    assert "k0" not in state.threads
    found = threads.find("k1", NOW + 30 * 86_400)
    assert found is not None
    assert found.id == "t1"
    assert threads.find("k1", NOW + 30 * 86_400 + 1) is None
    assert "k1" not in state.threads
    threads.forget("k9999")
    threads.forget("k9999")


def kept(**rows: Remembered) -> ChatKitState:
    return ChatKitState(sessions=rows)


def test_case_76_the_newest_generation_is_kept() -> None:
    base = kept(a=session(1, generation=3))
    stored = kept(a=session(2, generation=4), b=session(5))
    mine = kept(a=session(1, generation=3), c=session(6))
    merged = ChatKit.merge_state(base, stored, mine)
    assert {key: row.id for key, row in merged.sessions.items()} == {
        "a": "cksess_2",
        "b": "cksess_5",
        "c": "cksess_6",
    }
    assert ChatKit.merge_state(base, mine, stored).sessions == merged.sessions


def test_case_76_of_two_as_new_the_one_that_lives_longer_is_kept() -> None:
    stored = kept(a=session(2, generation=4, ends_at=NOW + 700))
    mine = kept(a=session(3, generation=4))
    assert ChatKit.merge_state(None, stored, mine).sessions["a"].id == "cksess_2"


def test_case_76_what_one_has_ended_stays_ended() -> None:
    base = kept(a=session(), b=session())
    merged = ChatKit.merge_state(base, kept(b=session()), kept(a=session()))
    assert merged.sessions == {}


def test_case_76_threads_are_merged_by_their_last_use() -> None:
    early, late = Thread(id="t1", used_at=1), Thread(id="t2", used_at=2)
    stored, mine = ChatKitState(threads={"k": early}), ChatKitState(threads={"k": late})
    assert ChatKit.merge_state(None, stored, mine).threads == {"k": late}
    assert ChatKit.merge_state(None, mine, stored).threads == {"k": late}


async def test_a_replaced_session_is_left_to_those_who_use_it() -> None:
    async with anyio.create_task_group() as group:
        room = Room(group, stored=session())
        idle: list[bool] = []

        async def wait() -> None:
            await room.slot.idle("cksess_1")
            idle.append(True)

        with room.slot.using(session()):
            with room.slot.using(session()):
                group.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
            await anyio.wait_all_tasks_blocked()
            assert room.slot.busy
            assert idle == []
    assert idle == [True]
    assert not room.slot.busy


def test_a_session_that_nobody_dates_has_its_assumed_life() -> None:
    record = Remembered(id="a", client_secret=SecretStr("ek_1"))
    assert record.left(NOW) == 600


def test_an_empty_row_is_an_empty_state() -> None:
    assert ChatKitState.model_validate({"unknown": 1}) == ChatKitState()
    assert ChatKitState.model_validate({"id": "cs_1"}) == ChatKitState()
