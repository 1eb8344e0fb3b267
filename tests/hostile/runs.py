"""What hostile runs share: how they end, and that the next run of the same runtime is right."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from nodekit import PipelineError, RunFailed, Runtime, load

Json: TypeAlias = Any

HARMLESS = {
    "steps": [
        {
            "name": "Compute",
            "type": "set",
            "params": {
                "fields": {
                    "python": "={{ $json.n + 1 }}",
                    "text": "={{ [$json.n, 2].map((x) => x * 2).join('-') }}",
                    "date": "={{ DateTime.fromMillis(0).toISODate() }}",
                    "data": "={{ ({}).extra ?? JSON.stringify([Math.max(1, $json.n)].sum()) }}",
                }
            },
        },
        {
            "name": "Code",
            "type": "code",
            "params": {
                "javascript": "return items.map((i) => ({...i.json, code: Object.keys({})}))"
            },
        },
    ]
}
RIGHT = {"python": 4, "text": "6-4", "date": "1970-01-01", "data": "3", "code": []}


async def ending(
    runtime: Runtime,
    pipeline: Mapping[str, Json],
    items: Sequence[Mapping[str, Json]] | None = None,
    base: Path | None = None,
) -> str:
    """Run something hostile; return the words with which it ends, or ``success``."""
    try:
        await runtime.run(
            load(pipeline, base=base), None if items is None else [dict(item) for item in items]
        )
    except (RunFailed, PipelineError) as error:
        return str(error)
    return "success"


async def assert_right(runtime: Runtime) -> None:
    """See that the next run of a runtime gives what it should."""
    run = await runtime.run(load(HARMLESS), [{"n": 3}])
    assert [item.json for item in run.items] == [RIGHT]
