"""n8n's workflows: read, and turned into the same document that a pipeline file becomes."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from nodekit.items import Json
from nodekit.pipeline.document import Document
from nodekit.pipeline.values import is_mapping

from .build import document_of, read
from .covering import Coverage as Coverage
from .options import WorkflowOptions as WorkflowOptions

__all__ = ["Coverage", "WorkflowOptions", "coverage", "is_workflow", "read_workflow"]


def is_workflow(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a value is an exported n8n workflow: it has ``nodes`` and ``connections``."""
    return is_mapping(value) and "nodes" in value and "connections" in value


def read_workflow(
    value: Mapping[str, Json],
    file: str | None = None,
    options: WorkflowOptions | None = None,
    known: Sequence[str] = (),
) -> Document:
    """Turn an n8n workflow into a document.

    Args:
        value: The workflow.
        file: The name of its file, for findings.
        options: What it does not say itself.
        known: Node types of ours that a workflow may name as they are.

    Raises:
        PipelineError: It cannot be read, or holds nodes that cannot be honoured and would run.
    """
    return document_of(read(value, file, options or WorkflowOptions(), known), file)


def coverage(
    value: Mapping[str, Json],
    options: WorkflowOptions | None = None,
    known: Sequence[str] = (),
) -> list[Coverage]:
    """Say for every node of a workflow what becomes of it.

    Raises:
        PipelineError: It cannot be read.
    """
    workflow = read(value, None, options or WorkflowOptions(), known)
    return [covered.coverage for covered in workflow.covered.values()]
