"""The world of the durable tests, in a process of its own: it counts calls by item.

Its times are those of the system's monotonic clock, which all processes share.
"""

import json
import sys
import time

import anyio
from aiohttp import web

LATENCY = 0.005
"""How long an answer takes, in seconds."""


class Calls:
    """What has been called: for each step and item, when calls began and were answered."""

    def __init__(self) -> None:
        self.times: dict[str, list[list[float]]] = {}
        self.total = 0

    async def call(self, request: web.Request) -> web.Response:
        """Answer a call, after a while."""
        sent = json.loads(await request.read())
        times = [time.monotonic()]
        self.times.setdefault(f"{sent['step']}/{sent['n']}", []).append(times)
        self.total += 1
        await anyio.sleep(LATENCY)
        times.append(time.monotonic())
        return web.json_response({"answer": (sent["n"] * 7919) % 1000})

    async def count(self, request: web.Request) -> web.Response:
        """Say how many calls there were."""
        return web.json_response(self.total)

    async def take(self, request: web.Request) -> web.Response:
        """Say when each item was called and answered, and begin anew."""
        times, self.times, self.total = self.times, {}, 0
        return web.json_response(times)


def main() -> None:
    """Serve until killed; print the port first."""
    calls = Calls()
    app = web.Application()
    app.router.add_post("/", calls.call)
    app.router.add_get("/count", calls.count)
    app.router.add_post("/take", calls.take)

    async def serve() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sys.stdout.write(f"{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await anyio.sleep_forever()

    anyio.run(serve)


if __name__ == "__main__":
    main()
