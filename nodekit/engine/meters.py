"""What the steps of a run have tried again, and waited for, counted while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from .clock import Clock
from .events import Event, StepRetried


@dataclass(slots=True, eq=False, repr=False)
class Meter:
    """The counts of one run of a step.

    ``retries`` is how many tries were not the first of their item, or call. ``waited`` is how many
    seconds calls have waited for limits, all of them together: those that wait at once all count.
    """

    retries: int = 0
    waited: float = 0.0


class Meters:
    """The counts of a run, by step and run of the step."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, int], Meter] = {}

    def of(self, step: str, run: int) -> Meter:
        """Return the counts of a run of a step."""
        return self._of.setdefault((step, run), Meter())

    def begin(self, step: str, run: int, retries: int, waited: float) -> None:
        """Go on with counts that were written down."""
        self._of[step, run] = Meter(retries, waited)

    def counting(self, emit: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return what passes on events, and counts the tries that they tell of."""

        def note(event: Event) -> None:
            if type(event) is StepRetried:
                self.of(event.step, event.run).retries += 1
            emit(event)

        return note


class MeteredClock:
    """The clock of a run that counts how long calls of a step wait for limits."""

    __slots__ = ("_clock", "_meter")

    def __init__(self, clock: Clock, meter: Meter) -> None:
        self._clock = clock
        self._meter = meter

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait; a cancellation ends the wait."""
        await self._clock.sleep(seconds)

    def waited(self, seconds: float) -> None:
        """Count that a call has waited for a limit."""
        self._meter.waited += seconds
