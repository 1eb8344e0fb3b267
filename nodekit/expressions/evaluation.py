"""Evaluates the expressions of a step for many items at once.

What means the same in Python and JavaScript is done by generated Python; all else, and what that
passes on item by item, goes to the JavaScript child in chunks.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

from nodekit.errors import ExpressionError
from nodekit.items import Fields, Items, Json
from nodekit.params import UNDEFINED

from .expression import Expression
from .native import ASK, Function, generate
from .process import Limit, Overrun
from .scope import Gift, View, answer, facts_of, paired
from .worker import MEBIBYTE, Worker

ROUNDS = 10_000
"""How often a request may ask for more: every round brings something new, so this is far off."""
CHUNK = 0.7
"""The share of the deadline for a chunk: with the search for the culprit it stays below two."""
PART = 1000
"""How many rows generated Python is given at once."""
NEAR = ("item", "paired")
"""What is particular to the items at hand: handed in with every request, and not kept."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that somebody has to carry to the child."""

    request: Mapping[str, Any]
    expressions: Sequence[Expression]
    deadline: float


Column: TypeAlias = list[object]
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
    work = columns(Sight(view, worker), expressions, indexes, chunk)
    move = partial(work.send, None)
    while True:
        try:
            ask = move()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's value has no type here
        try:
            reply = await worker.ask(ask.request, ask.expressions, ask.deadline)
        except Overrun as overrun:
            move = partial(work.throw, overrun)
        else:
            move = partial(work.send, reply)


def evaluate_now(
    expressions: Sequence[Expression], view: View, indexes: Sequence[int], worker: Worker
) -> list[Column]:
    """Do what :func:`evaluate` does, where no event loop runs."""
    work = columns(Sight(view, worker), expressions, indexes, len(indexes) or 1)
    move = partial(work.send, None)
    while True:
        try:
            ask = move()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's value has no type here
        try:
            reply = worker.ask_now(ask.request, ask.expressions, ask.deadline)
        except Overrun as overrun:
            move = partial(work.throw, overrun)
        else:
            move = partial(work.send, reply)


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

    def rows(self, expressions: Sequence[Expression], indexes: Sequence[int]) -> list[Json]:
        """Return the json of items, with no more fields than the expressions ask for."""
        column = self.view.rows.json
        fields = fields_of(expressions)
        there = max(indexes, default=-1) < len(column)
        rows: list[Fields | None] = (
            list(rows_at(column, indexes))
            if there
            else [column[i] if i < len(column) else None for i in indexes]
        )
        if fields is None:
            return rows
        return [row and {name: row[name] for name in fields if name in row} for row in rows]


def columns(
    sight: Sight, expressions: Sequence[Expression], indexes: Sequence[int], chunk: int
) -> Work:
    """Evaluate natively what can be, and the rest in chunks by JavaScript."""
    found = in_python(sight.view.rows, expressions, indexes)
    left: dict[tuple[int, ...] | None, list[int]] = {}
    for which, column in enumerate(found):
        if column is None:
            left.setdefault(None, []).append(which)
        elif asked := asking(column):
            left.setdefault(asked if len(asked) < len(column) else None, []).append(which)
    for places, group in left.items():
        at: Sequence[int] = range(len(indexes)) if places is None else places
        made = [list(found[w] or [None] * len(indexes)) for w in group]
        for start in range(0, len(at), chunk):
            part = at[start : start + chunk]
            some = [expressions[w] for w in group]
            whole = isinstance(part, range)
            asked_at = indexes[part[0] : part[-1] + 1] if whole else [indexes[i] for i in part]
            values = yield from in_javascript(sight, some, asked_at)
            for column, new in zip(made, values, strict=True):
                if whole:
                    column[part[0] : part[-1] + 1] = new
                else:
                    for i, value in zip(part, new, strict=True):
                        column[i] = value
        for which, column in zip(group, made, strict=True):
            found[which] = column
    return [column or [] for column in found]


def asking(column: Column) -> tuple[int, ...]:
    """Return where a column of generated Python leaves it to JavaScript."""
    if type(ASK) not in set(map(type, column)):
        return ()
    return tuple(i for i, value in enumerate(column) if value is ASK)


def in_python(
    rows: Items, expressions: Sequence[Expression], indexes: Sequence[int]
) -> list[Column | None]:
    """Return the columns that need no JavaScript, ``None`` for the others."""
    there = max(indexes, default=-1) < len(rows.json)
    able = [i for i, e in enumerate(expressions) if e.native is not None and (there or plain(e))]
    found: list[Column | None] = [failing(e, len(indexes)) for e in expressions]
    if able:
        column: list[Fields] = rows_at(rows.json, indexes) if there else [{}] * len(indexes)
        made = in_parts(generate([expressions[i] for i in able]), column)
        for i, values in zip(able, made, strict=True):
            found[i] = values
    return found


def in_parts(function: Function, rows: list[Fields]) -> list[Column]:
    """Call generated Python with as many rows at once as a processor keeps at hand."""
    found = function(rows[:PART])
    for start in range(PART, len(rows), PART):
        for column, more in zip(found, function(rows[start : start + PART]), strict=True):
            column += more
    return found


def failing(expression: Expression, count: int) -> Column | None:
    """Return a column of errors for an expression that cannot be read, ``None`` for any other."""
    column: Column = [expression.fault]
    return None if expression.fault is None else column * count


def rows_at(column: Sequence[Fields], indexes: Sequence[int]) -> list[Fields]:
    """Return the json of the rows at these positions, all of which there are."""
    if isinstance(indexes, range) and indexes.step == 1:
        return list(column[indexes.start : indexes.stop])
    return [column[i] for i in indexes]


def plain(expression: Expression) -> bool:
    """Whether an expression looks at nothing."""
    return not expression.reading.names


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
        "rows": sight.rows(expressions, indexes),
        "indexes": list(indexes),
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
