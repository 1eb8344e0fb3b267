"""The body that opens a session of a hosted workflow."""

from collections.abc import Mapping
from typing import Any

from nodekit import Json, NodeError
from nodekit_nodes_chatkit.kinds import is_list, is_object
from nodekit_nodes_chatkit.params.chatkit import NewSession, SessionConfig
from nodekit_nodes_chatkit.params.values import json_object, parsed, required, whole

JsonObject = dict[str, Any]

MOST_VARIABLES = 64
LONGEST_NAME = 64


def session_body(params: NewSession) -> JsonObject:
    """Return the body that opens a session.

    Raises:
        NodeError: Something is missing or out of range.
    """
    workflow_id = required(params.workflow_id, "Workflow ID is required.").strip()
    user = required(params.user_id, "User ID is required by the OpenAI ChatKit API.").strip()
    config = params.session_config
    body: JsonObject = {"user": user, "workflow": workflow(workflow_id, params)}
    more = {
        "chatkit_configuration": configuration(config),
        "expires_after": expiry(config),
        "rate_limits": rate_limits(config),
    }
    body.update({name: value for name, value in more.items() if value})
    return merged(body, json_object(params.session_options, "Session Options (JSON)") or {})


def workflow(workflow_id: str, params: NewSession) -> JsonObject:
    """Return the workflow to run, and how."""
    version = params.workflow_version.strip()
    if version == "latest":
        raise NodeError(
            "'latest' is not a workflow version. "
            "Leave Workflow Version empty to run the latest deployment."
        )
    tracing = params.session_config.tracing
    more = {
        "version": version or None,
        "state_variables": state_variables(params.state_variables) or None,
        "tracing": None if tracing is None else {"enabled": tracing},
    }
    return {"id": workflow_id, **{name: value for name, value in more.items() if value is not None}}


def state_variables(given: Json) -> JsonObject:
    """Return the values for the workflow, by name.

    Raises:
        NodeError: They are too many, a name is too long, or a value is no plain value.
    """
    found = parsed(given, "State Variables")
    rows = collection(found)
    named = dict(rows) if rows is not None else json_object(found, "State Variables") or {}
    if len(named) > MOST_VARIABLES:
        raise NodeError(f"At most 64 state variables are allowed, got {len(named)}.")
    for name, value in named.items():
        if not 0 < len(name) <= LONGEST_NAME:
            raise NodeError(f"State variable '{name}' must have a name of 1 to 64 characters.")
        if not isinstance(value, str | int | float):
            raise NodeError(f"State variable '{name}' must be text, a number or true/false.")
    return named


def collection(given: Json) -> list[tuple[str, Json]] | None:
    """Return the rows of n8n's fixed collection, or of a list: name, type and value."""
    if is_object(given) and len(given) == 1:
        (inner,) = given.values()
        given = inner if is_list(inner) else given
    if not is_list(given):
        return None
    if not all(is_object(row) and "name" in row for row in given):
        return None
    return [(str(row["name"]), typed(row)) for row in given]


def typed(row: Mapping[str, Json]) -> Json:
    """Return the value of one row as its type says."""
    value = row.get("value")
    if not isinstance(value, str):
        return value
    match row.get("type"):
        case "number":
            return parsed(value, f"State variable '{row['name']}'")
        case "boolean":
            return value.strip().lower() == "true"
        case _:
            return value


def configuration(config: SessionConfig) -> JsonObject:
    """Return what the chat window may do."""
    titling = config.automatic_thread_titling
    upload = {
        "enabled": config.file_upload,
        "max_file_size": ranged(config.max_file_size, "Max File Size", 512),
        "max_files": ranged(config.max_files, "Max Files"),
    }
    history = {
        "enabled": config.history,
        "recent_threads": ranged(config.recent_threads, "Recent Threads"),
    }
    groups = {
        "automatic_thread_titling": given({"enabled": titling}),
        "file_upload": given(upload),
        "history": given(history),
    }
    return {name: group for name, group in groups.items() if group}


def given(group: Mapping[str, Json]) -> JsonObject:
    """Return the values of a group that the author has set."""
    return {name: value for name, value in group.items() if value is not None}


def ranged(value: float | str | None, name: str, most: int | None = None) -> int | None:
    """Return a whole number of at least 1, if one is given."""
    return None if value is None else whole(value, name, 1, most)


def expiry(config: SessionConfig) -> JsonObject | None:
    """Return when the session is to end."""
    seconds = ranged(config.expires_after_seconds, "Expires After", 600)
    return None if seconds is None else {"anchor": "created_at", "seconds": seconds}


def rate_limits(config: SessionConfig) -> JsonObject | None:
    """Return how many messages a minute the session is to take."""
    limit = ranged(config.max_requests_per_minute, "Max Requests per Minute")
    return None if limit is None else {"max_requests_per_1_minute": limit}


def merged(body: JsonObject, more: Mapping[str, Json]) -> JsonObject:
    """Return a body with more merged into it, in depth."""
    result = dict(body)
    for name, value in more.items():
        old = result.get(name)
        deep = is_object(old) and is_object(value)
        result[name] = merged(old, value) if deep and is_object(old) else value
    return result
