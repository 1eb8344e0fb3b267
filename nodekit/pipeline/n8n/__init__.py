"""n8n's JSON to the same document that a pipeline file becomes."""

from collections.abc import Mapping
from typing import TypeGuard

from nodekit.items import Json
from nodekit.pipeline.document import Document
from nodekit.pipeline.problem import PipelineError, Problem
from nodekit.pipeline.values import is_mapping


def is_workflow(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a value is an exported n8n workflow: it has ``nodes`` and ``connections``."""
    return is_mapping(value) and "nodes" in value and "connections" in value


def read_workflow(value: Mapping[str, Json], file: str | None = None) -> Document:
    """Turn an n8n workflow into a document.

    Raises:
        PipelineError: It cannot be read.
    """
    count = len(value["nodes"])
    message = f"this is an n8n workflow of {count} nodes, and no translator for it is installed"
    raise PipelineError([Problem(file, None, None, "error", "n8n-workflow", message)])
