"""The bodies of the ChatKit protocol: what is said, and how. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from nodekit import Json, NodeError
from nodekit_nodes_chatkit.kinds import is_list, is_object

from .params.common import SendOptions
from .params.values import json_object, parsed

JsonObject = dict[str, Any]

REQUEST_ID = "nodekit_request_id"
"""Stands in the metadata of every message, the same over repetitions, for whoever deduplicates."""


def envelope(kind: str, params: Mapping[str, Json], metadata: Json = None) -> JsonObject:
    """Return the body of a request."""
    body: JsonObject = {"type": kind, "params": dict(params)}
    return {**body, "metadata": metadata} if metadata else body


def user_input(text: str, attachments: Sequence[str], options: SendOptions) -> JsonObject:
    """Return a user's message. ``attachments`` and ``inference_options`` must not be missing."""
    tags = [tag_part(tag) for tag in tags_of(options)]
    message: JsonObject = {
        "content": [{"type": "input_text", "text": text}, *tags],
        "attachments": list(attachments),
        "inference_options": inference(options),
    }
    return {**message, "quoted_text": options.quoted_text} if options.quoted_text else message


def inference(options: SendOptions) -> JsonObject:
    """Return the wishes for the model; empty for none."""
    wishes: JsonObject = {"model": options.model} if options.model else {}
    if options.tool_choice:
        wishes["tool_choice"] = {"id": options.tool_choice}
    return wishes


def tags_of(options: SendOptions) -> list[Json]:
    """Return the mentions to append.

    Raises:
        NodeError: They are not a list of objects with an id and a text.
    """
    tags = parsed(options.tags, "Tags")
    if tags is None:
        return []
    if not is_list(tags) or not all(is_tag(tag) for tag in tags):
        raise NodeError("Tags must be a list of objects with 'id' and 'text'.")
    return tags


def is_tag(tag: Json) -> bool:
    """Whether a value can be a mention."""
    return is_object(tag) and bool(tag.get("id")) and isinstance(tag.get("text"), str)


def tag_part(tag: Mapping[str, Json]) -> JsonObject:
    """Return one mention as a part of the content."""
    part = {"type": "input_tag", "id": str(tag["id"]), "text": tag["text"]}
    group = {"group": tag["group"]} if tag.get("group") else {}
    return {**part, "data": tag.get("data") or {}, **group, "interactive": False}


def answered(answers: Json, skip_all: bool) -> JsonObject:
    """Return what was answered to the questions of an item.

    Raises:
        NodeError: The answers are not an object.
    """
    if skip_all:
        return {"status": "skipped", "answers": {}}
    given = json_object(answers, "Answers (JSON)") or {}
    return {"status": "answered", "answers": {str(q): answer(a) for q, a in given.items()}}


def answer(given: Json) -> JsonObject:
    """Return one answer: a text, a list of texts, or null, which skips the question."""
    if given is None:
        return {"values": [], "skipped": True}
    values = given if is_list(given) else [given]
    return {"values": [text_of(value) for value in values], "skipped": False}


def text_of(value: Json) -> str:
    """Return one answer as text, true and false as JSON has them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
