"""Items that are read as they are wanted."""

import os
from pathlib import Path

import anyio
import pytest

from nodekit.cli.inputs import Input, Patient
from nodekit.cli.lazy import LazyStore
from nodekit.cli.tally import Tally
from nodekit.engine import StepFinished, StepProgress, StepStarted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of 2,500 items."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f'{{"n":{n}}}\n' for n in range(2500)))
    return path


async def chunks_of(given: Input) -> list[list[object]]:
    return [[row["n"] for row in rows.json] async for rows in given.chunks()]


async def test_a_file_comes_in_chunks(file: Path) -> None:
    with Input(str(file), "jsonl") as given:
        found = await chunks_of(given)
    assert [len(chunk) for chunk in found] == [1000, 1000, 500]
    assert [n for chunk in found for n in chunk] == list(range(2500))
    assert given.taken == 2500


async def test_a_limit_and_positions_choose(file: Path) -> None:
    with Input(str(file), "jsonl", limit=1200, only=[0, 7, 1199, 1200]) as given:
        assert await chunks_of(given) == [[0, 7, 1199]]
    with Input(str(file), "jsonl", limit=0) as given:
        assert await chunks_of(given) == []
    with Input(str(file), "jsonl", limit=3) as given:
        assert len(given.all()) == 3


def test_a_fingerprint_differs_where_the_items_do(file: Path) -> None:
    def fingerprint(**more: object) -> str:
        return Input(str(file), "jsonl", **more).fingerprint()  # type: ignore[arg-type]  # as given

    first = fingerprint()
    os.utime(file, (1, 1))
    assert fingerprint() == first
    others = [fingerprint(limit=3), fingerprint(only=[1]), fingerprint(only=[2])]
    file.write_text(file.read_text().replace("2499", "2498"))
    others.append(fingerprint())
    assert len({first, *others}) == 5
    assert Input("-", "jsonl").fingerprint() == ""


async def test_a_stream_is_waited_for_until_the_run_is_to_stop() -> None:
    reader, writer = os.pipe()
    stopping: list[bool] = []
    patient = Patient(reader, lambda: bool(stopping))
    os.write(writer, b"abc")
    assert patient.readable()
    assert patient.read(10) == b"abc"

    async def stop() -> None:
        await anyio.lowlevel.checkpoint()
        stopping.append(True)

    async with anyio.create_task_group() as group:
        group.start_soon(stop)
        assert await anyio.to_thread.run_sync(patient.read, 10) == b""
    os.close(writer)
    stopping.clear()
    assert patient.read(10) == b""
    os.close(reader)


async def test_a_store_is_made_for_the_first_thing_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "s" / "nodekit.db"
    async with LazyStore(path) as store:
        assert await store.read("p", "s") is None
        assert not path.exists()
        assert await store.write("p", "s", {"n": 1}, 0)
        assert path.exists()
    async with LazyStore(path) as store:
        kept = await store.read("p", "s")
    assert kept is not None
    assert kept.row == {"n": 1}


def test_what_goes_through_in_slices_is_counted() -> None:
    tally = Tally()
    for event in (
        StepStarted("A", 0, 0),
        StepProgress("A", 0, 500, 0, 0),
        StepProgress("A", 0, 800, 0, 0),
        StepProgress("A", 0, 800, 0, 0),
        StepFinished("A", 0, "success", {"main": 700}, 1.0),
    ):
        row = tally.note(event, 0.0)
    assert (row.taken, row.done, row.given) == (800, 800, {"main": 700})
