"""Print what is new about some parcels: `python watch.py A1 A2`."""

import asyncio
import sys
from pathlib import Path

from nodekit import Runtime, Store, load

PIPELINE = Path(__file__).parent / "pipeline.yaml"


async def main(numbers: list[str]) -> None:
    """Run the pipeline over parcels; what was said last is kept in `parcels.db` here."""
    pipeline = load(PIPELINE)
    async with Store.open("parcels.db") as store, Runtime(store=store) as runtime:
        run = await runtime.run(pipeline, [{"parcel": number} for number in numbers])
    for row in run.items.json:
        print(row["text"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
