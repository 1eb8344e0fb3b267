"""Throw damaged input at an entry point: ``python -m tests.fuzz --seconds 60 TARGET…``.

Whatever comes out must be a NodekitError, or a value. Input that brings out something new is kept
in the corpus, and is where later rounds start from; input that brings out anything else is a find:
it is written down, and becomes a test below ``finds``.
"""

import argparse
import random
import sys
import time
from pathlib import Path

from tests.fuzz.loop import HERE, Fuzzing
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Fuzz the targets one after the other; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=60, help="how long each is fuzzed")
    parser.add_argument("--seed", type=int, default=None, help="where chance starts")
    parser.add_argument("--corpus", type=Path, default=HERE / "corpus", help="where input is kept")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    seed = int(time.time()) if given.seed is None else given.seed
    finds = 0
    for name in given.targets or TARGETS:
        with TARGETS[name]() as target:
            fuzzing = Fuzzing(target, name, random.Random(seed), given.corpus / name)
            fuzzing.run(given.seconds)
        print(f"{name}: seed {seed}, {fuzzing.told()}", flush=True)
        finds += len(fuzzing.finds)
        for find in fuzzing.finds:
            print(f"\n{find.told()}", file=sys.stderr, flush=True)
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
