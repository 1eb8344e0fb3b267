"""A run that is killed again and again gives what an undisturbed one gives."""

from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.durable.server import LATENCY
from tests.durable.world import CONCURRENCY, Place, Server, serving

WINDOW = 0.1
"""Seconds between two commits of answers, at most."""

SLACK = 0.15
"""Seconds that a busy machine may add to a commit."""


@pytest.fixture(scope="module")
def server() -> Generator[Server, None, None]:
    """Serve what the pipeline calls."""
    with serving() as found:
        yield found


def check(server: Server, folder: Path, items: int, kills: int, seed: int) -> str:
    """Kill a run at random moments and compare; return what it cost."""
    calm = Place(folder / "calm", server, items)
    calm.run("-i", "in.jsonl", "-o", "out.jsonl", "-q")
    assert {len(times) for times in server.take().values()} == {1}
    random, place = Random(seed), Place(folder / "killed", server, items)
    args = ["-i", "in.jsonl", "-o", "out.jsonl", "--batch", str(random.choice([20, 50, 300]))]
    moments: list[float] = []
    for at in sorted(random.randrange(1, 2 * items) for _ in range(kills)):
        moment = place.killed(server, at + len(moments) * CONCURRENCY, *args)
        assert moment is not None
        moments.append(moment)
        args = ["--resume"]
    place.run(*args)
    assert place.output == calm.output
    assert place.states() == calm.states()
    return repeated(server.take(), items, moments)


def repeated(times: dict[str, list[float]], items: int, moments: list[float]) -> str:
    """Check that only calls in flight, or of the last window, were made again; return figures."""
    assert len(times) == 2 * items
    again = {name: found for name, found in times.items() if len(found) > 1}
    per_kill = [0] * len(moments)
    for found in again.values():
        for first, second in pairwise(found):
            kill = max(i for i, at in enumerate(moments) if at <= second)
            assert moments[kill] - first <= LATENCY + WINDOW + SLACK
            per_kill[kill] += 1
    most = CONCURRENCY + CONCURRENCY * (WINDOW + SLACK) / LATENCY
    assert max(per_kill, default=0) <= most
    return f"{len(moments)} kills, calls made again by kill: {per_kill}"


def test_a_run_that_is_killed_gives_the_same(server: Server, tmp_path: Path) -> None:
    check(server, tmp_path, 2_000, 5, 1)


@pytest.mark.durable
@pytest.mark.parametrize("seed", range(6))
def test_a_long_run_that_is_killed_gives_the_same(
    server: Server, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    said = check(server, tmp_path, 20_000, 5, seed)
    with capsys.disabled():
        print(f"\nseed {seed}: {said}")
