"""A real ChatKit server on loopback: the official package, in memory, with a few commands."""

import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package warns about itself when it is imported
    from chatkit.actions import Action
    from chatkit.errors import CustomStreamError
    from chatkit.server import ChatKitServer, StreamingResult
    from chatkit.store import AttachmentStore, NotFoundError, Store
    from chatkit.types import (
        AssistantMessageContent,
        AssistantMessageItem,
        Attachment,
        AttachmentCreateParams,
        AttachmentUploadDescriptor,
        ClientToolCallItem,
        FeedbackKind,
        FileAttachment,
        LockedStatus,
        Page,
        ProgressUpdateEvent,
        StructuredInputFreeform,
        StructuredInputItem,
        ThreadItem,
        ThreadItemDoneEvent,
        ThreadMetadata,
        ThreadStreamEvent,
        UserMessageItem,
        WidgetItem,
    )


@dataclass
class Memory(Store[str]):
    """Threads, items and attachments of all users."""

    threads: dict[str, ThreadMetadata] = field(default_factory=dict[str, ThreadMetadata])
    items: dict[str, list[ThreadItem]] = field(default_factory=dict[str, list[ThreadItem]])
    attachments: dict[str, Attachment] = field(default_factory=dict[str, Attachment])
    count: int = 0

    def new_id(self, kind: str) -> str:
        """Return the next id."""
        self.count += 1
        return f"{kind}_{self.count:08}"

    def generate_thread_id(self, context: str) -> str:
        """Return the next thread's id."""
        return self.new_id("thr")

    def generate_item_id(self, item_type: Any, thread: ThreadMetadata, context: str) -> str:
        """Return the next item's id."""
        return self.new_id(str(item_type)[:3])

    async def load_thread(self, thread_id: str, context: str) -> ThreadMetadata:
        """Return a thread."""
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: str) -> None:
        """Keep a thread."""
        self.threads[thread.id] = thread.model_copy(deep=True)
        self.items.setdefault(thread.id, [])

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: str
    ) -> Page[ThreadItem]:
        """Return a page of a thread's items."""
        return paged(self.items[thread_id], after, limit, order)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: str
    ) -> Page[ThreadMetadata]:
        """Return a page of threads."""
        return paged(list(self.threads.values()), after, limit, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: str) -> None:
        """Keep a new item."""
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: str) -> None:
        """Keep an item, in the place of the one with its id."""
        rows = self.items[thread_id]
        places = [n for n, row in enumerate(rows) if row.id == item.id]
        rows[places[0] if places else len(rows) : places[0] + 1 if places else len(rows)] = [item]

    async def load_item(self, thread_id: str, item_id: str, context: str) -> ThreadItem:
        """Return an item."""
        return next(row for row in self.items[thread_id] if row.id == item_id)

    async def delete_thread(self, thread_id: str, context: str) -> None:
        """Forget a thread."""
        del self.threads[thread_id], self.items[thread_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: str) -> None:
        """Forget an item."""
        self.items[thread_id] = [row for row in self.items[thread_id] if row.id != item_id]

    async def save_attachment(self, attachment: Attachment, context: str) -> None:
        """Keep an attachment."""
        self.attachments[attachment.id] = attachment

    async def load_attachment(self, attachment_id: str, context: str) -> Attachment:
        """Return an attachment."""
        if attachment_id not in self.attachments:
            raise NotFoundError
        return self.attachments[attachment_id]

    async def delete_attachment(self, attachment_id: str, context: str) -> None:
        """Forget an attachment."""
        del self.attachments[attachment_id]


def paged(rows: list[Any], after: str | None, limit: int, order: str) -> Page[Any]:
    """Return one page of rows that stand oldest first."""
    ordered = rows if order == "asc" else rows[::-1]
    start = [row.id for row in ordered].index(after) + 1 if after else 0
    found = ordered[start : start + limit]
    more = len(ordered) > start + limit
    return Page(data=found, has_more=more, after=found[-1].id if more else None)


class Files(AttachmentStore[str]):
    """Where files are announced; they are sent to ``/files/ID``."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.content: dict[str, bytes] = {}

    async def create_attachment(self, input: AttachmentCreateParams, context: str) -> Attachment:
        """Announce a file."""
        attachment_id = f"atc_{len(self.content):08}"
        self.content[attachment_id] = b""
        url: Any = f"{self.origin}/files/{attachment_id}"
        descriptor = AttachmentUploadDescriptor(url=url, method="PUT", headers={"X-Up": "1"})
        return FileAttachment(
            id=attachment_id,
            name=input.name,
            mime_type=input.mime_type,
            upload_descriptor=descriptor,
        )

    async def delete_attachment(self, attachment_id: str, context: str) -> None:
        """Forget a file."""
        self.content.pop(attachment_id, None)


class Echo(ChatKitServer[str]):
    """Says what was said, or does what a command asks for."""

    def __init__(self, memory: Memory, files: Files) -> None:
        super().__init__(store=memory, attachment_store=files)
        self.memory = memory
        self.feedback: list[tuple[str, list[str], str]] = []

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: str
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer a message, or go on after an answer."""
        if input_user_message is None:
            yield self.says(thread, "going on")
            return
        text = "".join(part.text for part in input_user_message.content)
        row: dict[str, Any] = {"thread_id": thread.id, "created_at": datetime.now()}
        match text.split(" ")[0]:
            case "/tool":
                call: dict[str, Any] = {"call_id": "c1", "name": "look", "arguments": {"a": 1}}
                item = ClientToolCallItem(id=self.memory.new_id("tc"), **row, **call)
                yield ThreadItemDoneEvent(item=item)
            case "/ask":
                question = StructuredInputFreeform(id="q1", question="Which?")
                asked = StructuredInputItem(id=self.memory.new_id("in"), **row, inputs=[question])
                yield ThreadItemDoneEvent(item=asked)
            case "/lock":
                thread.status = LockedStatus(reason="Ticket closed")
                yield self.says(thread, text)
            case "/custom":
                raise CustomStreamError("No more today.")
            case "/boom":
                raise RuntimeError("a bug")
            case _:
                yield ProgressUpdateEvent(text="thinking")
                yield self.says(thread, f"You said: {text}")

    def says(self, thread: ThreadMetadata, text: str) -> ThreadStreamEvent:
        """Return what says something."""
        return ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.memory.new_id("msg"),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=text)],
            )
        )

    async def action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: str,
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer an action."""
        yield self.says(thread, f"did {action.type} {action.payload}")

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: str
    ) -> None:
        """Note feedback."""
        self.feedback.append((thread_id, item_ids, feedback))


@dataclass
class RealServer:
    """The server, and where it is."""

    url: str
    echo: Echo
    files: Files


@asynccontextmanager
async def real_chatkit() -> AsyncGenerator[RealServer]:
    """Run a real ChatKit server as long as the block lasts."""
    files = Files("")
    echo = Echo(Memory(), files)

    async def answer(request: web.Request) -> web.StreamResponse:
        result = await echo.process(await request.read(), request.headers.get("X-User", ""))
        if not isinstance(result, StreamingResult):
            return web.Response(body=result.json, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            async for chunk in result:
                await response.write(chunk)
        except Exception:
            if request.transport is not None:
                request.transport.close()  # what the server behind ASGI does
        return response

    async def upload(request: web.Request) -> web.Response:
        files.content[request.match_info["id"]] = await request.read()
        return web.json_response({})

    app = web.Application()
    app.add_routes([web.post("/chatkit", answer), web.put("/files/{id}", upload)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        files.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield RealServer(f"{files.origin}/chatkit", echo, files)
    finally:
        await runner.cleanup()
