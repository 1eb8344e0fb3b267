"""A step that goes through its items a part at a time, where something goes wrong."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from nodekit import (
    BatchNode,
    Context,
    Inputs,
    Item,
    ItemError,
    Items,
    NeedsAll,
    NodeError,
    Params,
    Pipeline,
    Registry,
    Run,
    RunFailed,
    Runtime,
    Stream,
    load,
)
from nodekit.engine import StepFinished, StepStarted
from nodekit.testing import FakeClock


class NoParams(Params):
    """No parameters."""


@dataclass(frozen=True)
class Given:
    """What a node that streams is given."""

    stream: Stream
    ctx: Context


Way = Callable[[Given], AsyncIterator[Items]]


def streaming(way: Way) -> Pipeline:
    """Return a pipeline of a step that puts out what is said to come of a stream."""

    class Streams(BatchNode[NoParams]):
        """Put out something."""

        slices = "stream"

        async def run_stream(
            self, inputs: Mapping[str, Stream], params: NoParams, ctx: Context
        ) -> AsyncGenerator[Items, None]:
            """Put it out."""
            async for part in way(Given(inputs["main"], ctx)):
                yield part

        def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
            """Put out one item that tells that all came at once."""
            return Items([{"at once": len(inputs.main)}])

    known = Registry()
    known.add("streams", Streams)
    steps: list[dict[str, Any]] = [{"name": "S", "type": "streams", "timeout": 5}]
    return load({"nodekit": 1, "name": "p", "steps": steps}, registry=known)


async def ran(way: Way, *, size: int = 2, **more: Any) -> Run:
    """Run such a pipeline over five items."""
    async with Runtime(**more) as runtime:
        return await runtime.run_batches(streaming(way), [[{"n": n} for n in range(5)]], size=size)


async def failure(way: Way, **more: Any) -> Run:
    """Run such a pipeline, which fails."""
    with pytest.raises(RunFailed) as failed:
        await ran(way, **more)
    assert failed.value.step == "S"
    return failed.value.run


async def everything(given: Given) -> AsyncIterator[Items]:
    async for rows in given.stream:
        yield rows


async def test_a_stream_can_be_gone_through_again() -> None:
    async def twice(given: Given) -> AsyncIterator[Items]:
        assert len(given.stream) == 5
        for _ in range(2):
            async for rows in given.stream:
                yield rows

    run = await ran(twice)
    assert [row["n"] for row in run.items.json] == [0, 1, 2, 3, 4] * 2
    assert [link.item for item in run.items for link in item.links or ()] == [0, 1, 2, 3, 4] * 2


async def test_few_items_come_at_once() -> None:
    run = await ran(everything, size=5)
    assert run.items.json == [{"at once": 5}]


async def test_who_finds_that_it_needs_all_items_gets_them() -> None:
    async def gives_up(given: Given) -> AsyncIterator[Items]:
        async for rows in given.stream:
            if len(rows):
                raise NeedsAll
            yield rows

    assert (await ran(gives_up)).items.json == [{"at once": 5}]


async def test_what_is_put_out_counts_only_if_the_step_succeeds() -> None:
    async def half(given: Given) -> AsyncIterator[Items]:
        async for rows in given.stream:
            yield rows
        raise NodeError("no more")

    run = await failure(half)
    assert (str(run.error and run.error.message), len(run.items)) == ("no more", 0)


async def test_an_item_that_carries_an_error_fails_the_step() -> None:
    async def failing(given: Given) -> AsyncIterator[Items]:
        async for rows in given.stream:
            yield Items.of([row.failed(ItemError("bad", item=3)) for row in rows])

    run = await failure(failing)
    assert run.error is not None
    assert (run.error.message, run.error.item) == ("bad", 3)


async def test_what_is_no_item_is_refused() -> None:
    async def nonsense(_: Given) -> AsyncIterator[Any]:
        yield [Item({}), 7]

    run = await failure(nonsense)
    assert run.error is not None
    assert run.error.message == "returned a list with int in it, which is not an item"


async def test_a_step_has_only_so_much_time() -> None:
    clock = FakeClock(auto=False)

    async def slow(given: Given) -> AsyncIterator[Items]:
        assert given.ctx.deadline == clock.now() + 5
        given.ctx.progress("waits")
        async for rows in given.stream:
            await clock.advance(6)
            yield rows

    run = await failure(slow, clock=clock)
    assert run.error is not None
    assert run.error.message == "timed out after 5 s"


async def test_a_run_that_is_stopped_ends_between_two_parts() -> None:
    seen: list[int] = []

    async def stopping(given: Given) -> AsyncIterator[Items]:
        async for rows in given.stream:
            seen.append(len(rows))
            runtime.stop()
            yield rows

    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run_batches(streaming(stopping), [[{"n": n}] for n in range(5)], size=2)
    assert (failed.value.run.status, len(seen)) == ("canceled", 1)


async def test_a_source_that_cannot_be_read_is_no_fault_of_the_step() -> None:
    async def source() -> AsyncIterator[list[dict[str, Any]]]:
        yield [{"n": 1}, {"n": 2}, {"n": 3}]
        raise OSError("gone")

    async with Runtime() as runtime:
        with pytest.raises(OSError, match="gone"):
            await runtime.run_batches(streaming(everything), source(), size=1)


async def test_it_is_told_of_like_any_other_step() -> None:
    events: list[object] = []
    await ran(everything, on_event=events.append)
    assert [event for event in events if isinstance(event, StepStarted)] == [StepStarted("S", 0, 5)]
    (finished,) = [event for event in events if isinstance(event, StepFinished)]
    assert (finished.step, finished.run, finished.status, finished.outputs) == (
        "S",
        0,
        "success",
        {"main": 5},
    )


async def test_scratch_is_gone_with_the_step() -> None:
    rooms: list[Any] = []

    async def keeps(given: Given) -> AsyncIterator[Items]:
        room = given.ctx.scratch()
        rooms.append(room)
        async for rows in given.stream:
            room.add(rows, [f"note {row['n']}" for row in rows.json])
        for rows, notes in room:
            assert notes == [f"note {row['n']}" for row in rows.json]
            yield rows

    run = await ran(keeps)
    assert [row["n"] for row in run.items.json] == [0, 1, 2, 3, 4]
    assert len(rooms[0]) == 5
    with pytest.raises(AssertionError):
        list(rooms[0])
