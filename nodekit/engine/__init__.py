"""The motor: schedules steps, runs nodes over items, links what comes out and writes it down."""

from .clock import Clock
from .events import Event, ItemFailed, StepFinished, StepProgress, StepRetried, StepStarted
from .run import Run, RunFailed, StepRun, StepRuns
from .runtime import Runtime, run_sync

__all__ = [
    "Clock",
    "Event",
    "ItemFailed",
    "Run",
    "RunFailed",
    "Runtime",
    "StepFinished",
    "StepProgress",
    "StepRetried",
    "StepRun",
    "StepRuns",
    "StepStarted",
    "run_sync",
]
