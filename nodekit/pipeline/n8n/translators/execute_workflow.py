"""Execute Workflow: runs another workflow, once or for each item."""

import json
from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, sequence
from nodekit.pipeline.values import is_mapping

FOLDER = "Export it into a folder, and name the folder with --workflows."

AWAITED = "It waits for the workflow that it calls; in n8n it does not."


def translate(node: N8nNode) -> StepDraft:
    """Return a step that runs a pipeline inside the run.

    Raises:
        Unsupported: The workflow is not at hand.
    """
    params = source_of(node)
    if node.fixed("mode", "once") == "each":
        params["each"] = True
    params |= inputs(node.get("workflowInputs"))
    if node.get("options.waitForSubWorkflow", True) is False:
        return StepDraft("run_pipeline", {**params, "put_out": "input"}, differences=(AWAITED,))
    return StepDraft("run_pipeline", params)


def source_of(node: N8nNode) -> dict[str, Json]:
    """Return which workflow is meant.

    Raises:
        Unsupported: It is not at hand.
    """
    source = node.fixed("source", "database")
    if source == "localFile":
        return {"file": node.get("workflowPath", "")}
    if source == "database":
        reason = node.text("nodekitReason", "the workflow that it calls is not known")
        raise Unsupported(reason, FOLDER)
    if source != "parameter":
        raise Unsupported("the workflow that it calls is fetched from elsewhere", FOLDER)
    stated = node.get("workflowJson", "{}")
    return {"text": stated if isinstance(stated, str) else json.dumps(stated)}


def inputs(value: Json) -> dict[str, Json]:
    """Return the fields that are set in the items it gets, and those they are to lack."""
    mapper: Mapping[str, Json] = value if is_mapping(value) else {}
    if mapper.get("mappingMode", "defineBelow") != "defineBelow":
        return {}
    columns = [row for row in sequence(mapper.get("schema")) if is_mapping(row)]
    gone = [str(row.get("id")) for row in columns if row.get("removed")]
    stated = mapper.get("value")
    fields = {
        name: field
        for name, field in (stated.items() if is_mapping(stated) else ())
        if name not in gone
    }
    params: dict[str, Json] = {"fields": fields} if fields else {}
    return params | ({"drop": gone} if gone else {})
