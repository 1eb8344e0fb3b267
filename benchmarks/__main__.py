"""Runs the benchmarks: all, or those named."""

import sys

from . import calls, durable, memory, passing, pipe, start, tails

BENCHMARKS = {
    "pipe": pipe.figures,
    "passing": passing.figures,
    "calls": calls.figures,
    "start": start.figures,
    "memory": memory.figures,
    "durable": durable.figures,
    "tails": tails.figures,
}


def main(arguments: list[str]) -> int:
    """Measure, print each figure as it comes, and say whether all goals are reached."""
    smoke = "--smoke" in arguments
    names = [name for name in arguments if name != "--smoke"] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    missed = 0
    for name in names:
        for figure in BENCHMARKS[name](smoke):
            print(figure, flush=True)
            missed += not figure.reached
    return 1 if missed and not smoke else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
