"""YAML text to plain JSON values that remember where they stood.

The one room of ruamel.yaml. Only its parser is used: the values are made here, so that every key
and value has a place, and nothing a file may hold can hang or crash the reader.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from nodekit.errors import shortened
from nodekit.items import Json

from .mishaps import cut_expression, explain, in_quotes
from .places import Place
from .problem import Problem
from .scalars import plain

DEPTH = 100
"""How deep mappings and lists may be nested."""

REPEATED = 100_000
"""How many values aliases may add to a file."""

CORE = "tag:yaml.org,2002:"
CONTAINERS = (MappingStartEvent, SequenceStartEvent)
ENDS = (MappingEndEvent, SequenceEndEvent)


class Parsed(NamedTuple):
    """What a text holds: its value, where its parts stand, and what is wrong with it.

    ``place`` is ``None`` if the text could not be read to its end.
    """

    value: Json
    place: Place | None
    problems: list[Problem]


class Built(NamedTuple):
    """A value with its place, and how large it is with all aliases written out."""

    value: Json
    place: Place
    size: int = 1
    height: int = 0


class Unreadable(Exception):
    """The text cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read(text: str, file: str | None) -> Parsed:
    """Read a YAML text; whatever it holds, the answer is a value or findings."""
    composer = Composer(text.removeprefix("\ufeff"), file)
    try:
        built = composer.document()
    except Unreadable as end:
        last = end.problem
        said = [p for p in composer.problems if (p.line, p.code) != (last.line, last.code)]
        return Parsed(None, None, [*said, last])
    return Parsed(built.value, built.place, composer.problems)


class Composer:
    """Makes values from the events of the YAML parser.

    Args:
        text: The text.
        file: Its name, for findings.
    """

    def __init__(self, text: str, file: str | None) -> None:
        self.text = text
        self.file = file
        self.problems: list[Problem] = []
        self.anchors: dict[str, Built | None] = {}
        self.repeated = 0
        self._stream = self._events()

    def _events(self) -> Iterator[Any]:
        try:
            parser: Any = YAML(typ="safe", pure=True, plug_ins=[])
            yield from parser.parse(self.text)
        except (YAMLError, ValueError, OverflowError) as error:
            raise Unreadable(explain(error, self.text, self.file)) from error

    def document(self) -> Built:
        """Return the only document of the text.

        Raises:
            Unreadable: The text is not YAML, or is refused.
        """
        for event in self._stream:
            if isinstance(event, StreamEndEvent):
                raise Unreadable(self._problem(1, 1, "empty-file", "the file is empty"))
            if isinstance(event, DocumentStartEvent):
                break
        built = self._node(next(self._stream), 1)
        for event in self._stream:
            if isinstance(event, DocumentStartEvent):
                self._note(
                    event,
                    "several-documents",
                    "a second document begins here",
                    "Keep one pipeline in a file, and remove the line `---`.",
                )
                break
        return built

    def _problem(
        self, line: int, column: int, code: str, message: str, hint: str | None = None
    ) -> Problem:
        return Problem(self.file, line, column, "error", code, message, hint)

    def _fault(self, event: Any, code: str, message: str, hint: str | None = None) -> Problem:
        mark = event.start_mark
        return self._problem(mark.line + 1, mark.column + 1, code, message, hint)

    def _note(self, event: Any, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self._fault(event, code, message, hint))

    def _node(self, event: Any, depth: int) -> Built:
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = None
        built = self._fresh(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = built
        return built

    def _fresh(self, event: Any, depth: int) -> Built:
        if isinstance(event, ScalarEvent):
            return Built(self._scalar(event), place_of(event))
        if depth > DEPTH:
            raise Unreadable(
                self._fault(
                    event, "deep-nesting", f"mappings and lists are nested more than {DEPTH} deep"
                )
            )
        self._check_tag(event, ("map",) if is_a(event, MappingStartEvent) else ("seq",))
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _alias(self, event: Any, depth: int) -> Built:
        name = event.anchor
        if name not in self.anchors:
            raise Unreadable(self._fault(event, "bad-yaml", f'there is no anchor "&{name}" above'))
        found = self.anchors[name]
        if found is None:
            raise Unreadable(
                self._fault(event, "alias-circle", f'the anchor "&{name}" contains itself')
            )
        self.repeated += found.size
        if self.repeated > REPEATED:
            raise Unreadable(
                self._fault(event, "alias-bomb", f"aliases repeat more than {REPEATED} values")
            )
        if depth + found.height > DEPTH:
            raise Unreadable(
                self._fault(
                    event, "deep-nesting", f"mappings and lists are nested more than {DEPTH} deep"
                )
            )
        place = place_of(event)
        place.inner = found.place.inner
        return found._replace(place=place)

    def _sequence(self, event: Any, depth: int) -> Built:
        rows: list[Built] = []
        for inner in self._stream:
            if isinstance(inner, SequenceEndEvent):
                break
            rows.append(self._node(inner, depth + 1))
        place = place_of(event)
        place.inner = {i: row.place for i, row in enumerate(rows)}
        return around([row.value for row in rows], place, rows)

    def _mapping(self, event: Any, depth: int) -> Built:
        rows: dict[str | int, Built] = {}
        for key in self._stream:
            if isinstance(key, MappingEndEvent):
                break
            if isinstance(key, CONTAINERS):
                if is_flow_mapping(event) and is_flow_mapping(key):
                    return self._unquoted(event)
                self._skip(key)
                self._note(key, "bad-key", "a mapping or list cannot be a key")
                self._skip(next(self._stream))
                continue
            self._entry(rows, key, depth)
        place = place_of(event)
        place.inner = {name: row.place for name, row in rows.items()}
        return around({name: row.value for name, row in rows.items()}, place, list(rows.values()))

    def _entry(self, rows: dict[str | int, Built], key: Any, depth: int) -> None:
        built = self._node(key, depth + 1)
        value = self._node(next(self._stream), depth + 1)
        name = built.value
        if name == "<<" and not key.style:
            self._note(
                key,
                "merge-key",
                "YAML 1.2 has no merge key `<<`",
                "Write the keys out, or give the whole mapping an anchor.",
            )
        elif not isinstance(name, str):
            written = str(key.value) if is_a(key, ScalarEvent) else "*"
            self._note(
                key,
                "bad-key",
                f"a key must be text, found {written or 'nothing'}",
                f'Put it in quotes: "{written}".' if written else None,
            )
        elif name in rows:
            first = rows[name].place.key
            self._note(
                key,
                "duplicate-key",
                f'key "{name}" is given twice, first in line {first[0] if first else 0}',
            )
        else:
            value.place.key = (built.place.line, built.place.column)
            rows[name] = value

    def _skip(self, event: Any, depth: int = 0) -> int:
        """Pass over a node, or the rest of so many; return the offset at which it ends."""
        while True:
            depth += isinstance(event, CONTAINERS) - isinstance(event, ENDS)
            if depth == 0:
                return int(event.end_mark.index)
            event = next(self._stream)

    def _unquoted(self, event: Any) -> Built:
        """Read ``{{ … }}`` without quotes as the expression it is meant to be."""
        end = self._skip(next(self._stream), 2)
        text = self.text[event.start_mark.index : end]
        if not (text.startswith("{{") and text.endswith("}}")):
            self._note(event, "bad-key", "a mapping or list cannot be a key")
            return Built({}, place_of(event))
        self._note(
            event,
            "unquoted-expression",
            f"an expression must stand in quotes, found {shortened_plain(text)}",
            f"Write {in_quotes('=' + text)}.",
        )
        return Built("=" + text, place_of(event))

    def _scalar(self, event: Any) -> Json:
        text: str = event.value
        if not text.isascii() and has_half_characters(text):
            self._note(event, "bad-text", f"half a character in the text {shortened(text)}")
            return ""
        tag = self._check_tag(event, ("str", "int", "float", "bool", "null"))
        if tag == "str" or (not tag and event.style):
            return text
        if not event.style and (line := cut_expression(text, self.text, event.start_mark.index)):
            self._note(
                event,
                "unquoted-expression",
                "an expression must stand in quotes: YAML reads ` #` as a comment",
                f"Write {in_quotes(line)}.",
            )
            return line
        try:
            value = plain(text)
        except ValueError as error:
            self._note(event, "bad-number", str(error))
            return None
        if tag and isinstance(value, str):
            self._note(event, "bad-tag", f"{shortened(text)} is no !!{tag}", "Remove the tag.")
        return value

    def _check_tag(self, event: Any, allowed: tuple[str, ...]) -> str:
        tag = "" if event.tag is None else str(event.tag)
        if tag == "!":
            return "str"
        name = tag.removeprefix(CORE)
        if name and (name not in allowed or name == tag):
            self._note(
                event,
                "bad-tag",
                f"the YAML tag {written_tag(tag)} has no meaning here",
                "Remove the tag.",
            )
            return ""
        return name


def is_a(event: Any, kind: type) -> bool:
    """Whether an event is of this kind (the parser's own types are not known to type checkers)."""
    return isinstance(event, kind)


def is_flow_mapping(event: Any) -> bool:
    """Whether a mapping in braces begins here."""
    return is_a(event, MappingStartEvent) and bool(event.flow_style)


def place_of(event: Any) -> Place:
    """Return where an event begins."""
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def around(value: Json, place: Place, inner: list[Built]) -> Built:
    """Return a mapping or list with the size and height that its parts give it."""
    size = 1 + sum(part.size for part in inner)
    return Built(value, place, size, 1 + max((part.height for part in inner), default=0))


def written_tag(tag: str) -> str:
    """Return a tag the way a file writes it."""
    return f"!!{tag.removeprefix(CORE)}" if tag.startswith(CORE) else tag


def has_half_characters(text: str) -> bool:
    """Whether a text holds a surrogate, which an escape like ``\\ud800`` makes."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def shortened_plain(text: str, limit: int = 60) -> str:
    """Return a text without quotes, cut at the end when it is long."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
