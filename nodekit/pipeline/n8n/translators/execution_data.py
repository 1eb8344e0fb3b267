"""Execution Data: values that are noted of the run."""

import json
import re

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode, is_expression

LOGGED = ("The values go to the log of the run.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that notes values, and passes its items on."""
    values: list[Json] = [
        {"key": key_of(row.get("key", "")), "value": row.get("value", "")}
        for row in node.rows("dataToSave.values")
    ]
    return StepDraft("annotate", {"values": values}, differences=LOGGED)


def key_of(key: Json) -> Json:
    """Return what a value is called; a bad name as an expression, so that it fails item by item."""
    if is_expression(key) or re.fullmatch("[A-Za-z0-9_]*", str(key)):
        return key
    return f"={{{{ {json.dumps(str(key))} }}}}"
