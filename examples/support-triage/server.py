"""A self-hosted ChatKit server in memory; swap ``reply`` for a model."""

import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from agent import reply
from aiohttp import web

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package warns about itself when it is imported
    from chatkit.errors import CustomStreamError
    from chatkit.server import ChatKitServer, StreamingResult
    from chatkit.store import NotFoundError, Store
    from chatkit.types import (
        AssistantMessageContent,
        AssistantMessageItem,
        Attachment,
        Page,
        ThreadItem,
        ThreadItemDoneEvent,
        ThreadMetadata,
        ThreadStreamEvent,
        UserMessageItem,
    )


class Memory(Store[None]):
    """Threads and what was said in them."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: None) -> ThreadMetadata:
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: None) -> None:
        self.threads[thread.id] = thread.model_copy(deep=True)
        self.items.setdefault(thread.id, {})

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: None
    ) -> Page[ThreadItem]:
        return page([*self.items[thread_id].values()], after, limit, order)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: None
    ) -> Page[ThreadMetadata]:
        return page([*self.threads.values()], after, limit, order)

    async def save_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def load_item(self, thread_id: str, item_id: str, context: None) -> ThreadItem:
        return self.items[thread_id][item_id]

    async def delete_thread(self, thread_id: str, context: None) -> None:
        del self.threads[thread_id], self.items[thread_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: None) -> None:
        del self.items[thread_id][item_id]

    async def save_attachment(self, attachment: Attachment, context: None) -> None:
        raise NotFoundError

    async def load_attachment(self, attachment_id: str, context: None) -> Attachment:
        raise NotFoundError

    async def delete_attachment(self, attachment_id: str, context: None) -> None:
        raise NotFoundError


def page(rows: list[Any], after: str | None, limit: int, order: str) -> Page[Any]:
    """Return one page of rows that stand oldest first."""
    rows = rows if order == "asc" else rows[::-1]
    start = [row.id for row in rows].index(after) + 1 if after else 0
    found = rows[start : start + limit]
    more = len(rows) > start + limit
    return Page(data=found, has_more=more, after=found[-1].id if more else None)


class Triage(ChatKitServer[None]):
    """Answers every message with what the agent says."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: None
    ) -> AsyncIterator[ThreadStreamEvent]:
        parts = input_user_message.content if input_user_message else []
        try:
            text = reply("".join(part.text for part in parts))
        except RuntimeError as error:
            raise CustomStreamError(str(error)) from error
        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=text)],
            )
        )


@asynccontextmanager
async def serving() -> AsyncGenerator[str]:
    """Serve on loopback as long as the block runs, and give the address."""
    server = Triage(Memory())

    async def answer(request: web.Request) -> web.StreamResponse:
        result = await server.process(await request.read(), None)
        if not isinstance(result, StreamingResult):
            return web.Response(body=result.json, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for chunk in result:
            await response.write(chunk)
        return response

    app = web.Application()
    app.add_routes([web.post("/chatkit", answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/chatkit"
    finally:
        await runner.cleanup()
