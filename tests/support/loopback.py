"""A real HTTP server on the loopback interface, for what cannot be faked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it."""

    line: str
    """Method, path and query, as sent."""
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """Answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[Seen] = []
        self._answers: dict[str, list[Answer]] = {}

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path."""
        return f"http://{host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> None:
        """Say what a path answers: one after another, the last one again and again."""
        self._answers[path] = list(answers)

    def json(self, path: str, *values: object, status: int = 200, **headers: str) -> None:
        """Say which JSON values a path answers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.on(path, *(json_answer(value, status, named) for value in values))

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Say where a path leads to."""

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": to})

        self.on(path, answer)

    @property
    def lines(self) -> list[str]:
        """Method and path of all requests."""
        return [seen.line for seen in self.seen]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        line = f"{request.method} {request.raw_path}"
        in_parts = request.content_type.startswith("multipart/")
        body = b"" if in_parts else await request.read()  # parts can be read once, by the answer
        self.seen.append(Seen(line, request.headers.copy(), body))
        answers = self._answers.get(request.path)
        if not answers:
            return web.json_response({"message": "no route"}, status=404)
        return await (answers.pop(0) if len(answers) > 1 else answers[0])(request)


def json_answer(value: object, status: int, headers: Mapping[str, str]) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(value, status=status, headers=headers)

    return answer


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    """Run a server as long as the block lasts."""
    server = Loopback()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()
