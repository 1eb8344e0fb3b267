"""What an expression asks for: fields of its item, other steps, whether it looks across items.

It is read from the tokens, without knowing JavaScript's meaning: whatever is not plain counts as
asking for everything. It may say too much, never too little.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .literals import number
from .scopes import DECLARATIONS, bound_names
from .statement import STATEMENTS, arguments, first_statement, literal_text
from .template import Code, Template
from .tokens import OPERATORS, Script

RESERVED = (
    OPERATORS
    | STATEMENTS
    | DECLARATIONS
    | {"true", "false", "null", "undefined", "this", "super", "async", "extends", "static"}
)
"""Names that stand for no variable."""

ITEM = frozenset(("$json", "$data"))
INDEX = frozenset(("$itemIndex", "$position", "$thisItemIndex"))
ANYTHING = frozenset(("$evaluateExpression", "$item", "$parameter", "this", "arguments", "eval"))
"""Names through which everything can be reached."""

WHOLE_ITEM = frozenset(("$thisItem", "$fromAI", "$getPairedItem"))
LINKED = frozenset(("item", "pairedItem", "itemMatching"))
ACROSS = frozenset(("all", "first", "last"))
FACTS = frozenset(("isExecuted", "params", "context"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What an expression asks for.

    ``fields`` are the top-level fields of ``$json``, ``None`` for all of it. ``names`` are its free
    variables, known or not. ``steps`` are the other steps it names, ``linked`` those of them whose
    paired item it wants, and ``computed`` says that a step's name is known in a run only.
    ``across`` means it looks at other items than the one at hand, ``indexed`` at its index,
    ``binary`` at its files.
    """

    fields: frozenset[str] | None = frozenset()
    names: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    computed: bool = False
    across: bool = False
    indexed: bool = False
    binary: bool = False


EVERYTHING = Reading(None, computed=True, across=True, indexed=True, binary=True)


def read(template: Template) -> Reading:
    """Return what the code of a template asks for.

    Raises:
        ExpressionError: A chunk is no expression.
    """
    codes = [part for part in template.parts if isinstance(part, Code)]
    return read_scripts(first_statement(code, template.text) for code in codes)


def read_scripts(scripts: Iterable[Script]) -> Reading:
    """Return what some statements ask for together."""
    total = Reading()
    for script in scripts:
        for found in Reader(script).read():
            total = joined(total, found)
    return total


def joined(one: Reading, two: Reading) -> Reading:
    """Return what two readings ask for together."""
    return Reading(
        None if one.fields is None or two.fields is None else one.fields | two.fields,
        one.names | two.names,
        one.steps | two.steps,
        one.linked | two.linked,
        one.computed or two.computed,
        one.across or two.across,
        one.indexed or two.indexed,
        one.binary or two.binary,
    )


class Reader:
    """Reads one statement."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.bound = bound_names(script)

    def read(self) -> Iterable[Reading]:
        """Yield what each of its names asks for."""
        for index, token in enumerate(self.script.tokens):
            if token.kind != "name":
                continue
            if "\\" in token.text:
                yield EVERYTHING
            if self.script.is_free(index) and index not in self.bound:
                if token.text not in RESERVED:
                    yield Reading(names=frozenset((token.text,)))
                yield self._variable(token.text, index)

    def _variable(self, name: str, index: int) -> Reading:
        if name in ITEM:
            return self._fields(index)
        if name in INDEX:
            return Reading(indexed=True)
        if name in ANYTHING:
            return EVERYTHING
        if name in WHOLE_ITEM:
            return Reading(None, computed=name == "$getPairedItem", across=True, binary=True)
        if name == "$binary":
            return Reading(binary=True)
        return self._other(name, index)

    def _other(self, name: str, index: int) -> Reading:
        """Read what reaches for other items, or other steps."""
        if name == "$input":
            return self._input(index)
        if name == "$":
            return self._step(index)
        if name == "$items":
            return self._items(index)
        if name == "$node":
            step, _ = self._member(index)
            named = Reading(across=True) if step is None else steps(step)
            return joined(named, Reading(computed=step is None, across=True))
        return Reading()

    def _member(self, index: int) -> tuple[str | None, int]:
        """Return the literal name of the member behind a token, and the index of its last token.

        The name is ``None`` where there is no member, or its name is computed.
        """
        at = index + 1
        optional = self.script.punct(at) == "?."
        if self.script.punct(at) == "." or (optional and self.script.name(at + 1)):
            name = self.script.name(at + 1)
            return (name or None), at + 1
        opener = at + 1 if optional else at
        if self.script.punct(opener) != "[" or self.script.mates[opener] != opener + 2:
            return None, index
        return self._key(opener + 1), opener + 2

    def _key(self, index: int) -> str | None:
        token = self.script.tokens[index]
        if token.kind == "number":
            value = number(token.text)
            return str(value) if isinstance(value, int) else None
        return literal_text(token)

    def _called(self, index: int) -> bool:
        """Tell whether what ends with this token is called, so that it sees its owner."""
        at = index + 1
        while self.script.punct(at) == ")":
            at += 1
        after = self.script.tokens[at : at + 1]
        if after and after[0].kind in ("template", "head"):
            return True
        return self.script.punct(at + (self.script.punct(at) == "?.")) == "("

    def _fields(self, index: int) -> Reading:
        """Read which field is asked for of the item whose json ends with this token."""
        name, end = self._member(index)
        if name is None or "\\" in name or self._called(end):
            return Reading(None)
        return Reading(frozenset((name,)))

    def _input(self, index: int) -> Reading:
        name, end = self._member(index)
        if name in ("params", "context"):
            return Reading()
        if name != "item":
            return Reading(None, across=True, binary=True)
        inner, last = self._member(end)
        if inner == "json" and not self._called(last):
            return self._fields(last)
        if inner == "binary":
            return Reading(binary=True)
        return Reading(None, binary=True)

    def _step(self, index: int) -> Reading:
        """Read ``$('Step').…``."""
        if self.script.punct(index + 1) != "(":
            return EVERYTHING
        close = self.script.mates[index + 1]
        name = literal_text(self.script.tokens[index + 2]) if close == index + 3 else None
        what, end = self._member(close)
        if name is None:
            return Reading(computed=True, across=what not in ("item", *FACTS))
        linked = what not in ACROSS and what not in FACTS
        across = what in ACROSS or what not in ("item", *FACTS)
        if what == "pairedItem":
            across = not self._bare_call(end)
        return joined(steps(name, linked=linked), Reading(across=across))

    def _bare_call(self, index: int) -> bool:
        """Tell whether what ends with this token is called without arguments."""
        opener = index + 1
        return self.script.punct(opener) == "(" and self.script.mates[opener] == opener + 1

    def _items(self, index: int) -> Reading:
        """Read ``$items(…)``; without a name it is the input."""
        if self.script.punct(index + 1) != "(":
            return EVERYTHING
        spans = arguments(self.script, index + 1)
        if not spans:
            return Reading(None, across=True, binary=True)
        start, end = spans[0]
        name = literal_text(self.script.tokens[start]) if end - start == 1 else None
        return (
            Reading(None, across=True, computed=True, binary=True)
            if name is None
            else (joined(steps(name), Reading(across=True)))
        )


def steps(name: str, *, linked: bool = False) -> Reading:
    """Return the reading of something that asks for a step by its name."""
    asked = frozenset((name,))
    return Reading(steps=asked, linked=asked if linked else frozenset())
