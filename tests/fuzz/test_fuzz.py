"""Every entry point is fuzzed for a moment, and what fuzzing ever found stays mended."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from nodekit import PipelineError, load
from tests.fuzz.loop import HERE, Fuzzing, outcome, shape, texts_in
from tests.fuzz.mutation import json_mutated, mutated
from tests.fuzz.targets import TARGETS

ROOT = HERE.parents[1]


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_errors_of_ours_comes_out(name: str) -> None:
    with TARGETS[name]() as target:
        fuzzing = Fuzzing(target, name, Random(4))
        fuzzing.run(2)
    assert [find.told() for find in fuzzing.finds] == []
    assert fuzzing.rounds > 3


def kept() -> Iterator[tuple[str, Path]]:
    """Yield every find by the name of its target."""
    for name in TARGETS:
        for path in sorted((HERE / "finds" / name).glob("*.txt")):
            yield name, path


@pytest.mark.parametrize(
    ("name", "path"), list(kept()), ids=lambda found: getattr(found, "stem", found)
)
def test_what_was_found_stays_mended(name: str, path: Path) -> None:
    with TARGETS[name]() as target:
        _, reason = outcome(target, path.read_bytes().decode())
    assert reason is None


class Fragile:
    """An entry point that cannot bear the letter x, and refuses the letter y."""

    words: Sequence[str] = ("x",)

    def seeds(self) -> Sequence[str]:
        return ["a", '{"a": 1}']

    def take(self, text: str) -> str:
        if "x" in text:
            raise ValueError(text)
        if "y" in text:
            load({"steps": []})
        return "fine"

    def mutated(self, text: str, other: str, chance: Random) -> str | None:
        return json_mutated(text, other, chance)


def test_what_must_not_come_out_is_found_and_told(tmp_path: Path) -> None:
    fuzzing = Fuzzing(Fragile(), "fragile", Random(1), tmp_path)
    fuzzing.run(1)
    (find,) = fuzzing.finds
    assert "x" in find.text
    assert find.told().endswith(f"ValueError: {find.text}\n\ninput: {find.text!r}")
    assert fuzzing.told().endswith("1 finds")


def test_an_error_of_ours_is_no_find() -> None:
    said, reason = outcome(Fragile(), "y")
    assert said.startswith(PipelineError.__name__)
    assert reason is None


def test_input_that_brings_out_something_new_is_kept(tmp_path: Path) -> None:
    fuzzing = Fuzzing(Fragile(), "fragile", Random(1), tmp_path)
    fuzzing.take("a")
    fuzzing.take("b")
    fuzzing.take("y")
    assert fuzzing.corpus == ["a", "y"]
    assert sorted(texts_in(tmp_path)) == ["a", "y"]


def test_the_same_seed_damages_in_the_same_way() -> None:
    def damaged() -> list[str]:
        chance = Random(7)
        return [
            mutated(Fragile(), '{"a": [1, {"b": null}]}', '{"c": 2}', chance) for _ in "ab" * 50
        ]

    assert damaged() == damaged()
    assert len(set(damaged())) > 50


def test_what_depends_on_the_input_does_not_count() -> None:
    assert shape("line 3: 'a' is no `b`") == shape("line 12: 'zz' is no `c`")


def test_it_is_started_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "0.1", "--seed", "1"]
    done = subprocess.run(
        [*command, "--corpus", str(tmp_path), "template"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("template: seed 1, ")
    wrong = subprocess.run([*command, "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert wrong.stderr.endswith("there is no target nothing\n")
