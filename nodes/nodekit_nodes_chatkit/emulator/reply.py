"""What the emulated assistant says: an echo, or what a command in the text asks for."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from .store import EmulatedStore, EmulatedThread

JsonObject = dict[str, Any]

Events = Iterator[JsonObject]

ANNOTATIONS: list[JsonObject] = [
    {
        "type": "annotation",
        "source": {"title": "Docs", "type": "url", "url": "https://example.test/docs"},
        "index": 4,
    },
    {
        "type": "annotation",
        "source": {"title": "Handbook", "type": "file", "filename": "handbook.pdf"},
        "index": 9,
    },
]

QUESTIONS: list[JsonObject] = [
    {
        "id": "q1",
        "question": "Which size?",
        "type": "multiple_choice",
        "options": [{"value": "S"}, {"value": "M"}],
        "multiple": False,
    },
    {"id": "q2", "question": "Anything else?", "type": "freeform", "description": "Optional"},
]


class Assistant:
    """Answers in one thread.

    Args:
        store: What is remembered; items are kept as they are done.
        thread: The thread.
    """

    def __init__(self, store: EmulatedStore, thread: EmulatedThread) -> None:
        self.store = store
        self.thread = thread

    def turn(self, text: str, asked: str) -> Events:
        """Answer a message: ``text`` is what was said, ``asked`` with its mentions and files."""
        reply = self.store.settings.reply
        if reply is not None:
            yield from self.replies(reply, asked)
            return
        command, _, rest = text.strip().partition(" ")
        special = getattr(self, f"on_{command[1:]}", None) if command.startswith("/") else None
        if special is None:
            yield from self.says(f"You said: {asked}")
        else:
            yield from special(asked, rest)

    def replies(self, reply: Callable[[str], str], asked: str) -> Events:
        """Say what a function answers; if it fails, the client sees that something did."""
        try:
            text = reply(asked)
        except Exception:
            yield {"type": "error", "code": "stream.error", "allow_retry": True}
            return
        yield from self.says(text)

    def says(self, text: str, annotations: tuple[JsonObject, ...] = ()) -> Events:
        """Say something, word by word."""
        item = self.store.new_item(self.thread, "assistant_message", content=[])
        yield {"type": "thread.item.added", "item": item}
        yield from self.content(item, text, list(annotations))
        yield self.done({**item, "content": [part(text, list(annotations))]})

    def content(self, item: JsonObject, text: str, annotations: list[JsonObject]) -> Events:
        """Fill an item that was added."""

        def update(kind: str, **more: Any) -> JsonObject:
            row = {"type": f"assistant_message.content_part.{kind}", "content_index": 0, **more}
            return {"type": "thread.item.updated", "item_id": item["id"], "update": row}

        yield update("added", content=part("", []))
        for word in re.findall(r"\s*\S+|\s+$", text):
            yield update("text_delta", delta=word)
        for place, annotation in enumerate(annotations):
            yield update("annotation_added", annotation_index=place, annotation=annotation)
        yield update("done", content=part(text, annotations))

    def done(self, item: JsonObject) -> JsonObject:
        """Keep an item, and say that it is done."""
        self.store.save(self.thread, item)
        return {"type": "thread.item.done", "item": item}

    def updated(self) -> JsonObject:
        """Say that the thread has changed."""
        return {"type": "thread.updated", "thread": shown(self.thread)}

    def on_annot(self, asked: str, rest: str) -> Events:
        """Answer with annotations."""
        yield from self.says(f"You said: {asked}", tuple(ANNOTATIONS))

    def on_widget(self, asked: str, rest: str) -> Events:
        """Show a widget that is being written."""

        def card(value: str, *, streaming: bool) -> JsonObject:
            text: JsonObject = {"id": "status", "type": "Text", "value": value}
            text["streaming"] = streaming
            return {"type": "Card", "children": [text]}

        words = "Status: all good"
        first = card("Status: ", streaming=True)
        item = self.store.new_item(self.thread, "widget", widget=first, copy_text=words)
        yield {"type": "thread.item.added", "item": item}
        row: JsonObject = {"component_id": "status", "delta": "all ", "done": False}
        update: JsonObject = {"type": "widget.streaming_text.value_delta", **row}
        yield {"type": "thread.item.updated", "item_id": item["id"], "update": update}
        last = card(words, streaming=False)
        update = {"type": "widget.root.updated", "widget": last}
        yield {"type": "thread.item.updated", "item_id": item["id"], "update": update}
        yield self.done({**item, "widget": last})

    def on_workflow(self, asked: str, rest: str) -> Events:
        """Show the steps of some work, then answer."""
        work: JsonObject = {"type": "custom", "tasks": [], "expanded": False}
        item = self.store.new_item(self.thread, "workflow", workflow=work)
        yield {"type": "thread.item.added", "item": item}
        task: JsonObject = {"type": "custom", "title": "Look up"}
        loading = {**task, "status_indicator": "loading", "content": "started"}
        complete = {**task, "status_indicator": "complete", "content": "done"}
        for kind, row in (("added", loading), ("updated", complete)):
            update = {"type": f"workflow.task.{kind}", "task_index": 0, "task": row}
            yield {"type": "thread.item.updated", "item_id": item["id"], "update": update}
        summary = {"tasks": [complete], "summary": {"title": "One step"}}
        yield self.done({**item, "workflow": {**work, **summary}})
        yield from self.says(f"You said: {asked}")

    def on_progress(self, asked: str, rest: str) -> Events:
        """Say what is going on, then answer."""
        yield {"type": "progress_update", "icon": "search", "text": "Searching…"}
        notice = {"level": "warning", "message": "Nearly at your limit.", "title": "Heads up"}
        yield {"type": "notice", **notice}
        yield {"type": "client_effect", "name": "highlight", "data": {"index": 3}}
        yield from self.says(f"You said: {asked}")

    def on_title(self, asked: str, rest: str) -> Events:
        """Give the thread a title, then answer."""
        self.thread.title = rest
        yield self.updated()
        yield from self.says(f"You said: {asked}")

    def on_image(self, asked: str, rest: str) -> Events:
        """Draw an image."""
        item = self.store.new_item(self.thread, "generated_image")
        image = {"id": "im1", "url": "data:image/png;base64,AAAA"}
        yield {"type": "thread.item.added", "item": item}
        update = {"type": "generated_image.updated", "image": image, "progress": 0.5}
        yield {"type": "thread.item.updated", "item_id": item["id"], "update": update}
        yield self.done({**item, "image": image})

    def on_replace(self, asked: str, rest: str) -> Events:
        """Say something, and something else in its place; say a third thing and take it back."""
        yield from self.says("first draft")
        second = {**self.thread.items[-1], "content": [part("second draft", [])]}
        self.store.save(self.thread, second)
        yield {"type": "thread.item.replaced", "item": second}
        yield from self.says("to be removed")
        gone = self.thread.items.pop()
        yield {"type": "thread.item.removed", "item_id": gone["id"]}

    def on_eot(self, asked: str, rest: str) -> Events:
        """Answer, and say that the turn is over."""
        yield from self.says(f"You said: {asked}")
        yield self.done(self.store.new_item(self.thread, "end_of_turn"))

    def on_lock(self, asked: str, rest: str) -> Events:
        """Lock the thread, then answer."""
        self.thread.status = {"type": "locked", "reason": "Ticket closed"}
        yield self.updated()
        yield from self.says(f"You said: {asked}")

    def on_tool(self, asked: str, rest: str) -> Events:
        """Call a tool of the client."""
        call = {"call_id": "call_0001", "name": "lookup_order", "arguments": {"order": 42}}
        yield self.done(
            self.store.new_item(self.thread, "client_tool_call", status="pending", **call)
        )

    def on_ask(self, asked: str, rest: str) -> Events:
        """Ask something."""
        more = {"status": "pending", "inputs": [dict(question) for question in QUESTIONS]}
        yield self.done(self.store.new_item(self.thread, "structured_input", **more))

    def on_error(self, asked: str, rest: str) -> Events:
        """Say something, and fail."""
        yield from self.says("partial answer")
        yield {"type": "error", "code": "stream.error", "allow_retry": True}

    def on_custom(self, asked: str, rest: str) -> Events:
        """Fail with words."""
        message = "The quota of this account is used up."
        yield {"type": "error", "code": "custom", "message": message, "allow_retry": False}

    def on_boom(self, asked: str, rest: str) -> Events:
        """Fail before a word is said."""
        item = self.store.new_item(self.thread, "assistant_message", content=[])
        yield {"type": "thread.item.added", "item": item}
        yield {"type": "error", "code": "stream.error", "allow_retry": True}

    def on_silent(self, asked: str, rest: str) -> Events:
        """Say nothing at all."""
        return iter(())

    def on_json(self, asked: str, rest: str) -> Events:
        """Say exactly what follows."""
        yield from self.says(rest)


def part(text: str, annotations: list[JsonObject]) -> JsonObject:
    """Return a part of a message."""
    return {"annotations": annotations, "text": text, "type": "output_text"}


def shown(thread: EmulatedThread, items: JsonObject | None = None) -> JsonObject:
    """Return a thread as the protocol shows it."""
    title = {"title": thread.title} if thread.title else {}
    return {
        **title,
        "id": thread.id,
        "created_at": iso(thread.created_at),
        "status": thread.status,
        "metadata": {},
        "items": items or {"data": [], "has_more": False},
    }


def iso(seconds: float) -> str:
    """Return a time as the protocol shows it."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
