"""Python generated from expressions: one function for all of a step, for a chunk of items.

Only names of our own making stand in the generated text; what the author wrote comes in as
constants. The function follows JavaScript, and puts :data:`ASK` where only JavaScript can say.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from nodekit.items import Json
from nodekit.params import UNDEFINED

from . import methods, values
from .expression import Expression, Native, compile_value
from .generate import Writer, throws
from .literals import SAFE
from .nodes import Const, Member, Node, Row
from .values import ASK

__all__ = ["ASK", "generate"]

Rows: TypeAlias = Sequence[Mapping[str, Json]]
Function: TypeAlias = Callable[[Rows], list[list[object]]]


def generate(expressions: Sequence[Expression]) -> Function:
    """Return one function for some expressions that all have a tree.

    It takes the json of a chunk of items, and returns one list of values for each expression: a
    JSON value, ``UNDEFINED`` or ``ASK``.
    """
    return generated(tuple(expression.text for expression in expressions))


@lru_cache(maxsize=512)
def generated(texts: tuple[str, ...]) -> Function:
    """Return the function for these expressions."""
    writer = Writer()
    names = [write_column(writer, compile_value(text)) for text in texts]
    writer.line(f"return [{', '.join(names)}]")
    source = "def column(rows):\n" + "\n".join(f"    {line}" for line in writer.lines)
    namespace: dict[str, Any] = {**HELPERS, **writer.constants}
    exec(compile(source, "<expressions>", "exec"), namespace)
    function: Function = namespace["column"]
    return function


def write_column(writer: Writer, expression: Expression) -> str:
    """Write what computes one expression for all rows; return the name of the list.

    Raises:
        ValueError: The expression has no tree.
    """
    native = expression.native
    if native is None:
        raise ValueError(f"{expression.text!r} has no meaning in Python")
    out = writer.fresh()
    if not expression.template.single:
        write_template(writer, native, out)
    elif (plain := plain_column(writer, native[0])) is not None:
        writer.line(f"{out} = {plain}")
    else:
        write_single(writer, native[0], out)
    return out


def plain_column(writer: Writer, part: str | Node) -> str | None:
    """Return what makes the list of a constant or a field in one go, or ``None``."""
    match part:
        case Const(value=value):
            return f"[{writer.constant(value)}] * len(rows)"
        case Row():
            return "list(rows)"
        case Member(owner=Row(), name=name) if name not in values.OBJECT:
            return f"field(rows, {writer.constant(name)})"
        case _:
            return None


def write_single(writer: Writer, part: str | Node, out: str) -> None:
    """Write a loop for one chunk that keeps its type."""
    assert not isinstance(part, str)
    with loop(writer, out) as put:
        writer.ask = (f"{put}(ASK)", "continue")
        writer.throw = (f"{put}(UNDEFINED)", "continue")
        value = writer.write(part)
        writer.line(f"{put}({value.name})")


def write_template(writer: Writer, native: Native, out: str) -> None:
    """Write a loop for text with chunks in it."""
    if all(isinstance(part, str) for part in native):
        joined = writer.constant("".join(part for part in native if isinstance(part, str)))
        writer.line(f"{out} = [{joined}] * len(rows)")
        return
    with loop(writer, out) as put:
        names = [write_part(writer, part, put) for part in native]
        writer.line(f"{put}(f'{''.join(f'{{{name}}}' for name in names)}')")


@contextmanager
def loop(writer: Writer, out: str) -> Generator[str]:
    """Write a loop over the rows and the fields it reads; give the name that appends to ``out``."""
    put = writer.fresh()
    writer.line(f"{out} = []")
    writer.line(f"{put} = {out}.append")
    head = len(writer.lines)
    writer.fields = {}
    with writer.indented():
        yield put
    names = ["row", *writer.fields.values()]
    columns = ["rows", *(f"field(rows, {writer.constant(name)})" for name in writer.fields)]
    writer.fields = None
    writer.lines.insert(head, f"for {', '.join(names)}, in zip({', '.join(columns)}):")


def write_part(writer: Writer, part: str | Node, put: str) -> str:
    """Write one part of a template; return the name of its text."""
    if isinstance(part, str):
        return writer.constant(part)
    out = writer.fresh()
    leave = (f"{put}(ASK)", "continue")
    if throws(part):
        # A loop of one round, so that a chunk can be left in the middle.
        writer.ask, writer.throw = (f"{out} = ASK", "break"), (f"{out} = ''", "break")
        writer.line("while True:")
        with writer.indented():
            writer.line(f"{out} = {writer.write(part).name}")
            writer.line("break")
    else:
        writer.ask = leave
        writer.line(f"{out} = {writer.write(part).name}")
    writer.ask = leave
    writer.line(f"if type({out}) is int and -{SAFE} <= {out} <= {SAFE}:")
    with writer.indented():
        writer.line(f"{out} = str({out})")
    writer.line(f"elif type({out}) is not str:")
    with writer.indented():
        writer.line(f"if {out} is not ASK:")
        with writer.indented():
            writer.line(f"{out} = shown({out})")
        writer.guard(out)
    return out


def field(rows: Rows, name: str) -> list[object]:
    """Return one field of all rows."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name, UNDEFINED) for row in rows]


HELPERS: dict[str, Any] = {
    "ASK": ASK,
    "THROW": values.THROW,
    "UNDEFINED": UNDEFINED,
    "OBJECTS": values.OBJECTS,
    "field": field,
    "REAL": frozenset(values.NUMBERS),
    "counted": values.counted,
    **{
        helper.__name__: helper
        for helper in (
            values.member, values.item, values.add, values.subtract, values.multiply,
            values.divide, values.remainder, values.negative, values.positive, values.less,
            values.at_most, values.greater, values.at_least, values.same, values.alike,
            values.different, values.unlike, values.type_name, values.text, values.shown,
            methods.upper, methods.lower, methods.trim, methods.includes, methods.starts_with,
            methods.ends_with, values.listing, values.mapping,
        )
    },
}  # fmt: skip
"""What generated code may name, besides its own variables and constants."""
