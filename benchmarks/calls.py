"""HTTP calls with many in flight: against a bare aiohttp pool on the same server."""

import json
from collections.abc import Iterator

import aiohttp
import anyio
from aiohttp import web

from nodekit import Runtime, load

from .measure import Figure, in_turn

DELAY = 0.005
BODY = {"text": "x" * 280}


async def answer(request: web.Request) -> web.Response:
    """Answer after five milliseconds with what was sent."""
    sent = await request.json()
    await anyio.sleep(DELAY)
    return web.json_response({"n": sent["n"]})


class Server:
    """The service both sides call, in the loop that calls it."""

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_post("/", answer)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}/"

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


async def bare(count: int, flight: int) -> list[int]:
    """Send the calls with a pool of workers over one aiohttp session."""
    found = [0] * count
    numbers = iter(range(count))

    async with (
        Server() as url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):

        async def worker() -> None:
            for n in numbers:
                async with session.post(url, json={"n": n, **BODY}) as response:
                    found[n] = json.loads(await response.read())["n"]

        async with anyio.create_task_group() as group:
            for _ in range(flight):
                group.start_soon(worker)
    return found


async def ours(count: int, flight: int) -> list[int]:
    """Send the calls with an http_request step."""
    async with Server() as url, Runtime() as runtime:
        pipeline = load(
            {
                "nodekit": 1,
                "name": "calls",
                "steps": [
                    {
                        "name": "Call",
                        "type": "http_request",
                        "concurrency": flight,
                        "params": {
                            "method": "POST",
                            "url": url,
                            "body": {"json": {"n": "={{ $json.n }}", **BODY}},
                        },
                    }
                ],
            }
        )
        run = await runtime.run(pipeline, [{"n": n} for n in range(count)])
    return [row["n"] for row in run.items.json]


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure ten, a hundred and five hundred calls in flight."""
    count = 100 if smoke else 5_000
    for flight in (10, 100, 500):
        step, pool = in_turn(
            lambda flight=flight: anyio.run(ours, count, flight),
            lambda flight=flight: anyio.run(bare, count, flight),
            1 if smoke else 5,
        )
        rate = f"{count / step:,.0f} against {count / pool:,.0f} calls/s"
        yield Figure(
            f"HTTP, {flight} in flight / bare pool",
            pool / step,
            "ratio",
            at_least=0.85,
            detail=rate,
        )
