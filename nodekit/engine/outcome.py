"""What a step puts out: results of nodes put in order, and failing items sent where they belong."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nodekit.errors import NodeError
from nodekit.items import Item, ItemError, Items
from nodekit.json_values import is_list
from nodekit.links import Arrival, Link, PairedItem, Straight
from nodekit.node import Send
from nodekit.pipeline.steps import ERROR, Step
from nodekit.pipeline.values import is_row

from .failures import error_json, is_error_item
from .piece import Answer


class StepFailed(Exception):
    """A step failed in a way that ends the run, or fails it as a whole.

    ``cause`` is what was raised, ``item`` the position of the item for which it was. ``for_good``
    says that it ends the run, whatever the step does at errors.
    """

    def __init__(
        self, cause: Exception, item: int | None = None, *, for_good: bool = False
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.item = item
        self.for_good = for_good


@dataclass(slots=True, eq=False, repr=False)
class Outcome:
    """What one try of a step put out.

    ``seen`` are the positions, in the first input, of the rows the node was given. ``silent`` is
    whether the node said nothing at all, which is no run of its step (n8n: null).
    """

    outputs: dict[str, Items]
    seen: Sequence[int]
    failures: list[ItemError] = field(default_factory=list[ItemError])
    silent: bool = False


def normalized(result: Any, step: Step) -> Iterable[tuple[str, Sequence[Item]]]:
    """Yield what a node returned as outputs and their items.

    Raises:
        NodeError: It is not something a node may return, or names an output there is none of.
    """
    if result is None:
        return
    if isinstance(result, Item):
        yield step.outputs[0], (result,)
    elif isinstance(result, Send):
        for name, items in result.outputs.items():
            if name not in step.outputs:
                raise NodeError(f'sent items to the output "{name}", which it does not have')
            yield name, items
    elif isinstance(result, Items):
        yield step.outputs[0], result
    elif is_row(result):
        yield from normalized_list(result, step)
    else:
        raise NodeError(
            f"returned {type(result).__name__}, which is not an item",
            hint="A node returns items, or a Send.",
        )


def normalized_list(results: Sequence[Any], step: Step) -> Iterable[tuple[str, Sequence[Item]]]:
    """Yield what a node returned as a list: of items, or of Sends."""
    if all(isinstance(result, Item) for result in results):
        yield step.outputs[0], results
        return
    for result in results:
        if not isinstance(result, Item | Send):
            raise NodeError(
                f"returned a list with {type(result).__name__} in it, which is not an item",
                hint="A node returns items, or a Send.",
            )
        yield from normalized(result, step)


def route(item: Item, error: ItemError, step: Step) -> tuple[str, Item]:
    """Return the output by which a failing item leaves, and the item that does.

    Raises:
        StepFailed: The step stops at errors.
    """
    if step.on_error in ("stop", "pass_on"):
        raise StepFailed(error.cause or NodeError(error.message), error.item)
    if step.on_error == "error_output":
        return ERROR, item.failed(error, {**item.json, **error_json(error)})
    if step.type.node.failed is not None:
        return step.type.node.failed, Item(item.json, binary=item.binary, links=item.links)
    return step.outputs[0], item.derive(error_json(error)).failed(error)


class Gathering:
    """Collects the results of an ItemNode by position, and gives them out in input order."""

    def __init__(self, step: Step, arrival: Arrival, count: int) -> None:
        self.step = step
        self.arrival = arrival
        self.results: list[Sequence[tuple[str, Sequence[Item]]]] = [()] * count
        self.failures: dict[int, ItemError] = {}

    def add(self, position: int, result: Any) -> None:
        """Take what the node returned for the item at a position.

        Raises:
            NodeError: It is not something a node may return.
        """
        if is_list(result) and len(result) == 1 and type(result[0]) is Item:
            self.results[position] = ((self.step.outputs[0], result),)
        else:
            self.results[position] = tuple(normalized(result, self.step))

    def fail(self, position: int, item: Item, error: ItemError) -> None:
        """Take note that an item failed, after all tries.

        Raises:
            StepFailed: The step stops at errors.
        """
        name, sent = route(item, error, self.step)
        self.results[position] = ((name, (sent,)),)
        self.failures[position] = error

    def replay(self, position: int, answer: Answer) -> None:
        """Take what was put out for the item at a position before."""
        self.results[position] = answer.sent
        if answer.error is not None:
            self.failures[position] = answer.error

    def own(self, position: int) -> Link:
        """Return the link to the item at a position."""
        return (self.arrival.link(position),)

    def answer(self, position: int) -> Answer:
        """Return what was put out for the item at a position."""
        return Answer(self.results[position], self.failures.get(position))

    def outcome(self) -> Outcome:
        """Return everything in input order, each item linked to the one it was made from."""
        sent: dict[str, list[Item]] = {}
        positions: dict[str, list[int]] = {}
        for position, parts in enumerate(self.results):
            for name, items in parts:
                sent.setdefault(name, []).extend(items)
                positions.setdefault(name, []).extend([position] * len(items))
        outputs = {name: self._column(items, positions[name]) for name, items in sent.items()}
        failures = [self.failures[i] for i in sorted(self.failures)]
        return Outcome(outputs, range(len(self.results)), failures)

    def _column(self, items: Sequence[Item], positions: Sequence[int]) -> Items:
        """Make a column of items; whoever says nothing is linked to the item at hand."""
        rows = Items.of(items)
        if rows.links is None:
            return rows.linked(Straight(self.arrival, positions))
        at = self.arrival
        near = [
            PairedItem(i, at.input, at.step, at.output, at.run) if link is None else None
            for i, link in zip(positions, rows.links, strict=True)
        ]
        links: list[Link] = [
            link if own is None else (own,) for link, own in zip(rows.links, near, strict=True)
        ]
        return rows.linked(straightened(links, at))


def straightened(links: Sequence[Link], arrival: Arrival) -> Sequence[Link]:
    """Return the links as one straight column where each item has one, to this arrival."""
    positions: list[int] = []
    for link in links:
        if link is None or len(link) != 1:
            return links
        (one,) = link
        if (one.input, one.step, one.output, one.run) != (
            arrival.input,
            arrival.step,
            arrival.output,
            arrival.run,
        ):
            return links
        positions.append(one.item)
    return Straight(arrival, positions)


def batch_outcome(
    result: Any, step: Step, rows: Items, failed: Mapping[int, ItemError], offset: int = 0
) -> Outcome:
    """Return what a BatchNode put out, with the items that never reached it put in their place.

    Args:
        result: What the node returned.
        step: The step.
        rows: All items of the first input.
        failed: Why some of them never reached the node, by position.
        offset: Where the first of these items stands in the step's whole input.
    """
    outputs: dict[str, Items] = {}
    for name, items in normalized(result, step):
        part = items if isinstance(items, Items) else Items.of(items)
        outputs[name] = outputs[name] + part if name in outputs else part
    seen = range(len(rows)) if not failed else [i for i in range(len(rows)) if i not in failed]
    outcome = Outcome(outputs, seen, silent=result is None and not failed)
    route_carried_errors(outcome, step, offset)
    for position, error in failed.items():
        name, item = route(rows[position], error, step)
        outcome.outputs[name] = inserted(outcome.outputs.get(name, Items()), item, position, seen)
        outcome.failures.append(error)
    return outcome


def displaced(error: ItemError, offset: int) -> ItemError:
    """Return the error of an item of a slice as it is in the whole input, also in its words."""
    if not offset or error.item is None:
        return error
    here = re.compile(rf"\bitem {error.item}\b")
    place = error.item + offset
    message = here.sub(f"item {place}", error.message)
    cause = NodeError(message, hint=error.hint) if type(error.cause) is NodeError else error.cause
    return ItemError(
        message,
        type=error.type,
        hint=error.hint,
        step=error.step,
        item=place,
        status=error.status,
        details=error.details,
        outcome=error.outcome,
        cause=cause,
    )


def route_carried_errors(outcome: Outcome, step: Step, offset: int) -> None:
    """Send on the items that a node put out with an error on them.

    Raises:
        StepFailed: The step stops at errors.
    """
    for name, items in list(outcome.outputs.items()):
        if not items.errors:
            continue
        kept: list[Item] = []
        for item in items:
            if item.error is None:
                kept.append(item)
                continue
            error = displaced(item.error, offset)
            outcome.failures.append(error)
            to, sent = route(item, error, step)
            if to == name:
                kept.append(sent)
            else:
                outcome.outputs[to] = outcome.outputs.get(to, Items()) + Items.of([sent])
        outcome.outputs[name] = Items.of(kept)


def inserted(items: Items, item: Item, position: int, seen: Sequence[int]) -> Items:
    """Put a failing item among others, before the first one made from a later item."""
    links = items.links
    if isinstance(links, Straight):
        places = list(links.positions)
    elif links is None and len(items) == len(seen):
        places = list(seen)
        items = items.linked([(PairedItem(i),) for i in seen])
    else:
        places = [link[0].item for link in links or () if link is not None and len(link) == 1]
    if places != sorted(places) or len(places) != len(items):
        return items + Items.of([item])
    at = next((i for i, place in enumerate(places) if place > position), len(places))
    rows = list(items)
    return Items.of([*rows[:at], item, *rows[at:]])


def split_error_items(outputs: dict[str, Items], inputs: Mapping[str, Items]) -> dict[str, Items]:
    """Move items that stand for an error to the output ``error`` (n8n: continueErrorOutput).

    The json of the input item they were made from is merged in.
    """
    moved: list[Item] = []
    kept: dict[str, Items] = {}
    for name, items in outputs.items():
        bad = {i for i, json in enumerate(items.json) if len(json) < 3 and "error" in json}
        bad = {i for i in bad if is_error_item(items[i])} | set(items.errors)
        if name == ERROR or not bad:
            kept[name] = items
            continue
        moved += [with_input_json(items[i], inputs) for i in sorted(bad)]
        kept[name] = items.take([i for i in range(len(items)) if i not in bad])
    kept[ERROR] = kept.get(ERROR, Items()) + Items.of(moved)
    return kept


def with_input_json(item: Item, inputs: Mapping[str, Items]) -> Item:
    """Return an error item with the fields of the input item it was made from."""
    for link in item.links or ():
        rows = inputs.get(link.input, Items())
        if link.item < len(rows):
            merged = {**rows.json[link.item], **item.json}
            return Item(merged, binary=item.binary, links=item.links, error=item.error)
    return item
