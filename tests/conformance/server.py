"""The HTTP server of cases that need one."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Route = Mapping[str, Any]

SHOWN = ("content-type", "authorization")
"""The headers, beside ``x-…``, that an echo tells."""


class Server:
    """Answers the routes of a case and remembers what it was asked.

    Args:
        routes: The routes, as the case has them.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = {(route.get("method", "GET"), route["path"]): route for route in routes}
        self.hits: Counter[tuple[str, str]] = Counter()
        self.requests: list[str] = []
        self.base = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.requests.append(f"{request.method} {request.raw_path}")
        key = (request.method, request.path)
        route = self.routes.get(key)
        if route is None:
            return web.json_response({"message": "no route"}, status=404)
        self.hits[key] += 1
        hit = self.hits[key]
        answers = route["responses"]
        return await self.answer(request, answers[min(hit, len(answers)) - 1], hit)

    async def answer(
        self, request: web.Request, answer: Mapping[str, Any], hit: int
    ) -> web.StreamResponse:
        """Give one answer of a route."""
        status, headers = answer.get("status", 200), answer.get("headers") or {}
        if "text" in answer:
            return web.Response(text=answer["text"], status=status, headers=headers)
        if answer.get("echo"):
            body = await echo(request, hit)
        elif "page" in answer:
            body = self.page(request, **answer["page"])
        else:
            body = answer.get("json")
        given = {name.lower() for name in headers}
        kind = {} if "content-type" in given else {"content-type": "application/json"}
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        return web.Response(body=text.encode(), status=status, headers={**kind, **headers})

    def page(self, request: web.Request, size: int, total: int) -> dict[str, Any]:
        """Return one page of numbered rows."""
        page = int(request.query.get("page", 1))
        first = (page - 1) * size + 1
        rows = [{"row": k} for k in range(first, min(first + size, total + 1))]
        more = first + size <= total
        following = f"{self.base}{request.path}?page={page + 1}" if more else None
        return {"page": page, "rows": rows, "next": following}


async def echo(request: web.Request, hit: int) -> dict[str, Any]:
    """Return what a request was, as JSON."""
    query: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        query[name] = values[0] if len(values) == 1 else list(values)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return {
        "method": request.method,
        "path": request.path,
        "query": query,
        "headers": {n: v for n, v in headers.items() if n in SHOWN or n.startswith("x-")},
        "body": (await request.read()).decode("utf-8", "replace"),
        "hit": hit,
    }


@asynccontextmanager
async def serving(routes: Sequence[Route]) -> AsyncIterator[Server]:
    """Run a server for the routes of a case as long as the block lasts."""
    server = Server(routes)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
