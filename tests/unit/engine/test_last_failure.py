"""Whether a run fails whose last step failed as a whole, though its items go on."""

from typing import Any

import pytest

from nodekit import RunFailed, Runtime, load


def pipeline(setting: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Return a pipeline whose second step fails as a whole, with steps behind it."""
    stop = {"type": "stop_with_error", "params": {"message": "so"}, "on_error": "continue"}
    steps = [{"name": "First", "type": "no_op"}, {"name": "Stop", **stop}, *more]
    return {"nodekit": 1, "settings": {"last_failure": setting}, "steps": steps}


async def test_it_counts_where_that_is_said() -> None:
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as caught:
            await runtime.run(load(pipeline("counts")), [{"a": 1}])
    run = caught.value.run
    assert (run.status, run.failed_step) == ("error", "Stop")
    assert run.error is not None
    assert run.error.message == "so"
    assert [dict(row) for row in run.step("Stop").items.json] == [{"a": 1}]


@pytest.mark.parametrize(
    ("setting", "more"),
    [
        pytest.param("passes", [], id="not said"),
        pytest.param("counts", [{"name": "After", "type": "no_op"}], id="another step is the last"),
    ],
)
async def test_else_the_run_is_a_success(setting: str, more: list[dict[str, Any]]) -> None:
    async with Runtime() as runtime:
        run = await runtime.run(load(pipeline(setting, *more)), [{"a": 1}])
    assert run.status == "success"
    assert [dict(row) for row in run.items.json] == [{"a": 1}]
