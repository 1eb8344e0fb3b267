"""The pipeline that is run because another one failed (n8n: error workflow)."""

from logging import getLogger

from nodekit.context import SubPipeline
from nodekit.errors import NodekitError
from nodekit.items import Items, Json
from nodekit.pipeline import PipelineError

from .record import error_record
from .running import Running

log = getLogger(__name__)


async def run_aftermath(running: Running) -> None:
    """Run the pipeline that gets the error of a failed run, if there is one.

    What goes wrong with it is logged; the run that failed is reported all the same.
    """
    name = running.pipeline.on_failure
    if name is None or running.run.status != "error" or running.callers:
        return
    try:
        pipeline = running.load(meant(name), running.pipeline.base)
        await running.nested(pipeline, Items([told(running)]), running)
    except PipelineError as error:
        log.error("the pipeline for failures cannot be used: %s", error)
    except NodekitError as error:
        log.error("the pipeline for failures failed: %s", running.redactor.text(error.message))


def meant(stated: str) -> SubPipeline:
    """Return the pipeline for failures: a file, or the text of an n8n workflow."""
    if stated.startswith("{"):
        return SubPipeline(text=stated, failed=True)
    return SubPipeline(stated, failed=True)


def told(running: Running) -> dict[str, Json]:
    """Return what that pipeline gets (n8n: the item of an error trigger)."""
    run, pipeline = running.run, running.pipeline
    error = error_record(run.error) if run.error is not None else {}
    return {
        "execution": {
            "id": run.id,
            "error": {**error, "name": error.get("type"), "step": run.failed_step},
            "lastNodeExecuted": run.last_step,
            "mode": pipeline.mode,
        },
        "workflow": {"id": pipeline.id, "name": pipeline.name},
    }
