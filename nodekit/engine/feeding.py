"""What feeds a stretch, in slices: the run's own input, what is spooled, or a step's items."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from nodekit.items import Items
from nodekit.links import Arrival
from nodekit.pipeline.wiring import MAIN, START

from .ledger import Ledger
from .linking import Ancestry, origins
from .plan import Plan
from .run import Carried
from .running import Running
from .schedule import Source
from .slices import Slice, cut

Part = tuple[Items, Carried | None]
"""Items, and what they take along where they are not the run's own input."""


@dataclass
class Feed:
    """Gives every stretch its input.

    Args:
        running: The run.
        plan: How the input goes through the pipeline.
        source: The run's input, in lists of any length.
        size: How many items make a slice.
        ledger: Where spools are.
    """

    running: Running
    plan: Plan
    source: AsyncIterator[Items]
    size: int
    ledger: Ledger

    async def slices(self, source: Source, index: int, offset: int) -> AsyncIterator[Slice]:
        """Yield what a source gives behind the first ``offset`` items, from slice ``index`` on.

        Raises:
            Stopped: The run was asked to stop.
        """
        async for rows, carried in self.parts(source, offset):
            for start in range(0, len(rows), self.size):
                part, along = cut(rows, carried, start, start + self.size)
                self.running.check()
                yield Slice(index, offset, part, along)
                index += 1
                offset += len(part)

    async def parts(self, source: Source, skip: int) -> AsyncIterator[Part]:
        """Yield what a source gives behind the first ``skip`` items, in lists of any length."""
        spool = await self.ledger.spool(source.step, source.output, source.run)
        if spool.count:
            async for rows, carried in spool.parts(self.size, skip):
                yield rows, carried
        elif source.step == START:
            async for rows in regrouped(skipped(self.source, skip), self.size):
                yield rows, None
        else:
            run = self.running.history[source.step][source.run]
            rows = (run.outputs or {}).get(source.output, Items())
            yield cut(rows, self.carried(source, rows), skip, len(rows))

    def carried(self, source: Source, rows: Items) -> Carried:
        """Return what the items of a step that ran in one piece take along."""
        history = self.running.history
        arrival = Arrival(MAIN, source.step, source.output, source.run)
        ancestry = Ancestry(history, {MAIN: source}, MAIN)
        asked = self.plan.followed[source.step] - {source.step}
        found = {name: ancestry.ancestors(name, range(len(rows))) for name in asked}
        return Carried(origins(history, arrival, len(rows), 0), found)

    async def length(self, source: Source | None) -> int:
        """Return how many items a source gives; those of the run's input must be put aside."""
        if source is None:
            return 0
        spool = await self.ledger.spool(source.step, source.output, source.run)
        if spool.count or source.step == START:
            return spool.count
        run = self.running.history[source.step][source.run]
        return len((run.outputs or {}).get(source.output, ()))

    async def start(self) -> Items:
        """Return the run's whole input, which was put aside."""
        spool = await self.ledger.spool(START, MAIN, 0)
        return (await spool.load())[0]

    async def put_aside(self) -> None:
        """Spool the run's whole input."""
        spool = await self.ledger.spool(START, MAIN, 0)
        if self.ledger.place(START) is None:
            spool.clear()  # what an earlier process did not finish is written again
            async for rows in self.source:
                await spool.add(rows, Carried(range(spool.count, spool.count + len(rows)), {}))
                await self.ledger.breathe()
            await self.ledger.note(START, spool.count, {})


async def skipped(source: AsyncIterator[Items], count: int) -> AsyncIterator[Items]:
    """Yield the items of a source behind the first ``count``."""
    async for rows in source:
        if count < len(rows):
            yield rows[count:] if count else rows
        count = max(0, count - len(rows))


async def regrouped(source: AsyncIterator[Items], size: int) -> AsyncIterator[Items]:
    """Yield the items of a source in lists of a multiple of a length; the last may be shorter."""
    held: list[Items] = []
    count = 0
    async for rows in source:
        held.append(rows)
        count += len(rows)
        if count >= size:
            together = Items.join(held)
            full = count - count % size
            yield together[:full]
            held, count = [together[full:]], count - full
    if count:
        yield Items.join(held)
