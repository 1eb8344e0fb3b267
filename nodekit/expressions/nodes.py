"""The nodes of a tree: the part of JavaScript that means the same in generated Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: object


@dataclass(frozen=True, slots=True)
class Row:
    """The json of the item: ``$json``, ``$data`` or ``$input.item.json``."""


@dataclass(frozen=True, slots=True)
class Member:
    """``owner.name``, or with a literal in brackets; ``optional``: with ``?.``."""

    owner: "Node"
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """``owner[key]`` with a computed key."""

    owner: "Node"
    key: "Node"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """``owner.method(…)``."""

    owner: "Node"
    method: str
    args: tuple["Node", ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a chain with ``?.`` in it ends: all of it is undefined if one owner is missing."""

    body: "Node"


@dataclass(frozen=True, slots=True)
class Unary:
    """``!a``, ``-a``, ``+a``, ``typeof a``."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """An operation on two values."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Logical:
    """``&&``, ``||``, ``??``."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """``test ? a : b``."""

    test: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class Text:
    """A template literal with code in it."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class List:
    """``[a, b]``."""

    values: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Object:
    """``{a: b}``."""

    keys: tuple[str, ...]
    values: tuple["Node", ...]


Node: TypeAlias = (
    Const | Row | Member | Item | Call | Chain | Unary | Binary | Logical | Conditional
    | Text | List | Object
)  # fmt: skip


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below a node."""
    match node:
        case Member(owner=owner):
            yield owner
        case Item(owner=owner, key=key):
            yield from (owner, key)
        case Call(owner=owner, args=args):
            yield from (owner, *args)
        case Chain(body=below) | Unary(operand=below):
            yield below
        case Binary(left=left, right=right) | Logical(left=left, right=right):
            yield from (left, right)
        case Conditional(test=test, yes=yes, no=no):
            yield from (test, yes, no)
        case Text(parts=below) | List(values=below) | Object(values=below):
            yield from below
        case Const() | Row():
            return
