"""What came of slices that are written down: span by span, each of slices one behind another.

In order there is one span, from the first slice on. Slices that are written as they come make
others, which join where the gaps between them close.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from nodekit.items import ItemError, Json

from .packing import pack_run, unpack_run
from .run import StepRun

KEPT_FAILURES = 1000
"""How many failures of a step a run over slices remembers one by one."""


@dataclass
class Span:
    """Some slices, one behind another, and what came of them.

    Args:
        start: The number of the first slice.
        end: The number behind that of the last.
        offset: The position behind them in the input of the stretch.
        totals: What came of them by step; positions of failures count from their first item.
    """

    start: int
    end: int
    offset: int
    totals: dict[str, StepRun]

    def taken(self, name: str) -> int:
        """Return how many items a step took from the slices."""
        return self.totals[name].taken

    def join(self, other: "Span") -> None:
        """Take in the span that follows."""
        for name, result in other.totals.items():
            add(self.totals[name], result, self.taken(name))
        self.end, self.offset = other.end, other.offset

    def pack(self) -> dict[str, Json]:
        """Return the span as JSON."""
        totals = {name: pack_run(total) for name, total in self.totals.items()}
        return {
            "start": self.start,
            "index": self.end,
            "offset": self.offset,
            "totals": totals,
        }


class Spans:
    """The spans of one stretch, in order.

    Args:
        totals: What came, by step, of the first span, which begins with the first slice.
    """

    def __init__(self, totals: dict[str, StepRun]) -> None:
        self.first = Span(0, 0, 0, totals)
        self.later: list[Span] = []

    def __iter__(self) -> Iterator[Span]:
        yield self.first
        yield from self.later

    def covers(self, index: int) -> bool:
        """Whether a slice is written down."""
        return any(span.start <= index < span.end for span in self)

    def taken(self, name: str) -> int:
        """Return how many items a step took."""
        return sum(span.taken(name) for span in self)

    def failed(self, name: str) -> int:
        """Return how many items failed in a step."""
        return sum(span.totals[name].failed for span in self)

    def blank(self, index: int, offset: int) -> Span:
        """Return a span for one slice of which nothing is known yet but where it ends."""
        totals = {name: blank(total) for name, total in self.first.totals.items()}
        return Span(index, index + 1, offset, totals)

    def put(self, fresh: Span) -> None:
        """Take in a span where it belongs, and join those that follow one another."""
        spans = list(self)
        spans.insert(bisect_right([span.start for span in spans], fresh.start), fresh)
        kept = [self.first]
        for span in spans[1:]:
            if span.start == kept[-1].end:
                kept[-1].join(span)
            else:
                kept.append(span)
        self.later = kept[1:]

    def gather(self, root: str) -> None:
        """Put all into the first span, although slices between them never came through.

        What is known of the positions in the later ones is that of the root's input.
        """
        for span in self.later:
            for name, result in span.totals.items():
                before = span.offset - span.taken(root) if name == root else None
                add(self.first.totals[name], result, before)
        self.later = []

    def pack(self) -> dict[str, Json]:
        """Return all spans as JSON."""
        return {**self.first.pack(), "later": [span.pack() for span in self.later]}

    def restore(self, packed: Mapping[str, Any]) -> None:
        """Become what was packed."""
        self._fill(self.first, packed)
        for one in packed["later"]:
            self.later.append(self.blank(one["start"], one["offset"]))
            self._fill(self.later[-1], one)

    def _fill(self, span: Span, packed: Mapping[str, Any]) -> None:
        span.end, span.offset = packed["index"], packed["offset"]
        for name, total in packed["totals"].items():
            known = self.first.totals[name]
            span.totals[name] = unpack_run(total, name, known.run, known.sources)


def blank(total: StepRun) -> StepRun:
    """Return a run of the same step of which nothing has come yet."""
    return StepRun(total.step, total.run, total.sources, total.started, outputs={})


def add(total: StepRun, result: StepRun, before: int | None) -> None:
    """Add what came of some slices to what is known of the step's run.

    ``before`` is by how much the positions of failures lie further behind; ``None`` if nobody
    knows.
    """
    names = {**total.counts, **result.counts}
    total.counts = {n: total.counts.get(n, 0) + result.counts.get(n, 0) for n in names}
    total.tries = max(total.tries, result.tries)
    total.reasons.join(result.why(), before)
    total.taken += result.taken
    total.failed += result.failed
    room = KEPT_FAILURES - len(total.failures)
    total.failures += [further(error, before) for error in result.failures[:room]]
    total.hints += [hint for hint in result.hints if hint not in total.hints]
    if result.error is not None and total.error is None:
        total.status, total.error = result.status, further(result.error, before)


def further(error: ItemError, before: int | None) -> ItemError:
    """Return an error whose item lies so much further behind; ``None`` if nobody knows how much."""
    if before == 0 or error.item is None:
        return error
    found = copy(error)
    found.item = None if before is None else error.item + before
    return found
