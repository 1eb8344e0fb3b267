"""The JavaScript child: its limits, and who may use it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import anyio
import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions import Worker, compile_value, evaluate
from nodekit.expressions.process import Child, EngineFault
from tests.support.scene import scene

MEBIBYTE = 1 << 20
ROWS = [{"n": 1}, {"n": 2}, {"n": 3}]


def runaway(code: str) -> str:
    """Return an expression that runs away for the second item only."""
    return f"={{{{ $json.n === 2 ? {code} : $json.n.toFixed(0) }}}}"


SLOW = "took longer than 0.5 s"
LARGE = "used more memory than 32 MiB"


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ('new Array(1e9) + ""', {SLOW, LARGE}),
        ('Array(4e9).join("")', {SLOW, LARGE}),
        ("[].concat(Array(4e9))", {SLOW, LARGE}),
        ("Array(4e9).reverse()", {SLOW, LARGE}),
        ("JSON.stringify(Array(1e9))", {SLOW, LARGE}),
        ("(() => { while (true) { } })()", {SLOW}),
        ("(() => { try { while (true) { } } catch (e) { return 1 } })()", {SLOW}),
        ('/(a+)+$/.test("a".repeat(40) + "b")', {SLOW}),
        ('"a".repeat(1e9)', {LARGE}),
        ("(() => { const l = []; for (;;) l.push([1, 2, 3]); })()", {SLOW, LARGE}),
        ("(function f() { return f() + 1; })()", {"called itself too deeply"}),
    ],
)
async def test_a_runaway_expression_ends_alone(code: str, messages: set[str]) -> None:
    worker = Worker(deadline=0.5, memory=32 * MEBIBYTE)
    expression = compile_value(runaway(code))
    with anyio.fail_after(2):  # twice the limit, and some time to breathe
        (column,) = await evaluate([expression], scene(*ROWS), range(3), worker)
    await worker.aclose()
    first, second, third = column
    assert (first, third) == ("1", "3")
    assert isinstance(second, ExpressionError)
    assert second.message in messages
    assert second.text == expression.text


async def test_of_several_expressions_the_culprit_is_named() -> None:
    worker = Worker(deadline=0.3)
    good = compile_value("={{ $json.n.toFixed(1) }}")
    bad = compile_value(runaway("(() => { for (;;) { } })()"))
    fine, found = await evaluate([good, bad], scene(*ROWS), range(3), worker)
    await worker.aclose()
    assert fine == ["1.0", "2.0", "3.0"]
    assert [str(v) for v in found] == ["1", "took longer than 0.3 s", "3"]


async def test_a_child_is_started_when_it_is_needed_and_not_before() -> None:
    worker = Worker()
    assert await evaluate([compile_value("={{ $json.n }}")], scene(*ROWS), range(3), worker) == [
        [1, 2, 3]
    ]
    assert not worker.started
    await evaluate([compile_value("={{ $json.n.toFixed(0) }}")], scene(*ROWS), range(3), worker)
    assert worker.started
    await worker.aclose()
    assert not worker.started
    await worker.aclose()


async def test_it_can_be_used_again_after_it_was_closed() -> None:
    worker = Worker()
    expression = compile_value("={{ $json.n.toFixed(0) }}")
    for _ in range(2):
        assert await evaluate([expression], scene(*ROWS), range(3), worker) == [["1", "2", "3"]]
        await worker.aclose()


async def test_several_tasks_take_turns() -> None:
    worker = Worker()
    found: dict[int, object] = {}

    async def task(number: int) -> None:
        expressions = [compile_value(f"={{{{ $json.n.toFixed({number}) + $input.all().length }}}}")]
        rows = [{"n": number}] * (number + 1)
        found[number] = await evaluate(expressions, scene(*rows), range(1), worker)

    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(task, number)
    await worker.aclose()
    assert found == {n: [[f"{n:.{n}f}{n + 1}"]] for n in range(6)}


async def test_whoever_stops_waiting_leaves_no_half_read_reply() -> None:
    worker = Worker(deadline=30)
    slow = compile_value("={{ (() => { for (let i = 0; i < 1e12; i++) { } })() }}")
    quick = compile_value("={{ $json.n.toFixed(0) }}")
    await evaluate([quick], scene(*ROWS), range(3), worker)
    with anyio.move_on_after(0.05):
        await evaluate([slow], scene(*ROWS), range(1), worker)
    with anyio.fail_after(5):
        assert await evaluate([quick], scene(*ROWS), range(3), worker) == [["1", "2", "3"]]
        await worker.aclose()


async def test_whoever_stops_waiting_for_the_start_leaves_no_child() -> None:
    worker = Worker()

    async def asked() -> object:
        async with worker.line() as line:
            return await line.ask({"work": "check"}, [], None)

    task = asyncio.ensure_future(asked())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not worker.started
    assert await asked() == {"faults": []}
    await worker.aclose()


async def test_the_event_loop_goes_on_while_the_child_works() -> None:
    worker = Worker(deadline=0.4)
    busy = compile_value("={{ (() => { for (;;) { } })() }}")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.sleep(0.01)

    async with anyio.create_task_group() as group:
        group.start_soon(count)
        await evaluate([busy], scene(*ROWS), range(1), worker)
        group.cancel_scope.cancel()
    await worker.aclose()
    assert turns > 10


def started() -> tuple[Worker, int]:
    worker = Worker()
    worker.ask_now({"work": "check"}, [], None)
    (child,) = worker._idle  # pyright: ignore[reportPrivateUsage] - the tests below act on the process
    return worker, child.process


def test_an_interrupt_at_the_terminal_is_not_for_the_child() -> None:
    worker, process = started()
    assert os.getsid(process) != os.getsid(0)
    worker.close()


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the environment from /proc")
def test_the_child_knows_nothing_of_our_environment() -> None:
    worker, process = started()
    assert Path(f"/proc/{process}/environ").read_bytes() == b"TZ=UTC\0"
    worker.close()


def test_a_child_that_died_is_replaced() -> None:
    worker, process = started()
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert worker.ask_now({"work": "check"}, [], None) == {"faults": []}
    worker.close()


def test_our_own_mistakes_are_not_taken_for_the_users() -> None:
    worker = Worker()
    with pytest.raises(EngineFault, match="not a function"):
        worker.ask_now({"work": "nothing"}, [], None)
    worker.close()


def test_it_forgets_expressions_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodekit.expressions.process.FORGET", 3)
    worker = Worker()
    for number in range(10):
        expression = compile_value(f"={{{{ [{number}].length + x }}}}")
        assert worker.ask_now({"work": "check"}, [expression], None) == {"faults": [None]}
    worker.close()


def children(worker: Worker) -> int:
    return len(worker._idle)  # pyright: ignore[reportPrivateUsage] - nobody else sees them


async def of_many(worker: Worker, rows: int, chunk: int) -> list[object]:
    """Evaluate an expression for many items in small chunks."""
    view = scene(*({"n": n} for n in range(rows)))
    expression = compile_value("={{ [$json.n].map((n) => n * 2)[0] }}")
    (column,) = await evaluate([expression], view, range(rows), worker, chunk=chunk)
    return column


async def test_where_many_chunks_wait_there_is_a_second_child() -> None:
    worker = Worker(most=2)
    assert await of_many(worker, 20, 10) == [n * 2 for n in range(20)]
    assert children(worker) == 1
    assert await of_many(worker, 400, 10) == [n * 2 for n in range(400)]
    assert children(worker) == 2
    await worker.aclose()
    assert not worker.started


async def test_there_are_no_more_children_than_there_may_be() -> None:
    worker = Worker(most=1)
    assert await of_many(worker, 400, 10) == [n * 2 for n in range(400)]
    assert children(worker) == 1
    await worker.aclose()


async def test_what_a_child_was_given_it_is_not_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[int, list[object]] = {}
    ask = Child.ask

    def noted(self: Child, request: Any, expressions: Any, deadline: float) -> Any:
        given.setdefault(self.process, []).extend(key for key, _ in request["give"])
        return ask(self, request, expressions, deadline)

    monkeypatch.setattr(Child, "ask", noted)
    worker = Worker(most=2)
    view = scene(*({"n": n} for n in range(200)))
    asks = compile_value("={{ $json.n + $input.all().length }}")
    for _ in range(3):
        assert await evaluate([asks], view, range(200), worker, chunk=5) == [
            [n + 200 for n in range(200)]
        ]
    assert list(given.values()) == [[["input"]], [["input"]]]
    await worker.aclose()


async def test_a_runaway_in_one_chunk_leaves_the_others_alone() -> None:
    worker = Worker(deadline=0.5, most=2)
    rows = [{"n": n} for n in range(60)]
    code = "{{ $json.n === 31 ? (() => { for (;;) { } })() : $json.n.toFixed(0) }}"
    (column,) = await evaluate(
        [compile_value(f"={code}")], scene(*rows), range(60), worker, chunk=6
    )
    await worker.aclose()
    assert str(column.pop(31)) == "took longer than 0.5 s"
    assert column == [str(n) for n in range(60) if n != 31]


async def test_the_processors_that_there_are_bound_the_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert Worker().most == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert Worker().most == 2
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert Worker().most == 1
