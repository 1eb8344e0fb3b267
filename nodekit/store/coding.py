"""A state at rest: JSON text, and the secrets by their place in it."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

from pydantic import SecretStr

from nodekit.errors import StateError
from nodekit.items import Json
from nodekit.json_values import is_list, is_object
from nodekit.state import Row

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a row: keys and indexes."""

GONE = object()


def is_tuple(value: Json) -> TypeGuard[tuple[Json, ...]]:
    """Whether a value is a tuple, which JSON knows as a list."""
    return isinstance(value, tuple)


def place(pipeline: str, step: str | None) -> str:
    """Return whose state it is, in words."""
    return f'pipeline "{pipeline}"' if step is None else f'step "{step}" of "{pipeline}"'


def parted(row: Row) -> tuple[Row, dict[Path, str]]:
    """Return a row with ``None`` in place of each secret, and the secrets."""
    secrets: dict[Path, str] = {}
    return _parted(row, (), secrets), secrets


def _parted(value: Json, path: Path, secrets: dict[Path, str]) -> Any:
    if isinstance(value, SecretStr):
        secrets[path] = value.get_secret_value()
        return None
    if is_object(value):
        return {key: _parted(part, (*path, key), secrets) for key, part in value.items()}
    if is_list(value) or is_tuple(value):
        return [_parted(part, (*path, at), secrets) for at, part in enumerate(value)]
    return value


def joined(row: Row, secrets: Mapping[Path, str | None]) -> Row:
    """Return a row with its secrets in place.

    A secret that is lost (``None``) takes along the object that holds it, unless that is the row
    itself: half a record is of no use.
    """
    whole: Row = _joined(row, secrets, ())
    return whole


def _joined(value: Json, secrets: Mapping[Path, str | None], path: Path) -> Any:
    if path in secrets:
        secret = secrets[path]
        return GONE if secret is None else SecretStr(secret)
    if is_object(value):
        if path and any(secrets.get((*path, key), "") is None for key in value):
            return GONE
        parts = {key: _joined(part, secrets, (*path, key)) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not GONE}
    if is_list(value):
        row = [_joined(part, secrets, (*path, at)) for at, part in enumerate(value)]
        return [part for part in row if part is not GONE]
    return value


def masked(row: Row, secrets: Mapping[Path, str]) -> Row:
    """Return a row with ``***`` in place of each secret that is not empty."""
    shown: dict[Path, str | None] = {path: "***" if text else "" for path, text in secrets.items()}
    plain: Row = _plain(joined(row, shown))
    return plain


def _plain(value: Json) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if is_object(value):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if is_list(value) else value


def dumped(value: Json, where: str) -> str:
    """Return JSON text of what is to be kept.

    Raises:
        StateError: It holds something else.
    """
    try:
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise StateError(f"{where} cannot be kept: {reason}") from error


def loaded(text: str, where: str) -> Json:
    """Return what JSON text says.

    Raises:
        StateError: It is none.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise StateError(
            f"{where} cannot be read: it is not JSON",
            hint="Remove it with `nodekit state clear`, or restore a copy of the store.",
        ) from error
