"""What every store does: a store that passes these tests unchanged can take the place of ours.

Derive a class from :class:`StoreSuite` and give it a fixture ``store`` that yields an empty store.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal
from uuid import uuid4

import anyio
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import SecretStr

from nodekit.errors import StateError
from nodekit.items import Json
from nodekit.state import Row
from nodekit.store import FailedItem, Owner, StateWrite, Store

HERE = Owner.here()
ELSEWHERE = replace(HERE, host="a machine that nobody knows")
DEAD = replace(HERE, start="0")
"""A process that had our number before us."""

LAW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # each example takes a place of its own in the store
        HealthCheck.differing_executors,  # a suite is there to be inherited
    ],
)

ROWS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=5)
        | st.text(max_size=5).map(SecretStr),
        lambda deeper: (
            st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=3), deeper, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


async def begun(
    store: Store, run: str = "R1", pipeline: str = "p", owner: Owner | None = None
) -> int:
    return await store.begin(run, pipeline=pipeline, name=f"The {pipeline}", owner=owner)


async def refusal(store: Store, run: str, fence: int) -> list[str]:
    """Return what each guarded write of a run is refused with."""
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.commit(run, fence, places={"a": b"1"}),
        lambda: store.journal(run, fence, [("s", 0, 0, b"1")]),
        lambda: store.drop_spool(run, fence, "c"),
        lambda: store.finish(run, fence, "success"),
    ]
    found: list[str] = []
    for write in writes:
        with pytest.raises(StateError) as caught:
            await write()
        found.append(caught.value.message)
    return found


class StoreSuite:
    """The tests of the protocol."""

    async def test_nothing_is_kept_at_first(self, store: Store) -> None:
        assert await store.read("p", "s") is None
        assert await store.read("p", None) is None
        assert await store.states() == []
        assert await store.clear("p") == 0
        assert await store.runs() == []
        assert await store.run("R1") is None
        assert await store.remove("R1") is False
        assert await store.prune(count=0) == []
        assert await store.retire("p", count=0, before=1e12, most=9) == []
        assert await store.places("R1") == {}
        assert await store.journaled("R1", "s", 0, 0, 10) == {}
        assert await store.spooled("R1", "c", 0, 10) == []
        assert await store.spool_length("R1", "c") == 0
        assert await store.failed("R1") == []

    async def test_a_state_is_read_as_it_was_written(self, store: Store) -> None:
        row: Row = {
            "text": "ä\n\ud800",
            "n": 2**70,
            "x": 0.1,
            "none": None,
            "deep": [{"a": [1, True]}, []],
            "secret": SecretStr("s3cret \ud800"),
            "empty": SecretStr(""),
            "sessions": {"ada": [{"id": 1, "token": SecretStr("t")}]},
        }
        assert await store.write("p", "s", row, 0)
        kept = await store.read("p", "s")
        assert kept is not None
        assert (kept.row, kept.version) == (row, 1)

    @LAW
    @given(row=ROWS)
    async def test_any_row_comes_back(self, store: Store, row: Row) -> None:
        step = uuid4().hex
        assert await store.write("p", step, row, 0)
        kept = await store.read("p", step)
        assert kept is not None
        assert kept.row == row

    async def test_rows_are_copies(self, store: Store) -> None:
        row: Row = {"list": [1]}
        await store.write("p", "s", row, 0)
        row["list"].append(2)
        kept = await store.read("p", "s")
        assert kept is not None
        kept.row["list"].append(3)
        again = await store.read("p", "s")
        assert again is not None
        assert again.row == {"list": [1]}

    async def test_states_are_told_apart(self, store: Store) -> None:
        places: list[tuple[str, str | None]] = [("p", None), ("p", ""), ("p", "s"), ("q", "s")]
        for n, (pipeline, step) in enumerate(places):
            assert await store.write(pipeline, step, {"n": n}, 0)
        for n, (pipeline, step) in enumerate(places):
            kept = await store.read(pipeline, step)
            assert kept is not None
            assert kept.row == {"n": n}

    @pytest.mark.parametrize("version", [0, 2, 7], ids=["of none", "older", "newer"])
    async def test_a_write_on_another_version_changes_nothing(
        self, store: Store, version: int
    ) -> None:
        for n in range(3):
            assert await store.write("p", "s", {"n": n}, n)
        assert await store.write("p", "s", {"n": 9}, version) is False
        kept = await store.read("p", "s")
        assert kept is not None
        assert (kept.row, kept.version) == ({"n": 2}, 3)

    async def test_a_first_write_wants_version_0(self, store: Store) -> None:
        assert await store.write("p", "s", {"n": 1}, 1) is False
        assert await store.read("p", "s") is None

    async def test_what_is_no_json_is_refused(self, store: Store) -> None:
        with pytest.raises(StateError) as caught:
            await store.write("p", "s", {"n": 1j}, 0)
        assert caught.value.message == (
            'the state of step "s" of "p" cannot be kept: object of type complex is not JSON '
            "serializable"
        )
        assert await store.read("p", "s") is None

    async def test_states_are_listed_without_secrets(self, store: Store) -> None:
        secret = SecretStr("hidden")
        await store.write("q", "b", {"token": secret, "none": SecretStr("")}, 0)
        await store.write("p", "a", {"n": [1, {"token": secret}]}, 0)
        await store.write("p", None, {"n": 1}, 0)
        await store.write("p", None, {"n": 2}, 1)
        found = [(row.pipeline, row.step, row.version, row.row) for row in await store.states()]
        assert found == [
            ("p", None, 2, {"n": 2}),
            ("p", "a", 1, {"n": [1, {"token": "***"}]}),
            ("q", "b", 1, {"token": "***", "none": ""}),
        ]
        assert [row.step for row in await store.states("q")] == ["b"]

    async def test_states_are_cleared(self, store: Store) -> None:
        for step in (None, "a", "b", "c"):
            await store.write("p", step, {"n": 1}, 0)
        await store.write("q", "a", {"n": 1}, 0)
        assert await store.clear("p", ["a", None, "nobody"]) == 2
        assert [(row.pipeline, row.step) for row in await store.states()] == [
            ("p", "b"),
            ("p", "c"),
            ("q", "a"),
        ]
        assert await store.clear("p") == 2
        assert [row.pipeline for row in await store.states()] == ["q"]
        assert await store.write("p", "a", {"n": 2}, 0)

    @LAW
    @given(order=st.lists(st.integers(0, 2), max_size=12))
    async def test_compare_and_set_loses_nothing(self, store: Store, order: Sequence[int]) -> None:
        """Three writers add to one list; each turn is one read or one write of a writer."""
        step, added = uuid4().hex, list[Json]()
        held: dict[int, tuple[list[Json], int]] = {}
        for turn, writer in enumerate(order):
            if writer not in held:
                kept = await store.read("cas", step)
                held[writer] = (kept.row["all"], kept.version) if kept else ([], 0)
                continue
            known, version = held.pop(writer)
            mine = [writer, turn]
            if await store.write("cas", step, {"all": [*known, mine]}, version):
                assert version == len(added)
                added.append(mine)
        kept = await store.read("cas", step)
        assert (kept.row["all"] if kept else []) == added
        assert (kept.version if kept else 0) == len(added)

    async def test_writers_at_once_lose_nothing(self, store: Store) -> None:
        async def add(name: int) -> None:
            done = 0
            while done < 5:
                kept = await store.read("p", "s")
                row = dict(kept.row) if kept else {}
                row[str(name)] = row.get(str(name), 0) + 1
                done += await store.write("p", "s", row, kept.version if kept else 0)

        async with anyio.create_task_group() as group:
            for name in range(4):
                group.start_soon(add, name)
        kept = await store.read("p", "s")
        assert kept is not None
        assert kept.row == {"0": 5, "1": 5, "2": 5, "3": 5}
        assert kept.version == 20

    async def test_a_run_from_begin_to_end(self, store: Store) -> None:
        fence = await store.begin(
            "R1", pipeline="p", name="P", input_print="i1", pipeline_print="p1"
        )
        row = await store.run("R1")
        assert row is not None
        assert (row.id, row.pipeline, row.name) == ("R1", "p", "P")
        assert (row.input_print, row.pipeline_print) == ("i1", "p1")
        assert (row.status, row.ended, row.fence, row.summary) == ("running", None, fence, None)
        assert row.owner == HERE
        assert row.live
        await store.finish("R1", fence, "error", {"items": [1, 2]})
        row = await store.run("R1")
        assert row is not None
        assert (row.status, row.summary, row.live) == ("error", {"items": [1, 2]}, False)
        assert row.ended is not None
        assert row.ended >= row.started

    async def test_runs_are_listed_the_last_begun_first(self, store: Store) -> None:
        for run, pipeline in (("R1", "p"), ("R2", "q"), ("R3", "p")):
            fence = await begun(store, run, pipeline)
            await store.finish(run, fence, "success", {"n": 1})
        assert [row.id for row in await store.runs()] == ["R3", "R2", "R1"]
        assert [row.id for row in await store.runs("p")] == ["R3", "R1"]
        assert [row.id for row in await store.runs(limit=2)] == ["R3", "R2"]
        assert [row.summary for row in await store.runs()] == [None] * 3

    @pytest.mark.parametrize(
        ("owner", "where"),
        [
            (replace(HERE, pid=1, start=""), ""),
            (ELSEWHERE, " on a machine that nobody knows"),
        ],
        ids=["here", "elsewhere"],
    )
    async def test_a_live_run_is_refused_to_others(
        self, store: Store, owner: Owner, where: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Owner, "lives", lambda self: self == owner)
        await begun(store, owner=owner)
        with pytest.raises(StateError) as caught:
            await begun(store)
        assert caught.value.message == f"the run R1 is going on in process {owner.pid}{where}"
        assert caught.value.hint == "Wait until that process has ended, or stop it."
        with pytest.raises(StateError, match="is going on"):
            await store.remove("R1")
        assert await store.begin("R1", pipeline="p", name="P", force=True) == 2

    async def test_a_dead_owner_is_taken_over(self, store: Store) -> None:
        old = await store.begin("R1", pipeline="p", name="P", input_print="i1", owner=DEAD)
        assert await store.commit("R1", old, places={"a": b"1"})
        dead = await store.run("R1")
        new = await store.begin("R1", pipeline="p", name="P", input_print="i2")
        assert new > old
        assert await refusal(store, "R1", old) == ["another process has taken the run R1 over"] * 4
        assert await store.commit("R1", new, places={"b": b"2"})
        assert await store.places("R1") == {"a": b"1", "b": b"2"}
        row = await store.run("R1")
        assert dead is not None
        assert row is not None
        assert (row.owner, row.started, row.input_print) == (HERE, dead.started, "i2")

    async def test_an_ended_run_is_gone_on_with(self, store: Store) -> None:
        fence = await begun(store)
        await store.commit("R1", fence, places={"a": b"1"})
        await store.finish("R1", fence, "canceled")
        assert await begun(store) == fence + 1
        row = await store.run("R1")
        assert row is not None
        assert (row.status, row.ended) == ("running", None)
        assert await store.places("R1") == {"a": b"1"}

    async def test_after_a_success_only_the_failed_items_stay(self, store: Store) -> None:
        fence = await begun(store)
        failed = FailedItem("s", 3, {"message": "no"}, b"item")
        await store.commit("R1", fence, places={"a": b"1"}, spool=[("c", 0, b"x")], failed=[failed])
        await store.journal("R1", fence, [("s", 0, 0, b"a")])
        await store.finish("R1", fence, "success")
        assert await store.places("R1") == {}
        assert await store.spool_length("R1", "c") == 0
        assert await store.journaled("R1", "s", 0, 0, 9) == {}
        assert await store.failed("R1") == [failed]

    async def test_a_removed_run_leaves_nothing(self, store: Store) -> None:
        fence = await begun(store)
        await store.commit(
            "R1",
            fence,
            places={"a": b"1"},
            spool=[("c", 0, b"x")],
            failed=[FailedItem("s", 0, None, b"")],
        )
        await store.journal("R1", fence, [("s", 0, 0, b"a")])
        await store.finish("R1", fence, "error")
        assert await store.remove("nobody") is False
        assert await store.remove("R1") is True
        assert await store.run("R1") is None
        assert await refusal(store, "R1", fence) == ["there is no run R1"] * 4
        await begun(store)
        assert await store.places("R1") == {}
        assert await store.spooled("R1", "c", 0, 9) == []
        assert await store.journaled("R1", "s", 0, 0, 9) == {}
        assert await store.failed("R1") == []

    async def test_old_runs_are_pruned(self, store: Store) -> None:
        for n in range(5):
            fence = await begun(store, f"R{n}", "q" if n == 3 else "p")
            if n != 1:
                await store.finish(f"R{n}", fence, "success")
        await begun(store, "R5", owner=DEAD)
        rows = {row.id: row.started for row in await store.runs()}
        assert await store.prune("p", count=2, before=rows["R0"]) == []
        assert await store.prune("p", count=1) == ["R4", "R2", "R0"]
        assert [row.id for row in await store.runs()] == ["R5", "R3", "R1"]
        assert sorted(await store.prune(before=max(rows.values()) + 1)) == ["R3", "R5"]
        assert [row.id for row in await store.runs()] == ["R1"]

    async def over(self, store: Store, *runs: str, pipeline: str = "p") -> list[float]:
        """Let runs be over, one after another; return when each of them ended."""
        ends: list[float] = []
        for run in runs:
            await store.finish(run, await begun(store, run, pipeline), "success")
            row = await store.run(run)
            assert row is not None
            assert row.ended is not None
            ends.append(row.ended)
        return ends

    async def test_runs_that_are_over_retire_by_number(self, store: Store) -> None:
        await self.over(store, "R0", "R1", "R2", "R3")
        await self.over(store, "Q0", "Q1", "Q2", pipeline="q")
        assert await store.retire("p", count=4, most=9) == []
        assert await store.retire("p", count=2, most=9) == ["R0", "R1"]
        assert await store.retire("p", count=0, most=1) == ["R2"]
        assert [row.id for row in await store.runs()] == ["Q2", "Q1", "Q0", "R3"]

    async def test_runs_that_are_over_retire_by_age(self, store: Store) -> None:
        ends = await self.over(store, "R0", "R1", "R2")
        assert await store.retire("p", before=ends[0], most=9) == []
        assert await store.retire("p", count=3, before=ends[1], most=9) == ["R0"]
        assert await store.retire("p", count=1, before=ends[1], most=9) == ["R1"]
        assert await store.retire("p", before=ends[2] + 1, most=9) == ["R2"]
        assert await store.runs() == []

    async def test_without_a_rule_no_run_retires(self, store: Store) -> None:
        await self.over(store, "R0", "R1")
        assert await store.retire("p", most=9) == []

    async def test_not_more_runs_retire_at_once_than_may(self, store: Store) -> None:
        ends = await self.over(store, *(f"R{n}" for n in range(7)))
        found = [await store.retire("p", before=ends[-1], most=3) for _ in range(3)]
        assert found == [["R0", "R1", "R2"], ["R3", "R4", "R5"], []]

    @pytest.mark.parametrize("status", ["error", "canceled"])
    async def test_what_can_be_gone_on_with_does_not_retire(
        self, store: Store, status: Literal["error", "canceled"]
    ) -> None:
        for run in ("R0", "R1"):
            fence = await begun(store, run)
            if run == "R0":
                await store.commit(run, fence, places={"a": b"1"})
            await store.finish(run, fence, status)
        (end,) = await self.over(store, "R2")
        assert await store.retire("p", count=0, before=end + 1, most=9) == ["R1", "R2"]
        assert await store.places("R0") == {"a": b"1"}

    async def test_a_run_that_has_not_ended_does_not_retire(self, store: Store) -> None:
        for run, owner in (("R0", HERE), ("R1", ELSEWHERE), ("R2", DEAD)):
            await begun(store, run, owner=owner)
        (end,) = await self.over(store, "R3")
        assert await store.retire("p", count=0, before=end + 1, most=9) == ["R3"]
        assert [row.id for row in await store.runs()] == ["R2", "R1", "R0"]

    async def test_a_run_that_goes_on_again_does_not_retire(self, store: Store) -> None:
        fence = await begun(store)
        await store.finish("R1", fence, "error")
        fence = await begun(store)
        assert await store.retire("p", count=0, most=9) == []
        await store.finish("R1", fence, "error")
        assert await store.retire("p", count=0, most=9) == ["R1"]

    async def test_of_a_run_that_has_retired_nothing_is_left(self, store: Store) -> None:
        fence = await begun(store)
        await store.commit("R1", fence, failed=[FailedItem("s", 0, None, b"")])
        await store.finish("R1", fence, "success")
        assert await store.retire("p", count=0, most=9) == ["R1"]
        assert await store.run("R1") is None
        assert await refusal(store, "R1", fence) == ["there is no run R1"] * 4
        await begun(store)
        assert await store.failed("R1") == []

    async def test_a_commit_keeps_everything(self, store: Store) -> None:
        fence = await begun(store)
        assert await store.commit(
            "R1",
            fence,
            places={"a": b"1", "b": b""},
            states=[StateWrite("p", "s", {"n": 1}, 0), StateWrite("p", None, {"n": 2}, 0)],
            spool=[("c", n, b"%d" % n) for n in range(5)] + [("d", 7, b"\0\xff")],
            failed=[FailedItem("s", 1, {"m": 1}, b"in")],
        )
        assert await store.commit(
            "R1",
            fence,
            places={"a": b"2"},
            states=[StateWrite("p", "s", {"n": 3}, 1)],
            spool=[("c", 4, b"four"), ("c", 5, b"5")],
            failed=[FailedItem("s", 1, {"m": 2}, b"in2"), FailedItem("r", 9, None, b"")],
        )
        assert await store.places("R1") == {"a": b"2", "b": b""}
        kept = await store.read("p", "s")
        assert kept is not None
        assert (kept.row, kept.version) == ({"n": 3}, 2)
        assert await store.spooled("R1", "c", 3, 2) == [b"3", b"four"]
        assert await store.spooled("R1", "c", 4, 99) == [b"four", b"5"]
        assert await store.spooled("R1", "c", 6, 99) == []
        assert await store.spooled("R1", "d", 0, 99) == [b"\0\xff"]
        assert await store.spool_length("R1", "c") == 6
        assert await store.spool_length("R1", "d") == 8
        assert await store.failed("R1") == [
            FailedItem("r", 9, None, b""),
            FailedItem("s", 1, {"m": 2}, b"in2"),
        ]

    async def test_a_commit_on_an_older_state_changes_nothing(self, store: Store) -> None:
        fence = await begun(store)
        await store.write("p", "s", {"n": 1}, 0)
        kept = await store.commit(
            "R1",
            fence,
            places={"a": b"1"},
            states=[StateWrite("p", "r", {"n": 1}, 0), StateWrite("p", "s", {"n": 2}, 0)],
            spool=[("c", 0, b"x")],
            failed=[FailedItem("s", 0, None, b"")],
        )
        assert kept is False
        assert await store.places("R1") == {}
        assert await store.read("p", "r") is None
        assert await store.spool_length("R1", "c") == 0
        assert await store.failed("R1") == []

    async def test_a_commit_that_fails_changes_nothing(self, store: Store) -> None:
        fence = await begun(store)
        with pytest.raises(StateError) as caught:
            await store.commit(
                "R1",
                fence,
                places={"a": b"1"},
                states=[StateWrite("p", "s", {"n": 1}, 0)],
                failed=[FailedItem("s", 0, {1j}, b"")],
            )
        assert caught.value.message == (
            "the error of an item cannot be kept: object of type set is not JSON serializable"
        )
        assert await store.places("R1") == {}
        assert await store.read("p", "s") is None

    async def test_a_summary_that_is_no_json_ends_nothing(self, store: Store) -> None:
        fence = await begun(store)
        with pytest.raises(StateError, match="the summary of the run R1 cannot be kept"):
            await store.finish("R1", fence, "success", {1j})
        row = await store.run("R1")
        assert row is not None
        assert row.status == "running"

    async def test_runs_keep_apart(self, store: Store) -> None:
        for run in ("R1", "R2"):
            fence = await begun(store, run)
            text = run.encode()
            await store.commit(
                run,
                fence,
                places={"a": text},
                spool=[("c", 0, text)],
                failed=[FailedItem("s", 0, run, text)],
            )
            await store.journal(run, fence, [("s", 0, 0, text)])
        await store.drop_spool("R1", 1, "c")
        await store.commit("R1", 1, drop_journal=[("s", 1)])
        assert await store.places("R2") == {"a": b"R2"}
        assert await store.spooled("R2", "c", 0, 9) == [b"R2"]
        assert await store.journaled("R2", "s", 0, 0, 9) == {0: b"R2"}
        assert await store.failed("R2") == [FailedItem("s", 0, "R2", b"R2")]

    async def test_a_journal_is_kept_until_it_is_dropped(self, store: Store) -> None:
        fence = await begun(store)
        await store.journal("R1", fence, [("s", 0, n, b"%d" % n) for n in (3, 1, 2)])
        await store.journal("R1", fence, [("s", 1, 2, b"turn"), ("t", 0, 2, b"t")])
        await store.journal("R1", fence, [("s", 0, 2, b"two")])
        assert await store.journaled("R1", "s", 0, 1, 2) == {1: b"1", 2: b"two"}
        assert await store.journaled("R1", "s", 1, 0, 9) == {2: b"turn"}
        await store.commit("R1", fence, drop_journal=[("s", 3), ("nobody", 9)])
        assert await store.journaled("R1", "s", 0, 0, 9) == {3: b"3"}
        assert await store.journaled("R1", "s", 1, 0, 9) == {}
        assert await store.journaled("R1", "t", 0, 0, 9) == {2: b"t"}

    async def test_answers_are_kept_with_the_state_that_knows_of_them(self, store: Store) -> None:
        fence = await begun(store)
        write = StateWrite("p", "s", {"n": 1}, 0)
        assert await store.commit("R1", fence, states=[write], journal=[("s", 0, 1, b"one")])
        assert not await store.commit("R1", fence, states=[write], journal=[("s", 0, 2, b"two")])
        assert await store.journaled("R1", "s", 0, 0, 9) == {1: b"one"}
        await store.commit(
            "R1", fence, journal=[("s", 0, 2, b"2"), ("s", 0, 3, b"3")], drop_journal=[("s", 3)]
        )
        assert await store.journaled("R1", "s", 0, 0, 9) == {3: b"3"}

    async def test_a_spool_is_dropped_by_cut(self, store: Store) -> None:
        fence = await begun(store)
        await store.commit("R1", fence, spool=[("c", 0, b"c"), ("d", 0, b"d")])
        await store.drop_spool("R1", fence, "c")
        assert await store.spool_length("R1", "c") == 0
        assert await store.spooled("R1", "d", 0, 9) == [b"d"]

    async def test_a_commit_canceled_anywhere_is_whole_or_nothing(self, store: Store) -> None:
        fence = await begun(store)
        for attempt in range(12):
            before = await store.places("R1")
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._commit, store, fence, attempt)
                    for _ in range(attempt):
                        await anyio.lowlevel.checkpoint()
                    scope.cancel()
            after = await store.places("R1")
            count = await store.spool_length("R1", f"c{attempt}")
            if after == before:
                assert count == 0
            else:
                assert (after, count) == ({"a": b"%d" % attempt}, 100)

    async def _commit(self, store: Store, fence: int, attempt: int) -> None:
        rows = [(f"c{attempt}", n, b"x") for n in range(100)]
        await store.commit("R1", fence, places={"a": b"%d" % attempt}, spool=rows)
