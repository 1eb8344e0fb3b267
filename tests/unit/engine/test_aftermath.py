"""A failed run hands its error to another pipeline."""

import logging
from pathlib import Path

import pytest

from nodekit import RunFailed, Runtime, load

FAILS = """
name: main
settings: {on_failure: %s}
steps:
  - {name: Stop, type: stop_with_error, params: {message: enough}}
"""

HANDLER = """
name: handler
steps:
  - name: Told
    type: set
    params:
      fields:
        text: "={{ $json.workflow.name + ': ' + $json.execution.error.message }}"
        step: "={{ $json.execution.lastNodeExecuted }}"
  - {name: Write, type: write_file, params: {path: told.jsonl}}
"""


async def failing(folder: Path, handler: str) -> None:
    (folder / "main.yaml").write_text(FAILS % handler)
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as failed:
            await runtime.run(load(folder / "main.yaml"))
    assert str(failed.value) == 'step "Stop": enough'


async def test_the_pipeline_for_failures_gets_the_error(tmp_path: Path) -> None:
    (tmp_path / "handler.yaml").write_text(HANDLER)
    await failing(tmp_path, "handler.yaml")
    assert (tmp_path / "told.jsonl").read_text() == '{"text":"main: enough","step":"Stop"}\n'


async def test_a_pipeline_for_failures_that_fails_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "handler.yaml").write_text(FAILS % "null")
    with caplog.at_level(logging.ERROR, "nodekit"):
        await failing(tmp_path, "handler.yaml")
    assert [record.getMessage() for record in caplog.records] == [
        'the pipeline for failures failed: step "Stop": enough'
    ]


async def test_a_pipeline_for_failures_that_is_not_there_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "nodekit"):
        await failing(tmp_path, "nowhere.yaml")
    assert [record.getMessage() for record in caplog.records] == [
        "the pipeline for failures failed: there is no pipeline 'nowhere.yaml'"
    ]
