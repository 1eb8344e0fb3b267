"""Sessions, threads and items as the first two APIs show them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .settings import Settings
from .store import EmulatedSession, EmulatedThread

JsonObject = dict[str, Any]


def seed_session(session: EmulatedSession, settings: Settings) -> JsonObject:
    """Return a session as the original node's API shows it, in the form that is set."""
    ends: Any = int(session.expires_at + settings.skew)
    shown: JsonObject = {"id": session.id, "client_secret": session.secret}
    match settings.session_form:
        case "secret_object":
            shown["client_secret"] = {"value": session.secret, "expires_at": ends}
            return shown
        case "milliseconds":
            ends *= 1000
        case "iso":
            ends = datetime.fromtimestamp(ends, UTC).isoformat()
        case "no_expiry":
            return shown
        case _:
            pass
    return {**shown, "expires_at": ends}


def rest_session(session: EmulatedSession, settings: Settings) -> JsonObject:
    """Return a session as the published API shows it, with every field."""
    limit = session.per_minute or 10
    workflow = session.workflow
    expired = settings.clock.now() >= session.expires_at
    return {
        "id": session.id,
        "object": "chatkit.session",
        "client_secret": session.secret,
        "expires_at": int(session.expires_at + settings.skew),
        "workflow": {
            "id": workflow["id"],
            "version": workflow.get("version"),
            "state_variables": workflow.get("state_variables"),
            "tracing": workflow.get("tracing") or {"enabled": True},
        },
        "user": session.user,
        "rate_limits": {"max_requests_per_1_minute": limit},
        "max_requests_per_1_minute": limit,
        "status": "cancelled" if session.cancelled else "expired" if expired else "active",
        "chatkit_configuration": configuration(session.configuration),
    }


def configuration(given: JsonObject) -> JsonObject:
    """Return a configuration with what was not given filled in."""
    return {
        "automatic_thread_titling": {
            "enabled": True,
            **given.get("automatic_thread_titling", {}),
        },
        "file_upload": {
            "enabled": False,
            "max_file_size": 512,
            "max_files": 10,
            **given.get("file_upload", {}),
        },
        "history": {"enabled": True, "recent_threads": None, **given.get("history", {})},
    }


def rest_thread(thread: EmulatedThread) -> JsonObject:
    """Return a thread as the published API shows it."""
    return {
        "id": thread.id,
        "object": "chatkit.thread",
        "created_at": int(thread.created_at),
        "title": thread.title,
        "status": thread.status,
        "user": thread.user,
    }


def rest_item(item: JsonObject, prefix: str) -> JsonObject | None:
    """Return an item as the published API shows it; ``None`` for a type that it does not have."""
    own = OWN_FIELDS.get(item["type"])
    if own is None:
        return None
    moment = datetime.fromisoformat(item["created_at"]).replace(tzinfo=UTC)
    return {
        "id": item["id"],
        "object": "chatkit.thread_item",
        "created_at": int(moment.timestamp()),
        "thread_id": item["thread_id"],
        "type": f"{prefix}{TYPES.get(item['type'], item['type'])}",
        **own(item),
    }


def user_fields(item: JsonObject) -> JsonObject:
    """Return the fields of a user's message."""
    parts = [part for part in item["content"] if part["type"] in ("input_text", "quoted_text")]
    return {
        "content": parts,
        "attachments": [
            {
                "id": row["id"],
                "name": row["name"],
                "mime_type": row["mime_type"],
                "type": row["type"],
                "preview_url": row.get("preview_url"),
            }
            for row in item["attachments"]
        ],
        "inference_options": item["inference_options"] or None,
    }


def assistant_fields(item: JsonObject) -> JsonObject:
    """Return the fields of an assistant's message."""
    return {
        "content": [
            {**part, "annotations": [rest_annotation(row) for row in part["annotations"]]}
            for part in item["content"]
        ]
    }


def rest_annotation(annotation: JsonObject) -> JsonObject:
    """Return an annotation as the published API shows it."""
    source = annotation["source"]
    names = ("type", "url") if source["type"] == "url" else ("type", "filename")
    return {"type": source["type"], "source": {name: source[name] for name in names}}


def call_fields(item: JsonObject) -> JsonObject:
    """Return the fields of a call of a client tool."""
    output = item.get("output")
    return {
        "call_id": item["call_id"],
        "name": item["name"],
        "arguments": json.dumps(item["arguments"]),
        "output": None if output is None else json.dumps(output),
        "status": "completed" if item["status"] == "completed" else "in_progress",
    }


def group_fields(item: JsonObject) -> JsonObject:
    """Return the fields of a group of tasks."""
    rows = item["workflow"]["tasks"]
    return {
        "tasks": [
            {"type": "custom", "heading": row.get("title"), "summary": row.get("content")}
            for row in rows
        ]
    }


TYPES = {"workflow": "task_group"}

OWN_FIELDS: dict[str, Callable[[JsonObject], JsonObject]] = {
    "user_message": user_fields,
    "assistant_message": assistant_fields,
    "widget": lambda item: {"widget": json.dumps(item["widget"])},
    "client_tool_call": call_fields,
    "workflow": group_fields,
    "task": lambda item: {
        "task_type": "thought",
        "heading": item.get("title"),
        "summary": item.get("content"),
    },
}


def list_page(rows: list[JsonObject], has_more: bool) -> web.Response:
    """Return one page of a list."""
    return web.json_response(
        {
            "object": "list",
            "data": rows,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
            "has_more": has_more,
        }
    )
