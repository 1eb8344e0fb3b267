"""A run that is killed again and again gives what an undisturbed one gives."""

from bisect import bisect, bisect_left
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.durable.world import CONCURRENCY, Call, Kill, Place, Server, serving

WINDOW = 0.1
"""The commit window in seconds: what was answered before it is never asked for again."""


@pytest.fixture(scope="module")
def server() -> Generator[Server, None, None]:
    """Serve what the pipeline calls."""
    with serving() as found:
        yield found


def check(server: Server, folder: Path, items: int, times: int, seed: int) -> str:
    """Kill a run at random moments and compare; return what it cost."""
    calm = Place(folder / "calm", server, items)
    calm.run("-i", "in.jsonl", "-o", "out.jsonl", "-q")
    assert {len(calls) for calls in server.take().values()} == {1}
    random, place = Random(seed), Place(folder / "killed", server, items)
    args = ["-i", "in.jsonl", "-o", "out.jsonl", "--batch", str(random.choice([20, 50, 300]))]
    kills: list[Kill] = []
    for at in sorted(random.randrange(1, 2 * items) for _ in range(times)):
        kill = place.killed(server, at + len(kills) * CONCURRENCY, *args)
        assert kill is not None
        kills.append(kill)
        args = ["--resume"]
    place.run(*args)
    assert place.output == calm.output
    assert place.states() == calm.states()
    return repeated(server.take(), items, kills)


def repeated(calls: dict[str, list[Call]], items: int, kills: list[Kill]) -> str:
    """Check that each kill repeats at most calls in flight and one window; return figures."""
    assert len(calls) == 2 * items
    lost = [0] * len(kills)
    for made in calls.values():
        for first, second in pairwise(made):
            at = next(i for i, kill in enumerate(kills) if first.began <= kill.dead)
            assert kills[at].dead <= second.began
            lost[at] += 1
    answered = sorted(call.answered for made in calls.values() for call in made)
    windows = [window_before(kill, answered) for kill in kills]
    for count, window in zip(lost, windows, strict=True):
        assert count <= CONCURRENCY + window
    return (
        f"{len(kills)} kills, calls made again by kill: {lost}, "
        f"answered in the {WINDOW} s before each: {windows}"
    )


def window_before(kill: Kill, answered: list[float]) -> int:
    """Return how many calls were answered in the commit window that ends with a process.

    A process that waits for a slow disk begins no calls: its window ends with its last answer.
    """
    end = bisect(answered, kill.dead)
    return end - bisect_left(answered, min(kill.sent, answered[end - 1]) - WINDOW)


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
