"""The node ``code``."""

import re
from ast import parse
from collections.abc import Callable, Generator, Mapping
from inspect import isawaitable
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Fixed,
    Inputs,
    Items,
    Json,
    NodeError,
    Params,
)

from .background import drained
from .collected import Collected
from .python_code import Function, from_call, from_text
from .python_result import plain, rows_of

CALL = re.compile(r"(?:.+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*")


class Source(Params):
    """Where the function is."""

    subject: ClassVar[str]
    """What the function's first argument is called."""

    call: Fixed[str | None] = Field(default=None, examples=["report.py:totals"])
    """The function: `file.py:name` beside the pipeline, or `package.module:name`."""

    python: Fixed[str | None] = Field(default=None, examples=["return [i for i in items if i]"])
    """Or the body of the function. It sees `items`, or `item` with `each`, and the `args`."""

    @field_validator("call")
    @classmethod
    def names_a_function(cls, call: str | None) -> str | None:
        """Refuse what cannot name a function."""
        if call is not None and not CALL.fullmatch(call):
            raise ValueError("wants file.py:name or package.module:name")
        return call

    @field_validator("python")
    @classmethod
    def is_python(cls, python: str | None) -> str | None:
        """Refuse a text that is no Python."""
        try:
            empty = python is not None and not parse(python).body
        except SyntaxError as error:
            raise ValueError(f"is no Python, line {error.lineno}: {error.msg}") from error
        if empty:
            raise ValueError("has no statement in it")
        return python

    @model_validator(mode="after")
    def one_source(self) -> "Source":
        """Refuse two functions, and none."""
        if (self.call is None) == (self.python is None):
            raise ValueError('give either "call" or "python"')
        return self


class CodeForAll(Source):
    """Call the function once, with all items."""

    subject = "items"

    each: Literal[False] = False
    """Whether the function is called for every item by itself."""

    args: dict[str, Json] = Field(default={})
    """More arguments, by name."""


class CodeForEach(Source):
    """Call the function for every item."""

    subject = "item"

    each: Literal[True] = True
    """Whether the function is called for every item by itself."""

    args: dict[str, Each[Json]] = Field(default={})
    """More arguments, by name; their values may differ from item to item."""


class Code(BatchNode[CodeForAll | CodeForEach]):
    """Run Python of the author's own on all items, or on each.

    It runs with the full rights of whoever runs the pipeline and can do what they can: use it for
    code you wrote or have read. The function gets plain dictionaries, copies that it may change,
    and returns a dictionary, a list of dictionaries, or `None` for nothing. It may be an
    `async def`. With `each`, items are linked to the one at hand; without, as n8n does: by
    position where the numbers agree, or to the only input item.
    """

    @classmethod
    def slices_of(cls, params: CodeForAll | CodeForEach) -> Literal["any", "fold", "all"]:
        return "any" if params.each else "all"

    async def run_batch(
        self, inputs: Inputs, params: CodeForAll | CodeForEach, ctx: Context
    ) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        function = loaded(params, ctx)
        if isinstance(params, CodeForEach):
            return await for_each(function, rows, params.args, ctx)
        return await for_all(function, rows, params.args, ctx)


def loaded(params: CodeForAll | CodeForEach, ctx: Context) -> Function:
    """Return the function of a step, which is loaded once in a run.

    Raises:
        NodeError: There is no such function, or its file cannot be loaded.
    """
    known: dict[tuple[str, ...], Function] = ctx.memory.setdefault("functions", {})
    args = tuple(params.args)
    key = (params.call or params.python or "", *args)
    if key not in known:
        known[key] = (
            from_call(params.call, ctx.files)
            if params.call is not None
            else from_text(params.python or "", params.subject, args)
        )
    return known[key]


async def for_all(function: Function, rows: Items, args: Mapping[str, Json], ctx: Context) -> Items:
    """Call the function once; a plain one in a thread, so that others' clocks go on.

    Raises:
        NodeError: It raised something, or returned what are no items.
    """

    def call() -> Any:
        return function.call([plain(json) for json in rows.json], **plain(dict(args)))

    try:
        result = call() if function.awaits else await ctx.thread(call)
        if isawaitable(result):
            result = await result
    except NodeError:
        raise
    except Exception as error:
        raise function.failure(error) from error
    return Items(await ctx.thread(rows_of, result))


async def for_each(
    function: Function, rows: Items, args: Mapping[str, Each[Json]], ctx: Context
) -> Items:
    """Call the function for every item; where it fails, that item fails alone."""
    collected = Collected(rows)

    def call(i: int) -> Any:
        return function.call(plain(rows.json[i]), **{k: plain(v[i]) for k, v in args.items()})

    if not function.awaits:
        await drained(ctx, one_by_one(function, call, collected))
        return collected.items()
    for i in range(len(rows)):
        try:
            collected.add(i, rows_of(await call(i)))
        except Exception as error:
            collected.fail(i, function.failure(error))
    return collected.items()


def one_by_one(
    function: Function, call: Callable[[int], Any], collected: Collected
) -> Generator[None, None, None]:
    """Call a plain function for one item after another."""
    for i in range(len(collected.rows)):
        try:
            collected.add(i, rows_of(call(i)))
        except Exception as error:
            collected.fail(i, function.failure(error))
        yield
