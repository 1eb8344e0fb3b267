"""Keeps secrets out of what people see: outputs, errors, logs and records.

A secret is replaced wherever it stands, also inside a longer text, also encoded for a URL, as JSON
or in base64 (where it may stand inside the encoding of something longer, as in basic access
authentication).
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from nodekit.items import Fields, ItemError, Items, Json
from nodekit.json_values import is_list, is_object

MASK = "***"

SHORTEST = 4
"""Shorter texts are no secrets: replacing them would spoil everything else."""

SHORTEST_BASE64 = 6
"""Shorter pieces of base64 stand in too many other words."""


class Redactor:
    """Replaces secrets by ``***``. Without secrets it returns what it is given, at no cost.

    Args:
        secrets: The texts that must not be seen.
    """

    __slots__ = ("_forms", "_known", "_pattern")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Learn one more secret; what was redacted before stays as it is."""
        if secret in self._known:
            return
        self._known.add(secret)
        found = set(forms(secret)) - self._forms
        if found:
            self._forms |= found
            self._pattern = None

    @property
    def size(self) -> int:
        """How much it has learned: a number that grows with every new secret."""
        return len(self._forms)

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the secrets; made when it is first needed after one was learned."""
        if self._pattern is None:
            self._pattern = re.compile(any_of(self._forms))
        return self._pattern

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return self.pattern.sub(MASK, text) if self._forms else text

    def json(self, value: Json) -> Json:
        """Return a JSON value without secrets, the same object where there are none in it."""
        return self._json(value) if self._forms else value

    def _json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if is_object(value):
            found = {self._json(key): self._json(part) for key, part in value.items()}
            return found if changed(found, value) else value
        if is_list(value):
            row = [self._json(part) for part in value]
            return (
                row if any(new is not old for new, old in zip(row, value, strict=True)) else value
            )
        return value

    def error(self, error: ItemError) -> ItemError:
        """Return an error without secrets; it loses a cause that holds one."""
        if not self._forms:
            return error
        message, details = self.text(error.message), self.json(error.details)
        hint = None if error.hint is None else self.text(error.hint)
        cause = None if error.cause is None or self.shows(error.cause) else error.cause
        same = message == error.message and details is error.details and hint == error.hint
        if same and cause is error.cause:
            return error
        return ItemError(
            message,
            type=error.type,
            hint=hint,
            step=error.step,
            item=error.item,
            status=error.status,
            details=details,
            outcome=error.outcome,
            cause=cause if same else None,
        )

    def shows(self, error: BaseException) -> bool:
        """Whether an exception, or one that led to it, shows a secret in its traceback."""
        return any(self.text(text) != text for text in told_by(error))

    def items(self, items: Items) -> Items:
        """Return items whose json and errors hold no secrets."""
        if not self._forms:
            return items
        rows: list[Fields] = [self._json(row) for row in items.json]
        errors = {at: self.error(error) for at, error in items.errors.items()}
        same = all(new is old for new, old in zip(rows, items.json, strict=True))
        if same and all(errors[at] is error for at, error in items.errors.items()):
            return items
        return Items(rows, links=items.links, binary=items.binary, errors=errors)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"


def any_of(forms: Iterable[str]) -> str:
    """Return a regular expression for any of these texts, of two that begin alike the longer one.

    They are grouped by their first two characters: of thousands of texts, few are then compared at
    each place.
    """
    groups: dict[str, dict[str, list[str]]] = {}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        groups.setdefault(form[0], {}).setdefault(form[1], []).append(re.escape(form[2:]))
    return "|".join(
        f"{re.escape(first)}(?:{'|'.join(seconds_of(group))})" for first, group in groups.items()
    )


def seconds_of(group: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield an expression for each second character, with all that may follow it."""
    for second, rests in group.items():
        yield f"{re.escape(second)}(?:{'|'.join(rests)})"


def told_by(error: BaseException) -> Iterator[str]:
    """Yield what a traceback shows of an exception and of those that led to it."""
    pending, seen = [error], set[int]()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield str(one)
        yield repr(one)
        yield from getattr(one, "__notes__", ())
        yield from texts_in(vars(one))
        led = (one.__cause__, one.__context__, getattr(one, "cause", None))
        pending += [other for other in led if isinstance(other, BaseException)]
        parts: Iterable[object] = getattr(one, "exceptions", ())
        pending += [part for part in parts if isinstance(part, BaseException)]


def texts_in(value: object) -> Iterator[str]:
    """Yield the texts in what an exception holds, keys and values alike, at any depth."""
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for key, part in value.items():
            yield str(key)
            yield from texts_in(part)
    elif is_list(value):
        for part in value:
            yield from texts_in(part)


def changed(new: Mapping[Any, Any], old: Mapping[Any, Any]) -> bool:
    """Whether a key or a value of a mapping was replaced."""
    return new.keys() != old.keys() or any(new[key] is not old[key] for key in new)


def forms(secret: str) -> Iterator[str]:
    """Yield the ways in which a secret may stand in a text; none if it is too short to be one."""
    if len(secret.strip()) < SHORTEST:
        return
    for plain in {secret, secret.strip()}:
        yield plain
        yield quote(plain)
        yield quote(plain, safe="")
        yield quote_plus(plain)
        yield json.dumps(plain)[1:-1]
        yield json.dumps(plain, ensure_ascii=False)[1:-1]
        yield repr(plain)[1:-1]
        yield from in_base64(plain.encode())


def in_base64(secret: bytes) -> Iterator[str]:
    """Yield what base64 makes of bytes, wherever they begin in what is encoded.

    Three bytes become four characters. Characters that also depend on neighbours are left out.
    """
    for offset in range(3):
        skip = (0, 2, 3)[offset]
        whole = (offset + len(secret)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(b"\0" * offset + secret).decode()[skip:whole]
            if len(text) >= SHORTEST_BASE64:
                yield text
