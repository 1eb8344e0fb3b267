"""The body of a code node: JavaScript that sees what an expression sees, and gives items."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nodekit.errors import ExpressionError
from nodekit.items import Items, Json
from nodekit.params import UNDEFINED

from .evaluation import NEAR, ROUNDS
from .process import Limit, Overrun
from .scope import Gift, View, answer, facts_of, wholes
from .worker import MEBIBYTE, Worker

LINES = 200
"""How many lines of the console are passed on: a loop must not drown the log."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a code node gave back.

    ``values`` has one entry for each item, or one for all of them: the JSON value, ``UNDEFINED``,
    or an ExpressionError, whose message ends with the line as in n8n. ``global_static`` and
    ``node_static`` are the static data after the run.
    """

    values: list[object]
    global_static: dict[str, Json]
    node_static: dict[str, Json]


async def run_code(
    body: str,
    view: View,
    worker: Worker,
    *,
    each: bool,
    items: Items,
    deadline: float,
    console: Callable[[str], None] | None = None,
    global_static: Mapping[str, Json] | None = None,
    node_static: Mapping[str, Json] | None = None,
) -> Returned:
    """Run the body of a code node.

    Args:
        body: The body of an async function: ``await`` and ``return`` may be used.
        view: What it may see.
        worker: The JavaScript child.
        each: Whether it runs once for each item, or once for all.
        items: The items of its input.
        deadline: Seconds the whole may take.
        console: Takes the lines it writes to the console.
        global_static, node_static: n8n's ``$getWorkflowStaticData('global')`` and ``('node')``.

    Raises:
        ExpressionError: It took too long or too much memory.
    """
    request = {
        **setting(view, worker, items),
        "body": body,
        "each": each,
        "global": dict(global_static or {}),
        "node": dict(node_static or {}),
    }
    reply = await answered(request, view, worker, items, deadline)
    if console is not None:
        for line in reply["console"][:LINES]:
            console(line)
    results = [outcome(result, i if each else None) for i, result in enumerate(reply["results"])]
    return Returned(results, reply["global"], reply["node"])


def setting(view: View, worker: Worker, items: Items) -> dict[str, Json]:
    """Return the part of a request that says what the code may see."""
    facts = facts_of(view)
    facts["input"] = {**facts["input"], "count": len(items)}
    return {"work": "code", "turn": worker.turn(view), "facts": facts}


async def answered(
    request: Mapping[str, Any], view: View, worker: Worker, items: Items, deadline: float
) -> Any:
    """Ask until nothing is missing any more, and return the reply.

    Raises:
        ExpressionError: It took too long or too much memory.
    """
    near: list[Gift] = [[["input"], wholes(items)]]
    give = [*near, *answer(view, ["part", "code"], ())]
    async with worker.line() as line:
        for _ in range(ROUNDS):
            try:
                reply = await line.ask({**request, "give": give}, (), deadline)
            except Overrun as overrun:
                raise stopped(overrun.limit, deadline, worker.memory) from None
            if "need" not in reply:
                if ran_out_of_memory(reply):
                    raise stopped("memory", deadline, worker.memory)
                return reply
            new = [g for key in reply["need"] for g in answer(view, key, range(len(view.rows)))]
            near += [gift for gift in new if gift[0][0] in NEAR]
            give = [*near, *(gift for gift in new if gift[0][0] not in NEAR)]
    raise ExpressionError(f"the code asked for more than {ROUNDS} other things")


def ran_out_of_memory(reply: Mapping[str, Any]) -> bool:
    """Whether the code failed because the engine had no memory left."""
    return any(result.get("error", {}).get("kind") == "memory" for result in reply["results"])


def stopped(limit: Limit, deadline: float, memory: int) -> ExpressionError:
    """Say which limit the code passed."""
    message = f"took longer than {deadline:g} s"
    if limit == "memory":
        message = f"used more memory than {memory / MEBIBYTE:g} MiB"
    return ExpressionError(f"the code {message}", kind=limit)


def outcome(result: Mapping[str, Any], item: int | None) -> object:
    """Return what one run gave: a value, ``UNDEFINED``, or an error with its place (n8n)."""
    if "error" not in result:
        return result.get("value", UNDEFINED)
    error = result["error"]
    place = [] if error["line"] is None else [f"line {error['line']}"]
    place += [] if item is None else [f"for item {item}"]
    suffix = f" [{', '.join(place)}]" if place else ""
    return ExpressionError(
        f"{error['message']}{suffix}", kind=error.get("kind") or "thrown", hint=error.get("hint")
    )
