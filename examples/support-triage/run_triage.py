"""Run the example offline: a server on loopback, then the pipeline against it."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from nodekit import Runtime, load

HERE = Path(__file__).parent


@asynccontextmanager
async def backend() -> AsyncGenerator[str]:
    """Give the address of a ChatKit server: a real one, or the emulator without its package."""
    sys.path.insert(0, str(HERE))
    if find_spec("chatkit") is not None:
        from server import serving

        async with serving() as url:
            yield url
        return
    from agent import reply
    from nodekit_nodes_chatkit.emulator import Emulator, Settings, serving as emulated

    async with emulated(Emulator(Settings(reply=reply))) as url:
        yield f"{url}/chatkit"


async def main() -> None:
    """Run the pipeline and print its summary."""
    shutil.rmtree(HERE / "output", ignore_errors=True)
    async with backend() as url, Runtime() as runtime:
        pipeline = load(HERE / "pipeline.yaml", environ={**os.environ, "CHATKIT_URL": url})
        run = await runtime.run(pipeline)
    print(json.dumps(dict(run.items[0].json), indent=2))


if __name__ == "__main__":
    asyncio.run(main())
