"""Evaluates the expressions of a step for many items at once.

What means the same in Python and JavaScript is done by generated Python; all else, and what that
passes on item by item, goes to the JavaScript child in chunks.
"""

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias

import anyio

from nodekit.errors import ExpressionError
from nodekit.items import Fields, Json
from nodekit.params import UNDEFINED

from .expression import Expression
from .process import Limit, Overrun
from .scope import Gift, View, answer, facts_of, paired
from .table import Column, Part, Table, rows_at
from .worker import MEBIBYTE, Worker

ROUNDS = 10_000
"""How often a request may ask for more: every round brings something new, so this is far off."""
CHUNK = 0.7
"""The share of the deadline for a chunk: with the search for the culprit it stays below two."""
LANES = 2
"""How many chunks are under way: one is made or read while another is computed."""
NEAR = ("item", "paired")
"""What is particular to the items at hand: handed in with every request, and not kept."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that somebody has to carry to the child."""

    request: Mapping[str, Any]
    expressions: Sequence[Expression]
    deadline: float


Work: TypeAlias = Generator[Ask, Any, list[Column]]
"""The work of an evaluation: it yields requests, and takes a reply or an Overrun for each."""


async def evaluate(
    expressions: Sequence[Expression],
    view: View,
    indexes: Sequence[int],
    worker: Worker,
    *,
    chunk: int = 1000,
) -> list[Column]:
    """Evaluate expressions for items of a view.

    Args:
        expressions: What to evaluate.
        view: What they may see; index ``i`` means row ``i`` of its rows.
        indexes: The items.
        worker: The JavaScript child; it is started only if it is needed.
        chunk: How many items are handed over at once.

    Returns:
        For each expression a list with, for each index, the JSON value, ``UNDEFINED``, or an
        ExpressionError in place of a value that cannot be had.
    """
    sight, table = Sight(view, worker), Table(view.rows, expressions, indexes)
    table.fill_in_python()
    await through(sight, table, table.left(chunk))
    return table.columns()


async def through(sight: "Sight", table: Table, parts: Sequence[Part]) -> None:
    """Have parts computed, several at once.

    Raises:
        Exception: What was wrong with the first part that failed; no further ones are begun.
    """
    waiting, failures = deque(enumerate(parts)), dict[int, Exception]()

    async def lane() -> None:
        while waiting and not failures:
            number, part = waiting.popleft()
            try:
                work = in_javascript(sight, part.expressions, part.indexes)
                table.put(part, await carried(work, sight.worker, len(waiting)))
            except Exception as error:
                failures[number] = error

    if parts:
        async with anyio.create_task_group() as group:
            for _ in parts[:LANES]:
                group.start_soon(lane)
    if failures:
        raise failures[min(failures)]


async def carried(work: Work, worker: Worker, behind: int) -> list[Column]:
    """Carry the requests of one chunk to a child that it has alone, and the replies back.

    ``behind`` is how many chunks are still to come.
    """
    found = resumed(work, None)  # the first request is made while another chunk is computed
    async with worker.line(behind) as line:
        while isinstance(found, Ask):
            try:
                came = await line.ask(found.request, found.expressions, found.deadline)
            except Overrun as overrun:
                came = overrun
            found = resumed(work, came)
    return found


def evaluate_now(
    expressions: Sequence[Expression], view: View, indexes: Sequence[int], worker: Worker
) -> list[Column]:
    """Do what :func:`evaluate` does, where no event loop runs."""
    sight, table = Sight(view, worker), Table(view.rows, expressions, indexes)
    table.fill_in_python()
    for part in table.left(len(indexes) or 1):
        found = resumed(work := in_javascript(sight, part.expressions, part.indexes), None)
        while isinstance(found, Ask):
            try:
                came = worker.ask_now(found.request, found.expressions, found.deadline)
            except Overrun as overrun:
                came = overrun
            found = resumed(work, came)
        table.put(part, found)
    return table.columns()


def resumed(work: Work, came: Any) -> Ask | list[Column]:
    """Go on with what came of a request: a reply or an Overrun; return the next, or the columns."""
    try:
        return work.throw(came) if isinstance(came, Overrun) else work.send(came)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's value has no type


class Sight:
    """A view as one evaluation sees it: what is known of it once, and the limits it is under."""

    def __init__(self, view: View, worker: Worker) -> None:
        self.view = view
        self.worker = worker
        self.turn = worker.turn(view)

    @cached_property
    def facts(self) -> dict[str, Json]:
        """The facts, as JavaScript gets them."""
        return facts_of(self.view)

    def rows(self, expressions: Sequence[Expression], indexes: Sequence[int]) -> Mapping[str, Json]:
        """Return the json of items, with no more fields than the expressions ask for.

        Where all items have these fields, they go as columns, which names each only once.
        """
        json, fields = self.view.rows.json, fields_of(expressions)
        if max(indexes, default=-1) >= len(json):
            rows: Sequence[Fields | None] = [json[i] if i < len(json) else None for i in indexes]
        else:
            rows = there = rows_at(json, indexes)
            if fields and (folded := in_columns(there, sorted(fields))):
                return folded
        if fields is None:
            return {"rows": rows}
        return {"rows": [row and {n: row[n] for n in fields if n in row} for row in rows]}


def in_javascript(sight: Sight, expressions: Sequence[Expression], indexes: Sequence[int]) -> Work:
    """Evaluate a chunk; where it overruns its limits, one by one, to find out whose fault it is."""
    try:
        return (yield from in_one_call(sight, expressions, indexes))
    except Overrun as overrun:
        if len(expressions) == len(indexes) == 1:
            return [[overran(expressions[0], overrun.limit, sight.worker)]]
    found: list[Column] = []
    for expression in expressions:
        column: Column = []
        for index in indexes:
            ((value,),) = yield from in_javascript(sight, [expression], [index])
            column.append(value)
        found.append(column)
    return found


def in_one_call(sight: Sight, expressions: Sequence[Expression], indexes: Sequence[int]) -> Work:
    """Evaluate a chunk, and hand in whatever it turns out to need."""
    request = {
        "work": "columns",
        "turn": sight.turn,
        "facts": sight.facts,
        **sight.rows(expressions, indexes),
        **placed(indexes),
    }
    near = foreseen(sight.view, expressions, indexes)
    several = len(expressions) * len(indexes) > 1
    deadline = sight.worker.deadline * (CHUNK if several else 1)
    reply = yield from supplied(sight.view, request, expressions, indexes, near, deadline)
    made = reply["columns"]
    return [
        values(column, expression, sight.worker)
        for column, expression in zip(made, expressions, strict=True)
    ]


def in_columns(rows: Sequence[Fields], names: Sequence[str]) -> Mapping[str, Json] | None:
    """Return fields of rows as columns; ``None`` if some row lacks one of them."""
    try:
        picked = list(map(itemgetter(*names), rows))
    except KeyError:
        return None
    columns = [picked] if len(names) == 1 else list(zip(*picked, strict=True))
    return {"names": names, "columns": columns}


def placed(indexes: Sequence[int]) -> Mapping[str, Json]:
    """Return where items stand in the input: the first, where the others follow it."""
    if isinstance(indexes, range) and indexes.step == 1:
        return {"first": indexes.start}
    return {"indexes": list(indexes)}


def supplied(
    view: View,
    request: Mapping[str, Any],
    expressions: Sequence[Expression],
    indexes: Sequence[int],
    gifts: list[Gift],
    deadline: float,
) -> Generator[Ask, Any, Any]:
    """Ask until nothing is missing any more, and return the reply."""
    give = gifts
    for _ in range(ROUNDS):
        reply = yield Ask({**request, "give": give}, expressions, deadline)
        if "need" not in reply:
            return reply
        new = [gift for key in reply["need"] for gift in answer(view, key, indexes)]
        gifts = [gift for gift in [*gifts, *new] if gift[0][0] in NEAR]
        give = [*gifts, *(gift for gift in new if gift[0][0] not in NEAR)]
    raise ExpressionError(f"an expression asked for more than {ROUNDS} other things")


def foreseen(view: View, expressions: Sequence[Expression], indexes: Sequence[int]) -> list[Gift]:
    """Return what the expressions will certainly need that is particular to these items."""
    gifts: list[Gift] = []
    for name in sorted({name for e in expressions for name in e.reading.linked}):
        step = view.step(name)
        if step is not None and step.executed:
            gifts += paired(view, name, indexes[0], indexes)
    if view.rows.binary and any(e.reading.binary for e in expressions):
        gifts += answer(view, ["item", indexes[0]], indexes)
    return gifts


def fields_of(expressions: Sequence[Expression]) -> frozenset[str] | None:
    """Return the fields that some of the expressions asks for; ``None`` for all of them."""
    every: frozenset[str] = frozenset()
    for expression in expressions:
        if expression.reading.fields is None:
            return None
        every |= expression.reading.fields
    return every


def values(column: Mapping[str, Any], expression: Expression, worker: Worker) -> Column:
    """Return a column as JavaScript wrote it: values, undefined ones, errors."""
    found: Column = column["v"]
    for i in column["u"]:
        found[i] = UNDEFINED
    for i, error in column["e"]:
        found[i] = raised(error, expression, worker)
    return found


def raised(error: Mapping[str, Any], expression: Expression, worker: Worker) -> ExpressionError:
    """Return an error that JavaScript gave in place of a value."""
    if error["kind"] == "memory":
        return overran(expression, "memory", worker)
    message, kind, hint = error["message"], error["kind"], error["hint"]
    if kind == "stack":
        message = "called itself too deeply"
    return ExpressionError(message, text=expression.text, kind=kind, hint=hint)


def overran(expression: Expression, limit: Limit, worker: Worker) -> ExpressionError:
    """Say which limit an expression passed."""
    message = f"took longer than {worker.deadline:g} s"
    if limit == "memory":
        message = f"used more memory than {worker.memory / MEBIBYTE:g} MiB"
    hint = "Look for a loop that does not end, or for text or lists that grow without bound."
    return ExpressionError(message, text=expression.text, kind=limit, hint=hint)
