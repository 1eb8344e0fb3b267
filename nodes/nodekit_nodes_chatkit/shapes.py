"""Threads and what was said in them, in one form for both APIs. No I/O."""

import json
from datetime import UTC, datetime
from typing import Any

from nodekit import Fields, Json
from nodekit_nodes_chatkit.kinds import is_list, is_number, is_object

JsonObject = dict[str, Any]

ROLES = {"user_message": "user", "assistant_message": "assistant"}
PREFIX = "chatkit."


def simple_thread(thread: Fields) -> JsonObject:
    """Return a thread in our form."""
    status = thread.get("status")
    row: Fields = status if is_object(status) else {"type": status}
    shown = {
        "id": thread.get("id"),
        "title": thread.get("title"),
        "status": row.get("type"),
        "statusReason": row.get("reason"),
        "createdAt": when(thread.get("created_at")),
        "user": thread.get("user"),
    }
    page = thread.get("items")
    if not is_object(page) or not page.get("data"):
        return shown
    items = [simple_item(item) for item in page["data"]]
    return {**shown, "items": items, "hasMore": bool(page.get("has_more"))}


def simple_item(item: Fields) -> JsonObject:
    """Return an item of a thread in our form; fields that only its type has come last."""
    kind = str(item.get("type", "")).removeprefix(PREFIX)
    shown = {
        "id": item.get("id"),
        "type": kind,
        "role": ROLES.get(kind),
        "text": text_of(item),
        "threadId": item.get("thread_id"),
        "createdAt": when(item.get("created_at")),
    }
    return {**shown, **own_fields(kind, item)}


def text_of(item: Fields) -> str:
    """Return the words of an item, parts joined as they are."""
    content = item.get("content")
    rows = content if is_list(content) else []
    return "".join(str(part.get("text") or "") for part in rows if is_object(part))


KNOWN = {"id", "type", "object", "thread_id", "created_at"}


def own_fields(kind: str, item: Fields) -> JsonObject:
    """Return the fields that an item has for its type's sake."""
    own = {camel(name): value for name, value in item.items() if name not in KNOWN}
    for name in ("widget", "arguments", "output"):
        if isinstance(own.get(name), str):
            own[name] = from_json(own[name])
    if kind == "client_tool_call" and own.get("status") == "in_progress":
        own["status"] = "pending"
    return own


def camel(name: str) -> str:
    """Return a name as outputs have it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def from_json(text: str) -> Json:
    """Return JSON in a text as a value; a text that is none stays."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def when(value: Json) -> str | None:
    """Return a time as ISO 8601: seconds as UTC, a text as it is, for its zone may be unknown."""
    if is_number(value):
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    return value if isinstance(value, str) else None
