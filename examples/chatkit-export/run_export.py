"""Run the example offline: an emulator with 25 threads, then the export from it."""

import asyncio
from pathlib import Path
from typing import Any

from nodekit_nodes_chatkit.emulator import Emulator, serving

from nodekit import Runtime, load

HERE = Path(__file__).parent

COUNT = 25

Row = dict[str, Any]


def filled() -> Emulator:
    """Return an emulator with threads of different lengths; one is empty."""
    emulator = Emulator()
    store = emulator.store
    for number in range(COUNT):
        thread = store.new_thread(f"user-{number % 4}")
        for turn in range(number % 7):
            said = [{"type": "input_text", "text": f"question {turn}"}]
            more: Row = {"content": said, "attachments": [], "inference_options": {}}
            store.save(thread, store.new_item(thread, "user_message", **more))
            answer: Row = {"type": "output_text", "text": f"answer {turn}", "annotations": []}
            item = store.new_item(thread, "assistant_message", content=[answer])
            store.save(thread, item)
    return emulator


async def main() -> None:
    """Export every thread."""
    emulator = filled()
    async with serving(emulator) as url, Runtime() as runtime:
        environ = {"OPENAI_API_KEY": emulator.settings.api_key, "OPENAI_BASE_URL": url}
        run = await runtime.run(load(HERE / "pipeline.yaml", environ=environ))
    files = list((HERE / "output").glob("cthr_*.jsonl"))
    print(f"{len(run.items)} threads, {len(files)} files in {HERE.name}/output")


if __name__ == "__main__":
    asyncio.run(main())
