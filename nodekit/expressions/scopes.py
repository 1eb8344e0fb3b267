"""Which names of a statement are its own: parameters of functions, and what it declares."""

from collections.abc import Iterator

from .tokens import Script

DECLARATIONS = frozenset(("let", "const", "var"))


def bound_names(script: Script) -> set[int]:
    """Return the indexes of the tokens that stand for a name the statement itself declares.

    n8n's own names (those with ``$``) always count as n8n's, so that nothing asked for is missed.
    """
    bound: set[int] = set()
    for names, start, end in bindings(script):
        bound.update(
            i
            for i in range(start, min(end + 1, len(script.tokens)))
            if script.name(i) in names and script.is_free(i)
        )
    return bound


def bindings(script: Script) -> Iterator[tuple[set[str], int, int]]:
    """Yield names with the first and last index of the tokens where they hold."""
    for index in range(len(script.tokens)):
        if script.punct(index) == "=>":
            start = arrow_start(script, index)
            yield declared(script, start, index), start, body_end(script, index + 1)
        elif script.is_property(index):
            continue
        elif script.name(index) in ("function", "catch"):
            yield from parameters(script, index)
        elif script.name(index) in DECLARATIONS:
            parent = script.parents[index]
            if script.punct(parent) == "(":  # for (const x of …)
                parent = script.parents[parent]
            names = declared(script, index + 1, declaration_end(script, index))
            yield names, max(parent, 0), script.mates.get(parent, len(script.tokens))
        elif script.name(index) == "class":
            yield {script.name(index + 1)}, index, len(script.tokens)


def arrow_start(script: Script, arrow: int) -> int:
    """Return where the parameters of an arrow function begin."""
    if script.punct(arrow - 1) != ")":
        return arrow - 1
    return next(o for o, closer in script.mates.items() if closer == arrow - 1)


def parameters(script: Script, index: int) -> Iterator[tuple[set[str], int, int]]:
    """Yield the names of a function, or of a ``catch``, with where they hold."""
    opener = index + 1
    while opener < len(script.tokens) and script.punct(opener) != "(":
        opener += 1
    if opener not in script.mates:
        return
    close = script.mates[opener]
    names = declared(script, opener, close) | {script.name(index + 1)}
    yield names, index, body_end(script, close + 1)


def body_end(script: Script, start: int) -> int:
    """Return the index of the last token of a function's body that begins at ``start``."""
    if script.punct(start) == "{":
        return script.mates[start]
    return next_at_level(script, start, (",", ";")) - 1


def declaration_end(script: Script, index: int) -> int:
    """Return the index behind a declaration."""
    return next_at_level(script, index + 1, (";",))


def next_at_level(script: Script, start: int, stops: tuple[str, ...]) -> int:
    """Return the index of the next of these punctuators, or of what closes the brackets around."""
    if start >= len(script.tokens):
        return start
    parent = script.parents[start]
    for index in range(start, len(script.tokens)):
        if script.parents[index] == parent and script.punct(index) in stops:
            return index
        if index == script.mates.get(parent):
            return index
    return len(script.tokens)


def declared(script: Script, start: int, end: int) -> set[str]:
    """Return the names that the patterns between these tokens declare (n8n's own left out)."""
    names: set[str] = set()
    index = start
    while index < end and script.name(index) not in ("of", "in"):
        if script.punct(index) == "=":  # a default, or the value
            index = next_at_level(script, index, (",", ";"))
            continue
        name = script.name(index)
        if name and not name.startswith("$") and script.is_free(index):
            names.add(name)
        index += 1
    return names
