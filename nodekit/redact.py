"""Keeps secrets out of what people see: outputs, errors, logs and records.

A secret is replaced wherever it stands, also inside a longer text, also encoded for a URL, as JSON
or in base64 (where it may stand inside the encoding of something longer, as in basic access
authentication).
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
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

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self._secrets.update(forms(secret))
        self._compile()

    def add(self, secret: str) -> None:
        """Learn one more secret; what was redacted before stays as it is."""
        found = set(forms(secret)) - self._secrets
        if found:
            self._secrets |= found
            self._compile()

    def _compile(self) -> None:
        longest_first = sorted(self._secrets, key=lambda form: (-len(form), form))
        self._pattern = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def json(self, value: Json) -> Json:
        """Return a JSON value without secrets, the same object where there are none in it."""
        return value if self._pattern is None else self._json(value)

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
        """Return an error without secrets; what is redacted loses its cause, which holds them."""
        if self._pattern is None:
            return error
        message, details = self.text(error.message), self.json(error.details)
        hint = None if error.hint is None else self.text(error.hint)
        if message == error.message and details is error.details and hint == error.hint:
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
        )

    def items(self, items: Items) -> Items:
        """Return items whose json and errors hold no secrets."""
        if self._pattern is None:
            return items
        rows: list[Fields] = [self._json(row) for row in items.json]
        errors = {at: self.error(error) for at, error in items.errors.items()}
        same = all(new is old for new, old in zip(rows, items.json, strict=True))
        if same and all(errors[at] is error for at, error in items.errors.items()):
            return items
        return Items(rows, links=items.links, binary=items.binary, errors=errors)

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} forms)"


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
