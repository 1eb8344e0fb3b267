"""The node ``code``."""

import re
from ast import parse
from collections.abc import Callable, Generator, Mapping
from inspect import isawaitable
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    ExpressionError,
    Fixed,
    Inputs,
    Item,
    ItemError,
    Items,
    Json,
    NodeError,
    Params,
    State,
)

from .background import drained
from .collected import Collected
from .columns import links_of
from .js_result import NO_ITEMS, WANTED, each_item, items_of
from .python_code import Function, from_call, from_text
from .python_result import given, plain, rows_of, value_of
from .rows import place_of

CALL = re.compile(r"(?:.+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*")


class Source(Params):
    """Where the function is."""

    subject: ClassVar[str]
    """What the function's first argument is called."""

    call: Fixed[str | None] = Field(default=None, examples=["report.py:totals"])
    """The function: `file.py:name` beside the pipeline, or `package.module:name`."""

    python: Fixed[str | None] = Field(default=None, examples=["return [i for i in items if i]"])
    """Or the body of the function. It sees `items`, or `item` with `each`, and the `args`."""

    javascript: Fixed[str | None] = Field(
        default=None, examples=["return $input.all().filter(item => item.json.ok)"]
    )
    """Or the body of a function in JavaScript, which sees what an expression sees, `items` or with
    `each` `item`, and `$getWorkflowStaticData` (n8n: Code)."""

    whole: Fixed[bool] = False
    """Whether Python sees and returns whole items, `{"json": …}`, by the rules that JavaScript has;
    the body of `python` then sees them as `_items` or `_item` (n8n: Code in Python)."""

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
        """Refuse two functions, and none; and arguments where nothing takes them."""
        given = [part for part in (self.call, self.python, self.javascript) if part is not None]
        if len(given) != 1:
            raise ValueError('give one of "call", "python" and "javascript"')
        if self.javascript is not None and self.whole:
            raise ValueError('"whole" goes with "call" and "python"; JavaScript sees whole items')
        if self.javascript is not None and "args" in self.model_fields_set:
            raise ValueError('"args" go with "call" and "python"; JavaScript sees the items')
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


class StaticData(State):
    """What code remembers from run to run: whatever it likes (n8n: static data of the node)."""

    model_config = ConfigDict(extra="allow")


class Code(BatchNode[CodeForAll | CodeForEach, StaticData]):
    """Run Python or JavaScript of the author's own on all items, or on each.

    Python runs with the full rights of whoever runs the pipeline and can do what they can: use it
    for code you wrote or have read. The function gets plain dictionaries, copies that it may
    change, and returns a dictionary, a list of dictionaries, or `None` for nothing. It may be an
    `async def`. With `each`, items are linked to the one at hand; without, as n8n does: by
    position where the numbers agree, or to the only input item.

    JavaScript runs shut off in a process of its own, without files and network. It returns items,
    `{json: …}` with perhaps `binary` and `pairedItem`, or plain objects; with `each` one of them.
    `null` is no item.
    """

    @classmethod
    def slices_of(cls, params: CodeForAll | CodeForEach) -> Literal["any", "fold", "all"]:
        return "any" if params.each and params.javascript is None else "all"

    async def run_batch(
        self, inputs: Inputs, params: CodeForAll | CodeForEach, ctx: Context[StaticData]
    ) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        if params.javascript is not None:
            return await in_javascript(params.javascript, rows, params.each, ctx)
        function = loaded(params, ctx)
        if isinstance(params, CodeForEach):
            return await for_each(function, rows, params.args, params.whole, ctx)
        return await for_all(function, rows, params.args, params.whole, ctx)


def loaded(params: CodeForAll | CodeForEach, ctx: Context[object]) -> Function:
    """Return the function of a step, which is loaded once in a run.

    Raises:
        NodeError: There is no such function, or its file cannot be loaded.
    """
    known: dict[tuple[str, ...], Function] = ctx.memory.setdefault("_functions", {})
    args = tuple(params.args)
    key = (params.call or params.python or "", str(params.whole), *args)
    if key not in known:
        known[key] = (
            from_call(params.call, ctx.files)
            if params.call is not None
            else from_text(params.python or "", subject_of(params), args)
        )
    return known[key]


def subject_of(params: CodeForAll | CodeForEach) -> str:
    """Return what the body of a function calls what it gets."""
    return f"_{params.subject}" if params.whole else params.subject


async def for_all(
    function: Function, rows: Items, args: Mapping[str, Json], whole: bool, ctx: Context[object]
) -> Items:
    """Call the function once; a plain one in a thread, so that others' clocks go on.

    Raises:
        NodeError: It raised something, or returned what are no items.
    """

    def call() -> Any:
        return function.call([given(rows, i, whole) for i in range(len(rows))], **plain(dict(args)))

    try:
        result = call() if function.awaits else await ctx.thread(call)
        if isawaitable(result):
            result = await result
    except NodeError:
        raise
    except Exception as error:
        raise function.failure(error) from error
    if whole:
        return Items.of(items_of(value_of(result), rows))
    return Items(await ctx.thread(rows_of, result))


async def for_each(
    function: Function,
    rows: Items,
    args: Mapping[str, Each[Json]],
    whole: bool,
    ctx: Context[object],
) -> Items:
    """Call the function for every item; where it fails, that item fails alone."""
    collected = Collected(rows)

    def call(i: int) -> Any:
        return function.call(given(rows, i, whole), **{k: plain(v[i]) for k, v in args.items()})

    def take(i: int, result: object) -> None:
        if not whole:
            collected.add(i, rows_of(result))
            return
        for item in each_item(value_of(result), i, rows):
            collected.add_file(i, item.json, item.binary)

    if not function.awaits:
        await drained(ctx, one_by_one(function, call, take, collected))
        return collected.items()
    for i in range(len(rows)):
        try:
            take(i, await call(i))
        except Exception as error:
            collected.fail(i, function.failure(error))
    return collected.items()


def one_by_one(
    function: Function,
    call: Callable[[int], Any],
    take: Callable[[int, object], None],
    collected: Collected,
) -> Generator[None, None, None]:
    """Call a plain function for one item after another."""
    for i in range(len(collected.rows)):
        try:
            take(i, call(i))
        except Exception as error:
            collected.fail(i, function.failure(error))
        yield


async def in_javascript(body: str, rows: Items, each: bool, ctx: Context[object]) -> Items:
    """Run the body of a function in JavaScript.

    What it raises for all items goes on as one item, as n8n has it, where the step goes on.

    Raises:
        NodeError: It returned what are no items, or took too long or too much memory.
    """
    try:
        results = await ctx.javascript(body, rows, each=each)
    except ExpressionError as error:
        raise NodeError(error.message, hint=error.hint) from error
    found: list[Item] = []
    for i, result in enumerate(results):
        if isinstance(result, ExpressionError):
            links = rows[i].links if each else links_of(rows, [0])
            found.append(Item(rows.json[i], links=links, error=raised(result, rows, i, each)))
        elif each:
            found += each_item(result.get("value"), i, rows)
        elif "value" in result:
            found += items_of(result["value"], rows)
        else:
            raise NodeError(NO_ITEMS, hint=WANTED)
    return Items.of(found)


def raised(error: ExpressionError, rows: Items, index: int, each: bool) -> ItemError:
    """Return what JavaScript raised, for one item or for all."""
    place = place_of(rows, index) if each else None
    cause = NodeError(error.message, hint=error.hint)
    return ItemError(error.message, hint=error.hint, item=place, cause=cause)
