"""Which item came from which.

After a step has run, items that do not say what they were made from are linked by n8n's rules, and
every link is written down relative to the step's own inputs. Later, links are followed back from
item to item, for ``$('Step').item``.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from nodekit.errors import NOWHERE, ExpressionError
from nodekit.items import Item, Items
from nodekit.links import Arrival, Joined, Link, Many, PairedItem, Straight
from nodekit.pipeline.wiring import START

from .run import Ancestor, StepRun
from .schedule import Sources


def arrival_of(name: str, sources: Sources) -> Arrival:
    """Return how the items of an input are stamped: with the list that fed it."""
    source = sources.get(name)
    if source is None:
        return Arrival(name)
    return Arrival(name, source.step, source.output, source.run)


class Linker:
    """Links what one run of a step puts out.

    Args:
        inputs: The step's inputs, as the node sees them.
        sources: What fed them.
        seen: The positions, in the first input, of the rows the node was given.
    """

    def __init__(self, inputs: Mapping[str, Items], sources: Sources, seen: Sequence[int]) -> None:
        self.counts = {name: len(items) for name, items in inputs.items()}
        self.near = {arrival_of(name, sources) for name in inputs}
        self.seen = seen

    def link(self, outputs: Mapping[str, Items]) -> dict[str, Items]:
        """Return the outputs with every item linked that can be.

        n8n: where the rules fail for one list, what follows is not linked either.
        """
        linked: dict[str, Items] = {}
        stopped = False
        for name, items in outputs.items():
            rows = items
            if not stopped and lacks_links(items):
                rule = self._rule(len(outputs), len(items))
                stopped = rule is None
                rows = items if rule is None else fill_in(items, rule)
            linked[name] = rows if rows.links is None else rows.linked(self._near(rows.links))
        return linked

    def _rule(self, outputs: int, count: int) -> Sequence[Link] | None:
        """Return the links of items that have none (n8n: automatic paired items)."""
        if len(self.counts) != 1:
            return None
        ((name, total),) = self.counts.items()
        if total == 1:
            return Straight(Arrival(name), [0] * count)
        if outputs == 1 and count == len(self.seen):
            return Straight(Arrival(name), self.seen)
        return None

    def _near(self, links: Sequence[Link]) -> Sequence[Link]:
        """Write links to the inputs at hand without the list that fed them."""
        if isinstance(links, Straight):
            near = links.arrival in self.near
            return Straight(Arrival(links.arrival.input), links.positions) if near else links
        if isinstance(links, Joined):
            return Joined([self._near(part) for part in links.parts])
        return [None if link is None else self._near_link(link) for link in links]

    def _near_link(self, link: tuple[PairedItem, ...] | Many) -> Link:
        if isinstance(link, Many):
            near = link.arrival in self.near
            return Many(Arrival(link.arrival.input), link.positions) if near else link
        return tuple(self._short(paired) for paired in link)

    def _short(self, link: PairedItem) -> PairedItem:
        return PairedItem(link.item, link.input) if arrival_in(link) in self.near else link


def lacks_links(items: Items) -> bool:
    """Whether some item does not know where it came from."""
    if items.links is None:
        return len(items) > 0
    parts = items.links.parts if isinstance(items.links, Joined) else (items.links,)
    return any(not isinstance(part, Straight) and None in part for part in parts)


def fill_in(items: Items, rule: Sequence[Link]) -> Items:
    """Return the items with the rule's link wherever they have none."""
    if items.links is None:
        return items.linked(rule)
    return items.linked([rule[i] if link is None else link for i, link in enumerate(items.links)])


class Ancestry:
    """Follows links back through a run, for one run of a step (n8n: paired item resolution).

    Args:
        history: The runs of every step so far.
        sources: What fed the inputs of the step at hand.
        active: The input whose items ``$json`` reads.
        bases: Where in all that an output puts out those items begin of which the history knows,
            by step and output, if it is not the beginning.
    """

    def __init__(
        self,
        history: Mapping[str, Sequence[StepRun]],
        sources: Sources,
        active: str,
        bases: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        self.history = history
        self.sources = sources
        self.active = active
        self.bases = bases or {}

    def find(self, target: str, indexes: Sequence[int]) -> list[Item | ExpressionError]:
        """Return, for each item of the active input, the item of ``target`` it came from."""
        return [
            found.item if isinstance(found, Ancestor) else found
            for found in self.ancestors(target, indexes)
        ]

    def ancestors(self, target: str, indexes: Sequence[int]) -> list[Ancestor | ExpressionError]:
        """Return the same, each with its place among all that ``target`` has put out."""
        arrival = arrival_of(self.active, self.sources)
        if arrival.step is None:
            return [no_way(target) for _ in indexes]
        straight = self._all_straight(target, arrival, indexes)
        if straight is not None:
            return list(straight)
        return [self._one(target, (arrival, i)) for i in indexes]

    def _ancestor(self, arrival: Arrival, items: Items, at: int) -> Ancestor:
        """Return an item of a list, with its place."""
        output = arrival.output or ""
        base = self.bases.get((arrival.step or "", output), 0)
        return Ancestor(items[at], (output, arrival.run or 0, base + at))

    def _all_straight(
        self, target: str, arrival: Arrival, indexes: Sequence[int]
    ) -> Sequence[Ancestor] | None:
        """Follow a whole column at once, as long as every item has one link to one list."""
        at: Sequence[int] = indexes
        while arrival.step is not None and arrival.step != START:
            run = self.history[arrival.step][arrival.run or 0]
            items = (run.outputs or {}).get(arrival.output or "", Items())
            if run.carried or any(i >= len(items) for i in at):
                return None
            if arrival.step == target:
                return [self._ancestor(arrival, items, i) for i in at]
            if not isinstance(items.links, Straight):
                return None
            at = items.links.take(at).positions
            arrival = absolute(items.links.arrival, run)
        return None

    def _one(self, target: str, start: tuple[Arrival, int]) -> Ancestor | ExpressionError:
        """Follow the links of one item; all that reach the target must end at the same item."""
        found = Ways()
        seen = {start}
        todo = deque(seen)
        while todo:
            arrival, item = todo.popleft()
            if arrival.step is None or arrival.step == START:
                continue
            run = self.history[arrival.step][arrival.run or 0]
            items = (run.outputs or {}).get(arrival.output or "", Items())
            if arrival.step == target and item < len(items):
                found.add(self._ancestor(arrival, items, item))
                continue
            carried = run.carried.get(arrival.output or "")
            if carried is not None:
                # What a list carries is all that lies above it: no other way leads back.
                if target in carried.ancestors:
                    found.add(carried.ancestors[target][item])
                continue
            links = items.links[item] if items.links is not None and item < len(items) else None
            if links is None:
                found.add(no_link(arrival.step))
                continue
            back = [(absolute(arrival_in(link), run), link.item) for link in links]
            todo.extend(place for place in dict.fromkeys(back) if place not in seen)
            seen.update(back)
        return found.end()


class Ways:
    """Where the ways back from one item to a step have ended."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int], Ancestor] = {}
        self._failures: list[ExpressionError] = []

    def add(self, end: Ancestor | ExpressionError) -> None:
        """Take the end of one way."""
        if isinstance(end, ExpressionError):
            self._failures.append(end)
        else:
            self._found[end.place] = end

    @property
    def parted(self) -> bool:
        """Whether they have led to different items."""
        return len(self._found) > 1

    def end(self) -> Ancestor | ExpressionError:
        """Return the item they have led to, if it is one, else why there is none."""
        if self.parted:
            return ExpressionError("Multiple matches found", kind="paired_item_multiple_matches")
        failure = self._failures[0] if self._failures else nowhere()
        return next(iter(self._found.values()), failure)


def origins(
    history: Mapping[str, Sequence[StepRun]], arrival: Arrival, count: int, offset: int
) -> list[int | None]:
    """Return, for each item of a list, the position in the run's input that it came from.

    ``None`` where it came from several, or where that is not known. ``offset`` is the position of
    the first item of the slice of the input that ``history`` has seen.
    """
    at: Sequence[int] = range(count)
    while arrival.step is not None and arrival.step != START:
        run = history[arrival.step][arrival.run or 0]
        carried = run.carried.get(arrival.output or "")
        if carried is not None:
            return [carried.origins[i] for i in at]
        links = (run.outputs or {}).get(arrival.output or "", Items()).links
        if not isinstance(links, Straight):
            return [origin(history, (arrival, i), offset) for i in at]
        at = links.take(at).positions
        arrival = absolute(links.arrival, run)
    return [None if arrival.step is None else i + offset for i in at]


def origin(
    history: Mapping[str, Sequence[StepRun]], place: tuple[Arrival, int], offset: int
) -> int | None:
    """Return the position in the run's input that one item came from, if it is one."""
    found: set[int | None] = set()
    todo, seen = deque([place]), {place}
    while todo:
        arrival, item = todo.popleft()
        if arrival.step is None or arrival.step == START:
            found.add(None if arrival.step is None else item + offset)
            continue
        run = history[arrival.step][arrival.run or 0]
        carried = run.carried.get(arrival.output or "")
        if carried is not None:
            found.add(carried.origins[item])
            continue
        items = (run.outputs or {}).get(arrival.output or "", Items())
        links = items.links[item] if items.links is not None and item < len(items) else None
        back = [(absolute(arrival_in(link), run), link.item) for link in links or ()]
        found.update(() if back else (None,))
        todo.extend(place for place in dict.fromkeys(back) if place not in seen)
        seen.update(back)
    return found.pop() if len(found) == 1 else None


def arrival_in(link: PairedItem) -> Arrival:
    """Return the list that a link leads to."""
    return Arrival(link.input, link.step, link.output, link.run)


def absolute(arrival: Arrival, run: StepRun) -> Arrival:
    """Return which list an arrival means that a run of a step wrote down relative to itself."""
    return arrival if arrival.step is not None else arrival_of(arrival.input, run.sources)


def no_way(target: str) -> ExpressionError:
    """Say that no path leads from the step at hand back to the one asked for."""
    return ExpressionError(
        "Invalid expression",
        kind="paired_item_no_connection",
        hint=f'No path leads back to the step "{target}"; use .first(), .last() or .all() instead.',
    )


def no_link(step: str) -> ExpressionError:
    """Say that an item on the way back does not know where it came from."""
    return ExpressionError(
        f"Paired item data for item from node '{step}' is unavailable. "
        f"Ensure '{step}' is providing the required output.",
        kind="paired_item_no_info",
    )


def nowhere() -> ExpressionError:
    """Say that every way back ends before the step asked for: there is no item, but no fault."""
    return ExpressionError("Branch not found", kind=NOWHERE)
