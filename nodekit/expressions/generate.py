"""Writes Python for trees of expressions: statements with the guards that JavaScript asks for."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nodekit.params import UNDEFINED

from .literals import SAFE
from .nodes import (
    Binary,
    Call,
    Chain,
    Conditional,
    Const,
    Item,
    List,
    Logical,
    Member,
    Node,
    Object,
    Row,
    Text,
    Unary,
    children,
)
from .values import OBJECT

Known: TypeAlias = Literal["str", "number", "bool", "dict", "any"]
"""What is known of a value's type without looking; a ``number`` is safe or finite."""

OPERATIONS: dict[str, tuple[str, Known]] = {
    "+": ("add", "any"),
    "-": ("subtract", "number"),
    "*": ("multiply", "number"),
    "/": ("divide", "number"),
    "%": ("remainder", "number"),
    "<": ("less", "bool"),
    "<=": ("at_most", "bool"),
    ">": ("greater", "bool"),
    ">=": ("at_least", "bool"),
    "===": ("same", "bool"),
    "!==": ("different", "bool"),
    "==": ("alike", "bool"),
    "!=": ("unlike", "bool"),
}
UNARIES: dict[str, tuple[str, Known]] = {
    "-": ("negative", "number"),
    "+": ("positive", "number"),
    "typeof": ("type_name", "str"),
}
METHODS: dict[str, tuple[str, Known]] = {
    "toUpperCase": ("upper", "str"),
    "toLowerCase": ("lower", "str"),
    "trim": ("trim", "str"),
    "includes": ("includes", "bool"),
    "startsWith": ("starts_with", "bool"),
    "endsWith": ("ends_with", "bool"),
}
QUICK = ("-", "*", "<", "<=", ">", ">=")
"""Operations that are the same in Python and JavaScript for safe numbers."""
PYTHON = {"===": "==", "!==": "!=", "==": "==", "!=": "!="}
IDENTITY = {"===": "is", "!==": "is not"}


def throws(node: Node) -> bool:
    """Tell whether a tree may end in a TypeError: it looks into, or calls, what may be missing."""
    if isinstance(node, Call | Item):
        return True
    if isinstance(node, Member) and not isinstance(node.owner, Row):
        return True
    return any(throws(child) for child in children(node))


@dataclass(frozen=True, slots=True)
class Value:
    """A value in generated code: the name it has, and what is known of its type."""

    name: str
    known: Known = "any"
    const: Const | None = None


class Writer:
    """Writes statements.

    ``ask`` and ``throw`` are the lines that leave the item at hand when JavaScript must say, and
    when it would throw.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, object] = {}
        self.ask: tuple[str, ...] = ()
        self.throw: tuple[str, ...] = ()
        self.level = 0
        self.count = 0
        self.fields: dict[str, str] | None = None  # of the rows, by the names the loop gives them
        self.ends: list[str] = []  # where the chains at hand put their values

    def fresh(self) -> str:
        """Return a new name."""
        self.count += 1
        return f"v{self.count}"

    def constant(self, value: object) -> str:
        """Return the name of a constant."""
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.level + text)

    @contextmanager
    def indented(self) -> Generator[None]:
        """Write a block."""
        level = self.level
        self.level += 1
        yield
        self.level = level

    def leave(self, lines: tuple[str, ...]) -> None:
        """Write the lines that leave the item at hand, as a block."""
        with self.indented():
            for line in lines:
                self.line(line)

    def guard(self, name: str, *, throwing: bool = False) -> None:
        """Leave the item if a helper said so."""
        self.line(f"if {name} is ASK:")
        self.leave(self.ask)
        if throwing:
            self.line(f"if {name} is THROW:")
            self.leave(self.throw)

    def write(self, node: Node) -> Value:
        """Write what computes a tree; return its value."""
        match node:
            case Const():
                return self._const(node)
            case Row():
                return Value("row", "dict")
            case Member():
                return self._member(node)
            case Item() | Call():
                return self._reach(node)
            case Chain():
                return self._chain(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Logical():
                return self._logical(node)
            case Conditional():
                return self._conditional(node)
            case Text():
                return self._text(node)
            case List() | Object():
                return self._collection(node)

    def _const(self, node: Const) -> Value:
        value = node.value
        if value is None or value is UNDEFINED or isinstance(value, bool):
            name = "UNDEFINED" if value is UNDEFINED else repr(value)
            return Value(name, "bool" if isinstance(value, bool) else "any", node)
        return Value(self.constant(value), "str" if isinstance(value, str) else "number", node)

    def _member(self, node: Member) -> Value:
        owner = self._owner(node)
        out, name = self.fresh(), self.constant(node.name)
        plain = node.name not in OBJECT
        if isinstance(node.owner, Row) and plain and self.fields is not None:
            return Value(self.fields.setdefault(node.name, f"f{len(self.fields)}"))
        if owner.known == "dict" and plain:
            self.line(f"{out} = {owner.name}.get({name}, UNDEFINED)")
            return Value(out)
        if plain:
            self.line(f"if type({owner.name}) is dict:")
            with self.indented():
                self.line(f"{out} = {owner.name}.get({name}, UNDEFINED)")
            self.line("else:")
        with self.indented() if plain else self._same_level():
            self.line(f"{out} = member({owner.name}, {name})")
            self.guard(out, throwing=owner.known != "dict")
        return Value(out)

    @contextmanager
    def _same_level(self) -> Generator[None]:
        yield

    def _owner(self, node: Member | Item | Call) -> Value:
        """Write the owner of a link; behind ``?.`` the rest of the chain is one level deeper."""
        owner = self.write(node.owner)
        if node.optional and owner.known != "dict":
            self.line(f"if {owner.name} is None or {owner.name} is UNDEFINED:")
            self.leave((f"{self.ends[-1]} = UNDEFINED",))
            self.line("else:")
            self.level += 1
        return owner

    def _chain(self, node: Chain) -> Value:
        out, level = self.fresh(), self.level
        self.ends.append(out)
        self.line(f"{out} = {self.write(node.body).name}")
        self.ends.pop()
        self.level = level
        return Value(out)

    def _reach(self, node: Item | Call) -> Value:
        owner = self._owner(node)
        args = (node.key,) if isinstance(node, Item) else node.args
        reach: tuple[str, Known] = ("item", "any")
        helper, known = reach if isinstance(node, Item) else METHODS[node.method]
        return self._helped(helper, [owner, *map(self.write, args)], known, throwing=True)

    def _helped(
        self, helper: str, args: list[Value], known: Known, *, throwing: bool = False
    ) -> Value:
        """Write a call of a helper, with its guard."""
        out = self.fresh()
        self.line(f"{out} = {helper}({', '.join(arg.name for arg in args)})")
        self.guard(out, throwing=throwing)
        return Value(out, known)

    def truth(self, value: Value) -> str:
        """Return Python for JavaScript's truth of a value."""
        name = value.name
        if value.known == "dict":
            return "True"
        if value.known != "any":
            return name
        return (
            f"({name} and (type({name}) is not float or {name} == {name})"
            f" or type({name}) in OBJECTS)"
        )

    def _unary(self, node: Unary) -> Value:
        operand = self.write(node.operand)
        if node.operator != "!":
            helper, known = UNARIES[node.operator]
            return self._helped(helper, [operand], known)
        out = self.fresh()
        self.line(f"{out} = not {self.truth(operand)}")
        return Value(out, "bool")

    def _binary(self, node: Binary) -> Value:
        left, right = self.write(node.left), self.write(node.right)
        if node.operator == "+":
            return self._plus(left, right)
        test = equality(node.operator, left, right) or equality(node.operator, right, left)
        if test:
            out = self.fresh()
            self.line(f"{out} = {test}")
            return Value(out, "bool")
        helper, known = OPERATIONS[node.operator]
        if node.operator in QUICK:
            return self._quick(node.operator, helper, left, right, known)
        return self._helped(helper, [left, right], known)

    def _quick(self, operator: str, helper: str, left: Value, right: Value, known: Known) -> Value:
        """Write an operation on safe numbers at once, on all else by its helper."""
        out = self.fresh()
        self.line(f"if {' and '.join(map(safe, (left, right)))}:")
        with self.indented():
            self.line(f"{out} = {left.name} {operator} {right.name}")
            if known == "number":
                self.line(f"if type({out}) is int and -{SAFE} <= {out} <= {SAFE}: pass")
                self.line(f"elif type({out}) is float and not {out}.is_integer(): pass")
                self.line(f"elif -{SAFE} <= {out} <= {SAFE}: {out} = int({out})")
                self.line(f"else: {out} = counted({out})")
        self.line("else:")
        with self.indented():
            self.line(f"{out} = {helper}({left.name}, {right.name})")
            self.guard(out)
        return Value(out, known)

    def _plus(self, left: Value, right: Value) -> Value:
        """Write ``+``: text on text at once, the rest by the helper."""
        out = self.fresh()
        unsure = [v.name for v in (left, right) if v.known == "any"]
        if {left.known, right.known} <= {"str", "any"}:
            tests = " and ".join(f"type({name}) is str" for name in unsure)
            self.line(f"if {tests or True}:")
            with self.indented():
                self.line(f"{out} = {left.name} + {right.name}")
            self.line("else:")
            self.level += 1
        level = self.level
        self.line(f"{out} = add({left.name}, {right.name})")
        self.guard(out)
        self.level = level - ({left.known, right.known} <= {"str", "any"})
        return Value(out, "str" if "str" in (left.known, right.known) else "any")

    def _logical(self, node: Logical) -> Value:
        left, out = self.write(node.left), self.fresh()
        missing = f"{left.name} is None or {left.name} is UNDEFINED"
        truth = self.truth(left)
        test = {"&&": truth, "||": f"not {truth}", "??": missing}[node.operator]
        self.line(f"{out} = {left.name}")
        self.line(f"if {test}:")
        with self.indented():
            right = self.write(node.right)
            self.line(f"{out} = {right.name}")
        return Value(out, left.known if left.known == right.known else "any")

    def _conditional(self, node: Conditional) -> Value:
        test, out = self.write(node.test), self.fresh()
        self.line(f"if {self.truth(test)}:")
        with self.indented():
            yes = self.write(node.yes)
            self.line(f"{out} = {yes.name}")
        self.line("else:")
        with self.indented():
            no = self.write(node.no)
            self.line(f"{out} = {no.name}")
        return Value(out, yes.known if yes.known == no.known else "any")

    def _text(self, node: Text) -> Value:
        names = [self._shown(self.write(part)) for part in node.parts]
        out = self.fresh()
        self.line(f"{out} = f'{''.join(f'{{{name}}}' for name in names)}'")
        return Value(out, "str")

    def _shown(self, value: Value) -> str:
        """Write what makes text of a value inside a template literal; return its name."""
        if value.known == "str":
            return value.name
        out = self.fresh()
        self.line(f"{out} = {value.name}")
        self.line(f"if type({out}) is not str:")
        with self.indented():
            self.line(f"{out} = text({out})")
            self.guard(out)
        return out

    def _collection(self, node: List | Object) -> Value:
        members = [self.write(value) for value in node.values]
        if isinstance(node, List):
            return self._helped("listing", members, "any")
        keys = Value(self.constant(node.keys))
        return self._helped("mapping", [keys, *members], "any")


def safe(value: Value) -> str:
    """Return Python for whether a value is a number that every integer up to it is exact for."""
    return f"type({value.name}) in REAL and -{SAFE} <= {value.name} <= {SAFE}"


def equality(operator: str, value: Value, other: Value) -> str:
    """Return Python for equality with a literal, where that is one comparison, else ``""``."""
    if other.const is None or operator not in PYTHON:
        return ""
    const, name = other.const.value, value.name
    strict = operator in IDENTITY
    negation = "not " if operator.startswith("!") else ""
    if const is None or const is UNDEFINED:
        if strict:
            return f"{name} {IDENTITY[operator]} {other.name}"
        return f"{negation}({name} is None or {name} is UNDEFINED)"
    if not strict:
        return ""
    if isinstance(const, bool):
        return f"{name} {IDENTITY[operator]} {other.name}"
    if isinstance(const, str):
        return f"{name} {PYTHON[operator]} {other.name}"
    return f"{negation}(type({name}) is not bool and {name} == {other.name})"
