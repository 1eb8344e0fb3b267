"""The part of JavaScript that means the same in generated Python, read into a tree."""

from nodekit.params import UNDEFINED

from .literals import number, template_piece
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
)
from .statement import FORBIDDEN, literal_text
from .tokens import Script, Token

DEPTH = 20
"""How deep a tree may be; Python's own limit for nested blocks is near."""

LENGTH = 400
"""How many tokens it may have."""

POWERS = {
    "??": 1, "||": 2, "&&": 3,
    "==": 4, "!=": 4, "===": 4, "!==": 4,
    "<": 5, "<=": 5, ">": 5, ">=": 5,
    "+": 6, "-": 6,
    "*": 7, "/": 7, "%": 7,
}  # fmt: skip
UNARY = ("!", "-", "+")
METHODS = {
    "toUpperCase": 0, "toLowerCase": 0, "trim": 0,
    "includes": 1, "startsWith": 1, "endsWith": 1,
}  # fmt: skip
"""The methods, with the number of their arguments."""

WORDS = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


class BeyondError(Exception):
    """The expression is beyond this part of JavaScript."""


def tree(script: Script) -> Node | None:
    """Return the tree of a statement, or ``None`` if only JavaScript can say what it means."""
    if len(script.tokens) > LENGTH:
        return None
    try:
        return Parser(script).whole()
    except BeyondError:
        return None


class Parser:
    """Reads a tree, by precedence climbing."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        """Read all of the statement.

        Raises:
            BeyondError: It is not all in this part of JavaScript.
        """
        node = self._expression()
        if self.at != len(self.script.tokens):
            raise BeyondError
        return node

    def _token(self) -> Token:
        if self.at == len(self.script.tokens):
            raise BeyondError
        return self.script.tokens[self.at]

    def _take(self, *texts: str) -> str:
        """Take one of these punctuators, if it comes next."""
        found = self.script.punct(self.at)
        if found in texts:
            self.at += 1
            return found
        return ""

    def _want(self, text: str) -> None:
        if not self._take(text):
            raise BeyondError

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise BeyondError

    def _expression(self) -> Node:
        self._deeper()
        node = self._binary(0)
        if self._take("?"):
            yes = self._expression()
            self._want(":")
            node = Conditional(node, yes, self._expression())
        self.depth -= 1
        return node

    def _binary(self, floor: int) -> Node:
        node, bare = self._unary(), ""
        while (power := POWERS.get(operator := self.script.punct(self.at), 0)) > floor:
            self.at += 1
            right = self._binary(3 if operator == "??" else power)
            if power > 3:
                node = Binary(operator, node, right)
                continue
            if bare != operator and bare and "??" in (bare, operator):
                raise BeyondError  # JavaScript wants parentheses
            node, bare = Logical(operator, node, right), operator
        return node

    def _unary(self) -> Node:
        operator = self._take(*UNARY)
        if not operator and self.script.name(self.at) == "typeof":
            self.at += 1
            operator = "typeof"
        if not operator:
            return self._postfix()
        self._deeper()
        node = Unary(operator, self._unary())
        self.depth -= 1
        return node

    def _postfix(self) -> Node:
        node, chained, links = self._primary(), False, self.depth
        while link := self._take(".", "?.", "["):
            optional = link == "?."
            if optional:
                chained = True
                self._deeper()
            node = self._link(node, link, optional)
        self.depth = links
        return Chain(node) if chained else node

    def _link(self, owner: Node, link: str, optional: bool) -> Node:
        if link == "[" or (optional and self._take("[")):
            key = self._expression()
            self._want("]")
            return indexed(owner, key, optional)
        name = self._name()
        if self._take("("):
            return self._call(owner, name, optional)
        return Member(owner, name, optional)

    def _call(self, owner: Node, name: str, optional: bool) -> Node:
        args = self._listed(")")
        if METHODS.get(name) != len(args):
            raise BeyondError
        return Call(owner, name, args, optional)

    def _name(self) -> str:
        name = self.script.name(self.at)
        if not name.replace("$", "_").isidentifier() or name in FORBIDDEN:
            raise BeyondError
        self.at += 1
        return name

    def _listed(self, closer: str) -> tuple[Node, ...]:
        """Read values with commas between them, up to the closer."""
        values: list[Node] = []
        while not self._take(closer):
            values.append(self._expression())
            if not self._take(","):
                self._want(closer)
                break
        return tuple(values)

    def _primary(self) -> Node:
        token = self._token()
        if token.kind == "punct":
            return self._bracketed()
        if token.kind == "name":
            return self._word(token.text)
        if token.kind == "head":
            return self._template()
        self.at += 1
        value = number(token.text) if token.kind == "number" else literal_text(token)
        if value is None:
            raise BeyondError
        return Const(value)

    def _word(self, word: str) -> Node:
        self.at += 1
        if word in WORDS:
            return Const(WORDS[word])
        if word in ("$json", "$data"):
            return Row()
        if word == "$input":
            for name in ("item", "json"):
                self._want(".")
                if self._name() != name:
                    raise BeyondError
            return Row()
        raise BeyondError

    def _bracketed(self) -> Node:
        if self._take("("):
            node = self._expression()
            self._want(")")
            return node
        if self._take("["):
            return List(self._listed("]"))
        self._want("{")
        return self._object()

    def _object(self) -> Node:
        keys: list[str] = []
        values: list[Node] = []
        while not self._take("}"):
            keys.append(self._object_key())
            self._want(":")
            values.append(self._expression())
            if not self._take(","):
                self._want("}")
                break
        if len(set(keys)) < len(keys):
            raise BeyondError
        return Object(tuple(keys), tuple(values))

    def _object_key(self) -> str:
        """Read a key; none like an integer, because JavaScript sorts those to the front."""
        token = self._token()
        if token.kind == "name":
            return self._name()
        key = literal_text(token) if token.kind == "string" else None
        if key is None or key.isdecimal() or key in FORBIDDEN:
            raise BeyondError
        self.at += 1
        return key

    def _template(self) -> Node:
        parts: list[Node] = [self._piece()]
        while self.script.tokens[self.at - 1].kind != "tail":
            parts.append(self._expression())
            if self._token().kind not in ("middle", "tail"):
                raise BeyondError
            parts.append(self._piece())
        return Text(tuple(parts))

    def _piece(self) -> Node:
        piece = template_piece(self._token().text)
        if piece is None:
            raise BeyondError
        self.at += 1
        return Const(piece)


def indexed(owner: Node, key: Node, optional: bool) -> Node:
    """Return the member under a key: by name where the key is a literal."""
    if not isinstance(key, Const):
        return Item(owner, key, optional)
    name = key.value
    if isinstance(name, int) and not isinstance(name, bool) and name >= 0:
        name = str(name)
    if not isinstance(name, str) or name in FORBIDDEN:
        raise BeyondError
    return Member(owner, name, optional)
