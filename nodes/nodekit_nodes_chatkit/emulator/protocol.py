"""The ChatKit protocol, as a self-hosted server and a hosted session speak it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from nodekit_nodes_chatkit.kinds import field_of, is_object, text_in

from .faults import refused
from .reply import Assistant, shown
from .settings import Settings
from .store import EmulatedStore, EmulatedThread, paged
from .streaming import EventStream

JsonObject = dict[str, Any]

STREAM_OPTIONS = {"type": "stream_options", "stream_options": {"allow_cancel": True}}

STREAMING = frozenset(
    {
        "threads.create",
        "threads.add_user_message",
        "threads.add_client_tool_output",
        "threads.add_structured_input",
        "threads.retry_after_item",
        "threads.custom_action",
    }
)


class Fallen(Exception):
    """The server's code failed; the client sees that something did, and not what."""


class Protocol:
    """Answers the protocol for one user.

    Args:
        settings: How the emulator behaves.
        store: What it remembers.
        user: Whose threads are seen.
        origin: Where files are to be sent.
    """

    def __init__(self, settings: Settings, store: EmulatedStore, user: str, origin: str) -> None:
        self.settings = settings
        self.store = store
        self.user = user
        self.origin = origin

    async def answer(
        self, request: web.Request, body: Any, fault: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one request."""
        kind, params = text_in(body, "type"), field_of(body, "params")
        if not kind or not is_object(params):
            return internal_error()
        if kind in STREAMING:
            if kind in ("threads.create", "threads.add_user_message") and not is_input(params):
                return internal_error()
            return await self.stream(request, kind, params, fault)
        try:
            return web.json_response(self.plain(kind, params))
        except (Fallen, KeyError, ValueError):
            return internal_error()

    async def stream(
        self, request: web.Request, kind: str, params: JsonObject, fault: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer with a stream; one whose code fails is broken off."""
        stream = EventStream(request, fault, self.settings)
        said = json.dumps(params)
        slow = "/slow" in said
        events = self.events(kind, params)
        partial: JsonObject = {}
        try:
            response = await stream.send(watched(events, partial), slow=slow)
        except Fallen:
            stream.break_off()
            response = stream.response
        except ConnectionError:  # the client has gone
            self.keep_partial(partial)
            raise
        if stream.broken:
            self.keep_partial(partial)
        return response

    def keep_partial(self, item: JsonObject) -> None:
        """Keep what had been said when the client went away."""
        thread = self.store.threads.get(str(item.get("thread_id")))
        if thread is not None and any(part["text"].strip() for part in item.get("content", [])):
            self.store.save(thread, dict(item))

    def events(self, kind: str, params: JsonObject) -> Iterator[JsonObject]:
        """Yield the events of a streamed answer."""
        if kind == "threads.create":
            thread = self.store.new_thread(self.user)
            yield {"type": "thread.created", "thread": shown(thread)}
            yield from self.message(thread, params["input"])
            return
        thread = self.thread(params)
        match kind:
            case "threads.add_user_message":
                yield from self.message(thread, params["input"])
            case "threads.add_client_tool_output":
                yield from self.tool_output(thread, params.get("result"))
            case "threads.add_structured_input":
                yield from self.structured(thread, params)
            case "threads.retry_after_item":
                yield from self.retry(thread, str(params.get("item_id")))
            case _:
                action = params.get("action")
                text = f"action {field_of(action, 'type')} from {params.get('item_id')}"
                yield STREAM_OPTIONS
                yield from Assistant(self.store, thread).says(
                    f"{text}: {field_of(action, 'payload')}"
                )

    def thread(self, params: JsonObject) -> EmulatedThread:
        """Return the thread that is meant.

        Raises:
            Fallen: There is none for this user.
        """
        thread = self.store.thread_of(str(params.get("thread_id")), self.user)
        if thread is None:
            raise Fallen
        return thread

    def message(self, thread: EmulatedThread, given: JsonObject) -> Iterator[JsonObject]:
        """Take a user's message and answer it."""
        files = [self.attachment(name, thread) for name in given["attachments"]]
        quoted = {"quoted_text": given["quoted_text"]} if given.get("quoted_text") else {}
        row = self.store.new_item(
            thread,
            "user_message",
            content=given["content"],
            attachments=files,
            **quoted,
            inference_options=given["inference_options"],
        )
        self.store.save(thread, row)
        yield {"type": "thread.item.done", "item": row}
        yield STREAM_OPTIONS
        yield from self.reply(thread, row)

    def reply(self, thread: EmulatedThread, message: JsonObject) -> Iterator[JsonObject]:
        """Answer a message that is in the thread."""
        parts = message["content"]
        plain = "".join(part["text"] for part in parts if part["type"] == "input_text")
        asked = "".join(part["text"] for part in parts)
        names = [row["name"] for row in message["attachments"]]
        asked += f" with {', '.join(names)}" if names else ""
        yield from Assistant(self.store, thread).turn(plain, asked)

    def attachment(self, attachment_id: str, thread: EmulatedThread) -> JsonObject:
        """Return a file that belongs to a message.

        Raises:
            Fallen: There is none.
        """
        found = self.store.attachments.get(attachment_id)
        if found is None:
            raise Fallen
        known = {k: v for k, v in found.items() if k != "upload_descriptor"}
        return {**known, "thread_id": thread.id}

    def tool_output(self, thread: EmulatedThread, result: Any) -> Iterator[JsonObject]:
        """Take the output of a client tool and go on."""
        call = thread.items[-1] if thread.items else {}
        if call.get("type") != "client_tool_call" or call.get("status") != "pending":
            raise Fallen
        self.store.save(thread, {**call, "status": "completed", "output": result})
        yield STREAM_OPTIONS
        yield from Assistant(self.store, thread).says(f"continued after client_tool_call: {result}")

    def structured(self, thread: EmulatedThread, params: JsonObject) -> Iterator[JsonObject]:
        """Take answers and go on."""
        item = thread.find(str(params.get("item_id")))
        if item is None or item["type"] != "structured_input" or item["status"] != "pending":
            raise Fallen
        given = params["input"]
        skip: JsonObject = {"values": [], "skipped": True}
        answers: JsonObject = given.get("answers") or {}
        inputs: list[JsonObject] = [
            {**row, "answer": {"values": [], "skipped": False, **answers.get(row["id"], skip)}}
            for row in item["inputs"]
        ]
        replaced = {**item, "status": given["status"], "inputs": inputs}
        self.store.save(thread, replaced)
        yield STREAM_OPTIONS
        yield {"type": "thread.item.replaced", "item": replaced}
        yield from Assistant(self.store, thread).says("continued after structured_input: None")

    def retry(self, thread: EmulatedThread, item_id: str) -> Iterator[JsonObject]:
        """Answer a message again; what came after it is dropped."""
        item = thread.find(item_id)
        if item is None:
            return
        if item["type"] != "user_message":
            raise Fallen
        del thread.items[thread.items.index(item) + 1 :]
        yield STREAM_OPTIONS
        yield from self.reply(thread, item)

    def plain(self, kind: str, params: JsonObject) -> JsonObject:
        """Return the answer of an operation that is no stream.

        Raises:
            Fallen: There is no such operation, thread or file.
        """
        match kind:
            case "threads.list":
                mine = [t for t in self.store.threads.values() if t.user == self.user]
                return page([shown(thread) for thread in mine], params)
            case "threads.get_by_id":
                thread = self.thread(params)
                first = thread.items[:20]
                more = {"data": first, "has_more": len(thread.items) > len(first)}
                return shown(thread, more)
            case "items.list":
                return page(self.thread(params).items, params)
            case "threads.update":
                thread = self.thread(params)
                thread.title = str(params["title"])
                return shown(thread)
            case "threads.delete":
                del self.store.threads[self.thread(params).id]
                return {}
            case "items.feedback":
                return self.feedback(params)
            case "attachments.create":
                return self.announce(params)
            case "attachments.delete":
                if self.store.attachments.pop(str(params["attachment_id"]), None) is None:
                    raise Fallen
                return {}
            case _:
                raise Fallen

    def feedback(self, params: JsonObject) -> JsonObject:
        """Note feedback.

        Raises:
            Fallen: It is of no known kind.
        """
        if params["kind"] not in ("positive", "negative"):
            raise Fallen
        self.store.feedback.append(params)
        return {}

    def announce(self, params: JsonObject) -> JsonObject:
        """Note a file that is to come, and say where it is to be sent."""
        attachment_id = self.store.new_id("atc")
        url = f"{self.settings.upload_origin or self.origin}/files/{attachment_id}"
        image = str(params["mime_type"]).startswith("image/")
        known: JsonObject = {
            "id": attachment_id,
            "name": params["name"],
            "mime_type": params["mime_type"],
            "type": "image" if image else "file",
            **({"preview_url": url} if image else {}),
        }
        self.store.attachments[attachment_id] = known
        descriptor = {
            "url": url,
            "method": self.settings.upload_method,
            "headers": {"X-Upload-Token": f"t-{attachment_id}"},
        }
        return {**known, "upload_descriptor": descriptor}


def is_input(params: JsonObject) -> bool:
    """Whether a message has all that it must have."""
    given = field_of(params, "input")
    names = ("content", "attachments", "inference_options")
    return is_object(given) and all(name in given for name in names)


def watched(events: Iterator[JsonObject], partial: JsonObject) -> Iterator[JsonObject]:
    """Pass events on, and note what is being said, for when the client goes away."""
    for event in events:
        yield event
        if event["type"] == "thread.item.added" and event["item"]["type"] == "assistant_message":
            partial.update({**event["item"], "content": []})
        elif event["type"] == "thread.item.done":
            partial.clear()
        elif partial and (delta := event.get("update", {}).get("delta")):
            text: str = partial["content"][0]["text"] if partial["content"] else ""
            part: JsonObject = {"annotations": [], "text": text + delta, "type": "output_text"}
            partial["content"] = [part]


def page(rows: list[JsonObject], params: JsonObject) -> JsonObject:
    """Return one page of rows."""
    found, has_more = paged(rows, params, 20)
    after = {"after": found[-1]["id"]} if has_more else {}
    return {"data": found, "has_more": has_more, **after}


def internal_error() -> web.Response:
    """Return what a server says whose code failed: nothing."""
    return web.Response(status=500, text="Internal Server Error")


def bad_token() -> web.Response:
    """Return what a server says to a stranger."""
    return refused(401, "Missing or bad token", kind="authentication_error")
