"""One item from many events: the state of a reply while its stream is read. No I/O.

Unknown events, unknown updates and updates of unknown items never fail; they are counted.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, TypeGuard

from nodekit import Fields, Json
from nodekit_nodes_chatkit.kinds import is_list, is_object

JsonObject = dict[str, Any]


class Fold:
    """What a reply says so far.

    Args:
        thread_id: The thread the request was about; continuations do not repeat it.
    """

    def __init__(self, thread_id: str | None = None) -> None:
        self.thread: JsonObject | None = None
        self.items: dict[str, JsonObject] = {}
        self.user_message: JsonObject | None = None
        self.progress: list[Json] = []
        self.notices: list[Json] = []
        self.effects: list[Json] = []
        self.errors: list[JsonObject] = []
        self.unknown = 0
        self.events = 0
        self._asked_thread = thread_id

    def feed(self, event: Fields) -> None:
        """Take one event."""
        self.events += 1
        kind = event.get("type")
        match kind:
            case "thread.created" | "thread.updated" if is_object(event.get("thread")):
                self._thread(event["thread"])
            case "thread.item.added" | "thread.item.done" | "thread.item.replaced" if has_id(event):
                self._item(event["item"], done=kind == "thread.item.done")
            case "thread.item.removed":
                self._remove(event.get("item_id"))
            case "thread.item.updated":
                self._update(event)
            case "progress_update":
                self.progress.append(picked(event, "icon", "text"))
            case "notice":
                self.notices.append(picked(event, "level", "title", "message"))
            case "client_effect":
                self.effects.append(picked(event, "name", "data"))
            case "error":
                self.errors.append(picked(event, "code", "message", "allow_retry"))
            case "stream_options":
                pass  # it concerns a chat window
            case _:
                self.unknown += 1

    def _thread(self, thread: Fields) -> None:
        known = self.thread or {"id": None, "title": None, "status": None}
        self.thread = {**known, **{k: v for k, v in thread.items() if k != "items"}}

    def _item(self, item: JsonObject, *, done: bool) -> None:
        if done and item.get("type") == "user_message" and self.user_message is None:
            self.user_message = item
            self.items.pop(item["id"], None)
            return
        self.items[item["id"]] = deepcopy(item)

    def _remove(self, item_id: object) -> None:
        if self.items.pop(str(item_id), None) is None:
            self.unknown += 1

    def _update(self, event: Fields) -> None:
        item = self.items.get(str(event.get("item_id")))
        update = event.get("update")
        if item is None or not is_object(update) or not apply(item, update):
            self.unknown += 1

    @property
    def thread_id(self) -> str | None:
        """The thread: as the stream says, else its items, else the one that was asked."""
        rows = [{"thread_id": (self.thread or {}).get("id")}, self.user_message or {}]
        found = (row.get("thread_id") for row in (*rows, *self.items.values()))
        return next((str(value) for value in found if value), self._asked_thread)

    def messages(self) -> Iterator[JsonObject]:
        """Yield the assistant's messages."""
        return (row for row in self.items.values() if row.get("type") == "assistant_message")

    @property
    def text(self) -> str:
        """The words of the assistant: parts joined as they are, messages by a blank line."""
        texts = ("".join(part.get("text") or "" for part in parts(m)) for m in self.messages())
        return "\n\n".join(text for text in texts if text)

    @property
    def pending(self) -> list[JsonObject]:
        """The raw items that wait for an answer: client tool calls and questions."""
        kinds = ("client_tool_call", "structured_input")
        rows = self.items.values()
        return [r for r in rows if r.get("type") in kinds and r.get("status") == "pending"]

    @property
    def status(self) -> str:
        """``failed``, ``requires_action`` or ``completed``."""
        if self.errors:
            return "failed"
        return "requires_action" if self.pending else "completed"

    def output(self) -> JsonObject:
        """Return the folded item, but for its usage."""
        rows = list(self.items.values())
        return {
            "text": self.text,
            "threadId": self.thread_id,
            "thread": picked(self.thread, "id", "title", "status") if self.thread else None,
            "userMessageId": self.user_message["id"] if self.user_message else None,
            "messageIds": [m["id"] for m in self.messages()],
            "status": self.status,
            "items": rows,
            "annotations": [a for m in self.messages() for p in parts(m) for a in listed(p)],
            "widgets": [widget(row) for row in rows if row.get("type") == "widget"],
            "images": [r["image"] for r in rows if is_object(r.get("image"))],
            "pending": [waiting(row) for row in self.pending],
            "progress": self.progress,
            "notices": self.notices,
            "effects": self.effects,
            "errors": self.errors,
            "unknown": self.unknown,
        }


def has_id(event: Fields) -> bool:
    """Whether an event brings an item that can be found again."""
    item = event.get("item")
    return is_object(item) and isinstance(item.get("id"), str)


def picked(row: Fields, *names: str) -> JsonObject:
    """Return these fields of a row, null where it has none."""
    return {name: row.get(name) for name in names}


def parts(message: Fields) -> list[JsonObject]:
    """Return the parts of a message's content."""
    content = message.get("content")
    return [p for p in content if is_object(p)] if is_list(content) else []


def listed(part: Fields) -> list[Json]:
    """Return the annotations of a part."""
    return list(part.get("annotations") or ())


def widget(item: Fields) -> JsonObject:
    """Return what an output says of a widget."""
    shown = picked(item, "id", "widget")
    return {**shown, "copy_text": item["copy_text"]} if item.get("copy_text") else shown


def waiting(item: Fields) -> JsonObject:
    """Return what an output says of an item that waits for an answer."""
    row: JsonObject = {"kind": item["type"], "itemId": item["id"]}
    if item["type"] == "structured_input":
        return {**row, "questions": item.get("inputs") or []}
    call = {"callId": item.get("call_id"), "name": item.get("name")}
    return {**row, **call, "arguments": item.get("arguments") or {}}


def apply(item: JsonObject, update: Fields) -> bool:
    """Change an item by one update and return whether the update is known and fits."""
    kind = str(update.get("type"))
    if kind.startswith("assistant_message.content_part."):
        return update_part(item, kind.rpartition(".")[2], update)
    match kind:
        case "workflow.task.added" | "workflow.task.updated":
            return update_task(item, update)
        case "widget.root.updated":
            item["widget"] = update.get("widget")
        case "widget.component.updated":
            return replace_component(item, update)
        case "widget.streaming_text.value_delta":
            return extend_component(item, update)
        case "generated_image.updated":
            item["image"] = update.get("image")
        case _:
            return False
    return True


def update_part(item: JsonObject, what: str, update: Fields) -> bool:
    """Change one part of a message: set it, append text, insert an annotation."""
    content = item.setdefault("content", [])
    index = update.get("content_index")
    if not is_list(content) or not is_index(index, 10_000):
        return False
    while len(content) <= index:
        content.append({"type": "output_text", "text": "", "annotations": []})
    part = content[index]
    match what:
        case "added" | "done" if is_object(update.get("content")):
            content[index] = deepcopy(update["content"])
        case "text_delta":
            part["text"] = f"{part.get('text') or ''}{update.get('delta') or ''}"
        case "annotation_added":
            place = update.get("annotation_index")
            rows = part.setdefault("annotations", [])
            rows.insert(place if isinstance(place, int) else len(rows), update.get("annotation"))
        case _:
            return False
    return True


def update_task(item: JsonObject, update: Fields) -> bool:
    """Insert or set one task of a workflow."""
    workflow = item.setdefault("workflow", {})
    tasks = workflow.setdefault("tasks", []) if is_object(workflow) else None
    index = update.get("task_index")
    if not is_list(tasks) or not is_index(index, 10_000):
        return False
    if update["type"] == "workflow.task.added" or index >= len(tasks):
        tasks.insert(index, update.get("task"))
    else:
        tasks[index] = update.get("task")
    return True


def is_index(value: Json, limit: int) -> TypeGuard[int]:
    """Whether a value can be a place in a list; nobody makes us pad a list without end."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit


def components(node: Json) -> Iterator[JsonObject]:
    """Yield every component of a widget, in depth."""
    if is_object(node):
        yield node
        for part in node.values():
            yield from components(part)
    elif is_list(node):
        for part in node:
            yield from components(part)


def component(item: JsonObject, update: Fields) -> JsonObject | None:
    """Return the component of a widget that an update is about."""
    wanted = update.get("component_id")
    rows = components(item.get("widget"))
    return next((row for row in rows if wanted is not None and row.get("id") == wanted), None)


def replace_component(item: JsonObject, update: Fields) -> bool:
    """Put a component in the place of the one with its id."""
    found, new = component(item, update), update.get("component")
    if found is None or not is_object(new):
        return False
    found.clear()
    found.update(deepcopy(dict(new)))
    return True


def extend_component(item: JsonObject, update: Fields) -> bool:
    """Append text to a component that is being written."""
    found = component(item, update)
    if found is None:
        return False
    found["value"] = f"{found.get('value') or ''}{update.get('delta') or ''}"
    return True
