"""How far a run over slices is that has not ended, from what it has written down."""

from collections.abc import Iterator, Mapping

from nodekit.items import Json

from .packing import loads, unpack_run
from .run import StepRun

STRETCH, WHOLE = "stretch/", "whole/"
"""What the names of places begin with that tell of steps: in slices, and in one piece."""


def standing(places: Mapping[str, bytes]) -> list[dict[str, Json]]:
    """Return what the steps have come to, as in the summary of a run, the first begun first."""
    found = sorted(step_runs(places), key=lambda run: run.started)
    return [run.summary() for run in found]


def step_runs(places: Mapping[str, bytes]) -> Iterator[StepRun]:
    """Yield the runs of steps that places tell of."""
    for place, packed in places.items():
        name, _, run = place.rpartition("/")
        if place.startswith(STRETCH):
            for step, total in loads(packed)["totals"].items():
                yield unpack_run(total, step, int(run), {})
        elif place.startswith(WHOLE):
            yield unpack_run(loads(packed), name.removeprefix(WHOLE), int(run), {})
