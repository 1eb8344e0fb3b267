"""Values that are checked when an item is at hand, in words that name the field as people do."""

import json
from math import isfinite

from nodekit import Json, NodeError
from nodekit_nodes_chatkit.kinds import is_list, is_object

KINDS: dict[type, str] = {
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def required(text: str, message: str) -> str:
    """Return a text that has something in it.

    Raises:
        NodeError: It is empty or blank; the error says the message.
    """
    if not text.strip():
        raise NodeError(message)
    return text


def parsed(value: Json, name: str) -> Json:
    """Return a JSON parameter as a value; text is JSON, blank text is nothing.

    Raises:
        NodeError: It is not JSON.
    """
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise NodeError(
            f"{name} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error


def json_object(value: Json, name: str) -> dict[str, Json] | None:
    """Return a JSON parameter as an object; ``None`` when nothing is given.

    Raises:
        NodeError: It is not JSON, or not an object.
    """
    found = parsed(value, name)
    if found is None:
        return None
    if not is_object(found):
        raise NodeError(f"{name} must be a JSON object, got {KINDS[type(found)]}.")
    return dict(found)


def texts(value: Json, name: str) -> list[str]:
    """Return a list of texts: a list, JSON of one, or texts with commas between them.

    Raises:
        NodeError: It is neither.
    """
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    found = parsed(value, name)
    rows: Json = [] if found is None else found
    if not is_list(rows) or not all(isinstance(row, str | int) for row in rows):
        raise NodeError(f"{name} must be a list of texts.")
    return [str(row).strip() for row in rows if str(row).strip()]


def milliseconds(value: float | str, name: str = "Timeout (ms)") -> float:
    """Return a number of milliseconds in seconds.

    Raises:
        NodeError: It is no number, or less than 1000.
    """
    amount = as_number(value)
    if amount is None or amount < 1000:
        raise NodeError(f"{name} must be a number of at least 1000.")
    return amount / 1000


def whole(value: float | str, name: str, least: int, most: int | None = None) -> int:
    """Return a whole number in a range.

    Raises:
        NodeError: It is none, or out of the range.
    """
    amount = as_number(value)
    if amount is None or amount != int(amount) or amount < least or (most and amount > most):
        limits = f"from {least} to {most}" if most else f"of at least {least}"
        raise NodeError(f"{name} must be a whole number {limits}.")
    return int(amount)


def as_number(value: float | str) -> float | None:
    """Return a value as a finite number, if it is one."""
    try:
        amount = float(value)
    except ValueError:
        return None
    return amount if isfinite(amount) else None
